// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "askg/log.h"
#include "base/bytes.h"
#include "base/error.h"
#include "storage/key_value_store.h"

namespace askg::internal {

// The log as it stands in the store, in clear.

struct Identity {
    keyagreement::DomainName authority;
    crypto::Ed25519PublicKeyBytes key{};
};
[[nodiscard]] base::Bytes encode(const Identity& identity);
/// Errors: `corrupted`, `not_found`.
[[nodiscard]] base::Result<Identity> read_identity(const storage::KeyValueStore& store);

[[nodiscard]] base::Bytes log_key(std::uint64_t index);
[[nodiscard]] base::Bytes encode(const LogHead& head);
/// Errors: `corrupted`.
[[nodiscard]] base::Result<LogHead> read_head(const storage::KeyValueStore& store);
/// From `first` on. Errors: `corrupted`, also where an index is missing.
[[nodiscard]] base::Result<std::vector<LogEntry>> read_entries(const storage::KeyValueStore& store,
                                                               std::uint64_t first);

}  // namespace askg::internal
