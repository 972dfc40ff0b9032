// SPDX-License-Identifier: Apache-2.0
// What becomes of recorded sessions and of logins when secrets of one kind are known: ephemeral
// keys, what the key generator or a server holds, a server's table, one end's every secret.
#include <fmt/format.h>

#include "askg/provision.h"
#include "attack/dump.h"
#include "attack/impostor.h"
#include "attack/leaky_random.h"
#include "attack/rows.h"
#include "attack/world.h"
#include "base/check.h"
#include "keyagreement/credentials.h"

namespace attack {
namespace {

using namespace std::chrono_literals;
using crypto::X25519PrivateKey;

/// A session that somebody recorded, and the keys that its initiator agreed.
struct Recorded {
    Heard heard;
    Secret32 session_key;
    Secret32 login_token;
};
Recorded record(const World& world, const Line& line, base::Random& random) {
    auto server = world.station_of(line).server(world.now() - 1h, random);
    auto client = line.client(random);
    auto heard = converse(client, server, world.now()).heard;
    return {std::move(heard), client.session_key()->clone(), client.login_token()->clone()};
}

/// Whether these secrets give the session's keys. Names and times do not count here.
bool gives_keys(const Line& line, const Recorded& recorded, const Known& known) {
    const auto reading = read(line.parties(), known, recorded.heard);
    return reading.record || reading.confirmation || reading.time1 || reading.time2 ||
           reading.session_key == recorded.session_key;
}

/// All that goes into the session's keys but the statics' product and the pre-shared key.
std::optional<Known> ephemerals_of(const Line& line, const LeakyRandom& leaky,
                                   const Recorded& recorded) {
    const auto e_i = leaky.key_of(base::ByteView(recorded.heard.message1).subspan(10, 32));
    const auto e_r = leaky.key_of(base::ByteView(recorded.heard.message2).subspan(18, 32));
    if (!e_i || !e_r) return std::nullopt;
    Known known;
    known.es = e_i->agree(line.responder);
    known.ee = e_i->agree(e_r->public_key());
    known.se = e_r->agree(line.parties().initiator);
    return known;
}

bool reads_all(const Line& line, const Recorded& recorded, const Known& known) {
    const auto reading = read(line.parties(), known, recorded.heard);
    return reading.record && reading.session_key == recorded.session_key;
}

/// With both ephemeral keys, and for the rest what another enrolled party has of its own.
struct EphemeralLeak {
    bool keys = false;
    bool control = false;
};
EphemeralLeak leak_ephemerals(const World& world, const Line& line) {
    LeakyRandom leaky(world.random);
    const auto recorded = record(world, line, leaky);
    auto known = ephemerals_of(line, leaky, recorded);
    if (!known) return {};
    EphemeralLeak out;
    out.keys = gives_keys(line, recorded, *known);
    known->psk = world.other_device.psk_at(world.now()).clone();
    known->ss = world.other_device.own().agree(line.responder);
    out.keys |= gives_keys(line, recorded, *known);
    // Who also has the statics' product and the pre-shared key has it all.
    known->ss = line.own().agree(line.responder);
    known->psk = line.psk_at(world.now()).clone();
    out.control = reads_all(line, recorded, *known);
    return out;
}

/// What a pre-shared key out of a dump is good for, and the same with what is missing besides.
struct PskTried {
    int sessions = 0;     ///< Recorded ones that it opened, or said something of.
    int logins = 0;       ///< Taken for the initiator or for the responder.
    bool control = true;  ///< With the static and ephemeral keys too, all of that succeeded.
    Recorded recorded;
};
PskTried try_psk(const World& world, const Line& line, const Secret32& psk) {
    LeakyRandom leaky(world.random);
    PskTried out{.recorded = record(world, line, leaky)};
    Known known;
    known.psk = psk.clone();
    out.sessions += gives_keys(line, out.recorded, known) ? 1 : 0;
    out.sessions += read(line.parties(), known, out.recorded.heard).pid ? 1 : 0;
    const auto& station = world.station_of(line);
    const Loot only_psk{.static_key = false, .psk = true}, both{.static_key = true, .psk = true};
    out.logins += poses_as_initiator(world, line, only_psk, psk) ? 1 : 0;
    out.logins += poses_as_responder(world, line, station, only_psk, psk) ? 1 : 0;
    out.control = poses_as_initiator(world, line, both, psk) &&
                  poses_as_responder(world, line, station, both, psk);
    auto all = ephemerals_of(line, leaky, out.recorded);
    CHECK(all.has_value());
    all->psk = psk.clone();
    all->ss = line.own().agree(line.responder);
    out.control = out.control && reads_all(line, out.recorded, *all);
    return out;
}

Bytes bytes_of(base::ByteView view) {
    return {view.begin(), view.end()};
}

/// What its owners made and gave to nobody, and the keys of this session.
std::vector<Named> secrets_of_owners(const World& world, const Recorded& session) {
    std::vector<Named> out{{"the biometric", bytes_of(base::as_bytes(World::biometric))},
                           {"the PDA's token", bytes_of(world.pda_token.view())},
                           {"the user's token", bytes_of(world.user_token.view())},
                           {"SecKey", bytes_of(session.session_key.view())},
                           {"a login token", bytes_of(session.login_token.view())}};
    for (const auto* line : world.lines()) {
        out.push_back({"a static key", bytes_of(line->static_private.view())});
    }
    return out;
}

/// The key generator's store, copied and opened by whoever also has what unlocks it.
struct StolenGenerator {
    explicit StolenGenerator(const World& world) : now(world.now()), plain(open_copy(world)) {
        auto opened = askg::KeyGenerator::open(copy, askg::UnlockSecret::from_key(world.unlock_key),
                                               world.clock, world.random);
        CHECK(opened.has_value());
        generator = *std::move(opened);
    }
    [[nodiscard]] Secret32 psk_of(const Line& line) const {
        if (line.profile == Profile::device_pda) {
            const auto grant = generator->renew_device(*wire::DeviceId::from(line.name.view()));
            CHECK(grant.has_value());
            return askg::pair_secret(grant->domain, grant->pda_x);
        }
        const auto month = keyagreement::month_of(now);
        const auto from = [&](const std::vector<askg::EpochSecret>& temporary,
                              const std::vector<askg::CloudServerEntry>& servers) {
            const auto* secret = askg::newest_until(temporary, month);
            const auto server = std::ranges::find_if(servers, [&](const auto& entry) {
                return entry.record.static_public == line.responder;
            });
            CHECK(secret != nullptr && server != servers.end());
            return keyagreement::psk_of_temporary(secret->value, server->id.view(), month);
        };
        if (line.profile == Profile::pda_cloud) {
            const auto grant = generator->renew_pda(*wire::DeviceId::from(line.name.view()));
            CHECK(grant.has_value());
            return from(grant->temporary, grant->cloud_servers);
        }
        const auto grant = generator->renew_user(*wire::LedgerId::from(line.name.view()));
        CHECK(grant.has_value());
        return from(grant->temporary, grant->cloud_servers);
    }
    base::TimePoint now;
    storage::MemoryStore copy;
    std::optional<Bytes> plain;  ///< Nothing if it does not open as its format says.
    std::unique_ptr<askg::KeyGenerator> generator;

private:
    std::optional<Bytes> open_copy(const World& world) {
        storage::WriteBatch batch;
        const auto taken = world.store.scan({}, Bytes(1, 0xff), [&](auto key, auto value) {
            batch.put(bytes_of(key), bytes_of(value));
            return true;
        });
        CHECK(taken.has_value() && copy.write(batch).has_value());
        return open_generator(copy, world.unlock_key);
    }
};

/// A server's table as it was opened, and V of one of its peers.
askg::Provision table_of(const World::ServerFiles& files) {
    auto opened = askg::open_provision(files.credentials.grant, files.provision, 0);
    CHECK(opened.has_value());
    return *std::move(opened);
}
Secret32 psk_in(const askg::Provision& table, const Line& line, base::TimePoint now) {
    const auto peer = std::ranges::find(table.peers, line.name, &askg::ProvisionedPeer::name);
    CHECK(peer != table.peers.end());
    const auto* key = peer->key_of(keyagreement::month_of(now));
    CHECK(key != nullptr);
    return key->clone();
}

/// What one server holds of its own initiators, at another server; control: with the initiator's
/// static key and the pre-shared key of there.
bool logs_in_elsewhere(const World& world, const Line& there, const Secret32& psk) {
    Known known;
    known.psk = psk.clone();
    known.ss = world.cloud.own().agree(there.parties().initiator);
    return completes(world, there, std::move(known), std::nullopt);
}

std::string or_none(std::string found) {
    return found.empty() ? "nothing" : std::move(found);
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
    const StolenGenerator stolen(world);
    int sessions = 0, logins = 0;
    bool control = stolen.plain.has_value();
    std::string found;
    for (const auto* line : world.lines()) {
        const auto tried = try_psk(world, *line, stolen.psk_of(*line));
        sessions += tried.sessions;
        logins += tried.logins;
        control = control && tried.control;
        if (!stolen.plain) continue;
        const auto named = found_in(*stolen.plain, secrets_of_owners(world, tried.recorded));
        if (!named.empty()) found = named;
    }
    // The search finds what does stand there: what a token leaves with the key generator.
    control = control && holds(*stolen.plain, askg::token_verifier(world.user_token).view()) &&
              holds(*stolen.plain, askg::token_verifier(world.pda_token).view());
    // One server tries what it holds of its own initiators at another server.
    const auto table = table_of(world.cloud_files);
    for (const auto* there : {&world.pda_elsewhere, &world.user_elsewhere}) {
        const auto psk = psk_in(table, *there, world.now());
        logins += logs_in_elsewhere(world, *there, psk) ? 1 : 0;
        const auto recorded = record(world, *there, random);
        Known own;
        own.psk = psk.clone();
        sessions += gives_keys(*there, recorded, own) ? 1 : 0;
        control = control && poses_as_initiator(world, *there, {.static_key = true, .psk = true},
                                                there->psk_at(world.now()));
    }
    return {sessions == 0 && logins == 0 && found.empty() && control,
            fmt::format("The key generator's store, opened, and one server's table opened {} of 5 "
                        "recorded sessions, and {} of 8 logins or answers in another's name were "
                        "taken; of what its owners keep to themselves it held {}. With their "
                        "static keys as well {} and all were taken.",
                        sessions, logins, or_none(found),
                        control ? "all sessions opened" : "NOT all sessions opened")};
}

Verdict stolen_verifier(base::Random& random) {
    const World world(random);
    const auto& grant = world.cloud_files.credentials.grant;
    const auto plain = open_table(grant, world.cloud_files.provision);
    const auto table = table_of(world.cloud_files);
    int sessions = 0, logins = 0;
    bool control = plain.has_value();
    std::string found;
    for (const auto* line : {&world.pda_line, &world.user}) {
        // Of each initiator the table has S_I, the key of its names and V; s_C is elsewhere.
        const auto psk = psk_in(table, *line, world.now());
        const auto tried = try_psk(world, *line, psk);
        sessions += tried.sessions;
        logins += tried.logins;
        control = control && tried.control && plain && holds(*plain, psk.view());
        if (!plain) continue;
        auto secrets = secrets_of_owners(world, tried.recorded);
        const auto add = [&](std::string_view name, const Secret32& secret) {
            secrets.push_back({name, bytes_of(secret.view())});
        };
        add("s_C", world.cloud.static_private);
        add("TKV", askg::token_verifier(world.user_token));
        add("TKV", askg::token_verifier(world.pda_token));
        add("a share", world.device_coefficient);
        for (const auto& temporary : world.user_file.grant.temporary) {
            add("TEMPC", temporary.value);
        }
        const auto named = found_in(*plain, secrets);
        if (!named.empty()) found = named;
    }
    return {sessions + logins == 0 && found.empty() && control,
            fmt::format("The whole table of a server, opened, without its static key, opened {} of "
                        "2 recorded sessions, and {} of 4 logins or answers in another's name were "
                        "taken; of tokens, TEMPC, shares and static keys it held {}. With the "
                        "static keys as well {}.",
                        sessions, logins, or_none(found),
                        control ? "all succeeded" : "NOT all succeeded")};
}

Verdict key_compromise(base::Random& random) {
    const World world(random);
    int as_initiator = 0, as_responder = 0;
    bool control = true;
    for (const auto* line : world.lines()) {
        const auto& station = world.station_of(*line);
        as_initiator += poses_as_initiator_to_robbed(world, *line, station, Own::missing) ? 1 : 0;
        as_responder += poses_as_responder_to_robbed(world, *line, Own::missing) ? 1 : 0;
        control = control && poses_as_initiator_to_robbed(world, *line, station, Own::known) &&
                  poses_as_responder_to_robbed(world, *line, Own::known);
    }
    return {as_initiator + as_responder == 0 && control,
            fmt::format("With every secret of a responder, {} of 3 initiators could be played to "
                        "it; with every secret of an initiator, {} of 3 responders; with the other "
                        "end's static key as well {}.",
                        as_initiator, as_responder, control ? "all" : "NOT all")};
}

}  // namespace attack
