// SPDX-License-Identifier: Apache-2.0
#include "crypto/key_wrap.h"

#include <gtest/gtest.h>

#include "crypto/random.h"

namespace crypto {
namespace {

TEST(Password, IsCheckedAgainstItsHash) {
    SystemRandom random;
    const auto hash = hash_password("tulip 42", random);
    EXPECT_TRUE(check_password("tulip 42", hash));
    EXPECT_FALSE(check_password("tulip 43", hash));
    EXPECT_FALSE(check_password("", hash));
    EXPECT_NE(hash, hash_password("tulip 42", random)) << "each hash has a salt of its own";
}

// Goal: the parameters never drift, or nobody could log in. Method: Python's hashlib.scrypt with
// n = 32,768, r = 8, p = 1 over the salt 00 01 .. 0f.
TEST(Password, AgreesWithAnotherImplementation) {
    base::Bytes hash{1};
    for (std::uint8_t i = 0; i < 16; ++i) hash.push_back(i);
    base::append(
        hash,
        base::from_hex("60e77077521f06dc0a7754cd6497c6c31b28e5f216ac494b121e16424ee2df61").value());
    EXPECT_TRUE(check_password("tulip 42", hash));
    EXPECT_FALSE(check_password("tulip 43", hash));
}

TEST(Password, AHashOutOfFormFitsNothing) {
    SystemRandom random;
    auto hash = hash_password("", random);
    EXPECT_TRUE(check_password("", hash));
    EXPECT_FALSE(check_password("", {}));
    EXPECT_FALSE(check_password("", base::ByteView(hash).first(hash.size() - 1)));
    hash[0] = 2;
    EXPECT_FALSE(check_password("", hash));
}

class WrappedKey : public testing::Test {
protected:
    base::SeededRandom random{1};
    base::Bytes wrapping = base::Bytes(32, 1);
    base::Bytes key = base::Bytes(32, 2);
    base::Bytes wrapped = wrap_key(wrapping, key, base::as_bytes("record 7"), random);
};

TEST_F(WrappedKey, ComesBackUnderTheSameKeyAndContext) {
    EXPECT_EQ(unwrap_key(wrapping, wrapped, base::as_bytes("record 7")).value(), key);
    EXPECT_NE(wrapped, wrap_key(wrapping, key, base::as_bytes("record 7"), random));
}

TEST_F(WrappedKey, IsBoundToItsKeyAndContext) {
    const auto other_context = unwrap_key(wrapping, wrapped, base::as_bytes("record 8"));
    ASSERT_FALSE(other_context);
    EXPECT_EQ(other_context.error().code, base::ErrorCode::bad_signature);
    EXPECT_FALSE(unwrap_key(base::Bytes(32, 3), wrapped, base::as_bytes("record 7")));
    for (std::size_t at = 0; at < wrapped.size(); ++at) {
        auto bad = wrapped;
        bad[at] ^= 1;
        EXPECT_FALSE(unwrap_key(wrapping, bad, base::as_bytes("record 7"))) << at;
    }
}

TEST_F(WrappedKey, OfAnotherLengthIsMalformed) {
    for (const std::size_t size : {0, 11, 59}) {
        const auto refused = unwrap_key(wrapping, base::ByteView(wrapped).first(size), {});
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, base::ErrorCode::malformed);
    }
    wrapped.push_back(0);
    EXPECT_EQ(unwrap_key(wrapping, wrapped, {}).error().code, base::ErrorCode::malformed);
}

TEST(Wipe, LeavesZeros) {
    base::Bytes secret(32, 9);
    wipe(secret);
    EXPECT_EQ(secret, base::Bytes(32, 0));
    wipe({});
}

TEST(SystemRandom, DrawsDifferentBytesEachTime) {
    SystemRandom random;
    base::Bytes a(32, 0);
    base::Bytes b(32, 0);
    random.fill(a);
    random.fill(b);
    EXPECT_NE(a, b);
    random.fill({});
}

}  // namespace
}  // namespace crypto
