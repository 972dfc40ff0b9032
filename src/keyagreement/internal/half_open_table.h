// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "keyagreement/handshake.h"
#include "keyagreement/session.h"

namespace keyagreement::internal {

/// A handshake that was answered and waits for MSG3.
struct HalfOpen {
    Responder responder;
    PeerName peer;
    int refused = 0;  ///< MSG3 that did not open.
};

/// Handshakes for 5 s each, found by sidR. A peer has at most 8 of them; a ninth drops its oldest,
/// so that one peer cannot fill the table.
class HalfOpenTable {
public:
    static constexpr std::chrono::seconds life{5};
    static constexpr std::size_t of_a_peer_max = 8;

    explicit HalfOpenTable(std::size_t entries_max) : entries_max_(entries_max) {}

    [[nodiscard]] bool full() const { return entries_.size() >= entries_max_; }
    /// Above 75 %: a cookie is demanded.
    [[nodiscard]] bool crowded() const { return entries_.size() * 4 > entries_max_ * 3; }
    [[nodiscard]] bool contains(const Sid& session) const { return entries_.contains(session); }
    /// Null if there is none.
    [[nodiscard]] HalfOpen* find(const Sid& session);
    /// CHECKs that it is not full.
    void add(const Sid& session, HalfOpen entry, Elapsed now);
    void remove(const Sid& session);
    void remove_peer(const PeerName& peer);
    void forget(Elapsed now);
    [[nodiscard]] std::size_t size() const { return entries_.size(); }

private:
    struct Age {
        Sid session;
        Elapsed forgotten_at;
    };
    std::size_t entries_max_;
    std::unordered_map<Sid, HalfOpen, base::FixedBytesHash<Sid>> entries_;
    std::unordered_map<PeerName, std::vector<Sid>, base::FixedBytesHash<PeerName>> by_peer_;
    std::deque<Age> by_age_;  // oldest first; may name entries that are gone
};

}  // namespace keyagreement::internal
