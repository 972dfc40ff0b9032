// SPDX-License-Identifier: Apache-2.0
#include "printed/controls.h"

#include <fmt/format.h>

#include <array>
#include <utility>
#include <vector>

#include "attack/interpolation.h"
#include "attack/linkability.h"
#include "printed/protocol.h"

namespace printed {
namespace {

constexpr Seconds noon = 1'800'000'000;
constexpr Seconds year = 31'557'600;

/// A small hospital of the paper.
struct World {
    explicit World(base::Random& random)
        : askg(random),
          device(askg, "device 1"),
          other_device(askg, "device 2"),
          pda(askg, "pda 1"),
          cloud(askg, "cloud 1"),
          other_cloud(askg, "cloud 2") {
        for (auto* server : {&cloud, &other_cloud}) server->enrol_pda(askg, "pda 1");
        cloud.enrol_user({"ana", token_of("ana", "reading 0417")});
    }
    KeyGenerator askg;
    Device device;
    Device other_device;
    Pda pda;
    Cloud cloud;
    Cloud other_cloud;
};

Control replay(World& world, base::Random&) {
    const auto heard = world.pda.log_in(noon);
    const bool first = world.cloud.receive(heard, noon).has_value();
    const bool again = world.cloud.receive(heard, noon + window_s).has_value();
    const UserLogin overheard{"ana", token_of("ana", "reading 0417")};
    return {first && again && world.cloud.receive(overheard),
            "The PDA's login was accepted a second time, the user's at any time."};
}

Control man_in_the_middle(World& world, base::Random&) {
    const auto hello = world.device.start(noon);
    int accepted = 0;
    for (std::size_t bit = 0; bit < hello.encode().size() * 8; ++bit) {
        auto altered = hello;
        if (const auto byte = bit / 8; byte < altered.pid_device.size()) {
            altered.pid_device[byte] =
                static_cast<std::uint8_t>(altered.pid_device[byte] ^ (1U << (bit % 8)));
        } else {
            altered.tsp1 ^= 1U << (bit - altered.pid_device.size() * 8);
        }
        accepted += world.pda.receive(altered, noon).has_value() ? 1 : 0;
    }
    const bool redirected = world.other_cloud.receive(world.pda.log_in(noon), noon).has_value();
    return {accepted > 0 && redirected,
            fmt::format("The PDA agreed a key after {} of 544 flipped bits, and a login meant for "
                        "one server opened another.",
                        accepted)};
}

Control impersonation(World& world, base::Random&) {
    // The device: its name was heard. The PDA: M1 was heard once, and the attacker is enrolled.
    const bool device = world.pda.receive({world.device.pid(), noon}, noon).has_value();
    const auto heard = world.pda.log_in(noon);
    const auto credential = exclusive_or(heard.m1, world.askg.pid_askg());
    const auto forged = login_of(credential, world.askg.pid_askg(), noon + year);
    const bool pda = world.cloud.receive(forged, noon + year).has_value();
    const bool user = world.cloud.receive(UserLogin{"ana", token_of("ana", "reading 0417")});
    return {device && pda && user,
            "A device by its name alone, a PDA a year after one login was heard, and a user by the "
            "token that was sent; the server's answer is a bare time."};
}

/// A session of PDA and cloud, and what was on the wire of it.
struct Heard {
    PdaLogin login;
    Seconds tsp2;
    Hash key;
};
Heard session_of(const World& world) {
    const auto login = world.pda.log_in(noon);
    const auto session = world.cloud.receive(login, noon + 1);
    return {login, session->tsp2, session->key};
}

bool computes_session_key(const World& world, const Heard& heard) {
    const SessionNames names{world.pda.pid(), "pda 1", heard.login.tsp1, heard.tsp2,
                             world.cloud.pid()};
    return session_key(names, world.askg.pid_askg()) == heard.key;
}

Control ephemeral_leak(World& world, base::Random&) {
    // All that is fresh in a session is its two times; the rest are names, and PID_ASKG, which
    // everybody enrolled holds.
    return {computes_session_key(world, session_of(world)),
            "SecKey was computed of the two times and the names by somebody enrolled."};
}

Control insider(World& world, base::Random&) {
    const auto hello = world.device.start(noon);
    const auto answered = world.pda.receive(hello, noon + 1);
    const auto priv =
        priv_of(world.askg.share_of("device 1"), answered->answer.pid_pda, hello.tsp1, noon + 1);
    return {priv == answered->priv && computes_session_key(world, session_of(world)),
            "ASKG computed the session keys of device and PDA and of PDA and server."};
}

Control device_capture(World& world, base::Random&) {
    // One polynomial for everybody: the shares of other patients' devices will do.
    std::vector<attack::Captured> captured;
    for (std::size_t i = 0; i <= degree; ++i) {
        const auto id = fmt::format("captured {}", i);
        captured.push_back(
            {KeyGenerator::point_of(world.askg.pid_of(id)), world.askg.share_of(id)});
    }
    const auto share = attack::interpolate(captured, KeyGenerator::point_of(world.device.pid()));
    const auto answered = world.pda.receive(world.device.start(noon), noon);
    const bool found = priv_of(share, world.pda.pid(), noon, noon) == answered->priv;
    return {found, fmt::format("{} captured devices of other patients gave the key of a pair of "
                               "which nothing was captured.",
                               captured.size())};
}

Control stolen_verifier(World& world, base::Random&) {
    const auto stolen = world.other_cloud.table().begin()->first;
    const auto login = login_of(stolen, world.askg.pid_askg(), noon);
    return {world.cloud.receive(login, noon).has_value(),
            "One server's table was enough to log in at another."};
}

Control offline_guessing(World& world, base::Random&) {
    const auto& stolen = world.cloud.users().at("ana");
    for (int guess = 0; guess < 10'000; ++guess) {
        if (token_of("ana", fmt::format("reading {:04}", guess)) != stolen) continue;
        return {true, fmt::format("The {}th guess of the biometric was right, at one hash a guess.",
                                  guess + 1)};
    }
    return {false, "No guess fitted."};
}

Control desynchronisation(World& world, base::Random&) {
    // The device's clock is an hour off. Nothing that it may receive sets it.
    int refused = 0;
    for (Seconds day = 0; day < 30; ++day) {
        const auto now = noon + day * 86'400;
        refused += world.pda.receive(world.device.start(now - 3'600), now) ? 0 : 1;
    }
    return {refused == 30, "A device whose clock stood an hour off was locked out for good."};
}

Control flooding(World& world, base::Random& random) {
    std::size_t answered = 0, bytes_in = 0, bytes_out = 0;
    for (int i = 0; i < 10'000; ++i) {
        DeviceHello junk{{}, noon};
        random.fill(junk.pid_device);
        const auto answer = world.pda.receive(junk, noon);
        if (!answer) continue;
        ++answered;
        bytes_in += junk.encode().size();
        bytes_out += answer->answer.encode().size();
    }
    return {answered == 10'000 && bytes_out > bytes_in,
            fmt::format("{} of 10,000 junk messages were answered, each after an evaluation of the "
                        "polynomial, with {} bytes for {}.",
                        answered, bytes_out, bytes_in)};
}

Control traceability(World& world, base::Random& random) {
    std::vector<attack::Sample> samples;
    for (int i = 0; i < 1'000; ++i) {
        std::array<std::uint8_t, 1> coin{};
        random.fill(coin);
        const bool first = (coin[0] & 1U) != 0;
        const auto now = noon + static_cast<Seconds>(i);
        const auto hello = (first ? world.device : world.other_device).start(now);
        attack::Sample sample{.bytes = hello.encode(), .first = first};
        base::append(sample.bytes, world.pda.receive(hello, now)->answer.encode());
        samples.push_back(std::move(sample));
    }
    const auto told = attack::share_told_apart(samples);
    return {told == 1.0, fmt::format("{:.0f} % of the handshakes were told apart, by the name that "
                                     "stands in them.",
                                     told * 100)};
}

Control key_compromise(World& world, base::Random&) {
    // With the PDA's share as the device; with the device's share as the PDA.
    const auto answered = world.pda.receive({world.device.pid(), noon}, noon);
    const bool as_device =
        priv_of(world.pda.share(), world.device.pid(), noon, noon) == answered->priv;
    const auto hello = world.device.start(noon);
    const auto priv = priv_of(world.device.share(), world.pda.pid(), hello.tsp1, noon);
    base::Bytes time;
    base::append_u32(time, noon);
    const auto msg1 = exclusive_or(crypto::sha512({priv, time}), world.pda.pid());
    const bool as_pda = world.device.receive({world.pda.pid(), msg1, noon}, noon) == priv;
    return {as_device && as_pda,
            "Who took the PDA's share was any device to it, who took the device's was its PDA."};
}

using Run = Control (*)(World&, base::Random&);
constexpr std::pair<std::string_view, Run> controls[] = {
    {"replay", replay},
    {"man_in_the_middle", man_in_the_middle},
    {"impersonation", impersonation},
    {"ephemeral_leak", ephemeral_leak},
    {"insider", insider},
    {"device_capture", device_capture},
    {"stolen_verifier", stolen_verifier},
    {"offline_guessing", offline_guessing},
    {"desynchronisation", desynchronisation},
    {"flooding", flooding},
    {"traceability", traceability},
    {"key_compromise", key_compromise},
};

}  // namespace

std::optional<Control> run_control(std::string_view attack, base::Random& random) {
    for (const auto& [name, run] : controls) {
        if (name != attack) continue;
        World world(random);
        return run(world, random);
    }
    return std::nullopt;
}

}  // namespace printed
