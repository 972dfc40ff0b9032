// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "attack/harm.h"
#include "attack/rows.h"
#include "attack/world.h"
#include "keyagreement/message.h"

namespace attack {
namespace {

using namespace std::chrono_literals;
using keyagreement::Client;
using keyagreement::Server;

struct Tally {
    int altered = 0;
    int got_through = 0;
    bool genuine_done = true;  ///< The messages as they were made still led to a session.
    void add(bool success) {
        ++altered;
        got_through += success ? 1 : 0;
    }
};

Bytes flipped(Bytes frame, std::size_t bit) {
    frame[bit / 8] = static_cast<std::uint8_t>(frame[bit / 8] ^ (1U << (bit % 8)));
    return frame;
}

Bytes with_ephemeral(Bytes frame, std::size_t at, const keyagreement::PublicKey& ephemeral) {
    std::ranges::copy(ephemeral, frame.begin() + static_cast<std::ptrdiff_t>(at));
    return frame;
}

/// Every bit of MSG1 on its way. mac1 is made of public things, so each altered MSG1 comes once
/// more with the mac1 that fits it.
void flip_message1(const World& world, const Line& line, Tally& tally) {
    auto server = world.station_of(line).patient_server(world.now() - 1h, world.random);
    auto client = line.client(world.random);
    const auto message1 = first_frame(client.start(world.now()));
    const auto attempt = [&](const Bytes& frame) {
        // From a place of the attacker's: guesses from the honest one would make that wait.
        tally.add(got_answer(server.receive("attacker", frame, world.now())));
    };
    for (std::size_t bit = 0; bit < message1.size() * 8; ++bit) {
        const auto altered = flipped(message1, bit);
        attempt(altered);
        if (bit < (message1.size() - 16) * 8) attempt(with_mac1(line.responder, altered));
    }
    const auto own = crypto::X25519PrivateKey::draw(world.random);
    attempt(with_mac1(line.responder, with_ephemeral(message1, 10, own.public_key())));
    const auto genuine = server.receive(line_name, message1, world.now());
    tally.genuine_done &= !genuine.to_send.empty();
}

/// A handshake in which MSG2 and MSG3 are passed on after something else in their place.
struct Tampered {
    std::function<Bytes(Bytes)> message2;
    std::function<Bytes(Bytes)> message3;
};
void tamper(const World& world, const Line& line, const Tampered& with, Tally& tally) {
    const auto now = world.now();
    auto server = world.station_of(line).patient_server(now - 1h, world.random);
    auto client = line.client(world.random);
    const auto message1 = first_frame(client.start(now));
    const auto message2 = first_frame(server.receive(line_name, message1, now));
    if (with.message2) tally.add(got_answer(client.receive(with.message2(message2), now)));
    const auto message3 = first_frame(client.receive(message2, now));
    if (with.message3) {
        tally.add(got_answer(server.receive(line_name, with.message3(message3), now)));
    }
    const auto finished = server.receive(line_name, message3, now);
    tally.genuine_done &= finished.established.has_value();
}

void flip_message2_and_3(const World& world, const Line& line, Tally& tally) {
    const auto flip = [](std::size_t bit) {
        return [bit](Bytes frame) { return flipped(std::move(frame), bit); };
    };
    for (std::size_t bit = 0; bit < keyagreement::message2_bytes * 8; ++bit) {
        tamper(world, line, {.message2 = flip(bit), .message3 = nullptr}, tally);
    }
    for (std::size_t bit = 0; bit < keyagreement::message3_bytes * 8; ++bit) {
        tamper(world, line, {.message2 = nullptr, .message3 = flip(bit)}, tally);
    }
    const auto own = crypto::X25519PrivateKey::draw(world.random).public_key();
    const auto exchange = [&own](Bytes frame) { return with_ephemeral(std::move(frame), 18, own); };
    tamper(world, line, {.message2 = exchange, .message3 = nullptr}, tally);
}

/// Two handshakes of one initiator; what belongs to one is put into the other.
void cross_sessions(const World& world, const Line& line, Tally& tally) {
    const auto now = world.now();
    auto server = world.station_of(line).patient_server(now - 1h, world.random);
    auto first = line.client(world.random);
    auto second = line.client(world.random);
    const auto message1_a = first_frame(first.start(now));
    const auto message1_b = first_frame(second.start(now));
    const auto message2_a = first_frame(server.receive(line_name, message1_a, now));
    const auto message2_b = first_frame(server.receive(line_name, message1_b, now));
    auto renamed = message2_a;  // under the name of the other session
    std::copy_n(message2_b.begin() + 2, 8, renamed.begin() + 2);
    tally.add(got_answer(second.receive(message2_a, now)));
    tally.add(got_answer(second.receive(renamed, now)));
    const auto message3_a = first_frame(first.receive(message2_a, now));
    const auto message3_b = first_frame(second.receive(message2_b, now));
    auto crossed = message3_a;
    std::copy_n(message3_b.begin() + 2, 8, crossed.begin() + 2);
    tally.add(got_answer(server.receive(line_name, crossed, now)));
    tally.genuine_done &= server.receive(line_name, message3_b, now).established.has_value();
}

/// What is meant for one responder or profile comes to another.
void redirect(const World& world, const Line& line, Tally& tally) {
    const auto now = world.now();
    auto client = line.client(world.random);
    auto message1 = first_frame(client.start(now));
    const std::pair<const Station*, Profile> elsewhere[] = {
        {&world.other_cloud, Profile::pda_cloud},
        {&world.other_cloud, Profile::user_cloud},
        {&world.cloud, Profile::pda_cloud},
        {&world.cloud, Profile::user_cloud},
        {&world.pda, Profile::device_pda}};
    for (const auto& [station, profile] : elsewhere) {
        if (station == &world.station_of(line) && profile == line.profile) continue;
        auto server = station->patient_server(now - 1h, world.random);
        message1[0] = static_cast<std::uint8_t>(0x10 | static_cast<int>(profile));
        const auto responder = station->own().public_key();
        tally.add(got_answer(server.receive(line_name, message1, now)));
        tally.add(got_answer(server.receive(line_name, with_mac1(responder, message1), now)));
    }
}

}  // namespace

Verdict man_in_the_middle(base::Random& random) {
    const World world(random);
    Tally tally;
    for (const auto* line : world.lines()) {
        flip_message1(world, *line, tally);
        flip_message2_and_3(world, *line, tally);
        cross_sessions(world, *line, tally);
        redirect(world, *line, tally);
    }
    return {tally.got_through == 0 && tally.genuine_done,
            fmt::format("{} of {} altered, exchanged or redirected messages were taken, every bit "
                        "of the 214 bytes among them; those that were not altered still {}.",
                        tally.got_through, tally.altered,
                        tally.genuine_done ? "led to a session" : "did NOT lead to a session")};
}

}  // namespace attack
