// SPDX-License-Identifier: Apache-2.0
#include "attack/impostor.h"

#include "attack/harm.h"

namespace attack {
namespace {

using namespace std::chrono_literals;
using crypto::X25519PrivateKey;

Secret32 guess(base::Random& random) {
    return Secret32::draw(random);
}

Forgery1 first_message(const World& world, const Line& line, const X25519PrivateKey& ephemeral) {
    return {.session = base::draw<keyagreement::Sid>(world.random),
            .ephemeral = ephemeral.public_key(),
            .pid = line.pid_at(world.now()),
            .time_ms = static_cast<std::uint64_t>(base::to_unix_ms(world.now()))};
}

Forgery2 second_message(const World& world, const X25519PrivateKey& ephemeral) {
    return {.session = base::draw<keyagreement::Sid>(world.random),
            .ephemeral = ephemeral.public_key(),
            .time_ms = static_cast<std::uint64_t>(base::to_unix_ms(world.now()))};
}

/// Answers the initiator of `line` with what it has.
bool answers(const World& world, const Line& line, Known known,
             const std::optional<X25519PrivateKey>& own) {
    auto client = line.client(world.random);
    const auto message1 = first_frame(client.start(world.now()));
    keyagreement::PublicKey their_ephemeral{};
    std::copy_n(message1.begin() + 10, 32, their_ephemeral.begin());
    const auto ephemeral = X25519PrivateKey::draw(world.random);
    const auto parties = line.parties();
    known.es = own ? own->agree(their_ephemeral) : std::optional(guess(world.random));
    known.ee = ephemeral.agree(their_ephemeral);
    known.se = ephemeral.agree(parties.initiator);
    const auto message2 =
        forge_message2(parties, known, message1, second_message(world, ephemeral));
    return got_answer(client.receive(message2, world.now()));
}

}  // namespace

bool completes(const World& world, const Line& line, Known known,
               const std::optional<X25519PrivateKey>& own) {
    const auto parties = line.parties();
    auto server = world.station_of(line).server(world.now() - 1h, world.random);
    const auto ephemeral = X25519PrivateKey::draw(world.random);
    known.es = ephemeral.agree(line.responder);
    const auto message1 = forge_message1(parties, known, first_message(world, line, ephemeral));
    const auto answered = server.receive("attacker", message1, world.now());
    if (got_in(answered)) return true;
    // Where there is no answer, it goes on with one of its own making, for the key that it knows.
    const auto theirs = X25519PrivateKey::draw(world.random);
    const auto message2 = answered.to_send.empty() ? forge_message2(parties, known, message1,
                                                                    second_message(world, theirs))
                                                   : answered.to_send[0];
    keyagreement::PublicKey their_ephemeral{};
    std::copy_n(message2.begin() + 18, 32, their_ephemeral.begin());
    known.ee = ephemeral.agree(their_ephemeral);
    known.se = own ? own->agree(their_ephemeral) : std::optional(guess(world.random));
    const auto message3 = forge_message3(parties, known, message1, message2);
    return got_in(server.receive("attacker", message3, world.now()));
}

bool poses_as_initiator(const World& world, const Line& line, const Loot& loot) {
    return poses_as_initiator(world, line, loot, line.psk_at(world.now()));
}

bool poses_as_initiator(const World& world, const Line& line, const Loot& loot,
                        const Secret32& psk) {
    std::optional<X25519PrivateKey> own;
    if (loot.static_key) own = line.own();
    Known known;
    known.ss = own ? own->agree(line.responder) : std::optional(guess(world.random));
    known.psk = loot.psk ? psk.clone() : guess(world.random);
    return completes(world, line, std::move(known), own);
}

bool poses_as_responder(const World& world, const Line& line, const Station& station,
                        const Loot& loot) {
    return poses_as_responder(world, line, station, loot, line.psk_at(world.now()));
}

bool poses_as_responder(const World& world, const Line& line, const Station& station,
                        const Loot& loot, const Secret32& psk) {
    std::optional<X25519PrivateKey> own;
    if (loot.static_key) own = station.own();
    Known known;
    known.ss = own ? own->agree(line.parties().initiator) : std::optional(guess(world.random));
    known.psk = loot.psk ? psk.clone() : guess(world.random);
    return answers(world, line, std::move(known), own);
}

bool poses_as_initiator_to_robbed(const World& world, const Line& line, const Station& robbed,
                                  Own own) {
    Known known;  // s_R gives ss as well as s_I does; what is missing is se
    known.ss = robbed.own().agree(line.parties().initiator);
    known.psk = line.psk_at(world.now()).clone();
    return completes(world, line, std::move(known),
                     own == Own::known ? std::optional(line.own()) : std::nullopt);
}

bool poses_as_responder_to_robbed(const World& world, const Line& robbed, Own own) {
    Known known;  // s_I gives ss as well as s_R does; what is missing is es
    known.ss = robbed.own().agree(robbed.responder);
    known.psk = robbed.psk_at(world.now()).clone();
    return answers(
        world, robbed, std::move(known),
        own == Own::known ? std::optional(world.station_of(robbed).own()) : std::nullopt);
}

}  // namespace attack
