// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "attack/harm.h"
#include "attack/rows.h"
#include "attack/world.h"
#include "keyagreement/message.h"

namespace attack {
namespace {

using namespace std::chrono_literals;

constexpr int junk_messages = 10'000;

/// What a flood cost the server and what came back of it.
struct Flood {
    std::uint64_t dh_operations = 0;
    std::size_t bytes_in = 0;
    std::size_t bytes_out = 0;
    bool tables_bounded = true;
};

enum class Knows : std::uint8_t { nothing, public_key };
enum class From : std::uint8_t { one_source, a_source_each };

Bytes junk(const Line& line, base::Random& random, Knows knows) {
    Bytes out(keyagreement::message1_bytes);
    random.fill(out);
    out[0] = static_cast<std::uint8_t>(0x10 | static_cast<int>(line.profile));
    out[1] = 0x01;
    return knows == Knows::public_key ? with_mac1(line.responder, std::move(out)) : out;
}

Flood flood(const World& world, keyagreement::Server& server, Knows knows, From from) {
    Flood out;
    const auto& limits = world.cloud.limits;
    const auto before = server.counts().dh_operations;
    for (int i = 0; i < junk_messages; ++i) {
        const auto frame = junk(world.user, world.random, knows);
        const auto source =
            from == From::one_source ? std::string("attacker") : fmt::format("attacker {}", i);
        for (const auto& answer : server.receive(source, frame, world.now()).to_send) {
            out.bytes_out += answer.size();
        }
        out.bytes_in += frame.size();
        const auto& counts = server.counts();
        out.tables_bounded &=
            counts.half_open <= limits.half_open && counts.replay_entries <= limits.replay_entries;
    }
    out.dh_operations = server.counts().dh_operations - before;
    return out;
}

/// Whether somebody honest gets a session in the middle of it, from a place of its own.
bool serves_honest(const World& world, keyagreement::Server& server) {
    auto client = world.user.client(world.random);
    auto frame = first_frame(client.start(world.now()));
    for (int i = 0; i < 4; ++i) {
        const auto answer = server.receive(line_name, frame, world.now());
        if (answer.established) return true;
        if (answer.to_send.empty()) return false;
        const auto next = client.receive(answer.to_send[0], world.now());
        if (next.to_send.empty()) return false;
        frame = next.to_send[0];
    }
    return false;
}

/// A cookie is the place's own: one that was given to somebody else is not taken.
bool takes_borrowed_cookie(const World& world, keyagreement::Server& server) {
    auto client = world.user.client(world.random);
    const auto first = first_frame(client.start(world.now()));
    const auto cookie = server.receive("attacker", first, world.now());
    if (cookie.to_send.empty()) return true;
    const auto with_cookie = client.receive(cookie.to_send[0], world.now());
    if (with_cookie.to_send.empty()) return true;
    const auto before = server.counts().dh_operations;
    const auto answer = server.receive("somewhere else", with_cookie.to_send[0], world.now());
    return got_in(answer) || server.counts().dh_operations != before;
}

}  // namespace

Verdict flooding(base::Random& random) {
    World world(random);
    auto server = world.cloud.server(world.now() - 1h, random);
    const auto blind = flood(world, server, Knows::nothing, From::one_source);
    world.clock.advance(10s);
    const auto single = flood(world, server, Knows::public_key, From::one_source);
    world.clock.advance(10s);
    const auto many = flood(world, server, Knows::public_key, From::a_source_each);
    const bool served = serves_honest(world, server);
    const bool borrowed = takes_borrowed_cookie(world, server);

    const auto& limits = world.cloud.limits;
    const bool cheap = blind.dh_operations == 0 && blind.bytes_out == 0 &&
                       single.dh_operations <= limits.messages1_a_source &&
                       many.dh_operations <= limits.messages1_in_all;
    bool bounded = true;
    for (const auto& one : {blind, single, many}) {
        bounded &= one.tables_bounded && one.bytes_out <= one.bytes_in;
    }
    return {cheap && bounded && served && !borrowed,
            fmt::format("{} junk messages cost {} X25519 operations; as many by one who knows the "
                        "server's public key {} from one source and {} from as many sources; "
                        "somebody honest {} served meanwhile.",
                        junk_messages, blind.dh_operations, single.dh_operations,
                        many.dh_operations, served ? "was" : "was NOT")};
}

}  // namespace attack
