// SPDX-License-Identifier: Apache-2.0
#include "crypto/certificates.h"

#include <gtest/gtest.h>

namespace crypto {
namespace {

using namespace std::chrono_literals;

TEST(Certificates, LastAsLongAsTheyWereAskedTo) {
    const auto authority = make_certificate_authority("test authority", std::chrono::days(10));
    const auto server =
        make_server_certificate(authority, {{"localhost"}, {"127.0.0.1"}}, std::chrono::days(2));
    ASSERT_TRUE(server) << server.error().detail;
    const auto left = time_left(server->certificate_pem);
    ASSERT_TRUE(left);
    EXPECT_LE(*left, 48h);
    EXPECT_GT(*left, 47h);
    EXPECT_TRUE(server->key_pem.starts_with("-----BEGIN PRIVATE KEY-----"));
}

TEST(Certificates, AreNotMadeFromNonsense) {
    const auto authority = make_certificate_authority("test authority", std::chrono::days(1));
    EXPECT_FALSE(
        make_server_certificate({"x", authority.key_pem}, {{"a"}, {}}, std::chrono::days(1)));
    EXPECT_FALSE(make_server_certificate({authority.certificate_pem, ""}, {{"a"}, {}},
                                         std::chrono::days(1)));
    EXPECT_FALSE(
        make_server_certificate(authority, {{}, {"not an address"}}, std::chrono::days(1)));
    EXPECT_FALSE(make_server_certificate(authority, {}, std::chrono::days(1)));
    EXPECT_FALSE(time_left("nonsense"));
    EXPECT_FALSE(time_left(""));
}

TEST(Pbkdf2, GivesTheKnownAnswer) {
    // Source: the vectors of RFC 6070 with SHA-512 instead of SHA-1, one iteration.
    EXPECT_EQ(base::to_hex(pbkdf2_sha512("password", base::as_bytes("salt"), 1, 64)),
              "867f70cf1ade02cff3752599a3a53dc4af34c7a669815ae5d513554e1c8cf252"
              "c02d470a285a0501bad999bfe943c08f050235d7d68b1da55e63f73b60a57fce");
}

}  // namespace
}  // namespace crypto
