// SPDX-License-Identifier: Apache-2.0
#include "witness/key_file.h"

#include <string>

#include "storage/files.h"

namespace witness {

using base::ErrorCode;

namespace {
constexpr std::size_t key_file_bytes_max = 16'384;
constexpr std::uint64_t scrypt_cost = 16;  // enough where the password is a random key
}  // namespace

base::Result<crypto::Ed25519PrivateKey> create_key_file(const std::filesystem::path& file,
                                                        std::string_view password) {
    std::error_code failed;
    if (std::filesystem::exists(file, failed) || failed) {
        return base::fail(ErrorCode::conflict, "there is a key already: " + file.string());
    }
    auto key = crypto::Ed25519PrivateKey::generate();
    const auto pem = key.to_encrypted_pkcs8(password, scrypt_cost);
    if (const auto written = storage::write_file_synced(file, base::as_bytes(pem)); !written) {
        return base::pass(written);
    }
    return key;
}

base::Result<crypto::Ed25519PrivateKey> read_key_file(const std::filesystem::path& file,
                                                      std::string_view password) {
    const auto pem = storage::read_private_file(file, key_file_bytes_max);
    if (!pem) return base::pass(pem);
    auto key = crypto::Ed25519PrivateKey::from_encrypted_pkcs8(base::as_text(*pem), password);
    if (!key && key.error().code == ErrorCode::bad_signature) {
        return base::fail(ErrorCode::corrupted,
                          "node.key does not open " + file.string() +
                              "; restore the node.key that belongs to this folder");
    }
    return key;
}

}  // namespace witness
