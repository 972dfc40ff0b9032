// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <unordered_map>

#include "keyagreement/session.h"

namespace keyagreement::internal {

/// A session at the responder, with what is needed to answer a repeated MSG3.
struct Live {
    Session session;
    PeerName peer;
    Tag confirmation;          ///< c4 of its MSG3
    std::uint8_t repeats = 0;  ///< Of MSG3, answered.
    bool newest = true;
    Elapsed over_at{};  ///< When it is not the newest of its peer.
};

/// Sessions by name, and for each peer the newest and the one before it.
class SessionTable {
public:
    [[nodiscard]] bool contains(const Sid& session) const { return sessions_.contains(session); }
    [[nodiscard]] bool knows(const PeerName& peer) const { return by_peer_.contains(peer); }
    /// Null if there is none or its time is over.
    [[nodiscard]] Live* find(const Sid& session, Elapsed now);
    [[nodiscard]] std::optional<Sid> newest(const PeerName& peer) const;
    /// The newest of its peer from now on; the one before stays for 2 dT.
    Live& add(Session session, const PeerName& peer, const Tag& confirmation, Elapsed now);
    void remove(const Sid& session);
    void remove_peer(const PeerName& peer);
    /// Drops sessions and keys whose time is over. Looks at all of them, at most each 5 s.
    void forget(Elapsed now);
    [[nodiscard]] std::size_t size() const { return sessions_.size(); }

private:
    /// The zero name stands for none.
    struct OfPeer {
        Sid newest;
        Sid before;
    };
    std::unordered_map<Sid, Live, base::FixedBytesHash<Sid>> sessions_;
    std::unordered_map<PeerName, OfPeer, base::FixedBytesHash<PeerName>> by_peer_;
    Elapsed looked_at_{0};
};

}  // namespace keyagreement::internal
