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

constexpr std::uint8_t type_message2 = 2, type_message3 = 3, type_data = 4, type_cookie = 6;
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

bool holds(const Bytes& frame, base::ByteView part) {
    return !std::ranges::search(frame, part).empty();
}

}  // namespace

Verdict Live::replay() {
    // A session that is over by the time its frames come again, and one that goes on.
    const auto old = hear_handshake(0);
    if (!old) return no_handshake();
    pass(4s);
    const auto records_of = [this](const std::string& topic, const Bytes& receiver) {
        auto found = frames_on(topic, type_data, 0);
        std::erase_if(found, [&](const Bytes& frame) { return name_at(frame, 2) != receiver; });
        if (found.size() > 10) found.resize(10);
        return found;
    };
    const auto fresh = hear_handshake(0);
    if (!fresh) return no_handshake();
    pass(11s);  // past 2 dT the session before is forgotten
    auto ups = records_of(up(0), name_at(old->message2, 10));
    const auto old_records = ups.size();
    ups.insert(ups.end(), {old->message1, old->message3, fresh->message1});
    auto downs = records_of(down(0), name_at(old->message1, 2));
    downs.insert(downs.end(), {old->message2, fresh->message2});
    // First one direction, then the other: a tap hears its own copies too.
    listen();
    const auto ups_sent_at = log_.size();
    for (const auto& frame : ups) device_taps_[0]->send(up(0), frame);
    pass(2s);
    const std::vector<Bytes> initiators{name_at(old->message1, 2), name_at(fresh->message1, 2)};
    const auto answers = frames_for(ups_sent_at, type_message2, 2, initiators) +
                         frames_for(ups_sent_at, type_cookie, 2, initiators) +
                         frames_for(ups_sent_at, type_data, 2, {initiators[0]});
    const auto downs_sent_at = log_.size();
    for (const auto& frame : downs) pda_tap_->send(down(0), frame);
    pass(2s);
    const std::vector<Bytes> responders{name_at(old->message2, 10), name_at(fresh->message2, 10)};
    const auto thirds = frames_for(downs_sent_at, type_message3, 2, responders);

    // Records of the session that goes on, each often: were they taken, so many answers would come.
    constexpr int times = 20;
    const auto quiet_from = log_.size();
    pass(3s);
    const auto usual = frames_for(quiet_from, type_data, 2, {initiators[1]});
    const auto now_heard = records_of(up(0), name_at(fresh->message2, 10));
    const auto burst_from = log_.size();
    for (int i = 0; i < times; ++i) {
        for (const auto& frame : now_heard) device_taps_[0]->send(up(0), frame);
    }
    pass(3s);
    const auto meanwhile = frames_for(burst_from, type_data, 2, {initiators[1]});
    const auto repeated = now_heard.size() * times;
    const bool silent = meanwhile <= usual + repeated / 4;
    const bool enough = old_records > 0 && repeated >= times;
    const bool alive = hear_handshake(0).has_value();
    return {answers == 0 && thirds == 0 && silent && enough && alive,
            fmt::format("Live: {} of {} frames of a session that was over, {} records among them, "
                        "were answered; {} records of one that goes on, sent again, got {} answers "
                        "where {} are usual.",
                        answers + thirds, ups.size() + downs.size(), old_records, repeated,
                        meanwhile, usual)};
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
        pass(between_messages1);
    }
    pass(1s);
    const auto answers = frames_for(from, type_message2, 2, initiators);

    // A device in the middle of a handshake gets answers of the attacker's making besides.
    const auto race = log_.size();
    provoke();
    std::vector<Bytes> responders;
    const auto forge = [&] {
        for (std::size_t i = race; i < log_.size() && responders.size() < 8; ++i) {
            const auto& [at, topic, frame] = log_[i];
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
    pass(1s);
    const auto taken = frames_for(race, type_message3, 2, responders);
    return {answers == 0 && taken == 0 && genuine,
            fmt::format("Live: {} of {} altered MSG1 were answered and {} of {} forged MSG2 taken; "
                        "the genuine handshake beside them {}.",
                        answers, initiators.size(), taken, responders.size(),
                        genuine ? "ended well" : "did NOT end")};
}

Live::Seat Live::seat_of(const Account& account, Towards towards) {
    if (towards == Towards::cloud) {
        return {*pda_tap_, mqtt::cloud_topic(target_.tenant, account.id, Direction::up),
                mqtt::cloud_topic(target_.tenant, account.id, Direction::down)};
    }
    const std::size_t device = account.id == target_.devices[0].id ? 0 : 1;
    return {*device_taps_[device], up(device), down(device)};
}

bool Live::gets_message2(const Account& account, Towards towards, Known known,
                         std::chrono::milliseconds patience) {
    const auto& line = account.line;
    const auto now = parts_.clock.now();
    const auto ephemeral = X25519PrivateKey::draw(parts_.random);
    known.es = ephemeral.agree(line.responder);
    const Forgery1 forgery{.session = base::draw<keyagreement::Sid>(parts_.random),
                           .ephemeral = ephemeral.public_key(),
                           .pid = line.pid_at(now),
                           .time_ms = static_cast<std::uint64_t>(base::to_unix_ms(now))};
    const auto from = log_.size();
    const auto seat = seat_of(account, towards);
    seat.tap.send(seat.up, forge_message1(line.parties(), known, forgery));
    const Bytes name(forgery.session.bytes.begin(), forgery.session.bytes.end());
    return wait_for([&] { return frames_for(from, type_message2, 2, {name}) > 0; }, patience);
}

bool Live::gets_message2(const Account& account, Towards towards, bool has_static,
                         const Secret32& psk) {
    const auto& line = account.line;
    Known known;
    known.ss = has_static ? line.own().agree(line.responder) : Secret32::draw(parts_.random);
    known.psk = psk.clone();
    return gets_message2(account, towards, std::move(known), has_static ? 5s : 2s);
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
            const auto psk = has_psk ? account->line.psk_at(parts_.clock.now()).clone()
                                     : Secret32::draw(parts_.random);
            answered += gets_message2(*account, towards, has_static, psk) ? 1 : 0;
        }
        const auto& psk = account->line.psk_at(parts_.clock.now());
        control = gets_message2(*account, towards, true, psk) && control;
    }
    return {answered == 0 && control,
            fmt::format("Live: {} of {} impostors with stolen broker accounts were answered; one "
                        "with all credentials {}.",
                        answered, tried, control ? "was" : "was NOT")};
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
    for (const auto& [at, topic, frame] : log_) {
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
