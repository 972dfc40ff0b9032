// SPDX-License-Identifier: Apache-2.0
// The attacks that a thief of broker accounts makes on a running system. Success is judged by what
// goes over the wire: nothing that an attacker sent may be answered like something genuine.
#include <fmt/format.h>

#include <algorithm>

#include "attack/harm.h"
#include "attack/linkability.h"
#include "attack/live.h"
#include "keyagreement/message.h"

namespace attack {
namespace {

using namespace std::chrono_literals;
using crypto::X25519PrivateKey;
using mqtt::Direction;

constexpr std::uint8_t type_message2 = 2, type_message3 = 3, type_cookie = 6;
/// MSG1 of one source in a second stay below what makes a PDA ask for cookies.
constexpr auto between_messages1 = 70ms;

Bytes name_at(const Bytes& frame, std::size_t offset) {
    const auto at = frame.begin() + static_cast<std::ptrdiff_t>(offset);
    return {at, at + 8};
}

Bytes with_flip(Bytes frame, std::size_t byte, base::Random& random) {
    std::array<std::uint8_t, 1> drawn{};
    random.fill(drawn);
    frame[byte] = static_cast<std::uint8_t>(frame[byte] ^ (1U << (drawn[0] % 8)));
    return frame;
}

Verdict no_handshake() {
    return {false, "Live: no handshake was heard; is the fleet running?"};
}

bool holds(const Bytes& frame, base::ByteView part) {
    return !std::ranges::search(frame, part).empty();
}

}  // namespace

Verdict Live::replay() {
    const auto heard = hear_handshake(0);
    if (!heard) return no_handshake();
    wait_for([] { return false; }, 4s);  // for records of the new session
    std::vector<Bytes> ups{heard->message1, heard->message3}, downs{heard->message2};
    for (const auto& [topic, frame] : log_) {
        if (frame.size() < 2 || frame[1] != 4) continue;
        if (topic == up(0) && ups.size() < 12) ups.push_back(frame);
        if (topic == down(0) && downs.size() < 12) downs.push_back(frame);
    }
    // First one direction, then the other: a tap hears its own copies too.
    listen();
    const auto ups_sent_at = log_.size();
    for (const auto& frame : ups) device_taps_[0]->send(up(0), frame);
    wait_for([] { return false; }, 2s);
    const std::vector<Bytes> initiator{name_at(heard->message1, 2)};
    const auto answers = frames_for(ups_sent_at, type_message2, 2, initiator) +
                         frames_for(ups_sent_at, type_cookie, 2, initiator);
    const auto downs_sent_at = log_.size();
    for (const auto& frame : downs) pda_tap_->send(down(0), frame);
    wait_for([] { return false; }, 2s);
    const auto thirds = frames_for(downs_sent_at, type_message3, 2, {name_at(heard->message2, 10)});
    const bool alive = hear_handshake(0).has_value();
    const auto replayed = ups.size() + downs.size();
    return {answers == 0 && thirds == 0 && alive,
            fmt::format("Live: {} of {} frames replayed through the broker were answered.",
                        answers + thirds, replayed)};
}

Verdict Live::man_in_the_middle() {
    const auto heard = hear_handshake(0);
    if (!heard) return no_handshake();
    listen();
    const auto from = log_.size();
    std::vector<Bytes> initiators;
    for (std::size_t byte = 2; byte < heard->message1.size(); ++byte) {
        auto altered = with_flip(heard->message1, byte, parts_.random);
        if (byte < 98) altered = with_mac1(target_.devices[0].line.responder, std::move(altered));
        initiators.push_back(name_at(altered, 2));
        device_taps_[0]->send(up(0), std::move(altered));
        wait_for([] { return false; }, between_messages1);
    }
    wait_for([] { return false; }, 1s);
    const auto answers = frames_for(from, type_message2, 2, initiators);

    // A device in the middle of a handshake gets answers of the attacker's making besides.
    const auto race = log_.size();
    provoke();
    std::vector<Bytes> responders;
    const auto forge = [&] {
        for (std::size_t i = race; i < log_.size() && responders.size() < 8; ++i) {
            const auto& [topic, frame] = log_[i];
            if (topic != up(0) || frame.size() != keyagreement::message1_bytes) continue;
            auto forged = with_flip(heard->message2, 40, parts_.random);
            std::ranges::copy(name_at(frame, 2), forged.begin() + 2);
            const auto name = base::draw<keyagreement::Sid>(parts_.random);
            std::ranges::copy(name.bytes, forged.begin() + 10);
            responders.push_back(name_at(forged, 10));
            pda_tap_->send(down(0), std::move(forged));
        }
        return handshake_after(race, 0).has_value();
    };
    const bool genuine = wait_for(forge, 6s);
    wait_for([] { return false; }, 1s);
    const auto taken = frames_for(race, type_message3, 2, responders);
    return {answers == 0 && taken == 0 && genuine,
            fmt::format("Live: {} of {} altered MSG1 were answered and {} of {} forged MSG2 taken; "
                        "the genuine handshake beside them {}.",
                        answers, initiators.size(), taken, responders.size(),
                        genuine ? "ended well" : "did NOT end")};
}

bool Live::gets_message2(const Account& account, Towards towards, bool has_static, bool has_psk) {
    const auto& line = account.line;
    const auto now = parts_.clock.now();
    const auto ephemeral = X25519PrivateKey::draw(parts_.random);
    Known known;
    known.es = ephemeral.agree(line.responder);
    known.ss = has_static ? line.own().agree(line.responder) : Secret32::draw(parts_.random);
    known.psk = has_psk ? line.psk_at(now).clone() : Secret32::draw(parts_.random);
    const Forgery1 forgery{.session = base::draw<keyagreement::Sid>(parts_.random),
                           .ephemeral = ephemeral.public_key(),
                           .pid = line.pid_at(now),
                           .time_ms = static_cast<std::uint64_t>(base::to_unix_ms(now))};
    auto message1 = forge_message1(line.parties(), known, forgery);
    const auto from = log_.size();
    if (towards == Towards::pda) {
        device_taps_[0]->send(up(0), std::move(message1));
    } else {
        pda_tap_->send(mqtt::cloud_topic(target_.tenant, account.id, Direction::up),
                       std::move(message1));
    }
    const Bytes name(forgery.session.bytes.begin(), forgery.session.bytes.end());
    return wait_for([&] { return frames_for(from, type_message2, 2, {name}) > 0; },
                    has_static && has_psk ? 5s : 2s);
}

Verdict Live::impersonation() {
    int tried = 0, answered = 0;
    bool control = true;
    const std::pair<const Account*, Towards> roles[] = {{&target_.devices[0], Towards::pda},
                                                        {&target_.pda, Towards::cloud}};
    for (const auto& [account, towards] : roles) {
        for (const auto& [has_static, has_psk] :
             {std::pair{false, false}, {true, false}, {false, true}}) {
            ++tried;
            answered += gets_message2(*account, towards, has_static, has_psk) ? 1 : 0;
        }
        control = gets_message2(*account, towards, true, true) && control;
    }
    return {answered == 0 && control,
            fmt::format("Live: {} of {} impostors with stolen broker accounts were answered; one "
                        "with all credentials {}.",
                        answered, tried, control ? "was" : "was NOT")};
}

bool Live::others_served() {
    auto client = target_.other_pda.line.client(parts_.random);
    const auto& id = target_.other_pda.id;
    const auto topic_up = mqtt::cloud_topic(target_.tenant, id, Direction::up);
    const auto topic_down = mqtt::cloud_topic(target_.tenant, id, Direction::down);
    auto read = log_.size();
    for (const auto& frame : client.start(parts_.clock.now()).to_send) {
        other_tap_->send(topic_up, frame);
    }
    bool answered = false;
    const auto follow = [&] {
        for (; read < log_.size() && !answered; ++read) {
            if (log_[read].topic != topic_down) continue;
            const auto& frame = log_[read].payload;
            const auto outcome = client.receive(frame, parts_.clock.now());
            if (outcome.to_send.empty()) continue;
            answered = frame[1] == type_message2;  // its MSG3 is kept back: the PDA goes on
            if (!answered) other_tap_->send(topic_up, outcome.to_send.front());
        }
        return answered;
    };
    return wait_for(follow, 5s);
}

Verdict Live::flooding() {
    constexpr int each = 2'000;
    listen();
    const auto from = log_.size();
    const auto topic = mqtt::cloud_topic(target_.tenant, target_.pda.id, Direction::up);
    std::size_t bytes_in = 0, sent = 0;
    std::vector<Bytes> names;
    for (const bool knows_key : {false, true}) {
        for (int i = 0; i < each; ++i) {
            Bytes junk(keyagreement::message1_bytes);
            parts_.random.fill(junk);
            junk[0] = 0x12;
            junk[1] = 0x01;
            if (knows_key) junk = with_mac1(target_.pda.line.responder, std::move(junk));
            names.push_back(name_at(junk, 2));
            bytes_in += junk.size();
            sent += pda_tap_->send(topic, std::move(junk)) ? 1 : 0;
            if (i % 200 == 199) wait_for([] { return false; }, 50ms);
        }
    }
    const bool served = others_served();
    wait_for([] { return false; }, 2s);
    std::size_t bytes_out = 0, sessions = 0;
    for (std::size_t i = from; i < log_.size(); ++i) {
        const auto& frame = log_[i].payload;
        if (frame.size() < 10 || std::ranges::find(names, name_at(frame, 2)) == names.end()) {
            continue;
        }
        if (log_[i].topic == topic) continue;
        bytes_out += frame.size();
        sessions += frame[1] == type_message2 ? 1 : 0;
    }
    return {sessions == 0 && bytes_out <= bytes_in && served && sent == 2 * each,
            fmt::format("Live: {} junk MSG1 through the broker got {} sessions and {} bytes for "
                        "{}; another PDA {} meanwhile.",
                        sent, sessions, bytes_out, bytes_in,
                        served ? "was answered" : "was NOT answered")};
}

Verdict Live::traceability() {
    constexpr int rounds = 8;
    std::vector<Sample> samples;
    for (int round = 0; round < rounds; ++round) {
        const auto from = log_.size();
        if (!hear_handshake(0)) return no_handshake();
        for (std::size_t device = 0; device < target_.devices.size(); ++device) {
            const auto heard = handshake_after(from, device);
            if (!heard) continue;
            Sample sample{.bytes = {}, .first = device == 0};
            for (const auto& frame : {heard->message1, heard->message2, heard->message3}) {
                base::append(sample.bytes, base::ByteView(frame).subspan(2));
            }
            samples.push_back(std::move(sample));
        }
    }
    const auto now = parts_.clock.now();
    std::size_t named = 0;
    for (const auto& [topic, frame] : log_) {
        for (const auto& account : target_.devices) {
            const auto pid = account.line.pid_at(now);
            const auto own = account.line.parties().initiator;
            const bool says = holds(frame, account.line.name.view()) || holds(frame, pid.view()) ||
                              holds(frame, own) || holds(frame, base::as_bytes(account.id));
            named += says ? 1 : 0;
        }
    }
    const auto common = strings_in_common(samples);
    return {common == 0 && named == 0 && samples.size() >= rounds,
            fmt::format("Live: {} handshakes heard at the broker had {} strings of 8 bytes in "
                        "common; {} of {} frames held a name or public key of a device.",
                        samples.size(), common, named, log_.size())};
}

}  // namespace attack
