// SPDX-License-Identifier: Apache-2.0
#include "attack/victim.h"

#include "base/check.h"
#include "keyagreement/message.h"

namespace attack {
namespace {

using keyagreement::FrameType;

FrameType type_of(base::ByteView frame) {
    CHECK(frame.size() >= 2);
    return static_cast<FrameType>(frame[1]);
}

bool gives_keys(const Reading& reading, const Secret32* session_key) {
    return reading.time1 || reading.time2 || reading.confirmation || reading.record ||
           reading.answer || (session_key != nullptr && reading.session_key == *session_key);
}

bool reads_all(const Reading& reading, const Heard& heard, const Secret32* session_key) {
    return reading.time1 && reading.time2 && reading.confirmation &&
           (heard.record.empty() || reading.record) && (heard.answer.empty() || reading.answer) &&
           (session_key == nullptr || reading.session_key == *session_key);
}

}  // namespace

Victim::Victim(const Line& line, base::Random& random)
    : line_(line), leaky_(random), client_(line.client(leaky_)) {}

keyagreement::Outcome Victim::start(base::TimePoint now) {
    auto outcome = client_.start(now);
    note(outcome);
    return outcome;
}

keyagreement::Outcome Victim::receive(base::ByteView frame, base::TimePoint now) {
    auto outcome = client_.receive(frame, now);
    note(outcome);
    if (outcome.failure || frame.size() < 2) return outcome;
    if (type_of(frame) == FrameType::message2 && !outcome.to_send.empty()) {
        heard_.message2.assign(frame.begin(), frame.end());
    }
    if (outcome.established || outcome.received) heard_.answer.assign(frame.begin(), frame.end());
    return outcome;
}

Bytes Victim::seal(base::ByteView plaintext, base::TimePoint now) {
    auto record = client_.seal(plaintext, now);
    CHECK(record.has_value());
    heard_.record = *record;
    return *std::move(record);
}

void Victim::note(const keyagreement::Outcome& outcome) {
    for (const auto& frame : outcome.to_send) {
        if (type_of(frame) == FrameType::message3) heard_.message3 = frame;
        if (type_of(frame) != FrameType::message1) continue;
        heard_.message1 = frame;
        heard_.message1.resize(keyagreement::message1_bytes);  // without a cookie
    }
}

std::optional<Known> Victim::ephemerals() const {
    if (heard_.message2.empty() || heard_.message3.empty()) return std::nullopt;
    const auto own = leaky_.key_of(base::ByteView(heard_.message1).subspan(10, 32));
    if (!own) return std::nullopt;
    keyagreement::PublicKey theirs{};
    std::copy_n(heard_.message2.begin() + 18, theirs.size(), theirs.begin());
    Known known;
    known.es = own->agree(line_.responder);
    known.ee = own->agree(theirs);
    known.se = line_.own().agree(theirs);
    return known;
}

Leak leak_ephemerals(const Line& line, const Victim& victim, const Line* outsider,
                     base::TimePoint now) {
    auto known = victim.ephemerals();
    if (!known) return {};
    const auto& heard = victim.heard();
    Leak out;
    out.keys = gives_keys(read(line.parties(), *known, heard), victim.session_key());
    if (outsider != nullptr) {
        known->ss = outsider->own().agree(line.responder);
        known->psk = outsider->psk_at(now).clone();
        out.keys |= gives_keys(read(line.parties(), *known, heard), victim.session_key());
    }
    known->ss = line.own().agree(line.responder);
    known->psk = line.psk_at(now).clone();
    out.control = reads_all(read(line.parties(), *known, heard), heard, victim.session_key());
    return out;
}

}  // namespace attack
