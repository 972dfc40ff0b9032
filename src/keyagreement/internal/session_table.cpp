// SPDX-License-Identifier: Apache-2.0
#include "keyagreement/internal/session_table.h"

#include "base/check.h"

namespace keyagreement::internal {
namespace {

constexpr std::chrono::seconds look_interval{5};

bool is_over(const Live& live, Elapsed now) {
    return live.session.expired(now) || (!live.newest && now >= live.over_at);
}

}  // namespace

Live* SessionTable::find(const Sid& session, Elapsed now) {
    const auto found = sessions_.find(session);
    if (found == sessions_.end() || (!found->second.newest && now >= found->second.over_at)) {
        return nullptr;
    }
    return &found->second;
}

std::optional<Sid> SessionTable::newest(const PeerName& peer) const {
    const auto found = by_peer_.find(peer);
    if (found == by_peer_.end() || found->second.newest.is_zero()) return std::nullopt;
    return found->second.newest;
}

Live& SessionTable::add(Session session, const PeerName& peer, const Tag& confirmation,
                        Elapsed now) {
    const Sid name = session.own();
    auto& of_peer = by_peer_[peer];
    sessions_.erase(of_peer.before);
    of_peer.before = of_peer.newest;
    of_peer.newest = name;
    if (const auto before = sessions_.find(of_peer.before); before != sessions_.end()) {
        before->second.newest = false;
        before->second.over_at = now + 2 * time_tolerance;
    }
    const auto [at, added] = sessions_.emplace(
        name, Live{.session = std::move(session), .peer = peer, .confirmation = confirmation});
    CHECK(added);
    return at->second;
}

void SessionTable::remove(const Sid& session) {
    const auto found = sessions_.find(session);
    if (found == sessions_.end()) return;
    const auto of_peer = by_peer_.find(found->second.peer);
    auto& [newest, before] = of_peer->second;
    if (newest == session) newest = {};
    if (before == session) before = {};
    if (newest.is_zero() && before.is_zero()) by_peer_.erase(of_peer);
    sessions_.erase(found);
}

void SessionTable::remove_peer(const PeerName& peer) {
    const auto of_peer = by_peer_.find(peer);
    if (of_peer == by_peer_.end()) return;
    sessions_.erase(of_peer->second.newest);
    sessions_.erase(of_peer->second.before);
    by_peer_.erase(of_peer);
}

void SessionTable::forget(Elapsed now) {
    if (now - looked_at_ < look_interval) return;
    looked_at_ = now;
    std::vector<Sid> over;
    for (auto& [name, live] : sessions_) {
        live.session.forget_old_keys(now);
        if (is_over(live, now)) over.push_back(name);
    }
    for (const auto& name : over) remove(name);
}

}  // namespace keyagreement::internal
