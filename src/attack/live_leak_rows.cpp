// SPDX-License-Identifier: Apache-2.0
// Attacks on a running system by whom secrets reached that say nothing of the one attacked:
// ephemeral keys of a session, and everything of other devices.
#include <fmt/format.h>

#include <algorithm>

#include "attack/interpolation.h"
#include "attack/live.h"

namespace attack {
namespace {

using namespace std::chrono_literals;

constexpr std::uint8_t type_message3 = 3;

keyagreement::PublicKey ephemeral_at(const Bytes& frame, std::size_t offset) {
    keyagreement::PublicKey out{};
    std::copy_n(frame.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
    return out;
}

/// The share at `place` by Lagrange's rule: the true one only if enough were captured.
askg::DomainShare share_between(const std::vector<askg::DomainShare>& shares,
                                const askg::FieldElement& place) {
    std::vector<Captured> captured;
    for (const auto& one : shares) {
        const auto& coefficients = one.share.coefficients();
        captured.push_back({one.x, {coefficients.begin(), coefficients.end()}});
    }
    std::array<askg::FieldElement, askg::share_coefficients> out;
    std::ranges::copy(interpolate(captured, place), out.begin());
    return {shares.front().generation, place, askg::Share(out)};
}

}  // namespace

bool Live::goes_well(Victim& victim, const Seat& seat, Until until) {
    auto next = log_.size();
    for (const auto& frame : victim.start(parts_.clock.now()).to_send) {
        seat.tap.send(seat.up, frame);
    }
    const auto follow = [&] {
        for (; next < log_.size(); ++next) {
            if (log_[next].topic != seat.down) continue;
            const auto outcome = victim.receive(log_[next].payload, parts_.clock.now());
            if (outcome.established) return true;
            for (const auto& frame : outcome.to_send) {
                if (frame[1] == type_message3 && until == Until::message2) return true;
                seat.tap.send(seat.up, frame);
            }
        }
        return false;
    };
    return wait_for(follow, 5s);
}

std::unique_ptr<Victim> Live::lead(const Account& account, Towards towards, Until until) {
    const auto seat = seat_of(account, towards);
    for (int tries = 0; tries < 3; ++tries) {
        auto victim = std::make_unique<Victim>(account.line, parts_.random);
        if (goes_well(*victim, seat, until)) return victim;
    }
    return nullptr;
}

Verdict Live::ephemeral_leak() {
    // The server's own PDA goes on undisturbed: its MSG3 is kept back.
    const std::tuple<const Account*, Towards, Until> roles[] = {
        {&target_.devices[0], Towards::pda, Until::confirmed},
        {&target_.pda, Towards::cloud, Until::message2}};
    int computed = 0;
    bool control = true;
    for (const auto& [account, towards, until] : roles) {
        const auto victim = lead(*account, towards, until);
        if (!victim) return {false, "Live: no handshake could be led; does the system run?"};
        const auto* outsider = towards == Towards::pda ? &target_.devices[1].line : nullptr;
        const auto leak = leak_ephemerals(account->line, *victim, outsider, parts_.clock.now());
        computed += leak.keys ? 1 : 0;
        control = control && leak.control;
    }
    provoke();  // the device agrees anew at once, in place of the session just made
    return {computed == 0 && control,
            fmt::format("Live: with the ephemeral keys of a handshake led with the running PDA and "
                        "of one with the running server, keys of {} of 2 were computed; with the "
                        "static and the pre-shared key as well, {}.",
                        computed, control ? "those of both" : "still NOT those of both")};
}

std::optional<Verdict> Live::device_capture() {
    if (!target_.files.captured) return std::nullopt;
    const auto& [shares, place, place_of_pda] = *target_.files.captured;
    const auto session = hear_session(1);
    if (!session) return no_handshake();
    const auto captured = target_.devices[0].line.own();
    const auto& other = target_.devices[1];
    const auto& other_line = other.line;
    const Secret32 keys[] = {askg::pair_secret(shares.front(), place_of_pda),
                             askg::pair_secret(shares.front(), place),
                             askg::pair_secret(share_between(shares, place), place_of_pda)};
    int answered = 0, opened = 0;
    for (const auto& key : keys) {
        Known known;
        known.psk = key.clone();
        known.ss = captured.agree(other_line.responder);
        known.es = captured.agree(ephemeral_at(session->message1, 10));
        known.ee = captured.agree(ephemeral_at(session->message2, 18));
        known.se = known.ee->clone();
        opened += read(other_line.parties(), known, *session).nothing() ? 0 : 1;
        answered += gets_message2(other, Towards::pda, std::move(known), 2s) ? 1 : 0;
    }
    const auto& own_key = target_.devices[0].line.psk_at(parts_.clock.now());
    const auto& other_key = other_line.psk_at(parts_.clock.now());
    const bool computed =
        std::ranges::any_of(keys, [&](const Secret32& key) { return key == other_key; });
    // The shares are the true ones, the device's own credentials are answered, and what was heard
    // is what it seems: its PDA reads MSG1.
    const auto pda = target_.pda.line.own();
    Known all;
    all.es = pda.agree(ephemeral_at(session->message1, 10));
    all.ss = pda.agree(other_line.parties().initiator);
    all.psk = other_key.clone();
    const auto of_pda = read(other_line.parties(), all, *session);
    const bool control = keys[0] == own_key &&
                         gets_message2(other, Towards::pda, true, other_key) && of_pda.pid &&
                         of_pda.time1 && !session->record.empty();
    return Verdict{
        answered == 0 && opened == 0 && !computed && control,
        fmt::format("Live: with everything of a captured device, and the shares of {} of "
                    "its patient's devices, another one's pre-shared key {}, {} of {} "
                    "MSG1 in its name were answered by the running PDA, and of its "
                    "recorded session {} was read; with its own credentials {}.",
                    shares.size(), computed ? "WAS computed" : "was not computed", answered,
                    std::size(keys), opened == 0 ? "nothing" : "SOMETHING",
                    control ? "it was answered" : "it was NOT either")};
}

}  // namespace attack
