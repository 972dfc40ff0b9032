// SPDX-License-Identifier: Apache-2.0
// What becomes of recorded sessions and of logins when secrets of one kind are known: ephemeral
// keys, what the key generator or a server holds, a server's table, one end's every secret.
#include <fmt/format.h>

#include "attack/impostor.h"
#include "attack/rows.h"
#include "attack/world.h"

namespace attack {
namespace {

using namespace std::chrono_literals;
using crypto::X25519PrivateKey;

/// Keeps what is drawn: a generator whose output leaks.
class LeakyRandom final : public base::Random {
public:
    /// Borrows `source`.
    explicit LeakyRandom(base::Random& source) : source_(source) {}
    void fill(std::span<std::uint8_t> out) override {
        source_.fill(out);
        if (auto secret = Secret32::from(out)) leaked_.push_back(*std::move(secret));
    }
    /// The private key of a public one that was on the wire.
    [[nodiscard]] std::optional<X25519PrivateKey> key_of(base::ByteView public_key) const {
        for (const auto& secret : leaked_) {
            auto key = X25519PrivateKey::from_bytes(secret);
            if (std::ranges::equal(key.public_key(), public_key)) return key;
        }
        return std::nullopt;
    }

private:
    base::Random& source_;
    std::vector<Secret32> leaked_;
};

/// A session that somebody recorded, and the key that its initiator agreed.
struct Recorded {
    Heard heard;
    Secret32 session_key;
};
Recorded record(const World& world, const Line& line, base::Random& random) {
    auto server = world.station_of(line).server(world.now() - 1h, random);
    auto client = line.client(random);
    auto heard = converse(client, server, world.now()).heard;
    return {std::move(heard), client.session_key()->clone()};
}

/// Whether these secrets give the session's keys. Names and times do not count here.
bool gives_keys(const Line& line, const Recorded& recorded, const Known& known) {
    const auto reading = read(line.parties(), known, recorded.heard);
    return reading.record || reading.confirmation || reading.time1 || reading.time2 ||
           reading.session_key == recorded.session_key;
}

/// With both ephemeral keys, and for the rest what another enrolled party has of its own.
struct EphemeralLeak {
    bool keys = false;
    bool control = false;
};
EphemeralLeak leak_ephemerals(const World& world, const Line& line) {
    LeakyRandom leaky(world.random);
    const auto recorded = record(world, line, leaky);
    const auto e_i = leaky.key_of(base::ByteView(recorded.heard.message1).subspan(10, 32));
    const auto e_r = leaky.key_of(base::ByteView(recorded.heard.message2).subspan(18, 32));
    if (!e_i || !e_r) return {};
    const auto parties = line.parties();
    Known known;
    known.es = e_i->agree(line.responder);
    known.ee = e_i->agree(e_r->public_key());
    known.se = e_r->agree(parties.initiator);
    EphemeralLeak out;
    out.keys = gives_keys(line, recorded, known);
    known.psk = world.other_device.psk_at(world.now()).clone();
    known.ss = world.other_device.own().agree(line.responder);
    out.keys |= gives_keys(line, recorded, known);
    // Who also has the statics' product and the pre-shared key has it all.
    known.ss = line.own().agree(line.responder);
    known.psk = line.psk_at(world.now()).clone();
    out.control = read(parties, known, recorded.heard).record.has_value() &&
                  read(parties, known, recorded.heard).session_key == recorded.session_key;
    return out;
}

}  // namespace

Verdict ephemeral_leak(base::Random& random) {
    const World world(random);
    int computed = 0;
    bool control = true;
    for (const auto* line : world.lines()) {
        const auto leak = leak_ephemerals(world, *line);
        computed += leak.keys ? 1 : 0;
        control = control && leak.control;
    }
    return {
        computed == 0 && control,
        fmt::format("With both ephemeral keys known, the keys of {} of 3 recorded sessions were "
                    "computed; with the static and the pre-shared key as well, {}.",
                    computed, control ? "of all" : "still not of all")};
}

Verdict insider(base::Random& random) {
    const World world(random);
    int sessions = 0, logins = 0;
    // The key generator made every pre-shared key and every name.
    for (const auto* line : world.lines()) {
        const auto recorded = record(world, *line, random);
        Known known;
        known.psk = line->psk_at(world.now()).clone();
        sessions += gives_keys(*line, recorded, known) ? 1 : 0;
        sessions += read(line->parties(), known, recorded.heard).pid ? 1 : 0;
        const Loot loot{.static_key = false, .psk = true};
        logins += poses_as_initiator(world, *line, loot) ? 1 : 0;
        logins += poses_as_responder(world, *line, world.station_of(*line), loot) ? 1 : 0;
    }
    // One server tries what it holds of its own initiators at another server.
    const std::pair<const Line*, const Line*> elsewhere[] = {
        {&world.pda_line, &world.pda_elsewhere}, {&world.user, &world.user_elsewhere}};
    for (const auto& [here, there] : elsewhere) {
        Known known;
        known.psk = here->psk_at(world.now()).clone();
        known.ss = world.cloud.own().agree(there->parties().initiator);
        logins += completes(world, *there, std::move(known), std::nullopt) ? 1 : 0;
        const auto recorded = record(world, *there, random);
        Known own;
        own.psk = here->psk_at(world.now()).clone();
        sessions += gives_keys(*there, recorded, own) ? 1 : 0;
    }
    return {sessions == 0 && logins == 0,
            fmt::format("The key generator's secrets and one server's opened {} of 5 recorded "
                        "sessions, and {} of 8 logins or answers in another's name were taken.",
                        sessions, logins)};
}

Verdict stolen_verifier(base::Random& random) {
    const World world(random);
    int sessions = 0, logins = 0, servers = 0;
    for (const auto* line : {&world.pda_line, &world.user}) {
        // Of each initiator the table has S_I, the key of its names and V; s_C is elsewhere.
        const auto recorded = record(world, *line, random);
        Known known;
        known.psk = line->psk_at(world.now()).clone();
        sessions += gives_keys(*line, recorded, known) ? 1 : 0;
        const Loot loot{.static_key = false, .psk = true};
        logins += poses_as_initiator(world, *line, loot) ? 1 : 0;
        servers += poses_as_responder(world, *line, world.cloud, loot) ? 1 : 0;
    }
    return {sessions + logins + servers == 0,
            fmt::format("The whole table of a server, without its static key, opened {} of 2 "
                        "recorded sessions, gave {} of 2 logins, and posed as the server to {} of "
                        "2.",
                        sessions, logins, servers)};
}

Verdict key_compromise(base::Random& random) {
    const World world(random);
    int as_initiator = 0, as_responder = 0;
    for (const auto* line : world.lines()) {
        const auto& station = world.station_of(*line);
        as_initiator += poses_as_initiator_to_robbed(world, *line, station) ? 1 : 0;
        as_responder += poses_as_responder_to_robbed(world, *line) ? 1 : 0;
    }
    return {as_initiator + as_responder == 0,
            fmt::format("With every secret of a responder, {} of 3 initiators could be played to "
                        "it; with every secret of an initiator, {} of 3 responders.",
                        as_initiator, as_responder)};
}

}  // namespace attack
