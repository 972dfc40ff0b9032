// SPDX-License-Identifier: Apache-2.0
#include "crypto/internal/pkcs8.h"

#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include <algorithm>
#include <bit>
#include <limits>

#include "base/check.h"

namespace crypto::internal {

base::Result<Pkey> open_pkcs8(std::string_view pem, std::string_view password) {
    CHECK(password.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()));
    if (pem.empty() || pem.size() > 16'384) {
        return base::fail(base::ErrorCode::malformed, "a key file has 1 to 16,384 bytes");
    }
    const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    CHECK(bio != nullptr);
    const EncryptedPkcs8 encrypted(PEM_read_bio_PKCS8(bio.get(), nullptr, nullptr, nullptr));
    if (encrypted == nullptr) {
        ERR_clear_error();
        return base::fail(base::ErrorCode::malformed,
                          "no PEM block ENCRYPTED PRIVATE KEY in the key file");
    }
    const Pkcs8 plain(
        PKCS8_decrypt(encrypted.get(), password.data(), static_cast<int>(password.size())));
    if (plain == nullptr) {
        ERR_clear_error();
        return base::fail(base::ErrorCode::bad_signature, "the password does not open the key");
    }
    Pkey key(EVP_PKCS82PKEY(plain.get()));
    if (key == nullptr) {
        ERR_clear_error();
        return base::fail(base::ErrorCode::malformed, "the key file holds no key that is known");
    }
    return key;
}

std::string seal_pkcs8(const EVP_PKEY* key, std::string_view password, std::uint64_t cost) {
    CHECK(cost >= 2 && cost <= (1ULL << 20) && std::has_single_bit(cost));
    CHECK(password.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()));
    // OpenSSL opens no PBES2 whose scrypt needs more than 32 MiB: N stops at 16,384 (16 MiB) and
    // from there on p takes the factor, which costs an attacker the same time.
    constexpr std::uint64_t n_max = 16'384;
    const std::uint64_t n = std::min(cost, n_max);
    const std::uint64_t p = cost / n;
    constexpr std::uint64_t r = 8;
    AlgorithmId algorithm(PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), nullptr, 16, nullptr, n, r, p));
    CHECK(algorithm != nullptr);
    const Pkcs8 plain(EVP_PKEY2PKCS8(key));
    CHECK(plain != nullptr);
    const EncryptedPkcs8 encrypted(PKCS8_set0_pbe(
        password.data(), static_cast<int>(password.size()), plain.get(), algorithm.get()));
    CHECK(encrypted != nullptr);
    static_cast<void>(algorithm.release());  // `encrypted` owns it now
    const Bio bio(BIO_new(BIO_s_mem()));
    CHECK(bio != nullptr && PEM_write_bio_PKCS8(bio.get(), encrypted.get()) == 1);
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    CHECK(size > 0);
    return {text, static_cast<std::size_t>(size)};
}

}  // namespace crypto::internal
