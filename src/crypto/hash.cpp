// SPDX-License-Identifier: Apache-2.0
#include "crypto/hash.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

#include <cstring>

#include "base/check.h"
#include "crypto/internal/openssl.h"

namespace crypto {
namespace {

/// Fetched once: a fetch costs more than hashing a short message.
const EVP_MD* fetched(const char* name) {
    const EVP_MD* algorithm = EVP_MD_fetch(nullptr, name, nullptr);
    CHECK(algorithm != nullptr);
    return algorithm;
}

internal::DigestContext make_context() {
    internal::DigestContext context(EVP_MD_CTX_new());
    CHECK(context != nullptr);
    return context;
}

const EVP_MD* sha256_algorithm() {
    static const EVP_MD* const algorithm = fetched("SHA2-256");
    return algorithm;
}
const EVP_MD* sha512_algorithm() {
    static const EVP_MD* const algorithm = fetched("SHA2-512");
    return algorithm;
}
const EVP_MD* sha512_256_algorithm() {
    static const EVP_MD* const algorithm = fetched("SHA2-512/256");
    return algorithm;
}

template <class Digest, const EVP_MD* (*algorithm)()>
Digest digest(std::span<const base::ByteView> parts) {
    // A context per thread and algorithm: making one for each call would double its cost.
    static thread_local const internal::DigestContext context = make_context();
    CHECK(EVP_DigestInit_ex2(context.get(), algorithm(), nullptr) == 1);
    for (const auto part : parts) {
        CHECK(EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1);
    }
    Digest out;
    CHECK(EVP_DigestFinal_ex(context.get(), out.data(), nullptr) == 1);
    return out;
}

std::span<const base::ByteView> list(std::initializer_list<base::ByteView> parts) {
    return {parts.begin(), parts.size()};
}

/// A MAC context with HMAC and SHA-512 chosen, to be copied for each use: no key ever enters it.
EVP_MAC_CTX* hmac_sha512_template() {
    EVP_MAC* mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    CHECK(mac != nullptr);
    EVP_MAC_CTX* context = EVP_MAC_CTX_new(mac);
    CHECK(context != nullptr);
    char name[] = "SHA2-512";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
        OSSL_PARAM_construct_end(),
    };
    CHECK(EVP_MAC_CTX_set_params(context, parameters) == 1);
    return context;
}

Digest64 hmac_sha512_of_parts(base::ByteView key, std::initializer_list<base::ByteView> parts) {
    static EVP_MAC_CTX* const prepared = hmac_sha512_template();
    const internal::MacContext context(EVP_MAC_CTX_dup(prepared));
    CHECK(context != nullptr);
    // OpenSSL reads a null key as "keep the old one", so an empty key points somewhere.
    static constexpr std::uint8_t nowhere = 0;
    const std::uint8_t* key_data = key.empty() ? &nowhere : key.data();
    CHECK(EVP_MAC_init(context.get(), key_data, key.size(), nullptr) == 1);
    for (const auto part : parts) {
        if (part.empty()) continue;
        CHECK(EVP_MAC_update(context.get(), part.data(), part.size()) == 1);
    }
    Digest64 out;
    std::size_t written = 0;
    CHECK(EVP_MAC_final(context.get(), out.data(), &written, out.size()) == 1);
    CHECK(written == out.size());
    return out;
}

}  // namespace

Digest32 sha256(base::ByteView data) {
    return digest<Digest32, sha256_algorithm>({&data, 1});
}
Digest32 sha256(std::initializer_list<base::ByteView> parts) {
    return digest<Digest32, sha256_algorithm>(list(parts));
}
Digest64 sha512(base::ByteView data) {
    return digest<Digest64, sha512_algorithm>({&data, 1});
}
Digest64 sha512(std::initializer_list<base::ByteView> parts) {
    return digest<Digest64, sha512_algorithm>(list(parts));
}
Digest32 sha512_256(base::ByteView data) {
    return digest<Digest32, sha512_256_algorithm>({&data, 1});
}
Digest32 sha512_256(std::initializer_list<base::ByteView> parts) {
    return digest<Digest32, sha512_256_algorithm>(list(parts));
}

Digest64 hmac_sha512(base::ByteView key, base::ByteView data) {
    return hmac_sha512_of_parts(key, {data});
}

// Source: RFC 5869. Extract: PRK = HMAC(salt, IKM). Expand: T(0) = "",
// T(i) = HMAC(PRK, T(i-1) | info | i), i = 1..N. An absent salt is HashLen zeros, which HMAC pads
// an empty key to. `i` is one octet, hence the bound.
base::Bytes hkdf_sha512(base::ByteView salt, base::ByteView ikm, base::ByteView info,
                        std::size_t okm_bytes) {
    Digest64 block{};
    CHECK(okm_bytes <= 255 * block.size());
    Digest64 prk = hmac_sha512(salt, ikm);
    base::Bytes okm;
    okm.reserve(okm_bytes);
    for (std::uint8_t i = 1; okm.size() < okm_bytes; ++i) {
        const base::ByteView previous = i == 1 ? base::ByteView{} : base::ByteView(block);
        block = hmac_sha512_of_parts(prk, {previous, info, {&i, 1}});
        const std::size_t taken = std::min(block.size(), okm_bytes - okm.size());
        base::append(okm, base::ByteView(block).first(taken));
    }
    OPENSSL_cleanse(prk.data(), prk.size());
    OPENSSL_cleanse(block.data(), block.size());
    return okm;
}

bool equal_constant_time(base::ByteView a, base::ByteView b) {
    if (a.size() != b.size()) return false;
    return a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace crypto
