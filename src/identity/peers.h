// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "askg/provision.h"
#include "base/clock.h"
#include "base/error.h"
#include "identity/directory.h"
#include "keyagreement/names.h"
#include "keyagreement/peer_table.h"
#include "keyagreement/server.h"
#include "storage/key_value_store.h"

namespace identity {

/// Who may agree on keys with the cloud server: what the key generator provided, and of that what
/// the directory lets serve. A PDA or device that the directory suspended is known and refused.
/// Found by the pseudonyms of yesterday, today and tomorrow. Thread-safe; secrets are wiped with
/// what they belong to.
class Peers final : public keyagreement::PeerIndex {
public:
    /// Borrows `directory`. What it took it remembers as long as it lives.
    explicit Peers(const Directory& directory) : directory_(directory) {}
    /// Borrows both. The number of the newest provision stands in `store`, so that an older one
    /// that was put back is refused after a restart too. Errors: those of `store`; `corrupted`.
    [[nodiscard]] static base::Result<std::unique_ptr<Peers>> open(const Directory& directory,
                                                                   storage::KeyValueStore& store);

    /// Takes over a provision: all of it where it is complete, else what changed. The same one may
    /// come again. Errors: `replayed` for an older one than was ever taken, those of the store;
    /// then nothing changes.
    base::Result<void> take(askg::Provision provision);
    /// Of the newest provision that was ever taken; 0 before any.
    [[nodiscard]] std::uint64_t sequence() const;

    [[nodiscard]] std::optional<keyagreement::Peer> find(keyagreement::Profile profile,
                                                         const keyagreement::Pid& pid,
                                                         base::TimePoint now) const override;
    /// Those who may not speak: whoever holds sessions closes theirs.
    [[nodiscard]] std::vector<keyagreement::PeerName> refused() const;
    /// Rises with each provision and each change in the directory.
    [[nodiscard]] std::uint64_t version() const;

private:
    [[nodiscard]] base::Result<void> remember(std::uint64_t sequence);
    [[nodiscard]] bool serving(const keyagreement::PeerName& name) const;
    void index(std::int64_t month) const;

    const Directory& directory_;
    storage::KeyValueStore* store_ = nullptr;  // holds sequence_, where there is one
    mutable std::mutex mutex_;                 // guards all below
    std::map<keyagreement::PeerName, askg::ProvisionedPeer> provided_;
    std::set<keyagreement::PeerName> gone_;  // provided once, and no more
    std::uint64_t sequence_ = 0;
    std::uint64_t taken_ = 0;  // provisions
    // What this month makes of the provided: pre-shared keys change every 30 days.
    mutable std::int64_t month_ = -1;
    mutable keyagreement::PeerTable table_;
};

}  // namespace identity
