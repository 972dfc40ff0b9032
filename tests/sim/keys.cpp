// SPDX-License-Identifier: Apache-2.0
// Signatures that can be repeated have a nonce that can be repeated. No product code may have that,
// so it stands here, over OpenSSL's numbers, and not in `crypto`.
#include "keys.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include <algorithm>

#include "base/check.h"
#include "crypto/ecdsa.h"
#include "crypto/hash.h"

namespace sim {
namespace {

using Number = std::unique_ptr<BIGNUM, decltype(&BN_clear_free)>;
using Point = std::unique_ptr<EC_POINT, decltype(&EC_POINT_free)>;

Number number() {
    return {BN_new(), &BN_clear_free};
}
Number number(base::ByteView bytes) {
    return {BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr), &BN_clear_free};
}

/// The top bits are cleared, so that r is below the order and s in its lower half, as in a real
/// signature.
wire::SignatureBytes fake_signature(base::ByteView public_key, base::ByteView message) {
    wire::SignatureBytes out{crypto::sha512({public_key, message})};
    out.bytes[0] &= 0x7f;
    out.bytes[32] &= 0x3f;
    return out;
}

class FakeVerifier final : public crypto::SignatureVerifier {
public:
    std::vector<bool> verify(std::span<const crypto::SignatureCheck> checks) override {
        std::vector<bool> verdicts;
        verdicts.reserve(checks.size());
        for (const auto& check : checks) {
            const auto expected = fake_signature(check.public_key, check.message);
            verdicts.push_back(std::ranges::equal(expected.bytes, check.signature));
        }
        return verdicts;
    }
};

}  // namespace

struct KeyRing::Curve {
    std::unique_ptr<EC_GROUP, decltype(&EC_GROUP_free)> group{
        EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1), &EC_GROUP_free};
    std::unique_ptr<BN_CTX, decltype(&BN_CTX_free)> context{BN_CTX_new(), &BN_CTX_free};
    std::vector<Number> secrets;

    [[nodiscard]] const BIGNUM* order() const { return EC_GROUP_get0_order(group.get()); }
    /// SHA-512 of the parts, modulo the order: 256 bits more than it has, so no bias to speak of.
    [[nodiscard]] Number scalar(std::initializer_list<base::ByteView> parts) const {
        const auto wide = number(crypto::sha512(parts));
        auto out = number();
        CHECK(BN_nnmod(out.get(), wide.get(), order(), context.get()) == 1);
        return out;
    }
    [[nodiscard]] Point times_generator(const BIGNUM* factor) const {
        Point point(EC_POINT_new(group.get()), &EC_POINT_free);
        CHECK(EC_POINT_mul(group.get(), point.get(), factor, nullptr, nullptr, context.get()) == 1);
        return point;
    }
};

KeyRing::KeyRing() : curve_(std::make_unique<Curve>()) {
    for (std::size_t i = 0; i < keys; ++i) {
        base::Bytes index;
        base::append_u64(index, i);
        auto secret = curve_->scalar({base::as_bytes("salus-sim key"), index});
        const auto point = curve_->times_generator(secret.get());
        wire::PublicKeyBytes bytes;
        CHECK(EC_POINT_point2oct(curve_->group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED,
                                 bytes.bytes.data(), bytes.bytes.size(),
                                 curve_->context.get()) == bytes.bytes.size());
        public_keys_.push_back(bytes);
        curve_->secrets.push_back(std::move(secret));
    }
}

KeyRing::~KeyRing() = default;

const wire::PublicKeyBytes& KeyRing::public_key(std::size_t index) const {
    return public_keys_.at(index);
}

wire::SignatureBytes KeyRing::sign(std::size_t index, Signing signing,
                                   base::ByteView message) const {
    if (signing == Signing::fake) return fake_signature(public_key(index).view(), message);
    // Source: FIPS 186-5 section 6.4.1, the nonce drawn from key and message.
    const auto& curve = *curve_;
    const auto* secret = curve.secrets.at(index).get();
    const auto digest = crypto::sha512(message);
    const auto nonce = curve.scalar({public_key(index).view(), digest});
    const auto point = curve.times_generator(nonce.get());
    auto r = number();
    auto s = number();
    auto* context = curve.context.get();
    CHECK(EC_POINT_get_affine_coordinates(curve.group.get(), point.get(), r.get(), nullptr,
                                          context) == 1);
    CHECK(BN_nnmod(r.get(), r.get(), curve.order(), context) == 1);
    const auto hash = number(base::ByteView(digest).first(32));  // the leftmost 256 bits
    const auto inverse = number();
    CHECK(BN_mod_mul(s.get(), r.get(), secret, curve.order(), context) == 1);
    CHECK(BN_mod_add(s.get(), s.get(), hash.get(), curve.order(), context) == 1);
    CHECK(BN_mod_inverse(inverse.get(), nonce.get(), curve.order(), context) != nullptr);
    CHECK(BN_mod_mul(s.get(), s.get(), inverse.get(), curve.order(), context) == 1);
    wire::SignatureBytes out;
    CHECK(BN_bn2binpad(r.get(), out.bytes.data(), 32) == 32);
    CHECK(BN_bn2binpad(s.get(), out.bytes.data() + 32, 32) == 32);
    const auto low = crypto::normalised(out.view());
    CHECK(low.has_value());
    return wire::SignatureBytes{*low};
}

std::unique_ptr<crypto::SignatureVerifier> make_verifier(Signing signing) {
    if (signing == Signing::real) return crypto::make_serial_verifier();
    return std::make_unique<FakeVerifier>();
}

}  // namespace sim
