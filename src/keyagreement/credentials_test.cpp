// SPDX-License-Identifier: Apache-2.0
#include "keyagreement/credentials.h"

#include <gtest/gtest.h>

#include "crypto/hash.h"
#include "keyagreement/testing.h"

namespace keyagreement {
namespace {

using namespace std::chrono_literals;
using testing::secret_of;

constexpr base::TimePoint midnight{std::chrono::milliseconds{19'676LL * 86'400'000}};

TEST(Epochs, ChangeAtMidnightUtcAndEvery30Days) {
    EXPECT_EQ(day_of(midnight), 19'676);
    EXPECT_EQ(day_of(midnight - 1ms), 19'675);
    EXPECT_EQ(day_of(base::TimePoint{} - 1ms), -1);
    const base::TimePoint month{std::chrono::milliseconds{655LL * 30 * 86'400'000}};
    EXPECT_EQ(month_of(month), 655);
    EXPECT_EQ(month_of(month - 1ms), 654);
}

// Source: docs/protocol.md 2.1, computed here from the definition.
TEST(Pseudonym, IsTheMacOfItsDay) {
    base::Bytes input;
    base::append(input, base::as_bytes("pid"));
    base::append_u64(input, 19'676);
    const auto mac = crypto::hmac_sha512(secret_of(9).view(), input);
    EXPECT_EQ(base::to_hex(pid_of(secret_of(9), 19'676).view()),
              base::to_hex(base::ByteView(mac).first(16)));
    EXPECT_NE(pid_of(secret_of(9), 19'676), pid_of(secret_of(9), 19'677));
    EXPECT_NE(pid_of(secret_of(9), 19'676), pid_of(secret_of(8), 19'676));
    EXPECT_NE(pid_of(secret_of(9), no_day), pid_of(secret_of(9), 0));
}

// Source: docs/protocol.md 2.4, computed here from RFC 5869: T(1) = HMAC(PRK, info | 01).
TEST(SessionToken, IsExpandedFromSecKey) {
    base::Bytes input;
    base::append(input, base::as_bytes("session"));
    input.push_back(1);
    const auto mac = crypto::hmac_sha512(secret_of(9).view(), input);
    EXPECT_EQ(base::to_hex(session_token_of(secret_of(9)).view()),
              base::to_hex(base::ByteView(mac).first(32)));
}

// Source: docs/protocol.md 2, profile 1.
TEST(PairKey, IsTheSameWhicheverEndComputesIt) {
    auto low = secret_of(0);  // little-endian: 2^248 is larger than 2
    auto high = secret_of(0);
    low.writable()[0] = 2;
    high.writable()[31] = 1;
    const auto key = psk_of_pair(secret_of(5), low, high, 1);
    EXPECT_TRUE(key == psk_of_pair(secret_of(5), high, low, 1));
    EXPECT_FALSE(key == psk_of_pair(secret_of(5), low, high, 2));
    EXPECT_FALSE(key == psk_of_pair(secret_of(6), low, high, 1));
    base::Bytes info;
    base::append(info, low.view());
    base::append(info, high.view());
    base::append_u64(info, 1);
    EXPECT_EQ(base::Bytes(key.view().begin(), key.view().end()),
              crypto::hkdf_sha512(base::as_bytes("IMT phi"), secret_of(5).view(), info, 32));
}

// Source: docs/protocol.md 2, profiles 2 and 3.
TEST(TemporaryKey, IsBoundToTheCloudServerAndTheMonth) {
    const auto server = base::as_bytes("server 1");
    const auto key = psk_of_temporary(secret_of(5), server, 655);
    base::Bytes info;
    base::append(info, base::as_bytes("V"));
    base::append_u16(info, 8);
    base::append(info, server);
    base::append_u64(info, 655);
    EXPECT_EQ(base::Bytes(key.view().begin(), key.view().end()),
              crypto::hkdf_sha512({}, secret_of(5).view(), info, 32));
    EXPECT_FALSE(key == psk_of_temporary(secret_of(5), base::as_bytes("server 2"), 655));
    EXPECT_FALSE(key == psk_of_temporary(secret_of(5), server, 656));
}

}  // namespace
}  // namespace keyagreement
