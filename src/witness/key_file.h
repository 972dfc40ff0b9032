// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>

#include "base/error.h"
#include "crypto/ed25519.h"

namespace witness {

/// A new Ed25519 key in `file`: encrypted PKCS#8, mode 0600, synced. `password` has the strength
/// of a key (it is derived from the node key), so little work is spent on it.
/// Errors: `conflict` if the file exists; those of `storage::write_file_synced`.
[[nodiscard]] base::Result<crypto::Ed25519PrivateKey> create_key_file(
    const std::filesystem::path& file, std::string_view password);
/// Errors: `not_found`, `not_authorised` if others can read the file, `corrupted` if the password
/// does not open it, `malformed`.
[[nodiscard]] base::Result<crypto::Ed25519PrivateKey> read_key_file(
    const std::filesystem::path& file, std::string_view password);

}  // namespace witness
