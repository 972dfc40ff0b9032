// SPDX-License-Identifier: Apache-2.0
#include "crypto/ed25519.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/testing.h"
#include "crypto/ecdsa.h"

namespace crypto {
namespace {

base::Bytes hex(std::string_view text) {
    return base::from_hex(text).value();
}

struct Vector {
    const char* seed;
    const char* public_key;
    const char* message;
    const char* signature;
};
// RFC 8032 section 7.1, tests 1, 2, 3 and SHA(abc).
constexpr Vector vectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
     "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"},
};

Ed25519PrivateKey key_of(const Vector& vector) {
    Ed25519Seed seed;
    std::ranges::copy(hex(vector.seed), seed.begin());
    return Ed25519PrivateKey::from_seed(seed);
}
Ed25519PublicKey public_key_of(const Vector& vector) {
    return Ed25519PublicKey::decode(hex(vector.public_key)).value();
}

TEST(Ed25519, MakesTheKeysAndSignaturesOfRfc8032) {
    for (const auto& vector : vectors) {
        const auto key = key_of(vector);
        EXPECT_EQ(base::to_hex(key.public_key()), vector.public_key);
        EXPECT_EQ(base::to_hex(key.sign(hex(vector.message))), vector.signature);
        EXPECT_TRUE(public_key_of(vector).verify(hex(vector.message), hex(vector.signature)));
    }
}

// Goal: no bit of a signature or message is free. Method: flip each.
TEST(Ed25519, RefusesEveryFlippedBit) {
    const auto& vector = vectors[2];
    const auto key = public_key_of(vector);
    const auto message = hex(vector.message);
    const auto signature = hex(vector.signature);
    for (std::size_t bit = 0; bit < signature.size() * 8; bit += base::testing::stride) {
        auto other = signature;
        other[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        EXPECT_FALSE(key.verify(message, other)) << "bit " << bit;
    }
    for (std::size_t bit = 0; bit < message.size() * 8; ++bit) {
        auto other = message;
        other[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        EXPECT_FALSE(key.verify(other, signature)) << "bit " << bit;
    }
}

// Goal: one signature has one form. Method: add the order L to s, which the equation cannot tell.
TEST(Ed25519, RefusesAnSThatIsNotBelowTheOrder) {
    const auto order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    for (const auto& vector : vectors) {
        auto signature = hex(vector.signature);
        unsigned carry = 0;
        for (std::size_t i = 0; i < order.size(); ++i) {
            carry += signature[32 + i] + order[i];
            signature[32 + i] = static_cast<std::uint8_t>(carry);
            carry >>= 8;
        }
        EXPECT_FALSE(public_key_of(vector).verify(hex(vector.message), signature));
    }
}

TEST(Ed25519, RefusesSignaturesOfAnotherLengthAndOfAnotherKey) {
    const auto signature = hex(vectors[0].signature);
    const auto key = public_key_of(vectors[0]);
    EXPECT_FALSE(key.verify({}, {}));
    EXPECT_FALSE(key.verify({}, base::ByteView(signature).first(63)));
    auto longer = signature;
    longer.push_back(0);
    EXPECT_FALSE(key.verify({}, longer));
    EXPECT_FALSE(public_key_of(vectors[1]).verify({}, signature));
}

TEST(Ed25519, RefusesKeysThatAreNotCanonicalOrOfSmallOrder) {
    const std::pair<const char*, const char*> bad_keys[] = {
        {"short", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f70751"},
        {"y is the prime", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"},
        {"y is the prime + 3", "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"},
        {"y is 2^255 - 1, x odd",
         "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
        {"order 1", "0100000000000000000000000000000000000000000000000000000000000000"},
        {"order 1, x = -0", "0100000000000000000000000000000000000000000000000000000000000080"},
        {"order 2", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"},
        {"order 4", "0000000000000000000000000000000000000000000000000000000000000000"},
        {"order 4, x odd", "0000000000000000000000000000000000000000000000000000000000000080"},
        {"order 8", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"},
        {"order 8, x odd", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"},
        {"other order 8", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"},
        {"other order 8, x odd",
         "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"},
    };
    for (const auto& [name, bytes] : bad_keys) {
        const auto decoded = Ed25519PublicKey::decode(hex(bytes));
        ASSERT_FALSE(decoded) << name;
        EXPECT_EQ(decoded.error().code, base::ErrorCode::bad_key) << name;
    }
}

// y = 2 belongs to no x on the curve.
TEST(Ed25519, AKeyOffTheCurveVerifiesNothing) {
    const auto key = Ed25519PublicKey::decode(
        hex("0200000000000000000000000000000000000000000000000000000000000000"));
    ASSERT_TRUE(key);
    for (const auto& vector : vectors) {
        EXPECT_FALSE(key->verify(hex(vector.message), hex(vector.signature)));
    }
}

TEST(Ed25519, KeyFilesOpenWithTheirPasswordAlone) {
    constexpr std::uint64_t cost = 16;
    const auto key = key_of(vectors[1]);
    const auto pem = key.to_encrypted_pkcs8("right", cost);
    EXPECT_TRUE(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    const auto opened = Ed25519PrivateKey::from_encrypted_pkcs8(pem, "right");
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->public_key(), key.public_key());
    const auto wrong = Ed25519PrivateKey::from_encrypted_pkcs8(pem, "wrong");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code, base::ErrorCode::bad_signature);
    const auto other_kind = Ed25519PrivateKey::from_encrypted_pkcs8(
        EcdsaPrivateKey::generate().to_encrypted_pkcs8("right", cost), "right");
    ASSERT_FALSE(other_kind);
    EXPECT_EQ(other_kind.error().code, base::ErrorCode::malformed);
    EXPECT_FALSE(Ed25519PrivateKey::from_encrypted_pkcs8("no key", "right"));
}

TEST(Ed25519, GeneratedKeysDiffer) {
    EXPECT_NE(Ed25519PrivateKey::generate().public_key(),
              Ed25519PrivateKey::generate().public_key());
}

}  // namespace
}  // namespace crypto
