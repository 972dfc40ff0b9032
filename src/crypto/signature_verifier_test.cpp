// SPDX-License-Identifier: Apache-2.0
#include "crypto/signature_verifier.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "crypto/ecdsa.h"
#include "crypto/internal/key_cache.h"

namespace crypto {
namespace {

struct Signed {
    EcdsaPublicKeyBytes key;
    std::string message;
    EcdsaSignature signature;
};

/// Every third is spoiled, each in another way.
struct Batch {
    std::vector<Signed> items;
    std::vector<SignatureCheck> checks;
    std::vector<bool> expected;
};

Batch make_batch(std::size_t count) {
    static const auto first = EcdsaPrivateKey::generate();
    static const auto second = EcdsaPrivateKey::generate();
    Batch batch;
    batch.items.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto& key = i % 2 == 0 ? first : second;
        Signed item{key.public_key(), "reading " + std::to_string(i), {}};
        item.signature = key.sign(base::as_bytes(item.message));
        const bool good = i % 3 != 2;
        if (i % 9 == 2) item.message += "!";
        if (i % 9 == 5) item.signature[40] ^= 1;
        if (i % 9 == 8) item.key[64] ^= 1;  // no longer on the curve
        batch.items.push_back(std::move(item));
        batch.expected.push_back(good);
    }
    for (const auto& item : batch.items) {
        batch.checks.push_back({item.key, base::as_bytes(item.message), item.signature});
    }
    return batch;
}

TEST(SignatureVerifier, GivesOneVerdictACheckInOrder) {
    const auto serial = make_serial_verifier();
    for (const unsigned threads : {0U, 1U, 3U}) {
        const auto parallel = make_parallel_verifier(threads);
        for (const std::size_t count : {0, 1, 2, 3, 4, 5, 17, 100, 401}) {
            const auto batch = make_batch(count);
            EXPECT_EQ(serial->verify(batch.checks), batch.expected) << count;
            EXPECT_EQ(parallel->verify(batch.checks), batch.expected) << count;
        }
    }
}

TEST(SignatureVerifier, ChecksWithoutBytesFail) {
    const SignatureCheck nothing{};
    EXPECT_EQ(make_serial_verifier()->verify({&nothing, 1}), std::vector<bool>{false});
}

TEST(SignatureVerifier, SeveralCallersShareTheThreads) {
    const auto parallel = make_parallel_verifier(2);
    std::vector<std::thread> callers;
    std::vector<int> wrong(4, 0);
    for (std::size_t c = 0; c < wrong.size(); ++c) {
        callers.emplace_back([&, c] {
            const auto batch = make_batch(20 + c);
            for (int i = 0; i < 10; ++i) {
                if (parallel->verify(batch.checks) != batch.expected) ++wrong[c];
            }
        });
    }
    for (auto& caller : callers) caller.join();
    EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

// Goal: strangers cannot fill the memory. Method: more keys than it may hold, then the first again.
TEST(KeyCache, StaysWithinItsCapacity) {
    internal::KeyCache cache(3);
    std::vector<EcdsaPublicKeyBytes> keys;
    for (int i = 0; i < 5; ++i) {
        keys.push_back(EcdsaPrivateKey::generate().public_key());
        EXPECT_TRUE(cache.get(keys.back()));
        EXPECT_TRUE(cache.get(keys.front()));
        EXPECT_LE(cache.size(), 3U);
    }
    for (const auto& key : keys) EXPECT_TRUE(cache.get(key));
    EXPECT_EQ(cache.size(), 3U);
}

TEST(KeyCache, KeepsNothingThatIsNoKey) {
    internal::KeyCache cache(3);
    EXPECT_FALSE(cache.get({}));
    EXPECT_FALSE(cache.get(base::Bytes(65, 4)));
    EXPECT_FALSE(cache.get(base::Bytes(64, 4)));
    EXPECT_EQ(cache.size(), 0U);
}

}  // namespace
}  // namespace crypto
