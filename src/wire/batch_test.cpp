// SPDX-License-Identifier: Apache-2.0
#include "wire/batch.h"

#include <gtest/gtest.h>

#include <array>

#include "crypto/ecdsa.h"
#include "crypto/merkle.h"
#include "wire/internal/test_samples.h"
#include "wire/signer.h"

namespace wire {
namespace {

using base::ErrorCode;
using samples::counted;

class KeySigner final : public Signer {
public:
    explicit KeySigner(LedgerId id) : id_(id) {}
    [[nodiscard]] LedgerId id() const override { return id_; }
    [[nodiscard]] base::Result<SignatureBytes> sign(base::ByteView message) const override {
        return SignatureBytes{key_.sign(message)};
    }
    [[nodiscard]] bool made(const Transaction& tx, std::size_t index) const {
        const auto key = crypto::EcdsaPublicKey::decode(key_.public_key());
        return key->verify(signed_message(tx, index), tx.signatures[index].value.view());
    }

private:
    LedgerId id_;
    crypto::EcdsaPrivateKey key_ = crypto::EcdsaPrivateKey::generate();
};

class BatchSignature : public testing::Test {
protected:
    [[nodiscard]] static std::vector<TransactionBody> bodies(std::size_t count) {
        std::vector<TransactionBody> out(count, samples::body(samples::report()));
        for (std::size_t i = 0; i < count; ++i) out[i].sequence = i + 1;
        return out;
    }
    [[nodiscard]] std::vector<base::Bytes> envelopes(std::size_t count) const {
        const std::array<const Signer*, 2> signers{&cloud, &doctor};
        const auto all = bodies(count);
        auto out = sign_batch(all, signers);
        EXPECT_TRUE(out) << out.error().detail;
        return std::move(*out);
    }
    /// A transaction of a batch, altered, as it comes out of the decoder.
    [[nodiscard]] static ErrorCode refusal(Transaction tx) {
        const auto decoded = decode_transaction(encode(tx));
        return decoded ? ErrorCode{} : decoded.error().code;
    }

    KeySigner cloud{counted<LedgerId>(0x01)};
    KeySigner doctor{counted<LedgerId>(0x10)};
};

TEST_F(BatchSignature, EachTransactionVerifiesAlone) {
    for (const std::size_t count : {1U, 2U, 3U, 64U, 100U}) {
        for (const auto& envelope : envelopes(count)) {
            const auto tx = decode_transaction(envelope);
            ASSERT_TRUE(tx) << tx.error().detail;
            EXPECT_TRUE(cloud.made(*tx, 0)) << tx->batch->index << " of " << count;
            EXPECT_TRUE(doctor.made(*tx, 1));
        }
    }
}

TEST_F(BatchSignature, TakesItsBoundAndNoMore) {
    const std::array<const Signer*, 1> signer{&cloud};
    EXPECT_TRUE(sign_batch(bodies(batch_bodies_max), signer));
    EXPECT_EQ(sign_batch(bodies(batch_bodies_max + 1), signer).error().code, ErrorCode::too_large);
    EXPECT_EQ(sign_batch({}, signer).error().code, ErrorCode::too_large);
}

// Goal: a place in a batch cannot be changed. Method: each part of it; the decoder or the signature
// refuses.
TEST_F(BatchSignature, NothingOfAPlaceCanBeAltered) {
    const auto all = envelopes(5);
    const auto first = decode_transaction(all[0]).value();
    const auto second = decode_transaction(all[1]).value();

    auto moved = first;
    moved.batch = second.batch;
    EXPECT_FALSE(cloud.made(moved, 0)) << "the place of another";
    auto node = first;
    node.batch->path[1].bytes[0] ^= 1;
    EXPECT_FALSE(cloud.made(node, 0)) << "another node on the path";
    auto size = first;
    size.batch->size = 6;
    EXPECT_EQ(refusal(size), ErrorCode{}) << "a path of the same length";
    EXPECT_FALSE(cloud.made(size, 0)) << "the size is signed";
    auto body = first;
    body.body_bytes = second.body_bytes;
    EXPECT_FALSE(cloud.made(body, 0)) << "another body";
}

TEST_F(BatchSignature, RefusesAPathThatDoesNotFitItsPlace) {
    const auto good = decode_transaction(envelopes(5)[4]).value();
    ASSERT_EQ(good.batch->path.size(), 1U) << "the last of five is alone on two levels";
    const auto refused = [&](auto spoil) {
        auto tx = good;
        spoil(*tx.batch);
        return refusal(std::move(tx));
    };
    EXPECT_EQ(refused([](auto& batch) { batch.path.clear(); }), ErrorCode::bad_batch);
    EXPECT_EQ(refused([](auto& batch) { batch.path.push_back({}); }), ErrorCode::bad_batch);
    EXPECT_EQ(refused([](auto& batch) { batch.index = 3; }), ErrorCode::bad_batch);
    EXPECT_EQ(refused([](auto& batch) { batch.index = 5; }), ErrorCode::bad_batch);
    EXPECT_EQ(refused([](auto& batch) { batch.size = 0; }), ErrorCode::bad_batch);
    EXPECT_EQ(refused([](auto& batch) { batch = {.index = 0, .size = 1'025, .path = {}}; }),
              ErrorCode::bad_batch);
}

TEST_F(BatchSignature, APathStandsIfAndOnlyIfASignatureIsOverIt) {
    const auto good = decode_transaction(envelopes(2)[0]).value();
    auto without = good;
    without.batch.reset();
    EXPECT_EQ(refusal(without), ErrorCode::malformed);
    auto unused = good;
    for (auto& signature : unused.signatures) signature.over_batch = false;
    EXPECT_EQ(refusal(unused), ErrorCode::malformed);
    auto mixed = good;
    mixed.signatures[1] = {.signer = doctor.id(), .value = *doctor.sign(good.body_bytes)};
    ASSERT_EQ(refusal(mixed), ErrorCode{}) << "one over the batch, one over the body alone";
    EXPECT_TRUE(cloud.made(mixed, 0));
    EXPECT_TRUE(doctor.made(mixed, 1));
}

// Goal: the size that is promised. Method: 32 bytes a level above the usual 600.
TEST_F(BatchSignature, CostsThirtyTwoBytesALevel) {
    const std::array<const Signer*, 2> signers{&cloud, &doctor};
    const auto alone = sign_transaction(bodies(1)[0], signers).value().size();
    const auto in_64 = envelopes(64)[0].size();
    EXPECT_LE(in_64, alone + 6 * 34 + 16) << "tag and length of each node, place and marks";
    EXPECT_LE(in_64, 600U + 6 * 34 + 16);
}

TEST_F(BatchSignature, NoBodyBeginsLikeABatch) {
    const auto message = batch_message({}, 1);
    EXPECT_FALSE(decode_body(message));
    EXPECT_NE(message.front(), encode(bodies(1)[0]).front());
}

TEST(MerklePathLength, IsThatOfEveryPath) {
    for (std::uint64_t size = 1; size <= 70; ++size) {
        const std::vector<crypto::Digest32> leaves(size);
        for (std::uint64_t index = 0; index < size; ++index) {
            EXPECT_EQ(crypto::merkle_path_length(index, size),
                      crypto::merkle_path(leaves, index).size());
        }
    }
}

}  // namespace
}  // namespace wire
