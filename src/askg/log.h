// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "askg/record.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "crypto/ed25519.h"
#include "crypto/hash.h"
#include "wire/ids.h"

namespace askg {

/// Numbers are those of the ledger's `Certify`.
enum class LogEvent : std::uint8_t { certified = 1, revoked = 2 };
[[nodiscard]] std::string_view name_of(LogEvent event);

/// One thing the key generator did that others must be able to see. Nothing in it is secret, and
/// it names nobody.
struct LogEntry {
    LogEvent event{};
    base::TimePoint at;
    Record record;
    friend bool operator==(const LogEntry&, const LogEntry&) = default;
};

/// Where the log stands: each entry's hash covers the one before, so that the last covers all.
struct LogHead {
    std::uint64_t size = 0;
    wire::Hash256 hash;  ///< Zero for the empty log.
    crypto::Ed25519Signature signature{};
    friend bool operator==(const LogHead&, const LogHead&) = default;
};

[[nodiscard]] base::Bytes encode(const LogEntry& entry);
/// Errors: `malformed`.
[[nodiscard]] base::Result<LogEntry> decode_log_entry(base::ByteView bytes);
/// SHA-512/256(0x01 | hash before | entry).
[[nodiscard]] wire::Hash256 chain_hash(const wire::Hash256& before, const LogEntry& entry);
/// What Ed25519 signs of a head.
[[nodiscard]] base::Bytes signed_bytes(const keyagreement::DomainName& authority,
                                       const LogHead& head);

/// Checks every record's signature, that what is revoked was certified before and once, and that
/// the entries lead to the signed head.
/// Errors: `corrupted`, naming the first entry that is wrong.
[[nodiscard]] base::Result<void> verify_log(const std::vector<LogEntry>& entries,
                                            const LogHead& head,
                                            const keyagreement::DomainName& authority,
                                            const crypto::Ed25519PublicKey& authority_key);

}  // namespace askg
