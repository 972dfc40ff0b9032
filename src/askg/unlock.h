// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>

#include "askg/secret_bytes.h"
#include "base/error.h"
#include "base/random.h"
#include "crypto/secret.h"

namespace askg {

/// What opens the key generator's secrets: a key file (32 bytes, 0600) or a passphrase.
class UnlockSecret {
public:
    enum class Kind : std::uint8_t { key = 1, passphrase = 2 };

    /// Errors: `not_found`; `not_authorised` if others can read it; `corrupted` unless 32 bytes.
    [[nodiscard]] static base::Result<UnlockSecret> from_key_file(
        const std::filesystem::path& file);
    /// As `from_key_file`, and draws a new key where there is none.
    [[nodiscard]] static base::Result<UnlockSecret> from_or_new_key_file(
        const std::filesystem::path& file, base::Random& random);
    /// 32 bytes from elsewhere, e.g. `identity::KeyStore::derived_key`.
    [[nodiscard]] static UnlockSecret from_key(const crypto::Secret32& key);
    /// Errors: `malformed` unless 12 to 1,024 bytes. The caller wipes `passphrase`.
    [[nodiscard]] static base::Result<UnlockSecret> from_passphrase(std::string_view passphrase);

    [[nodiscard]] Kind kind() const { return kind_; }
    [[nodiscard]] base::ByteView bytes() const { return bytes_; }

private:
    UnlockSecret(Kind kind, base::ByteView bytes)
        : kind_(kind), bytes_(bytes.begin(), bytes.end()) {}
    Kind kind_;
    SecretBytes bytes_;
};

}  // namespace askg
