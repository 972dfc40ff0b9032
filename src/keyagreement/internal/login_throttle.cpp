// SPDX-License-Identifier: Apache-2.0
#include "keyagreement/internal/login_throttle.h"

#include <algorithm>

namespace keyagreement::internal {
namespace {

std::string key_of(const PeerName& peer, std::string_view source) {
    std::string out(base::as_text(peer.view()));
    out += source;
    return out;
}

}  // namespace

bool LoginThrottle::refuses(const PeerName& peer, std::string_view source, Elapsed now) const {
    const auto found = entries_.find(key_of(peer, source));
    return found != entries_.end() && now < found->second.refused_until;
}

void LoginThrottle::failed(const PeerName& peer, std::string_view source, Elapsed now) {
    const auto key = key_of(peer, source);
    if (!entries_.contains(key) && entries_.size() >= entries_max) {
        forget(now);
        if (entries_.size() >= entries_max) {
            entries_.erase(std::ranges::min_element(
                entries_, {}, [](const auto& entry) { return entry.second.began; }));
        }
    }
    auto& entry = entries_.try_emplace(key, Entry{now, 0, now}).first->second;
    if (now - entry.began >= period) entry = {now, 0, now};
    ++entry.failures;
    if (entry.failures >= failures_max) {
        entry.refused_until = entry.began + period;
    } else if (entry.failures >= free_failures) {
        entry.refused_until = now + std::chrono::seconds(1LL << (entry.failures - free_failures));
    }
}

void LoginThrottle::succeeded(const PeerName& peer, std::string_view source) {
    entries_.erase(key_of(peer, source));
}

void LoginThrottle::forget(Elapsed now) {
    std::erase_if(entries_,
                  [now](const auto& entry) { return now - entry.second.began >= period; });
}

}  // namespace keyagreement::internal
