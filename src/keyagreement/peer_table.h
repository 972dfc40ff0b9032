// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unordered_map>
#include <vector>

#include "keyagreement/credentials.h"
#include "keyagreement/server.h"

namespace keyagreement {

/// Peers in memory, found by the pseudonyms of yesterday, today and tomorrow. One thread.
class PeerTable final : public PeerIndex {
public:
    struct Entry {
        Profile profile;
        Peer peer;
        Secret32 pid_key;
    };

    /// Adds a peer, or puts it in the place of the one with its name.
    void put(Entry entry);
    /// The peer stays known and is refused as revoked; its keys are wiped. Close its sessions too.
    void revoke(const PeerName& name);
    /// Forgets the peer.
    void remove(const PeerName& name);
    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    [[nodiscard]] std::vector<PeerName> names() const;

    /// Names the peers anew when the day has changed, in either direction: one HMAC for each of
    /// three days and each peer, once a day.
    [[nodiscard]] std::optional<Peer> find(Profile profile, const Pid& pid,
                                           base::TimePoint now) const override;

private:
    void index(const PeerName& name, const Entry& entry) const;

    std::unordered_map<PeerName, Entry, base::FixedBytesHash<PeerName>> entries_;
    // A cache of what the day makes of the entries.
    mutable std::int64_t day_ = no_day;
    mutable std::unordered_map<Pid, PeerName, base::FixedBytesHash<Pid>> by_pid_;
};

}  // namespace keyagreement
