// SPDX-License-Identifier: Apache-2.0
#include "crypto/argon2id.h"

#include <gtest/gtest.h>

#include <string>

namespace crypto {
namespace {

/// 00 01 .. 0f.
Argon2Salt rising_salt() {
    Argon2Salt salt;
    for (std::size_t i = 0; i < salt.size(); ++i) salt[i] = static_cast<std::uint8_t>(i);
    return salt;
}

std::string digest(std::string_view secret, const Argon2Cost& cost) {
    const auto out = argon2id(base::as_bytes(secret), rising_salt(), cost);
    return out ? base::to_hex(*out) : std::string(name_of(out.error().code));
}

// Method: the expected values were made by another implementation (noble-hashes).
TEST(Argon2idTest, AgreesWithAnotherImplementation) {
    EXPECT_EQ(digest("a person's secret", {}),
              "2f6aa7604e35d9a8d8cfd4664e6a81d6bf9bff8aa4bed54675f4bc91f363233d");
    EXPECT_EQ(digest("a person's secret", {.memory_kib = 64, .passes = 1}),
              "fd6654aadb85ca3b2510814d1d2c2817556e973e6b1936d04d3444cf4e639e99");
    EXPECT_EQ(digest("", {.memory_kib = 8, .passes = 1}),
              "31ed41e2d73f27fdfe4eb4bec651341e58ba43477051c6fe4adad735d82ee08a");
}

TEST(Argon2idTest, RefusesACostThatItDoesNotKnowOrThatNobodyWouldAskFor) {
    EXPECT_EQ(digest("u", {.memory_kib = 7, .passes = 1}), "malformed");
    EXPECT_EQ(digest("u", {.memory_kib = 64, .passes = 0}), "malformed");
    EXPECT_EQ(digest("u", {.memory_kib = 1024 * 1024 + 1, .passes = 1}), "malformed");
    EXPECT_EQ(digest("u", {.memory_kib = 64, .passes = 65}), "malformed");
}

}  // namespace
}  // namespace crypto
