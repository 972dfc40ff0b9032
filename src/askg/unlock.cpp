// SPDX-License-Identifier: Apache-2.0
#include "askg/unlock.h"

#include "storage/files.h"

namespace askg {

using base::ErrorCode;
using base::Result;

namespace {

constexpr std::size_t key_bytes = crypto::Secret32::size_bytes;
constexpr std::size_t passphrase_bytes_min = 12;
constexpr std::size_t passphrase_bytes_max = 1'024;

}  // namespace

UnlockSecret UnlockSecret::from_key(const crypto::Secret32& key) {
    return {Kind::key, key.view()};
}

Result<UnlockSecret> UnlockSecret::from_passphrase(std::string_view passphrase) {
    if (passphrase.size() < passphrase_bytes_min || passphrase.size() > passphrase_bytes_max) {
        return base::fail(ErrorCode::malformed, "a passphrase must have 12 to 1,024 bytes");
    }
    return UnlockSecret(Kind::passphrase, base::as_bytes(passphrase));
}

Result<UnlockSecret> UnlockSecret::from_key_file(const std::filesystem::path& file) {
    auto bytes = storage::read_private_file(file, key_bytes);
    if (!bytes && bytes.error().code == ErrorCode::not_found) {
        return base::fail(ErrorCode::not_found, "there is no key file " + file.string());
    }
    if (!bytes && bytes.error().code != ErrorCode::too_large) return base::pass(bytes);
    if (!bytes || bytes->size() != key_bytes) {
        return base::fail(ErrorCode::corrupted,
                          file.string() + " must have 32 bytes; restore it from a backup");
    }
    const WipeAtEnd wiped(*bytes);
    return UnlockSecret(Kind::key, *bytes);
}

Result<UnlockSecret> UnlockSecret::from_or_new_key_file(const std::filesystem::path& file,
                                                        base::Random& random) {
    auto held = from_key_file(file);
    if (held || held.error().code != ErrorCode::not_found) return held;
    const auto fresh = crypto::Secret32::draw(random);
    if (const auto written = storage::write_file_synced(file, fresh.view()); !written) {
        return base::pass(written);
    }
    return from_key(fresh);
}

}  // namespace askg
