// SPDX-License-Identifier: Apache-2.0
#include "keyagreement/internal/half_open_table.h"

#include "base/check.h"

namespace keyagreement::internal {

HalfOpen* HalfOpenTable::find(const Sid& session) {
    const auto found = entries_.find(session);
    return found == entries_.end() ? nullptr : &found->second;
}

void HalfOpenTable::add(const Sid& session, HalfOpen entry, Elapsed now) {
    CHECK(!full());
    if (const auto of_peer = by_peer_.find(entry.peer);
        of_peer != by_peer_.end() && of_peer->second.size() >= of_a_peer_max) {
        remove(Sid(of_peer->second.front()));
    }
    by_peer_[entry.peer].push_back(session);
    by_age_.push_back({session, now + life});
    CHECK(entries_.emplace(session, std::move(entry)).second);
}

void HalfOpenTable::remove(const Sid& session) {
    const auto found = entries_.find(session);
    if (found == entries_.end()) return;
    const auto of_peer = by_peer_.find(found->second.peer);
    std::erase(of_peer->second, session);
    if (of_peer->second.empty()) by_peer_.erase(of_peer);
    entries_.erase(found);
}

void HalfOpenTable::remove_peer(const PeerName& peer) {
    const auto of_peer = by_peer_.find(peer);
    if (of_peer == by_peer_.end()) return;
    for (const auto& session : of_peer->second) entries_.erase(session);
    by_peer_.erase(of_peer);
}

void HalfOpenTable::forget(Elapsed now) {
    while (!by_age_.empty() && now >= by_age_.front().forgotten_at) {
        remove(by_age_.front().session);
        by_age_.pop_front();
    }
}

}  // namespace keyagreement::internal
