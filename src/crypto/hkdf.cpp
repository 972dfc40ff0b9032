// SPDX-License-Identifier: Apache-2.0
#include "crypto/hkdf.h"

#include <algorithm>

#include "base/check.h"
#include "crypto/internal/openssl.h"

namespace crypto {
namespace {

constexpr std::size_t block_bytes = 128;  // of SHA-512 (FIPS 180-4)

const EVP_MD* sha512_algorithm() {
    static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA2-512", nullptr);
    CHECK(algorithm != nullptr);
    return algorithm;
}

/// One context per thread: making one for each call costs as much as the hashing.
EVP_MD_CTX* digest_context() {
    static thread_local const internal::DigestContext context(EVP_MD_CTX_new());
    CHECK(context != nullptr);
    return context.get();
}

void begin_hmac(EVP_MD_CTX* context, const std::array<std::uint8_t, block_bytes>& padded_key) {
    CHECK(EVP_DigestInit_ex2(context, sha512_algorithm(), nullptr) == 1);
    CHECK(EVP_DigestUpdate(context, padded_key.data(), padded_key.size()) == 1);
}

/// Overwrites the state and the buffer that the last digest left in the context.
void forget(EVP_MD_CTX* context) {
    static constexpr std::array<std::uint8_t, block_bytes - 1> zeros{};
    CHECK(EVP_DigestInit_ex2(context, nullptr, nullptr) == 1);
    CHECK(EVP_DigestUpdate(context, zeros.data(), zeros.size()) == 1);
}

}  // namespace

// Source: RFC 2104 section 2: H((K xor opad) | H((K xor ipad) | text)).
Secret<64> secret_hmac_sha512(base::ByteView key, std::initializer_list<base::ByteView> parts) {
    std::array<std::uint8_t, block_bytes> padded{};
    if (key.size() > block_bytes) {
        std::ranges::copy(sha512_of_secret({key}), padded.begin());
    } else {
        std::ranges::copy(key, padded.begin());
    }
    constexpr std::uint8_t inner_pad = 0x36;
    constexpr std::uint8_t outer_pad = 0x5c;
    EVP_MD_CTX* context = digest_context();
    Secret<64> out;
    for (auto& byte : padded) byte ^= inner_pad;
    begin_hmac(context, padded);
    for (const auto part : parts) CHECK(EVP_DigestUpdate(context, part.data(), part.size()) == 1);
    CHECK(EVP_DigestFinal_ex(context, out.writable().data(), nullptr) == 1);
    for (auto& byte : padded) byte ^= inner_pad ^ outer_pad;
    begin_hmac(context, padded);
    CHECK(EVP_DigestUpdate(context, out.view().data(), out.view().size()) == 1);
    CHECK(EVP_DigestFinal_ex(context, out.writable().data(), nullptr) == 1);
    forget(context);
    wipe(padded);
    return out;
}

Digest64 sha512_of_secret(std::initializer_list<base::ByteView> parts) {
    EVP_MD_CTX* context = digest_context();
    CHECK(EVP_DigestInit_ex2(context, sha512_algorithm(), nullptr) == 1);
    for (const auto part : parts) CHECK(EVP_DigestUpdate(context, part.data(), part.size()) == 1);
    Digest64 out;
    CHECK(EVP_DigestFinal_ex(context, out.data(), nullptr) == 1);
    forget(context);
    return out;
}

Secret<64> hkdf_extract(base::ByteView salt, base::ByteView ikm) {
    return secret_hmac_sha512(salt, {ikm});
}

// T(0) = "", T(i) = HMAC(PRK, T(i-1) | info | i), i = 1..N. `info` is joined first: it is short and
// no secret.
void hkdf_expand(base::ByteView prk, std::initializer_list<base::ByteView> info,
                 std::span<std::uint8_t> out) {
    Secret<64> block;
    CHECK(out.size() <= 255 * block.size_bytes);
    base::Bytes joined;
    for (const auto part : info) base::append(joined, part);
    std::size_t done = 0;
    for (std::uint8_t i = 1; done < out.size(); ++i) {
        const auto previous = i == 1 ? base::ByteView{} : block.view();
        block = secret_hmac_sha512(prk, {previous, joined, {&i, 1}});
        const auto taken = block.view().first(std::min(block.size_bytes, out.size() - done));
        std::ranges::copy(taken, out.begin() + static_cast<std::ptrdiff_t>(done));
        done += taken.size();
    }
}

}  // namespace crypto
