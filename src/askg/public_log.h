// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "askg/log.h"
#include "base/error.h"
#include "storage/key_value_store.h"

namespace askg {

/// What of a key generator's folder is no secret: anybody who can read the folder can check it
/// without the unlock secret.
struct PublicLog {
    keyagreement::DomainName authority;
    crypto::Ed25519PublicKeyBytes authority_key{};
    std::vector<LogEntry> entries;
    LogHead head;
};

/// Errors: `not_found`, `corrupted`, `busy`.
[[nodiscard]] base::Result<PublicLog> read_public_log(const std::filesystem::path& folder);
[[nodiscard]] base::Result<PublicLog> read_public_log(const storage::KeyValueStore& store);
/// `verify_log` under the key that the folder states; who knows the key otherwise compares it.
[[nodiscard]] base::Result<void> verify(const PublicLog& log);

}  // namespace askg
