// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "askg/credentials.h"
#include "askg/record.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/random.h"
#include "keyagreement/names.h"

namespace askg {

/// What a cloud server learns of one initiator. No token, no TEMPC, no share.
struct ProvisionedPeer {
    keyagreement::PeerName
        name;  ///< The bytes of a DeviceId (profile 2) or a LedgerId (profile 3).
    keyagreement::Profile profile{};
    PartyRole role{};
    std::optional<wire::Role> user_role;  ///< Of users only.
    Record record;
    bool revoked = false;  ///< Then there are no secrets below: close its sessions.
    Secret32 pid_key;
    std::vector<EpochSecret> keys;  ///< V of the previous, this and the next epoch.

    [[nodiscard]] const crypto::X25519PublicKeyBytes& static_public() const {
        return record.static_public;
    }
    [[nodiscard]] const Serial& serial() const { return record.serial; }
    /// V of exactly this epoch; null if it was not provided.
    [[nodiscard]] const Secret32* key_of(std::int64_t epoch) const;
};

struct Provision {
    std::uint64_t sequence = 0;  ///< Rises with each; a server takes none twice nor an older one.
    base::TimePoint made_at;
    bool complete = false;  ///< Every peer there is; otherwise those that changed.
    std::vector<ProvisionedPeer> peers;
};

/// AES-256-GCM under CK, bound to the key generator and the server.
[[nodiscard]] base::Bytes seal_provision(const Secret32& channel_key,
                                         const keyagreement::DomainName& authority,
                                         const wire::LedgerId& server, const Provision& provision,
                                         base::Random& random);
/// With what the server holds. Errors: `bad_signature` (another key, server or bytes, or a record
/// not signed by the authority), `malformed`, `replayed` unless its sequence is above
/// `last_sequence`.
[[nodiscard]] base::Result<Provision> open_provision(const CloudServerGrant& server,
                                                     base::ByteView sealed,
                                                     std::uint64_t last_sequence);

}  // namespace askg
