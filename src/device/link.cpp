// SPDX-License-Identifier: Apache-2.0
#include "device/link.h"

#include <algorithm>
#include <iterator>

namespace device {

using keyagreement::Outcome;

Outcome Link::on_connected(base::TimePoint now) {
    if (client_.ready()) return {};
    client_.restart();  // what an open handshake had sent is lost with the old connection
    return client_.start(now);
}

Outcome Link::on_peer_started(base::TimePoint now) {
    // A clock that was set back must not silence hints for as long.
    if (last_hint_ && now >= *last_hint_ && now - *last_hint_ < hint_interval) return {};
    last_hint_ = now;
    // Without an answer under way the session may well be alive: then it stays.
    if (!client_.ready() || unanswered_since_) client_.restart();
    return client_.start(now);
}

Outcome Link::receive(base::ByteView frame, base::TimePoint now) {
    Outcome out = client_.receive(frame, now);
    if (out.received || out.established) {
        unanswered_since_.reset();
        silence_ = silence_first;
    }
    return out;
}

Outcome Link::tick(base::TimePoint now) {
    Outcome out = client_.tick(now);
    if (!unanswered_since_) return out;
    unanswered_since_ = std::min(*unanswered_since_, now);
    if (now - *unanswered_since_ < silence_) return out;
    unanswered_since_ = now;
    silence_ = std::min(silence_ * 2, silence_max);
    Outcome begun = client_.start(now);
    std::ranges::move(begun.to_send, std::back_inserter(out.to_send));
    return out;
}

base::Result<base::Bytes> Link::seal(base::ByteView plaintext, base::TimePoint now) {
    auto sealed = client_.seal(plaintext, now);
    if (sealed && !unanswered_since_) unanswered_since_ = now;
    return sealed;
}

base::TimePoint Link::next_wake() const {
    const base::TimePoint wake = client_.next_wake();
    return unanswered_since_ ? std::min(wake, *unanswered_since_ + silence_) : wake;
}

}  // namespace device
