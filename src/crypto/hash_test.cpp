// SPDX-License-Identifier: Apache-2.0
#include "crypto/hash.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace crypto {
namespace {

base::Bytes range(int first, int last) {
    base::Bytes out;
    for (int i = first; i < last; ++i) out.push_back(static_cast<std::uint8_t>(i));
    return out;
}

// Source: the example values published with FIPS 180-4.
TEST(Hash, FollowsTheVectorsOfFips180) {
    const auto abc = base::as_bytes("abc");
    EXPECT_EQ(base::to_hex(sha256(base::ByteView{})),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(base::to_hex(sha256(abc)),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(base::to_hex(sha256(
                  base::as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(base::to_hex(sha256(base::Bytes(1'000'000, 'a'))),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    EXPECT_EQ(base::to_hex(sha512(abc)),
              "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
              "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
    EXPECT_EQ(base::to_hex(sha512_256(abc)),
              "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23");
}

TEST(Hash, PartsHashAsIfTheyWereJoined) {
    const auto a = base::as_bytes("a");
    const auto bc = base::as_bytes("bc");
    const auto abc = base::as_bytes("abc");
    EXPECT_EQ(sha256({a, {}, bc}), sha256(abc));
    EXPECT_EQ(sha512({a, bc, {}}), sha512(abc));
    EXPECT_EQ(sha512_256({{}, a, bc}), sha512_256(abc));
}

TEST(Hash, ThreadsDoNotMixTheirWork) {
    std::vector<std::thread> threads;
    std::vector<int> wrong(4, 0);
    for (std::size_t t = 0; t < wrong.size(); ++t) {
        threads.emplace_back([&wrong, t] {
            const auto text = std::to_string(t);
            const auto expected = sha256(base::as_bytes(text));
            for (int i = 0; i < 2'000; ++i) {
                if (sha256(base::as_bytes(text)) != expected) ++wrong[t];
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

// Source: RFC 4231 test cases 1, 2 and 6.
TEST(Hmac, FollowsTheVectorsOfRfc4231) {
    EXPECT_EQ(base::to_hex(hmac_sha512(base::Bytes(20, 0x0b), base::as_bytes("Hi There"))),
              "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
              "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854");
    EXPECT_EQ(base::to_hex(hmac_sha512(base::as_bytes("Jefe"),
                                       base::as_bytes("what do ya want for nothing?"))),
              "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
              "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
    EXPECT_EQ(base::to_hex(hmac_sha512(
                  base::Bytes(131, 0xaa),
                  base::as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"))),
              "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
              "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598");
}

// The inputs of RFC 5869 appendix A.1 to A.3, with SHA-512 by Python's hmac module.
TEST(Hkdf, AgreesWithAnotherImplementation) {
    EXPECT_EQ(base::to_hex(hkdf_sha512(range(0, 13), base::Bytes(22, 0x0b), range(0xf0, 0xfa), 42)),
              "832390086cda71fb47625bb5ceb168e4c8e26a1a16ed34d9fc7fe92c14815793"
              "38da362cb8d9f925d7cb");
    EXPECT_EQ(base::to_hex(hkdf_sha512(range(0x60, 0xb0), range(0, 0x50), range(0xb0, 0x100), 82)),
              "ce6c97192805b346e6161e821ed165673b84f400a2b514b2fe23d84cd189ddf1"
              "b695b48cbd1c8388441137b3ce28f16aa64ba33ba466b24df6cfcb021ecff235"
              "f6a2056ce3af1de44d572097a8505d9e7a93");
    EXPECT_EQ(base::to_hex(hkdf_sha512({}, base::Bytes(22, 0x0b), {}, 42)),
              "f5fa02b18298a72a8c23898a8703472c6eb179dc204c03425c970e3b164bf90f"
              "ff22d04836d0e2343bac");
}

TEST(Hkdf, ShorterOutputIsAPrefixOfLonger) {
    const auto longest = hkdf_sha512({}, range(0, 9), {}, 255 * 64);
    for (const std::size_t size : {0, 1, 63, 64, 65, 128, 16'319}) {
        const auto okm = hkdf_sha512({}, range(0, 9), {}, size);
        EXPECT_TRUE(std::equal(okm.begin(), okm.end(), longest.begin())) << size;
        EXPECT_EQ(okm.size(), size);
    }
}

TEST(HkdfDeathTest, StopsAboveTheBoundOfRfc5869) {
    EXPECT_DEATH(static_cast<void>(hkdf_sha512({}, {}, {}, 255 * 64 + 1)), "broken invariant");
}

TEST(EqualConstantTime, ComparesSizeAndContents) {
    EXPECT_TRUE(equal_constant_time({}, {}));
    EXPECT_TRUE(equal_constant_time(base::as_bytes("ab"), base::as_bytes("ab")));
    EXPECT_FALSE(equal_constant_time(base::as_bytes("ab"), base::as_bytes("ac")));
    EXPECT_FALSE(equal_constant_time(base::as_bytes("ab"), base::as_bytes("a")));
}

}  // namespace
}  // namespace crypto
