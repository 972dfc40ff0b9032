// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

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

/// The answer to a cookie: the very same message with it.
Bytes retry_of(Bytes message1, base::ByteView cookie_reply) {
    const auto reply = keyagreement::decode_cookie_reply(cookie_reply);
    CHECK(reply.has_value());
    base::append(message1, reply->cookie.view());
    return message1;
}

/// Sends `frame` so many times, and counts.
template <class Make>
Flood flood(const World& world, keyagreement::Server& server, From from, const Make& make) {
    Flood out;
    const auto before = server.counts().dh_operations;
    for (int i = 0; i < junk_messages; ++i) {
        const Bytes frame = make();
        const auto source =
            from == From::one_source ? std::string("attacker") : fmt::format("attacker {}", i);
        for (const auto& answer : server.receive(source, frame, world.now()).to_send) {
            out.bytes_out += answer.size();
        }
        out.bytes_in += frame.size();
    }
    out.dh_operations = server.counts().dh_operations - before;
    return out;
}

Flood junk_flood(const World& world, keyagreement::Server& server, Knows knows, From from) {
    return flood(world, server, from, [&] { return junk(world.user, world.random, knows); });
}

/// Who hears its own cookie follows it, with the same bytes again and again: a cookie is good for
/// minutes, and what fails inside is in no table.
Flood cookie_flood(const World& world, keyagreement::Server& server) {
    Bytes retry;
    while (retry.empty()) {
        const auto message1 = junk(world.user, world.random, Knows::public_key);
        const auto answer = server.receive("attacker", message1, world.now()).to_send;
        if (!answer.empty()) retry = retry_of(message1, answer[0]);
    }
    return flood(world, server, From::one_source, [&retry] { return retry; });
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

/// The PDA's three devices are the attacker's, and begin handshakes without end that are genuine
/// and never finished. Its tables are small here, so that they would overflow at once.
struct Crowd {
    std::size_t half_open = 0;       ///< At most at once.
    std::size_t replay_entries = 0;  ///< The same.
    bool served_after = false;       ///< Whether a device agrees on keys once 10 s are over.
};
constexpr std::size_t few_half_open = 16, few_replay_entries = 64;
Crowd crowd(World& world, std::size_t half_open_max, std::size_t replay_entries_max) {
    auto server = world.pda.server(world.now() - 1h,
                                   {.half_open = half_open_max,
                                    .replay_entries = replay_entries_max,
                                    .sessions = 4,
                                    .messages1_a_source = 1'000'000,
                                    .messages1_in_all = 1'000'000},
                                   world.random);
    const Line* const captured[] = {&world.device, &world.other_device, &world.clockless};
    Crowd out;
    for (int i = 0; i < 200; ++i) {
        auto client = captured[i % 3]->client(world.random);
        const auto message1 = first_frame(client.start(world.now()));
        const auto answer = server.receive("attacker", message1, world.now()).to_send;
        if (!answer.empty() && answer[0].size() == keyagreement::cookie_reply_bytes) {
            (void)server.receive("attacker", retry_of(message1, answer[0]), world.now());
        }
        const auto counts = server.counts();
        out.half_open = std::max(out.half_open, counts.half_open);
        out.replay_entries = std::max(out.replay_entries, counts.replay_entries);
        world.clock.advance(10ms);
    }
    world.clock.advance(10s);
    auto client = world.device.client(world.random);
    (void)converse(client, server, world.now());
    out.served_after = client.ready();
    return out;
}

}  // namespace

Verdict flooding(base::Random& random) {
    World world(random);
    auto server = world.cloud.server(world.now() - 1h, random);
    const auto blind = junk_flood(world, server, Knows::nothing, From::one_source);
    world.clock.advance(10s);
    const auto single = junk_flood(world, server, Knows::public_key, From::one_source);
    world.clock.advance(10s);
    const auto follows = cookie_flood(world, server);
    bool served = serves_honest(world, server);
    world.clock.advance(10s);
    const auto many = junk_flood(world, server, Knows::public_key, From::a_source_each);
    served &= serves_honest(world, server);
    const bool borrowed = takes_borrowed_cookie(world, server);
    // The same where no limit stands: each of the messages gets as far as X25519.
    auto unguarded = world.cloud.patient_server(world.now() - 1h, random);
    const auto control = junk_flood(world, unguarded, Knows::public_key, From::one_source);

    const auto& limits = world.cloud.limits;
    const bool cheap = blind.dh_operations == 0 && blind.bytes_out == 0 &&
                       single.dh_operations <= limits.messages1_a_source &&
                       follows.dh_operations <= limits.messages1_a_source &&
                       many.dh_operations <= limits.messages1_in_all;
    bool amplified = false;
    for (const auto& one : {blind, single, follows, many}) {
        amplified |= one.bytes_out > one.bytes_in;
    }
    // At the bound and not above it: a bound that is never reached shows nothing.
    const auto crowded = crowd(world, few_half_open, 1'000);
    const auto replayed = crowd(world, 1'000, few_replay_entries);
    const bool bounded = crowded.half_open == few_half_open && crowded.served_after &&
                         replayed.replay_entries == few_replay_entries && replayed.served_after;
    const bool skilled = control.dh_operations >= junk_messages;
    return {
        cheap && !amplified && bounded && served && !borrowed && skilled,
        fmt::format("{} junk messages cost {} X25519 operations; as many by one who knows the "
                    "server's public key {}, who also follows a cookie {}, from as many "
                    "sources {}; without limits {}. Captured devices filled {} of {} places "
                    "for handshakes and {} of {} of the replay cache; somebody honest {} "
                    "served meanwhile.",
                    junk_messages, blind.dh_operations, single.dh_operations, follows.dh_operations,
                    many.dh_operations, control.dh_operations, crowded.half_open, few_half_open,
                    replayed.replay_entries, few_replay_entries, served ? "was" : "was NOT")};
}

}  // namespace attack
