// SPDX-License-Identifier: Apache-2.0
#include "crypto/hkdf.h"

#include <gtest/gtest.h>

#include "crypto/hash.h"

namespace crypto {
namespace {

// Source: RFC 4231, test cases 1, 2 and 6 (a key longer than a block).
TEST(SecretHmac, FollowsTheVectorsOfSha512) {
    const auto mac = [](base::ByteView key, std::string_view text) {
        return base::to_hex(secret_hmac_sha512(key, {base::as_bytes(text)}).view());
    };
    EXPECT_EQ(mac(base::Bytes(20, 0x0b), "Hi There"),
              "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
              "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854");
    EXPECT_EQ(mac(base::as_bytes("Jefe"), "what do ya want for nothing?"),
              "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
              "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
    EXPECT_EQ(mac(base::Bytes(131, 0xaa), "Test Using Larger Than Block-Size Key - Hash Key First"),
              "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
              "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598");
}

TEST(SecretHmac, CountsItsPartsAsJoinedAndAgreesWithOpenSsl) {
    base::SeededRandom random(3);
    for (std::size_t size = 0; size < 300; ++size) {
        base::Bytes key(size);
        base::Bytes text(300 - size);
        random.fill(key);
        random.fill(text);
        const auto whole = base::ByteView(text);
        EXPECT_EQ(base::to_hex(secret_hmac_sha512(key, {whole.first(text.size() / 2),
                                                        whole.subspan(text.size() / 2)})
                                   .view()),
                  base::to_hex(hmac_sha512(key, text)));
    }
}

TEST(HashOfASecret, IsTheHashOfItsPartsJoined) {
    EXPECT_EQ(sha512_of_secret({base::as_bytes("a token"), base::as_bytes(" and more")}),
              sha512(base::as_bytes("a token and more")));
    EXPECT_EQ(sha512_of_secret({}), sha512(base::ByteView{}));
}

TEST(Hkdf, IsTheOneStepFunctionInTwo) {
    const auto salt = base::as_bytes("salt");
    const auto ikm = base::as_bytes("input keying material");
    const auto prk = hkdf_extract(salt, ikm);
    for (const std::size_t size : {0U, 1U, 63U, 64U, 65U, 96U, 200U, 255U * 64U}) {
        base::Bytes okm(size);
        hkdf_expand(prk.view(), {base::as_bytes("in"), base::as_bytes("fo")}, okm);
        EXPECT_EQ(okm, hkdf_sha512(salt, ikm, base::as_bytes("info"), size)) << size;
    }
    EXPECT_TRUE(hkdf_extract({}, ikm) == hkdf_extract(base::Bytes(64, 0), ikm));
}

TEST(HkdfDeathTest, StopsAboveItsBound) {
    base::Bytes too_long(255 * 64 + 1);
    EXPECT_DEATH(hkdf_expand(base::Bytes(64), {}, too_long), "broken invariant");
}

}  // namespace
}  // namespace crypto
