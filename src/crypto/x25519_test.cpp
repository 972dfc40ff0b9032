// SPDX-License-Identifier: Apache-2.0
#include "crypto/x25519.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace crypto {
namespace {

Secret32 secret(std::string_view text) {
    return *Secret32::from(base::from_hex(text).value());
}

X25519PublicKeyBytes point(std::string_view text) {
    X25519PublicKeyBytes out;
    std::ranges::copy(base::from_hex(text).value(), out.begin());
    return out;
}

// Source: RFC 7748 section 6.1.
TEST(X25519, FollowsTheExchangeOfItsRfc) {
    const auto alice = X25519PrivateKey::from_bytes(
        secret("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"));
    const auto bob = X25519PrivateKey::from_bytes(
        secret("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"));
    EXPECT_EQ(base::to_hex(alice.public_key()),
              "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    EXPECT_EQ(base::to_hex(bob.public_key()),
              "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    const auto shared = alice.agree(bob.public_key());
    ASSERT_TRUE(shared);
    EXPECT_EQ(base::to_hex(shared->view()),
              "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
    EXPECT_TRUE(*shared == bob.agree(alice.public_key()).value());
}

// Source: RFC 7748 section 5.2, the first vector: any bytes as scalar and point.
TEST(X25519, ClampsTheScalarAndMasksThePoint) {
    const auto key = X25519PrivateKey::from_bytes(
        secret("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"));
    const auto shared =
        key.agree(point("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"));
    ASSERT_TRUE(shared);
    EXPECT_EQ(base::to_hex(shared->view()),
              "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
}

TEST(X25519, KeepsTheScalarAsGiven) {
    const auto scalar = secret("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff");
    EXPECT_TRUE(X25519PrivateKey::from_bytes(scalar).to_bytes() == scalar);
}

// Source: https://cr.yp.to/ecdh.html: u = 0, 1, the two of order 8, p - 1, p and p + 1. The bit
// above them is masked, so each stands for two encodings.
TEST(X25519, RefusesEveryPointOfLowOrder) {
    const auto key = X25519PrivateKey::from_bytes(
        secret("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"));
    for (const auto* bad : {
             "0000000000000000000000000000000000000000000000000000000000000000",
             "0100000000000000000000000000000000000000000000000000000000000000",
             "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
             "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
             "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
             "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
             "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
         }) {
        auto low = point(bad);
        EXPECT_FALSE(key.agree(low)) << bad;
        low.back() |= 0x80;
        EXPECT_FALSE(key.agree(low)) << bad << " with the bit above";
    }
}

TEST(Secret, IsWipedWhereItIsMovedFrom) {
    auto from = secret("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff");
    const auto to = std::move(from);
    EXPECT_TRUE(from == Secret32{});  // NOLINT(bugprone-use-after-move)
    EXPECT_FALSE(to == Secret32{});
    EXPECT_FALSE(Secret32::from(base::Bytes(31)));
}

}  // namespace
}  // namespace crypto
