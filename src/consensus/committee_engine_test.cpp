// SPDX-License-Identifier: Apache-2.0
// Goal: the threads around miners and coordinator neither lose nor double anything. Method: the
// engine over stores in memory that outlive it.
#include "consensus/committee_engine.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "chain/orphans.h"
#include "consensus/testing.h"
#include "storage/forwarding_store.h"

namespace consensus {
namespace {

using base::ErrorCode;
using testing::Founders;
using testing::LentSigner;
using testing::ShortConsent;
using namespace std::chrono_literals;

/// Stands still until it is moved, from any thread.
class SharedClock final : public base::Clock {
public:
    [[nodiscard]] base::TimePoint now() const override { return now_; }
    void advance(std::chrono::milliseconds by) { now_ = now_.load() + by; }

private:
    std::atomic<base::TimePoint> now_ = ledger::testing::Chain::start() + 1h;
};

struct Disk {
    storage::MemoryStore ledger;
    storage::MemoryStore notes;
};

class CommitteeEngineTest : public ::testing::Test {
protected:
    explicit CommitteeEngineTest(wire::ConsensusPolicy policy = {.quorum = wire::Quorum::two_thirds,
                                                                 .turn_timeout = 100ms})
        : founders(5, policy), own(founders.genesis), disks(5) {}

    void start(std::size_t miner_count = 5, CommitteeEngine::Options options = {}) {
        std::vector<CommitteeMiner> miners;
        for (std::size_t i = 0; i < miner_count; ++i) {
            miners.push_back({.signer = std::make_unique<LentSigner>(founders.miners[i]),
                              .ledger = std::make_unique<storage::ForwardingStore>(disks[i].ledger),
                              .notes = std::make_unique<storage::ForwardingStore>(disks[i].notes),
                              .next_sequence = [this] {
                                  return base::Result<std::uint64_t>(++miner_sequence);
                              }});
        }
        auto started = CommitteeEngine::start({.application = *own.application,
                                               .verifier = *own.verifier,
                                               .clock = clock,
                                               .miners = std::move(miners),
                                               .on_error = {}},
                                              options);
        ASSERT_TRUE(started) << started.error().detail;
        engine = std::move(*started);
    }
    void must_commit(std::uint64_t number) {
        const auto committed = chain::submit_and_wait(*engine, founders.enrolment(number));
        ASSERT_TRUE(committed) << committed.error().detail;
        EXPECT_EQ(committed->height, own.application->info().height);
    }
    static wire::Height height_of(storage::MemoryStore& store) {
        const auto tip = ledger::BlockStore(store).tip().value();
        return tip ? tip->height : 0;
    }

    Founders founders;
    testing::Site own;
    std::vector<Disk> disks;
    base::SystemClock clock;
    std::atomic<std::uint64_t> miner_sequence = 0;
    std::unique_ptr<CommitteeEngine> engine;
};

TEST_F(CommitteeEngineTest, CommitsWhatIsSubmittedOnEveryMiner) {
    start();
    std::vector<std::future<base::Result<chain::Committed>>> waiting;
    for (std::uint64_t i = 0; i < 20; ++i) {
        auto promise = std::make_shared<std::promise<base::Result<chain::Committed>>>();
        waiting.push_back(promise->get_future());
        engine->submit(founders.enrolment(i), [promise](base::Result<chain::Committed> done) {
            promise->set_value(std::move(done));
        });
    }
    for (auto& one : waiting) {
        const auto committed = one.get();
        ASSERT_TRUE(committed) << committed.error().detail;
        EXPECT_GE(committed->height, 1U);
    }
    must_commit(99);
    const auto again = chain::submit_and_wait(*engine, engine->block(1)->transactions.front());
    ASSERT_TRUE(again) << again.error().detail;  // it is in a block already
    EXPECT_EQ(again->height, 1U);
    const auto tip = engine->height();
    EXPECT_GE(engine->block(tip)->seal.approvals.size(), 4U);
    engine.reset();
    for (auto& disk : disks) EXPECT_EQ(height_of(disk.ledger), tip);
}

TEST_F(CommitteeEngineTest, AnswersWithTheContractsReason) {
    start();
    auto foreign = founders;
    foreign.genesis.chain_id = "another";
    const auto refused = chain::submit_and_wait(*engine, foreign.enrolment(1));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::wrong_chain);
    EXPECT_EQ(engine->height(), 0U);
}

TEST_F(CommitteeEngineTest, SaysThatTooFewMinersAgreeAndShowsTheOrphan) {
    start(3, {.patience = 400ms});
    const auto refused = chain::submit_and_wait(*engine, founders.enrolment(1));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_NE(refused.error().detail.find("quorum"), std::string::npos) << refused.error().detail;
    EXPECT_EQ(engine->height(), 0U);
    const auto orphans = chain::orphans(*engine);
    ASSERT_TRUE(orphans) << orphans.error().detail;
    ASSERT_FALSE(orphans->empty());
    EXPECT_EQ(orphans->front().reason, chain::OrphanReason::too_few_approvals);
    EXPECT_EQ(orphans->front().needed, 4U);
}

TEST_F(CommitteeEngineTest, AMinerThatBeginsWithAnEmptyDiskCatchesUp) {
    start(4);
    for (std::uint64_t i = 0; i < 3; ++i) must_commit(i);
    engine.reset();
    EXPECT_EQ(height_of(disks[4].ledger), 0U);
    start(5);
    for (std::uint64_t i = 3; i < 40 && height_of(disks[4].ledger) < 3; ++i) must_commit(i);
    EXPECT_GE(height_of(disks[4].ledger), 3U);
}

class CommitteeAtWork : public CommitteeEngineTest {
protected:
    CommitteeAtWork()
        : CommitteeEngineTest({.engine = wire::EngineKind::proof_of_work,
                               .quorum = wire::Quorum::two_thirds,
                               .difficulty_bits = 8}) {}
};

TEST_F(CommitteeAtWork, GrindsInTheMinersThreads) {
    start();
    for (std::uint64_t i = 0; i < 4; ++i) must_commit(i);
    EXPECT_EQ(engine->height(), 4U);
}

// Goal: whoever sent what becomes void while its height is being closed hears why. Method: a clock
// that stands still until the height has begun; the miner whose turn it is does not run.
TEST(CommitteeEngine, TellsTheReasonForWhatBecameVoidWhileItWaited) {
    Founders founders(4, {.quorum = wire::Quorum::two_thirds});
    const ShortConsent consent(founders);
    testing::Site own(founders.genesis);
    std::vector<Disk> disks(4);
    SharedClock clock;
    const auto absent = own.application->next_turn()->miner;
    std::vector<CommitteeMiner> miners;
    for (std::size_t i = 0; i < 4; ++i) {
        if (founders.miners[i]->id() == absent) continue;
        miners.push_back({.signer = std::make_unique<LentSigner>(founders.miners[i]),
                          .ledger = std::make_unique<storage::ForwardingStore>(disks[i].ledger),
                          .notes = std::make_unique<storage::ForwardingStore>(disks[i].notes),
                          .next_sequence = [] { return base::Result<std::uint64_t>(1); }});
    }
    auto engine = CommitteeEngine::start({.application = *own.application,
                                          .verifier = *own.verifier,
                                          .clock = clock,
                                          .miners = std::move(miners),
                                          .on_error = {}},
                                         {.patience = 24h});
    ASSERT_TRUE(engine) << engine.error().detail;
    std::promise<base::Result<chain::Committed>> promise;
    auto answer = promise.get_future();
    (*engine)->submit(consent.until(clock.now() + 1s),
                      [&](base::Result<chain::Committed> done) { promise.set_value(done); });
    while ((*engine)->status().height == 0) std::this_thread::yield();
    while (answer.wait_for(10ms) != std::future_status::ready) clock.advance(1s);
    const auto refused = answer.get();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::expired) << refused.error().detail;
    EXPECT_EQ((*engine)->height(), 0U);
}

}  // namespace
}  // namespace consensus
