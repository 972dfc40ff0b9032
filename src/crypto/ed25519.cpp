// SPDX-License-Identifier: Apache-2.0
#include "crypto/ed25519.h"

#include <algorithm>

#include "base/check.h"
#include "crypto/internal/pkcs8.h"

namespace crypto {
namespace {

/// y of a point, little-endian, without the bit that is the sign of x.
using Coordinate = std::array<std::uint8_t, 32>;

/// 2^255 - 19, little-endian.
constexpr Coordinate prime = {0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                              0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                              0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f};
/// The y of the eight points whose order divides 8: order 4, 1, 2, 8 and 8. Each stands for the
/// points with either sign of x.
constexpr Coordinate small_orders[] = {
    {0x00},
    {0x01},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
};

/// Little-endian numbers of equal length.
bool less(const Coordinate& a, const Coordinate& b) {
    return std::lexicographical_compare(a.rbegin(), a.rend(), b.rbegin(), b.rend());
}

}  // namespace

struct Ed25519PublicKey::Key {
    internal::Pkey pkey;
};

base::Result<Ed25519PublicKey> Ed25519PublicKey::decode(base::ByteView bytes) {
    Coordinate y;
    if (bytes.size() != y.size()) {
        return base::fail(base::ErrorCode::bad_key, "an Ed25519 public key has 32 bytes");
    }
    std::ranges::copy(bytes, y.begin());
    y.back() &= 0x7f;
    if (!less(y, prime)) {
        return base::fail(base::ErrorCode::bad_key,
                          "the Ed25519 public key is not in its canonical encoding");
    }
    if (std::ranges::find(small_orders, y) != std::end(small_orders)) {
        return base::fail(base::ErrorCode::bad_key, "the Ed25519 public key has a small order");
    }
    internal::Pkey pkey(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes.data(), bytes.size()));
    CHECK(pkey != nullptr);
    Ed25519PublicKey out;
    out.key_ = std::make_shared<const Key>(Key{std::move(pkey)});
    return out;
}

bool Ed25519PublicKey::verify(base::ByteView message, base::ByteView signature) const {
    if (signature.size() != std::tuple_size_v<Ed25519Signature>) return false;
    const internal::DigestContext context(EVP_MD_CTX_new());
    CHECK(context != nullptr);
    CHECK(EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_->pkey.get()) == 1);
    const bool fits = EVP_DigestVerify(context.get(), signature.data(), signature.size(),
                                       message.data(), message.size()) == 1;
    if (!fits) ERR_clear_error();
    return fits;
}

struct Ed25519PrivateKey::Key {
    internal::Pkey pkey;
};

Ed25519PrivateKey::Ed25519PrivateKey(std::unique_ptr<Key> key) : key_(std::move(key)) {}
Ed25519PrivateKey::~Ed25519PrivateKey() = default;
Ed25519PrivateKey::Ed25519PrivateKey(Ed25519PrivateKey&&) noexcept = default;
Ed25519PrivateKey& Ed25519PrivateKey::operator=(Ed25519PrivateKey&&) noexcept = default;

Ed25519PrivateKey Ed25519PrivateKey::generate() {
    internal::Pkey pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    CHECK(pkey != nullptr);
    return Ed25519PrivateKey(std::make_unique<Key>(Key{std::move(pkey)}));
}

Ed25519PrivateKey Ed25519PrivateKey::from_seed(const Ed25519Seed& seed) {
    internal::Pkey pkey(
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
    CHECK(pkey != nullptr);
    return Ed25519PrivateKey(std::make_unique<Key>(Key{std::move(pkey)}));
}

base::Result<Ed25519PrivateKey> Ed25519PrivateKey::from_encrypted_pkcs8(std::string_view pem,
                                                                        std::string_view password) {
    auto pkey = internal::open_pkcs8(pem, password);
    if (!pkey) return base::pass(pkey);
    if (EVP_PKEY_is_a(pkey->get(), "ED25519") != 1) {
        return base::fail(base::ErrorCode::malformed, "the key file holds no Ed25519 key");
    }
    return Ed25519PrivateKey(std::make_unique<Key>(Key{*std::move(pkey)}));
}

std::string Ed25519PrivateKey::to_encrypted_pkcs8(std::string_view password,
                                                  std::uint64_t cost) const {
    return internal::seal_pkcs8(key_->pkey.get(), password, cost);
}

Ed25519Signature Ed25519PrivateKey::sign(base::ByteView message) const {
    const internal::DigestContext context(EVP_MD_CTX_new());
    CHECK(context != nullptr);
    CHECK(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_->pkey.get()) == 1);
    Ed25519Signature out;
    std::size_t size = out.size();
    CHECK(EVP_DigestSign(context.get(), out.data(), &size, message.data(), message.size()) == 1);
    CHECK(size == out.size());
    return out;
}

Ed25519PublicKeyBytes Ed25519PrivateKey::public_key() const {
    Ed25519PublicKeyBytes out;
    std::size_t size = out.size();
    CHECK(EVP_PKEY_get_raw_public_key(key_->pkey.get(), out.data(), &size) == 1);
    CHECK(size == out.size());
    return out;
}

}  // namespace crypto
