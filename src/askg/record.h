// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "crypto/ed25519.h"
#include "crypto/x25519.h"
#include "keyagreement/names.h"
#include "wire/ids.h"

namespace askg {

/// What a party is to the key generator. Enters derivations, so the numbers stay.
enum class PartyRole : std::uint8_t { device = 1, pda = 2, cloud_server = 3, user = 4 };
[[nodiscard]] std::string_view name_of(PartyRole role);

/// Drawn for each record; what a revocation names.
using Serial = base::FixedBytes<struct SerialTag, 16>;

/// REC_X of docs/protocol.md 2.1: the key generator's word that a static key belongs to a party of
/// this role. It names nobody: who holds it is said where it is handed over.
struct Record {
    keyagreement::DomainName authority;
    Serial serial;
    PartyRole role{};
    /// Of those who answer handshakes (PDA, cloud server): what both ends use with them.
    std::optional<keyagreement::Suite> suite;
    crypto::X25519PublicKeyBytes static_public{};
    base::TimePoint valid_from;   ///< Inclusive.
    base::TimePoint valid_until;  ///< Exclusive.
    crypto::Ed25519Signature signature{};

    [[nodiscard]] bool valid_at(base::TimePoint now) const {
        return now >= valid_from && now < valid_until;
    }
    friend bool operator==(const Record&, const Record&) = default;
};

/// Version, authority, serial, role, suite (0: none), key, validity and signature.
inline constexpr std::size_t record_bytes = 1 + 16 + 16 + 1 + 1 + 32 + 8 + 8 + 64;

/// The canonical bytes, `record_bytes` of them.
[[nodiscard]] base::Bytes encode(const Record& record);
/// Errors: `malformed`.
[[nodiscard]] base::Result<Record> decode_record(base::ByteView bytes);
/// What Ed25519 signs: a label and the canonical bytes without the signature.
[[nodiscard]] base::Bytes signed_bytes(const Record& record);
/// Errors: `bad_signature` unless the key generator with this key signed it.
[[nodiscard]] base::Result<void> verify(const Record& record,
                                        const crypto::Ed25519PublicKey& authority);
/// SHA-512/256 of the canonical bytes: what a `Certify` transaction puts on the chain, so that a
/// record with another key in it is seen not to be the certified one.
[[nodiscard]] wire::Hash256 hash_of(const Record& record);

}  // namespace askg
