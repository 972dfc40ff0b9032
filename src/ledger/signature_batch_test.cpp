// SPDX-License-Identifier: Apache-2.0
// Goal: a signature is verified once, a batch's too, and what is remembered decides nothing.
// Method: a verifier that counts what it is asked.
#include "ledger/signature_batch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "crypto/merkle.h"
#include "ledger/internal/verified_cache.h"
#include "ledger/testing.h"
#include "wire/batch.h"

namespace ledger {
namespace {

using base::Bytes;
using base::ErrorCode;
using testing::Chain;

class CountingVerifier final : public crypto::SignatureVerifier {
public:
    std::vector<bool> verify(std::span<const crypto::SignatureCheck> checks) override {
        const auto copy = [](base::ByteView view) { return Bytes(view.begin(), view.end()); };
        for (const auto& check : checks) {
            ++asked[{copy(check.public_key), copy(check.message), copy(check.signature)}];
        }
        return inner_->verify(checks);
    }
    /// Of bodies and batches; a block's seal is not counted.
    [[nodiscard]] int total() const {
        int sum = 0;
        for (const auto& [check, times] : asked) {
            if (!is_seal(std::get<1>(check))) sum += times;
        }
        return sum;
    }
    [[nodiscard]] int most_for_one() const {
        int most = 0;
        for (const auto& [check, times] : asked) most = std::max(most, times);
        return most;
    }

private:
    static bool is_seal(const Bytes& message) {
        return base::as_text(message).starts_with("salus-seal-1");
    }
    std::map<std::tuple<Bytes, Bytes, Bytes>, int> asked;
    std::unique_ptr<crypto::SignatureVerifier> inner_ = crypto::make_serial_verifier();
};

class SignatureBatchTest : public ::testing::Test {
protected:
    SignatureBatchTest() : cast(chain.cast()) {
        auto counting = std::make_unique<CountingVerifier>();
        counter = counting.get();
        chain.app.reset();
        chain.verifier = std::move(counting);
        chain.open();
    }
    [[nodiscard]] std::vector<Bytes> batch_of(std::size_t count) {
        std::vector<wire::TransactionBody> bodies;
        for (std::size_t i = 0; i < count; ++i) {
            bodies.push_back(chain.body(cast.cloud_server, chain.report(cast)));
        }
        const std::array<const wire::Signer*, 2> signers{cast.cloud_server.get(),
                                                         cast.doctor.get()};
        auto envelopes = wire::sign_batch(bodies, signers);
        CHECK(envelopes.has_value());
        return std::move(*envelopes);
    }
    /// What becomes of one transaction in a block of its own.
    [[nodiscard]] TxResult outcome(const wire::Transaction& tx) {
        return chain.mine({encode(tx)}).results.front();
    }
    [[nodiscard]] static wire::Transaction decoded(const Bytes& envelope) {
        return *wire::decode_transaction(envelope);
    }
    static void expect_refused(const TxResult& result, ErrorCode code, std::string_view words) {
        EXPECT_EQ(result.code, static_cast<std::uint32_t>(code)) << result.detail;
        EXPECT_NE(result.detail.find(words), std::string::npos) << result.detail;
    }

    Chain chain;
    Chain::Cast cast;
    CountingVerifier* counter = nullptr;
};

TEST_F(SignatureBatchTest, ABlockPaysForOneVerificationASignerAndBatch) {
    chain.must_accept(batch_of(64));
    EXPECT_EQ(counter->total(), 2);
}

TEST_F(SignatureBatchTest, TheRestOfABatchCostsNothingInLaterBlocks) {
    auto batch = batch_of(64);
    const std::vector<Bytes> late(batch.begin() + 10, batch.end());
    batch.resize(10);
    chain.must_accept(batch);
    chain.must_accept(late);
    EXPECT_EQ(counter->total(), 2);
}

TEST_F(SignatureBatchTest, TransactionsOfABatchStandBesideOthersInABlock) {
    auto block = batch_of(3);
    block.push_back(chain.signed_report(cast));
    const auto other = batch_of(5);
    block.insert(block.end(), other.begin(), other.end());
    chain.must_accept(block);
    EXPECT_EQ(counter->total(), 2 + 2 + 2);
}

TEST_F(SignatureBatchTest, ABatchOfOneIsABatch) {
    chain.must_accept(batch_of(1));
    EXPECT_EQ(counter->total(), 2);
}

TEST_F(SignatureBatchTest, OneSignerMaySignTheBatchAndAnotherTheBody) {
    auto tx = decoded(batch_of(4)[2]);
    tx.signatures[1] = {.signer = cast.doctor->id(), .value = *cast.doctor->sign(tx.body_bytes)};
    EXPECT_EQ(outcome(tx).code, 0U);
}

TEST_F(SignatureBatchTest, AWrongNodeOfThePathIsRefused) {
    chain.must_accept({batch_of(64)[0]});
    const auto batch = batch_of(64);
    chain.must_accept({batch[0]});  // so that the batch's signatures are known to be good
    auto tx = decoded(batch[5]);
    tx.batch->path[3].bytes[0] ^= 1;
    expect_refused(outcome(tx), ErrorCode::bad_signature, "does not verify");
}

TEST_F(SignatureBatchTest, AnotherIndexOfTheSamePathLengthIsRefused) {
    const auto batch = batch_of(64);
    chain.must_accept({batch[0]});
    auto tx = decoded(batch[5]);
    tx.batch->index = 6;
    expect_refused(outcome(tx), ErrorCode::bad_signature, "does not verify");
}

TEST_F(SignatureBatchTest, AnotherSizeOfTheSamePathLengthIsRefused) {
    const auto batch = batch_of(64);
    chain.must_accept({batch[0]});
    auto tx = decoded(batch[5]);
    tx.batch->size = 63;
    expect_refused(outcome(tx), ErrorCode::bad_signature, "does not verify");
}

TEST_F(SignatureBatchTest, ATransactionMovedToAnotherBatchIsRefused) {
    const auto mine = batch_of(8);
    const auto other = batch_of(8);
    chain.must_accept({mine[0], other[0]});
    auto tx = decoded(mine[3]);
    const auto home = decoded(other[3]);
    tx.batch = home.batch;
    tx.signatures = home.signatures;
    expect_refused(outcome(tx), ErrorCode::bad_signature, "does not verify");
}

TEST_F(SignatureBatchTest, ASignatureOfTheBatchBySomebodyElseIsRefused) {
    const auto batch = batch_of(8);
    chain.must_accept({batch[0]});
    auto tx = decoded(batch[3]);
    tx.signatures[1].value = tx.signatures[0].value;
    expect_refused(outcome(tx), ErrorCode::bad_signature, "does not verify");
}

TEST_F(SignatureBatchTest, ATruncatedPathIsRefused) {
    auto tx = decoded(batch_of(64)[5]);
    tx.batch->path.pop_back();
    expect_refused(outcome(tx), ErrorCode::bad_batch, "does not fit place 5 of 64");
}

TEST_F(SignatureBatchTest, ABatchOfMoreThanItsBoundIsRefused) {
    auto tx = decoded(batch_of(2)[1]);
    tx.batch->size = wire::batch_bodies_max + 1;
    tx.batch->path.resize(11);
    expect_refused(outcome(tx), ErrorCode::bad_batch, "place 1 of 1025");
}

TEST_F(SignatureBatchTest, ASignatureOverABatchWithoutItsPathIsRefused) {
    auto tx = decoded(batch_of(2)[1]);
    tx.batch.reset();
    expect_refused(outcome(tx), ErrorCode::malformed, "a signature over a batch without its path");
}

TEST_F(SignatureBatchTest, APathThatNoSignatureIsOverIsRefused) {
    auto tx = decoded(batch_of(2)[1]);
    for (auto& signature : tx.signatures) signature.over_batch = false;
    expect_refused(outcome(tx), ErrorCode::malformed, "the path of a batch that no signature");
}

TEST_F(SignatureBatchTest, AKnownBatchIsNotTakenUnderANewKey) {
    const auto batch = batch_of(2);
    chain.must_accept({batch[0]});
    const testing::Identity renewed(cast.doctor->id(), wire::Role::doctor);
    chain.must_accept({chain.signed_by(
        cast.doctor, wire::RotateKey{renewed.public_key(), wire::Custody::own_device})});
    expect_refused(outcome(decoded(batch[1])), ErrorCode::bad_signature, "does not verify");
}

TEST_F(SignatureBatchTest, NoSignatureIsVerifiedTwiceOnItsWayIntoABlock) {
    std::vector<Bytes> all = batch_of(4);
    for (int i = 0; i < 3; ++i) all.push_back(chain.signed_report(cast));
    for (const auto& one : all) EXPECT_EQ(chain.app->check_tx(one, chain.now).code, 0U);
    auto bad = decoded(chain.signed_report(cast));
    bad.signatures[1].value = bad.signatures[0].value;
    all.push_back(encode(bad));
    const auto kept = chain.app->prepare_proposal(chain.candidate(all));
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->size(), 7U);
    ASSERT_TRUE(chain.app->process_proposal(chain.candidate(*kept)));
    const auto batch = chain.app->gather(all);
    ASSERT_TRUE(batch);
    EXPECT_TRUE((*batch)->checks().empty());
    chain.mine(all);
    EXPECT_EQ(counter->most_for_one(), 1);
}

TEST_F(SignatureBatchTest, LookingAgainAfterABlockVerifiesNothing) {
    const auto waiting = chain.signed_report(cast);
    const auto in_block = chain.signed_report(cast);
    EXPECT_EQ(chain.app->check_tx(waiting, chain.now).code, 0U);
    chain.must_accept({in_block});
    const int before = counter->total();
    EXPECT_EQ(chain.app->check_tx(waiting, chain.now).code, 0U);
    EXPECT_EQ(counter->total(), before);
}

TEST_F(SignatureBatchTest, VerifiesAheadWhatWasDecodedElsewhere) {
    const std::vector<Bytes> block{chain.signed_report(cast), Bytes{1, 2, 3}};
    const auto batch = SignatureBatch::decode(Envelopes(block));
    ASSERT_TRUE(chain.app->gather(*batch));
    ASSERT_EQ(batch->checks().size(), 2U);
    chain.app->remember(*batch, chain.verifier->verify(batch->checks()));
    const auto finalized = chain.mine(block);
    EXPECT_EQ(finalized.results[0].code, 0U);
    EXPECT_EQ(finalized.results[1].code, static_cast<std::uint32_t>(ErrorCode::undecodable));
    EXPECT_EQ(counter->most_for_one(), 1);
}

TEST_F(SignatureBatchTest, HashesThatTheCallerKnowsChangeNothing) {
    auto candidate =
        chain.candidate({chain.signed_report(cast), Bytes{1, 2, 3}, chain.signed_report(cast)});
    const auto without = chain.app->finalize_block(candidate);
    for (const auto& one : candidate.transactions) {
        candidate.leaves.push_back(wire::Hash256{crypto::merkle_leaf(one)});
    }
    const auto with = chain.app->finalize_block(candidate);
    ASSERT_TRUE(without && with);
    EXPECT_EQ(with->header_bytes, without->header_bytes);
    EXPECT_EQ(with->results.size(), without->results.size());
    EXPECT_EQ(counter->most_for_one(), 1);
}

TEST(Newest, KeepsTheNewestAndCountsNoneThatIsErased) {
    Newest<wire::Hash256, int> newest(4);
    const auto key = [](std::uint8_t number) {
        wire::Hash256 out;
        out.bytes.front() = number;
        return out;
    };
    newest.put(key(1), 1);
    for (std::uint8_t passing = 2; passing < 100; ++passing) {
        newest.put(key(passing), passing);
        newest.erase(key(passing));
    }
    ASSERT_NE(newest.find(key(1)), nullptr);
    for (std::uint8_t more = 100; more < 104; ++more) newest.put(key(more), more);
    EXPECT_EQ(newest.size(), 4U);
    EXPECT_EQ(newest.find(key(1)), nullptr);
    EXPECT_NE(newest.find(key(100)), nullptr);
}

}  // namespace
}  // namespace ledger
