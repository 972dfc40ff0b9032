// SPDX-License-Identifier: Apache-2.0
#include "crypto/key_wrap.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

#include <algorithm>

#include "base/check.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/internal/openssl.h"

namespace crypto {
namespace {

/// The parameters of `hash_password` below. Other parameters would get another version.
constexpr std::uint8_t password_hash_version = 1;
constexpr std::size_t salt_bytes = 16;
constexpr std::size_t password_digest_bytes = 32;
constexpr std::size_t password_hash_bytes = 1 + salt_bytes + password_digest_bytes;
constexpr std::size_t wrapped_bytes =
    Aes256Gcm::nonce_bytes + Aes256Gcm::key_bytes + Aes256Gcm::tag_bytes;

std::array<std::uint8_t, password_digest_bytes> scrypt(std::string_view password,
                                                       base::ByteView salt) {
    static EVP_KDF* const kdf = EVP_KDF_fetch(nullptr, "SCRYPT", nullptr);
    CHECK(kdf != nullptr);
    const internal::KdfContext context(EVP_KDF_CTX_new(kdf));
    CHECK(context != nullptr);
    std::uint64_t n = 32'768;
    std::uint32_t r = 8;
    std::uint32_t p = 1;
    // 128 * r * (n + p) bytes are needed, a little above OpenSSL's default bound of 32 MiB.
    std::uint64_t memory_bytes_max = 64ULL << 20;
    std::string password_copy(password);
    base::Bytes salt_copy(salt.begin(), salt.end());
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, password_copy.data(),
                                          password_copy.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt_copy.data(), salt_copy.size()),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory_bytes_max),
        OSSL_PARAM_construct_end(),
    };
    std::array<std::uint8_t, password_digest_bytes> out;
    CHECK(EVP_KDF_derive(context.get(), out.data(), out.size(), parameters) == 1);
    OPENSSL_cleanse(password_copy.data(), password_copy.size());
    return out;
}

}  // namespace

base::Bytes hash_password(std::string_view password, base::Random& random) {
    std::array<std::uint8_t, salt_bytes> salt;
    random.fill(salt);
    base::Bytes out{password_hash_version};
    base::append(out, salt);
    base::append(out, scrypt(password, salt));
    return out;
}

bool check_password(std::string_view password, base::ByteView hash) {
    if (hash.size() != password_hash_bytes || hash[0] != password_hash_version) return false;
    return equal_constant_time(scrypt(password, hash.subspan(1, salt_bytes)),
                               hash.last(password_digest_bytes));
}

base::Bytes wrap_key(base::ByteView wrapping_key, base::ByteView key, base::ByteView context,
                     base::Random& random) {
    CHECK(key.size() == Aes256Gcm::key_bytes);
    Aes256Gcm::Nonce nonce;
    random.fill(nonce);
    base::Bytes out(nonce.begin(), nonce.end());
    base::append(out, Aes256Gcm(wrapping_key).seal(nonce, context, key));
    return out;
}

base::Result<base::Bytes> unwrap_key(base::ByteView wrapping_key, base::ByteView wrapped,
                                     base::ByteView context) {
    if (wrapped.size() != wrapped_bytes) {
        return base::fail(base::ErrorCode::malformed,
                          "a wrapped key has " + std::to_string(wrapped_bytes) + " bytes, not " +
                              std::to_string(wrapped.size()));
    }
    Aes256Gcm::Nonce nonce;
    std::ranges::copy(wrapped.first(nonce.size()), nonce.begin());
    return Aes256Gcm(wrapping_key).open(nonce, context, wrapped.subspan(nonce.size()));
}

void wipe(std::span<std::uint8_t> secret) {
    OPENSSL_cleanse(secret.data(), secret.size());
}

}  // namespace crypto
