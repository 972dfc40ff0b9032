// SPDX-License-Identifier: Apache-2.0
// Attacks on a running system by who stole more than accounts: files of its data folder, every
// secret of a PDA, or the owners' places at the broker.
#include <fmt/format.h>

#include <algorithm>

#include "attack/dump.h"
#include "attack/live.h"

namespace attack {
namespace {

using namespace std::chrono_literals;
using crypto::X25519PrivateKey;

constexpr std::uint8_t type_message2 = 2, type_data = 4;

keyagreement::PublicKey ephemeral_at(const Bytes& frame, std::size_t offset) {
    keyagreement::PublicKey out{};
    std::copy_n(frame.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
    return out;
}

}  // namespace

bool Live::completes_as_device(Known known, const std::optional<X25519PrivateKey>& own) {
    const auto& line = target_.devices[0].line;
    const auto parties = line.parties();
    const auto now = parts_.clock.now();
    const auto ephemeral = X25519PrivateKey::draw(parts_.random);
    known.es = ephemeral.agree(line.responder);
    const Forgery1 forgery{.session = base::draw<keyagreement::Sid>(parts_.random),
                           .ephemeral = ephemeral.public_key(),
                           .pid = line.pid_at(now),
                           .time_ms = static_cast<std::uint64_t>(base::to_unix_ms(now))};
    const auto message1 = forge_message1(parties, known, forgery);
    const auto from = log_.size();
    device_taps_[0]->send(up(0), message1);
    const Bytes name(forgery.session.bytes.begin(), forgery.session.bytes.end());
    const auto answer = [&]() -> std::optional<Bytes> {
        for (const auto& frame : frames_on(down(0), type_message2, from)) {
            if (std::equal(name.begin(), name.end(), frame.begin() + 2)) return frame;
        }
        return std::nullopt;
    };
    if (!wait_for([&] { return answer().has_value(); }, 5s)) return false;
    const auto message2 = *answer();
    const auto theirs = ephemeral_at(message2, 18);
    known.ee = ephemeral.agree(theirs);
    known.se = own ? own->agree(theirs) : std::optional(Secret32::draw(parts_.random));
    device_taps_[0]->send(up(0), forge_message3(parties, known, message1, message2));
    return wait_for([&] { return frames_for(from, type_data, 2, {name}) > 0; }, own ? 5s : 2s);
}

Verdict Live::key_compromise() {
    const auto& device = target_.devices[0].line;
    const auto robbed = target_.pda.line.own();  // one static key for both its sides
    const auto with_all_of_the_pda = [&] {
        Known known;
        known.ss = robbed.agree(device.parties().initiator);
        known.psk = device.psk_at(parts_.clock.now()).clone();  // its share gives it too
        return known;
    };
    bool taken = false;
    for (int i = 0; i < 3; ++i) taken |= completes_as_device(with_all_of_the_pda(), std::nullopt);
    const bool control = completes_as_device(with_all_of_the_pda(), device.own());
    provoke();  // the device agrees anew at once, in place of the session just made
    return {!taken && control,
            fmt::format("Live: who has every secret of the running PDA {} played a device to it, "
                        "in 3 attempts; with that device's static key {}.",
                        taken ? "HAS" : "has not", control ? "it did" : "it did NOT either")};
}

std::optional<Verdict> Live::insider() {
    const auto& files = target_.files;
    if (!files.generator_psk) return std::nullopt;
    const auto heard = hear_session(0);
    if (!heard) return no_handshake();
    const auto& session = *heard;
    const auto& device = target_.devices[0];
    Known known;
    known.psk = files.generator_psk->clone();
    const bool opened = !read(device.line.parties(), known, session).nothing();
    const bool answered = gets_message2(device, Towards::pda, false, *files.generator_psk);
    // Its PDA reads MSG1: so what was heard is what it seems, and the psk is the true one.
    const auto pda = target_.pda.line.own();
    known.es = pda.agree(ephemeral_at(session.message1, 10));
    known.ss = pda.agree(device.line.parties().initiator);
    const auto of_pda = read(device.line.parties(), known, session);
    const bool control = of_pda.pid && of_pda.time1 && !session.record.empty();
    return Verdict{!opened && !answered && control,
                   fmt::format("Live: with the pre-shared key from the opened store of the running "
                               "key generator {} of a recorded session was read and {} MSG1 "
                               "answered; with the PDA's static key as well MSG1 {}.",
                               opened ? "SOMETHING" : "nothing", answered ? "a" : "no",
                               control ? "was read" : "was NOT read")};
}

std::optional<Verdict> Live::stolen_verifier() {
    const auto& files = target_.files;
    if (!files.table || !files.table_psk) return std::nullopt;
    const bool answered = gets_message2(target_.pda, Towards::cloud, false, *files.table_psk);
    const bool control = gets_message2(target_.pda, Towards::cloud, true, *files.table_psk);
    bool found = holds(*files.table, target_.pda.line.static_private.view());
    for (const auto& secret : files.of_the_pda) found |= holds(*files.table, secret.view());
    const bool searched = holds(*files.table, files.table_psk->view());
    return Verdict{!answered && control && !found && searched,
                   fmt::format("Live: with V from the running server's opened table {} login of a "
                               "PDA was answered, with its static key as well {}; the table held "
                               "{} of that PDA's token, TEMPC and static key.",
                               answered ? "A" : "no", control ? "one was" : "NONE was",
                               found ? "SOME" : "none")};
}

Verdict Live::desynchronisation() {
    int thrown_out = 0;
    for (int i = 0; i < 5; ++i) {
        // Who connects under a device's name takes its place, and what was on its way is lost.
        const auto& device = target_.devices[0];
        const Tap thief({parts_.network, parts_.clock}, device, device.id, {down(0)});
        thrown_out += wait_for([&] { return thief.ready(); }, 5s) ? 1 : 0;
        provoke();
        pass(700ms);
    }
    bool again = false;
    for (int tries = 0; tries < 3 && !again; ++tries) again = hear_handshake(0).has_value();
    const auto then = log_.size();
    const bool speaks = wait_for(
        [&] {
            return !frames_on(up(0), type_data, then).empty() &&
                   !frames_on(down(0), type_data, then).empty();
        },
        30s);
    return {thrown_out == 5 && again && speaks,
            fmt::format("Live: a device was thrown out at the broker {} times in the midst of "
                        "handshakes; afterwards it {} and {}.",
                        thrown_out, again ? "agreed on keys" : "did NOT agree on keys",
                        speaks ? "was acknowledged" : "was NOT acknowledged")};
}

}  // namespace attack
