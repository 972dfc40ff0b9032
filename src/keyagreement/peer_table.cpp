// SPDX-License-Identifier: Apache-2.0
#include "keyagreement/peer_table.h"

namespace keyagreement {

void PeerTable::put(Entry entry) {
    const PeerName name = entry.peer.name;
    remove(name);
    const auto at = entries_.emplace(name, std::move(entry)).first;
    if (day_ != no_day) index(name, at->second);
}

void PeerTable::revoke(const PeerName& name) {
    const auto found = entries_.find(name);
    if (found == entries_.end()) return;
    auto& peer = found->second.peer;
    peer.revoked = true;
    peer.psk = {};
    peer.psk_previous.reset();
    peer.static_public = {};
}

void PeerTable::remove(const PeerName& name) {
    const auto found = entries_.find(name);
    if (found == entries_.end()) return;
    for (const std::int64_t day : {day_ - 1, day_, day_ + 1, no_day}) {
        const auto named = by_pid_.find(pid_of(found->second.pid_key, day));
        if (named != by_pid_.end() && named->second == name) by_pid_.erase(named);
    }
    entries_.erase(found);
}

std::vector<PeerName> PeerTable::names() const {
    std::vector<PeerName> out;
    out.reserve(entries_.size());
    for (const auto& [name, entry] : entries_) out.push_back(name);
    return out;
}

void PeerTable::index(const PeerName& name, const Entry& entry) const {
    for (const std::int64_t day : {day_ - 1, day_, day_ + 1}) {
        by_pid_.emplace(pid_of(entry.pid_key, day), name);
    }
    if (entry.peer.clockless_allowed) by_pid_.emplace(pid_of(entry.pid_key, no_day), name);
}

std::optional<Peer> PeerTable::find(Profile profile, const Pid& pid, base::TimePoint now) const {
    if (const auto today = day_of(now); today != day_) {
        day_ = today;
        by_pid_.clear();
        for (const auto& [name, entry] : entries_) index(name, entry);
    }
    const auto named = by_pid_.find(pid);
    if (named == by_pid_.end()) return std::nullopt;
    const auto& [of, peer, pid_key] = entries_.at(named->second);
    if (of != profile) return std::nullopt;
    std::optional<Secret32> previous;
    if (peer.psk_previous) previous = peer.psk_previous->clone();
    return Peer{.name = peer.name,
                .static_public = peer.static_public,
                .psk = peer.psk.clone(),
                .psk_previous = std::move(previous),
                .revoked = peer.revoked,
                .clockless_allowed = peer.clockless_allowed};
}

}  // namespace keyagreement
