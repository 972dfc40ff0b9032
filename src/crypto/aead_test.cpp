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

TEST(Nonce, IsTheSequenceBigEndianBehindFourZeroBytes) {
    EXPECT_EQ(base::to_hex(nonce_of(0x0102030405060708ULL)), "000000000102030405060708");
    EXPECT_EQ(base::to_hex(nonce_of(0)), "000000000000000000000000");
}

TEST(Aes256GcmDeathTest, StopsAtAKeyOfAnotherSize) {
    EXPECT_DEATH(Aes256Gcm(base::Bytes(16, 0)), "broken invariant");
}

}  // namespace
}  // namespace crypto
