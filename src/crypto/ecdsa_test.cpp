// SPDX-License-Identifier: Apache-2.0
#include "crypto/ecdsa.h"
#include "base/testing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>

namespace crypto {
namespace {

base::Bytes hex(std::string_view text) {
    return base::from_hex(text).value();
}

base::Bytes joined(std::initializer_list<std::string_view> parts) {
    base::Bytes out;
    for (const auto part : parts) base::append(out, hex(part));
    return out;
}

constexpr std::string_view order_hex =
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
constexpr std::string_view zero_hex =
    "0000000000000000000000000000000000000000000000000000000000000000";
// RFC 6979 appendix A.2.5: the key, and the signatures with SHA-512.
constexpr std::string_view key_x =
    "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6";
constexpr std::string_view key_y =
    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";
constexpr std::string_view sample_r =
    "8496a60b5e9b47c825488827e0495b0e3fa109ec4568fd3f8d1097678eb97f00";
constexpr std::string_view sample_s =
    "2362ab1adbe2b8adf9cb9edab740ea6049c028114f2460f96554f61fae3302fe";
constexpr std::string_view test_r =
    "461d93f31b6540894788fd206c07cfa0cc35f46fa3c91816fff1040ad1581a04";
constexpr std::string_view test_s =
    "39af9f15de0db8d97e72719c74820d304ce5226e32dedae67519e840d1194e55";
// order - sample_s
constexpr std::string_view sample_high_s =
    "dc9d54e4241d47530634612548bf159f7326d29c57f33d8b8e64d4a34e302253";

EcdsaPublicKey rfc_key() {
    return EcdsaPublicKey::decode(joined({"04", key_x, key_y})).value();
}

TEST(Ecdsa, AcceptsTheSignaturesOfRfc6979) {
    EXPECT_TRUE(rfc_key().verify(base::as_bytes("sample"), joined({sample_r, sample_s})));
    EXPECT_TRUE(rfc_key().verify(base::as_bytes("test"), joined({test_r, test_s})));
    EXPECT_FALSE(rfc_key().verify(base::as_bytes("test"), joined({sample_r, sample_s})));
}

// Goal: one signature has one form. Method: the negated s, which textbook ECDSA would accept.
TEST(Ecdsa, RefusesTheUpperHalfOfTheOrder) {
    const auto high = joined({sample_r, sample_high_s});
    EXPECT_FALSE(rfc_key().verify(base::as_bytes("sample"), high));
    const auto low = normalised(high);
    ASSERT_TRUE(low);
    EXPECT_EQ(base::to_hex(*low), base::to_hex(joined({sample_r, sample_s})));
    EXPECT_EQ(normalised(*low), low) << "the lower half stays as it is";
}

TEST(Ecdsa, TheBoundaryOfTheLowerHalfIsInclusive) {
    const auto half = hex("7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8");
    auto above = half;
    ++above.back();
    base::Bytes at_half = hex(sample_r);
    base::append(at_half, half);
    base::Bytes above_half = hex(sample_r);
    base::append(above_half, above);
    EXPECT_TRUE(std::ranges::equal(normalised(at_half).value(), at_half));
    EXPECT_TRUE(std::ranges::equal(normalised(above_half).value(), at_half));  // n = 2 half + 1
}

struct BadSignature {
    const char* name;
    base::Bytes bytes;
};

std::vector<BadSignature> bad_signatures() {
    auto truncated = joined({sample_r, sample_s});
    truncated.pop_back();
    auto longer = joined({sample_r, sample_s});
    longer.push_back(0);
    std::string all_ones(64, 'f');
    return {
        {"empty", {}},
        {"truncated", truncated},
        {"one byte longer", longer},
        {"r is 0", joined({zero_hex, sample_s})},
        {"s is 0", joined({sample_r, zero_hex})},
        {"r is the order", joined({order_hex, sample_s})},
        {"s is the order", joined({sample_r, order_hex})},
        {"r is all ones", joined({all_ones, sample_s})},
        {"s is all ones", joined({sample_r, all_ones})},
        {"r and s swapped", joined({sample_s, sample_r})},
    };
}

TEST(Ecdsa, RefusesSignaturesOutOfForm) {
    for (const auto& [name, bytes] : bad_signatures()) {
        EXPECT_FALSE(rfc_key().verify(base::as_bytes("sample"), bytes)) << name;
    }
}

TEST(Ecdsa, DoesNotNormaliseWhatHasNoForm) {
    EXPECT_FALSE(normalised({}));
    EXPECT_FALSE(normalised(joined({zero_hex, sample_s})));
    EXPECT_FALSE(normalised(joined({sample_r, zero_hex})));
    EXPECT_FALSE(normalised(joined({sample_r, order_hex})));
    EXPECT_FALSE(normalised(joined({order_hex, sample_s})));
}

TEST(Ecdsa, AnyFlippedBitOfTheSignatureIsRefused) {
    const auto good = joined({sample_r, sample_s});
    for (std::size_t bit = 0; bit < good.size() * 8; bit += base::testing::stride) {
        auto bad = good;
        bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1U << (bit % 8)));
        EXPECT_FALSE(rfc_key().verify(base::as_bytes("sample"), bad)) << "bit " << bit;
    }
}

TEST(Ecdsa, RefusesKeysThatAreNoPointOrNotUncompressed) {
    auto off_curve = joined({"04", key_x, key_y});
    off_curve.back() ^= 1;
    auto truncated = joined({"04", key_x, key_y});
    truncated.pop_back();
    auto longer = joined({"04", key_x, key_y});
    longer.push_back(0);
    const std::string p = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
    const std::vector<BadSignature> bad_keys = {
        {"empty", {}},
        {"point at infinity", {0x00}},
        {"infinity in 65 bytes", base::Bytes(65, 0)},
        {"origin", joined({"04", zero_hex, zero_hex})},
        {"off the curve", off_curve},
        {"truncated", truncated},
        {"one byte longer", longer},
        {"compressed", joined({"02", key_x})},
        {"compressed, padded", joined({"02", key_x, key_y})},
        {"hybrid", joined({"06", key_x, key_y})},
        {"x is not reduced", joined({"04", p, key_y})},
        {"x above the field", joined({"04", std::string(64, 'f'), key_y})},
    };
    for (const auto& [name, bytes] : bad_keys) {
        const auto decoded = EcdsaPublicKey::decode(bytes);
        ASSERT_FALSE(decoded) << name;
        EXPECT_EQ(decoded.error().code, base::ErrorCode::bad_key) << name;
    }
}

TEST(Ecdsa, SignsInTheLowerHalfAndVerifies) {
    const auto key = EcdsaPrivateKey::generate();
    const auto public_key = EcdsaPublicKey::decode(key.public_key()).value();
    for (int i = 0; i < 200; ++i) {
        const std::string message = "message " + std::to_string(i);
        const auto signature = key.sign(base::as_bytes(message));
        EXPECT_EQ(normalised(signature), signature);
        EXPECT_TRUE(public_key.verify(base::as_bytes(message), signature));
    }
    EXPECT_FALSE(rfc_key().verify(base::as_bytes("x"), key.sign(base::as_bytes("x"))));
}

TEST(Ecdsa, ManyThreadsUseOneKey) {
    const auto key = EcdsaPrivateKey::generate();
    const auto public_key = EcdsaPublicKey::decode(key.public_key()).value();
    std::vector<std::thread> threads;
    std::atomic<int> wrong = 0;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 100; ++i) {
                const std::string message = std::to_string(t * 1'000 + i);
                const auto signature = key.sign(base::as_bytes(message));
                if (!public_key.verify(base::as_bytes(message), signature)) ++wrong;
                if (public_key.verify(base::as_bytes("other"), signature)) ++wrong;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0);
}

TEST(EncryptedKey, OpensWithItsPasswordOnly) {
    const auto key = EcdsaPrivateKey::generate();
    for (const std::uint64_t cost : {16, 32'768}) {
        const auto pem = key.to_encrypted_pkcs8("correct horse", cost);
        EXPECT_TRUE(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
        const auto opened = EcdsaPrivateKey::from_encrypted_pkcs8(pem, "correct horse");
        ASSERT_TRUE(opened) << opened.error().detail;
        EXPECT_EQ(opened->public_key(), key.public_key());
        for (const auto wrong : {"", "correct horsf", "Correct horse"}) {
            const auto refused = EcdsaPrivateKey::from_encrypted_pkcs8(pem, wrong);
            ASSERT_FALSE(refused);
            EXPECT_EQ(refused.error().code, base::ErrorCode::bad_signature);
        }
    }
}

TEST(EncryptedKey, WrittenTwiceDiffers) {
    const auto key = EcdsaPrivateKey::generate();
    EXPECT_NE(key.to_encrypted_pkcs8("p", 16), key.to_encrypted_pkcs8("p", 16));
}

TEST(EncryptedKey, SaysWhatIsWrongWithTheFile) {
    const auto pem = EcdsaPrivateKey::generate().to_encrypted_pkcs8("p", 16);
    const std::vector<std::string> bad = {
        "", "no key", pem.substr(0, pem.size() / 2), std::string(20'000, 'A'),
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"};
    for (const auto& text : bad) {
        const auto refused = EcdsaPrivateKey::from_encrypted_pkcs8(text, "p");
        ASSERT_FALSE(refused) << text;
        EXPECT_EQ(refused.error().code, base::ErrorCode::malformed) << text;
    }
}

// An Ed25519 key in the right wrapping, made with openssl pkcs8 -topk8 -scrypt -scrypt_N 16.
TEST(EncryptedKey, RefusesAKeyOfAnotherKind) {
    constexpr std::string_view ed25519 = R"(-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGSME4GCSqGSIb3DQEFDTBBMCAGCSsGAQQB2kcECzATBAiE8QNQhwBgOgIBEAIB
CAIBATAdBglghkgBZQMEASoEEOha8bzSVbOjusY33pIoTCUEQEoOUTkQs0vzQp5w
BJdspye+HhuvdwVBa1hJkIr7YCIQX+EHrnpsJzQ5kmp+14EPFnGpLEsSp4/j7GO7
z22lynI=
-----END ENCRYPTED PRIVATE KEY-----
)";
    const auto refused = EcdsaPrivateKey::from_encrypted_pkcs8(ed25519, "p");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, base::ErrorCode::malformed);
}

}  // namespace
}  // namespace crypto
