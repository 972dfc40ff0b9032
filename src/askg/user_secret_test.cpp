// SPDX-License-Identifier: Apache-2.0
#include "askg/user_secret.h"

#include <gtest/gtest.h>

#include "crypto/argon2id.h"
#include "crypto/hash.h"

namespace askg {
namespace {

class UserSecretTest : public ::testing::Test {
protected:
    static std::string token_of(std::string_view u, const UserFactor& with,
                                const wire::LedgerId& who) {
        return base::to_hex(user_token(base::as_bytes(u), with, who).value().view());
    }

    base::SeededRandom random{3};
    UserFactor factor = draw_user_factor(random);
    wire::LedgerId id = base::draw<wire::LedgerId>(random);
};

// Method: docs/protocol.md 2.1 spelt out with the plain functions.
TEST_F(UserSecretTest, TheTokenIsWhatTheProtocolSays) {
    const auto stretched = crypto::argon2id(base::as_bytes("u"), factor.salt).value();
    base::Bytes info;
    base::append(info, base::as_bytes("imt/tkn"));
    base::append(info, id.view());
    const auto token =
        crypto::hkdf_sha512(factor.client_secret.view(), stretched, info, Secret32::size_bytes);
    EXPECT_EQ(token_of("u", factor, id), base::to_hex(token));
    const auto secret = *Secret32::from(token);
    base::Bytes labelled;
    base::append(labelled, base::as_bytes("tkv"));
    base::append(labelled, token);
    EXPECT_EQ(base::to_hex(token_verifier(secret).view()),
              base::to_hex(base::ByteView(crypto::sha512(labelled)).first(32)));
}

TEST_F(UserSecretTest, NeitherSecretNorClientNorPersonAloneMakesTheToken) {
    const auto token = token_of("what she knows", factor, id);
    EXPECT_EQ(token_of("what she knows", factor, id), token);
    EXPECT_NE(token_of("what she knew", factor, id), token);
    EXPECT_NE(token_of("what she knows", factor, base::draw<wire::LedgerId>(random)), token);
    auto other = draw_user_factor(random);
    EXPECT_NE(token_of("what she knows", other, id), token);
    other.client_secret = factor.client_secret.clone();
    EXPECT_NE(token_of("what she knows", other, id), token) << "another salt";
    EXPECT_FALSE(user_token({}, factor, id));
}

TEST_F(UserSecretTest, TheStaticKeyIsClampedAndFollowsFromTheToken) {
    const auto token = user_token(base::as_bytes("u"), factor, id).value();
    const auto key = user_static_key(token);
    EXPECT_EQ(key.public_key(), user_static_key(token).public_key());
    const auto scalar = key.to_bytes();
    EXPECT_EQ(scalar.view().front() & 0x07U, 0U);
    EXPECT_EQ(scalar.view().back() & 0xc0U, 0x40U);
    const auto other = user_token(base::as_bytes("v"), factor, id).value();
    EXPECT_NE(key.public_key(), user_static_key(other).public_key());
}

}  // namespace
}  // namespace askg
