// SPDX-License-Identifier: Apache-2.0
#include "crypto/ecdsa.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/params.h>

#include <algorithm>
#include <atomic>
#include <optional>

#include "base/check.h"
#include "crypto/hash.h"
#include "crypto/internal/openssl.h"
#include "crypto/internal/pkcs8.h"

namespace crypto {
namespace {

constexpr std::size_t scalar_bytes = 32;
using Scalar = std::array<std::uint8_t, scalar_bytes>;
/// The order n of P-256 (FIPS 186-5, SP 800-186), and its half rounded down, big-endian.
constexpr Scalar order = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
                          0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
                          0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
constexpr Scalar half_order = {0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff,
                               0xff, 0xff, 0xff, 0xff, 0xff, 0xde, 0x73, 0x7d, 0x56, 0xd3, 0x8b,
                               0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8};

/// Big-endian scalars of equal length compare as numbers do. Signatures are public: no need for
/// constant time.
bool less(base::ByteView a, base::ByteView b) {
    return std::ranges::lexicographical_compare(a, b);
}
bool is_scalar(base::ByteView value) {
    return less(value, order) && !std::ranges::all_of(value, [](auto byte) { return byte == 0; });
}
bool is_low(base::ByteView s) {
    return !less(half_order, s);
}

void negate_modulo_order(std::span<std::uint8_t> s) {
    int borrow = 0;
    for (std::size_t i = scalar_bytes; i-- > 0;) {
        const int difference = order[i] - s[i] - borrow;
        borrow = difference < 0 ? 1 : 0;
        s[i] = static_cast<std::uint8_t>(difference + (borrow << 8));
    }
}

/// DER of SEQUENCE { INTEGER r, INTEGER s }, which OpenSSL wants: 72 bytes at most.
struct DerSignature {
    std::array<std::uint8_t, 72> bytes;
    std::size_t size = 2;

    explicit DerSignature(base::ByteView raw) {
        add(raw.first(scalar_bytes));
        add(raw.last(scalar_bytes));
        bytes[0] = 0x30;
        bytes[1] = static_cast<std::uint8_t>(size - 2);
    }

private:
    void add(base::ByteView scalar) {
        while (scalar.size() > 1 && scalar[0] == 0) scalar = scalar.subspan(1);
        const bool pads = (scalar[0] & 0x80) != 0;  // else it would read as negative
        bytes[size++] = 0x02;
        bytes[size++] = static_cast<std::uint8_t>(scalar.size() + (pads ? 1 : 0));
        if (pads) bytes[size++] = 0;
        std::ranges::copy(scalar, bytes.begin() + static_cast<std::ptrdiff_t>(size));
        size += scalar.size();
    }
};

internal::PkeyContext make_verify_context(EVP_PKEY* key) {
    internal::PkeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
    CHECK(context != nullptr);
    CHECK(EVP_PKEY_verify_init(context.get()) == 1);
    return context;
}

bool is_p256(const EVP_PKEY* key) {
    std::array<char, 32> name{};
    return EVP_PKEY_is_a(key, "EC") == 1 &&
           EVP_PKEY_get_group_name(key, name.data(), name.size(), nullptr) == 1 &&
           std::string_view(name.data()) == "prime256v1";
}

}  // namespace

// Making a context costs 3 % of a verification, so the last one is kept for whoever comes next;
// a second thread that finds the place empty makes its own.
struct EcdsaPublicKey::Key {
    explicit Key(internal::Pkey decoded) : pkey(std::move(decoded)) {}
    ~Key() { EVP_PKEY_CTX_free(idle_context.load()); }
    Key(const Key&) = delete;
    Key& operator=(const Key&) = delete;

    internal::Pkey pkey;
    mutable std::atomic<EVP_PKEY_CTX*> idle_context{nullptr};
};

base::Result<EcdsaPublicKey> EcdsaPublicKey::decode(base::ByteView point) {
    if (point.size() != std::tuple_size_v<EcdsaPublicKeyBytes> || point[0] != 0x04) {
        return base::fail(base::ErrorCode::bad_key,
                          "a public key has 65 bytes and starts with 04 (uncompressed P-256)");
    }
    static EVP_PKEY_CTX* const shared = EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr);
    CHECK(shared != nullptr);
    const internal::PkeyContext context(EVP_PKEY_CTX_dup(shared));
    CHECK(context != nullptr && EVP_PKEY_fromdata_init(context.get()) == 1);
    char group[] = "P-256";
    EcdsaPublicKeyBytes copy;
    std::ranges::copy(point, copy.begin());
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, copy.data(), copy.size()),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY* decoded = nullptr;
    // Refuses a point off the curve. On it is enough: the cofactor of P-256 is 1, and the point at
    // infinity has no encoding of 65 bytes.
    if (EVP_PKEY_fromdata(context.get(), &decoded, EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
        ERR_clear_error();
        return base::fail(base::ErrorCode::bad_key, "the public key is no point on P-256");
    }
    EcdsaPublicKey out;
    out.key_ = std::make_shared<const Key>(internal::Pkey(decoded));
    return out;
}

bool EcdsaPublicKey::verify(base::ByteView message, base::ByteView signature) const {
    if (!is_low_s(signature)) return false;
    internal::PkeyContext context(key_->idle_context.exchange(nullptr));
    if (context == nullptr) context = make_verify_context(key_->pkey.get());
    const DerSignature der(signature);
    const auto digest = sha512(message);
    const bool fits = EVP_PKEY_verify(context.get(), der.bytes.data(), der.size, digest.data(),
                                      digest.size()) == 1;
    if (!fits) ERR_clear_error();
    EVP_PKEY_CTX_free(key_->idle_context.exchange(context.release()));
    return fits;
}

struct EcdsaPrivateKey::Key {
    internal::Pkey pkey;
};

EcdsaPrivateKey::EcdsaPrivateKey(std::unique_ptr<Key> key) : key_(std::move(key)) {}
EcdsaPrivateKey::~EcdsaPrivateKey() = default;
EcdsaPrivateKey::EcdsaPrivateKey(EcdsaPrivateKey&&) noexcept = default;
EcdsaPrivateKey& EcdsaPrivateKey::operator=(EcdsaPrivateKey&&) noexcept = default;

EcdsaPrivateKey EcdsaPrivateKey::generate() {
    internal::Pkey pkey(EVP_EC_gen("P-256"));
    CHECK(pkey != nullptr);
    return EcdsaPrivateKey(std::make_unique<Key>(Key{std::move(pkey)}));
}

base::Result<EcdsaPrivateKey> EcdsaPrivateKey::from_encrypted_pkcs8(std::string_view pem,
                                                                    std::string_view password) {
    auto pkey = internal::open_pkcs8(pem, password);
    if (!pkey) return base::pass(pkey);
    if (!is_p256(pkey->get())) {
        return base::fail(base::ErrorCode::malformed, "the key file holds no P-256 key");
    }
    return EcdsaPrivateKey(std::make_unique<Key>(Key{*std::move(pkey)}));
}

std::string EcdsaPrivateKey::to_encrypted_pkcs8(std::string_view password,
                                                std::uint64_t cost) const {
    return internal::seal_pkcs8(key_->pkey.get(), password, cost);
}

EcdsaSignature EcdsaPrivateKey::sign(base::ByteView message) const {
    const internal::PkeyContext context(
        EVP_PKEY_CTX_new_from_pkey(nullptr, key_->pkey.get(), nullptr));
    CHECK(context != nullptr && EVP_PKEY_sign_init(context.get()) == 1);
    const auto digest = sha512(message);
    std::array<std::uint8_t, 80> der;
    std::size_t der_bytes = der.size();
    CHECK(EVP_PKEY_sign(context.get(), der.data(), &der_bytes, digest.data(), digest.size()) == 1);
    const std::uint8_t* at = der.data();
    const internal::EcdsaSig parsed(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der_bytes)));
    CHECK(parsed != nullptr);
    EcdsaSignature raw;
    constexpr int width = scalar_bytes;
    CHECK(BN_bn2binpad(ECDSA_SIG_get0_r(parsed.get()), raw.data(), width) == width);
    CHECK(BN_bn2binpad(ECDSA_SIG_get0_s(parsed.get()), raw.data() + width, width) == width);
    const auto low = normalised(raw);
    CHECK(low.has_value());
    return *low;
}

EcdsaPublicKeyBytes EcdsaPrivateKey::public_key() const {
    EcdsaPublicKeyBytes out;
    std::size_t size = 0;
    CHECK(EVP_PKEY_get_octet_string_param(key_->pkey.get(), OSSL_PKEY_PARAM_PUB_KEY, out.data(),
                                          out.size(), &size) == 1);
    CHECK(size == out.size() && out[0] == 0x04);
    return out;
}

bool is_low_s(base::ByteView signature) {
    return signature.size() == 2 * scalar_bytes && is_scalar(signature.first(scalar_bytes)) &&
           is_scalar(signature.last(scalar_bytes)) && is_low(signature.last(scalar_bytes));
}

std::optional<EcdsaSignature> normalised(base::ByteView signature) {
    if (signature.size() != 2 * scalar_bytes) return std::nullopt;
    if (!is_scalar(signature.first(scalar_bytes)) || !is_scalar(signature.last(scalar_bytes))) {
        return std::nullopt;
    }
    EcdsaSignature out;
    std::ranges::copy(signature, out.begin());
    const auto s = std::span(out).last(scalar_bytes);
    if (!is_low(s)) negate_modulo_order(s);
    return out;
}

}  // namespace crypto
