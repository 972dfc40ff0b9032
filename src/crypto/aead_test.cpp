// SPDX-License-Identifier: Apache-2.0
#include "crypto/aead.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace crypto {
namespace {

base::Bytes hex(std::string_view text) {
    return base::from_hex(text).value();
}

Aes256Gcm::Nonce nonce_from(std::string_view text) {
    Aes256Gcm::Nonce out;
    std::ranges::copy(hex(text), out.begin());
    return out;
}

// Source: McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 13, 14 and 16.
TEST(Aes256Gcm, FollowsThePublishedVectors) {
    const auto zero_nonce = nonce_from("000000000000000000000000");
    Aes256Gcm zero_key(base::Bytes(32, 0));
    EXPECT_EQ(base::to_hex(zero_key.seal(zero_nonce, {}, {})), "530f8afbc74536b9a963b4f1c4cb738b");
    EXPECT_EQ(base::to_hex(zero_key.seal(zero_nonce, {}, base::Bytes(16, 0))),
              "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
    Aes256Gcm cipher(hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"));
    const auto nonce = nonce_from("cafebabefacedbaddecaf888");
    const auto associated = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    const auto plaintext =
        hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
            "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
    const auto sealed = cipher.seal(nonce, associated, plaintext);
    EXPECT_EQ(base::to_hex(sealed),
              "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
              "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
              "76fc6ece0f4e1768cddf8853bb2d551b");
    EXPECT_EQ(cipher.open(nonce, associated, sealed).value(), plaintext);
}

class SealedMessage : public testing::Test {
protected:
    void expect_refused(const Aes256Gcm::Nonce& at, base::ByteView with, base::ByteView bytes) {
        const auto opened = cipher.open(at, with, bytes);
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().code, base::ErrorCode::bad_signature);
        // A refusal leaves the cipher fit for the next message.
        EXPECT_TRUE(cipher.open(nonce, associated, sealed));
    }
    Aes256Gcm cipher{base::Bytes(32, 7)};
    Aes256Gcm::Nonce nonce = nonce_of(1);
    base::Bytes associated = hex("0102");
    base::Bytes sealed = cipher.seal(nonce, associated, base::as_bytes("97 %"));
};

TEST_F(SealedMessage, AnyFlippedBitIsRefused) {
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        auto bad = sealed;
        bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1U << (bit % 8)));
        expect_refused(nonce, associated, bad);
    }
}

TEST_F(SealedMessage, AnyOtherLengthIsRefused) {
    for (std::size_t size = 0; size < sealed.size(); ++size) {
        expect_refused(nonce, associated, base::ByteView(sealed).first(size));
    }
    auto longer = sealed;
    longer.push_back(0);
    expect_refused(nonce, associated, longer);
}

TEST_F(SealedMessage, AnotherNonceContextOrKeyIsRefused) {
    expect_refused(nonce_of(2), associated, sealed);
    expect_refused(nonce, hex("0103"), sealed);
    expect_refused(nonce, {}, sealed);
    EXPECT_FALSE(Aes256Gcm(base::Bytes(32, 8)).open(nonce, associated, sealed));
}

TEST_F(SealedMessage, MovesWithItsCipher) {
    Aes256Gcm moved = std::move(cipher);
    EXPECT_EQ(base::as_text(moved.open(nonce, associated, sealed).value()), "97 %");
    cipher = std::move(moved);
    EXPECT_TRUE(cipher.open(nonce, associated, sealed));
}

// Source: RFC 8439 section 2.8.2, whose nonce is 07000000 4041424344454647.
TEST(AeadMessage, FollowsTheVectorOfChaCha20Poly1305) {
    const auto key = hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
    const auto associated = hex("50515253c0c1c2c3c4c5c6c7");
    const AeadMessage message{.algorithm = AeadAlgorithm::chacha20_poly1305,
                              .key = key,
                              .nonce = nonce_from("070000004041424344454647"),
                              .associated = associated};
    const auto plaintext = base::as_bytes(
        "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
        "future, sunscreen would be it.");
    base::Bytes sealed(plaintext.size() + aead_tag_bytes);
    aead_seal(message, plaintext, sealed);
    EXPECT_EQ(base::to_hex(sealed),
              "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
              "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
              "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
              "3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691");
    base::Bytes opened(plaintext.size());
    EXPECT_TRUE(aead_open(message, sealed, opened));
    EXPECT_EQ(base::as_text(opened), base::as_text(plaintext));
}

// Both algorithms, one call after another, so that one message's leftovers would spoil the next.
TEST(AeadMessage, RefusesAnyFlippedBitAndAnyOtherLength) {
    const base::Bytes key(aead_key_bytes, 7);
    const auto associated = hex("0102");
    for (const auto algorithm : {AeadAlgorithm::chacha20_poly1305, AeadAlgorithm::aes_256_gcm}) {
        const AeadMessage message{algorithm, key, nonce_of(1), associated};
        base::Bytes sealed(4 + aead_tag_bytes);
        aead_seal(message, base::as_bytes("97 %"), sealed);
        base::Bytes opened(4);
        for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
            auto bad = sealed;
            bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1U << (bit % 8)));
            opened.assign(4, 0xff);
            EXPECT_FALSE(aead_open(message, bad, opened));
            EXPECT_EQ(opened, base::Bytes(4, 0)) << "unauthenticated plaintext got out";
            EXPECT_TRUE(aead_open(message, sealed, opened));
        }
        for (std::size_t size = 0; size < sealed.size(); ++size) {
            base::Bytes shorter(size < aead_tag_bytes ? 0 : size - aead_tag_bytes);
            EXPECT_FALSE(aead_open(message, base::ByteView(sealed).first(size), shorter)) << size;
        }
        EXPECT_FALSE(aead_open({algorithm, key, nonce_of(2), associated}, sealed, opened));
        EXPECT_FALSE(aead_open({algorithm, key, nonce_of(1), {}}, sealed, opened));
    }
}

TEST(AeadMessage, OfAesGcmIsWhatTheKeptCipherSeals) {
    const base::Bytes key(aead_key_bytes, 9);
    const auto plaintext = base::as_bytes("pulse 61");
    base::Bytes sealed(plaintext.size() + aead_tag_bytes);
    aead_seal({AeadAlgorithm::aes_256_gcm, key, nonce_of(3), hex("aa")}, plaintext, sealed);
    EXPECT_EQ(sealed, Aes256Gcm(key).seal(nonce_of(3), hex("aa"), plaintext));
}

TEST(AeadMessage, MayBeEmpty) {
    const base::Bytes key(aead_key_bytes, 9);
    for (const auto algorithm : {AeadAlgorithm::chacha20_poly1305, AeadAlgorithm::aes_256_gcm}) {
        std::array<std::uint8_t, aead_tag_bytes> tag{};
        const AeadMessage message{algorithm, key, nonce_of(0), {}};
        aead_seal(message, {}, tag);
        EXPECT_TRUE(aead_open(message, tag, {}));
        tag[0] ^= 1;
        EXPECT_FALSE(aead_open(message, tag, {}));
    }
}

TEST(Nonce, IsTheSequenceBigEndianBehindFourZeroBytes) {
    EXPECT_EQ(base::to_hex(nonce_of(0x0102030405060708ULL)), "000000000102030405060708");
    EXPECT_EQ(base::to_hex(nonce_of(0)), "000000000000000000000000");
}

TEST(Aes256GcmDeathTest, StopsAtAKeyOfAnotherSize) {
    EXPECT_DEATH(Aes256Gcm(base::Bytes(16, 0)), "broken invariant");
}

}  // namespace
}  // namespace crypto
