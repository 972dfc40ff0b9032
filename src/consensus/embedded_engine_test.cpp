// SPDX-License-Identifier: Apache-2.0
#include "consensus/embedded_engine.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <set>
#include <thread>

#include "chain/queries.h"
#include "ledger/testing.h"
#include "storage/forwarding_store.h"

namespace consensus {
namespace {

using base::ErrorCode;
using ledger::testing::Chain;
using namespace std::chrono_literals;

/// Borrows an identity of the test's chain.
class Borrowed final : public wire::Signer {
public:
    explicit Borrowed(const wire::Signer& signer) : signer_(signer) {}
    [[nodiscard]] wire::LedgerId id() const override { return signer_.id(); }
    [[nodiscard]] base::Result<wire::SignatureBytes> sign(base::ByteView message) const override {
        return signer_.sign(message);
    }

private:
    const wire::Signer& signer_;
};

/// Outcomes as they come, for tests that submit without waiting.
class Outcomes {
public:
    chain::TransactionSubmitter::Done take() {
        return [this](base::Result<chain::Committed> outcome) {
            const std::lock_guard lock(mutex_);
            outcomes_.push_back(std::move(outcome));
            changed_.notify_all();
        };
    }
    std::vector<base::Result<chain::Committed>> wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return outcomes_.size() >= count; });
        return outcomes_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<base::Result<chain::Committed>> outcomes_;
};

/// A disk that has no room for its first write, which it takes its time to say.
class FailsOnce final : public storage::ForwardingStore {
public:
    using ForwardingStore::ForwardingStore;
    base::Result<void> write(const storage::WriteBatch& batch) override {
        if (failed_) return ForwardingStore::write(batch);
        failed_ = true;
        told_.get_future().wait();
        return base::fail(ErrorCode::storage_full, "no room");
    }
    void fail() { told_.set_value(); }

private:
    bool failed_ = false;
    std::promise<void> told_;
};

class EngineTest : public testing::Test {
protected:
    EmbeddedEngine::Parts parts_of(ledger::Application& application) {
        return {.application = application,
                .verifier = *chain.verifier,
                .clock = clock,
                .signer_of = [this](const wire::LedgerId& id) { return signer_of(id); },
                .on_error =
                    [this](const base::Error& error) {
                        const std::lock_guard lock(mutex);
                        errors.push_back(error);
                    }};
    }
    std::unique_ptr<EmbeddedEngine> start(EmbeddedEngine::Options options = {}) {
        auto engine = EmbeddedEngine::start(parts_of(*chain.app), options);
        EXPECT_TRUE(engine);
        return std::move(*engine);
    }
    base::Result<std::unique_ptr<wire::Signer>> signer_of(const wire::LedgerId& id) {
        for (const auto& miner : chain.miners) {
            if (miner->id() == id) return std::make_unique<Borrowed>(*miner);
        }
        return base::fail(ErrorCode::not_found, "no key of this miner");
    }

    Chain chain;
    Chain::Cast cast = chain.cast();
    base::ManualClock clock{chain.now};
    std::mutex mutex;
    std::vector<base::Error> errors;
};

TEST_F(EngineTest, ASubmittedReportIsOnDiskWhenItAnswers) {
    const auto engine = start();
    const auto envelope = chain.signed_report(cast);
    const auto committed = chain::submit_and_wait(*engine, envelope);
    ASSERT_TRUE(committed) << committed.error().detail;
    EXPECT_EQ(engine->height(), committed->height);
    EXPECT_EQ(committed->block_time, clock.now());
    const auto block = engine->block(committed->height);
    ASSERT_TRUE(block);
    EXPECT_EQ(block->transactions.at(committed->index), envelope);
    EXPECT_EQ(engine->block(committed->height + 1).error().code, ErrorCode::not_found);
    EXPECT_EQ(chain::place_of(*engine, committed->id)->height, committed->height);
}

TEST_F(EngineTest, ARefusalComesWithTheContractsReasonAndNothingIsMined) {
    const auto engine = start();
    const auto before = engine->height();
    auto flagged = chain.report(cast);
    flagged.personal_data = true;
    const auto refused = chain::submit_and_wait(
        *engine,
        Chain::sign(chain.body(cast.cloud_server, flagged), {cast.cloud_server, cast.doctor}));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::personal_data);
    EXPECT_EQ(chain::submit_and_wait(*engine, {1, 2, 3}).error().code, ErrorCode::undecodable);
    EXPECT_EQ(chain::submit_and_wait(*engine, base::Bytes(70'000, 1)).error().code,
              ErrorCode::too_large);
    EXPECT_EQ(engine->height(), before);
}

TEST_F(EngineTest, TheSameTransactionAnswersWithTheSamePlace) {
    const auto engine = start();
    const auto envelope = chain.signed_report(cast);
    Outcomes outcomes;
    engine->submit(envelope, outcomes.take());
    engine->submit(envelope, outcomes.take());
    const auto both = outcomes.wait_for(2);
    ASSERT_TRUE(both[0]);
    ASSERT_TRUE(both[1]);
    EXPECT_EQ(both[0]->height, both[1]->height);
    clock.advance(1h);
    const auto later = chain::submit_and_wait(*engine, envelope);
    ASSERT_TRUE(later) << later.error().detail;
    EXPECT_EQ(later->height, both[0]->height);
    EXPECT_EQ(later->index, both[0]->index);
    EXPECT_EQ(later->block_time, both[0]->block_time);
    EXPECT_EQ(engine->height(), both[0]->height);
}

TEST_F(EngineTest, ABlockIsCutAtItsLargestSize) {
    const auto engine =
        start({.block_transactions_max = 10, .block_wait = 10'000ms, .pending_max = 50'000});
    const auto before = engine->height();
    Outcomes outcomes;
    for (int i = 0; i < 50; ++i) engine->submit(chain.signed_report(cast), outcomes.take());
    for (const auto& outcome : outcomes.wait_for(50)) EXPECT_TRUE(outcome);
    EXPECT_EQ(engine->height(), before + 5);
    for (wire::Height height = before + 1; height <= before + 5; ++height) {
        EXPECT_EQ(engine->block(height)->transactions.size(), 10U);
    }
}

TEST_F(EngineTest, OutcomesComeInTheOrderOfSubmission) {
    const auto engine =
        start({.block_transactions_max = 7, .block_wait = 1ms, .pending_max = 50'000});
    Outcomes outcomes;
    for (int i = 0; i < 60; ++i) engine->submit(chain.signed_report(cast), outcomes.take());
    const auto all = outcomes.wait_for(60);
    for (std::size_t i = 1; i < all.size(); ++i) {
        ASSERT_TRUE(all[i]);
        EXPECT_TRUE(all[i - 1]->height < all[i]->height || all[i - 1]->index + 1 == all[i]->index);
    }
}

// Goal: a bound on what waits. Method: hold the answers of a block and submit until one is turned
// away, which is answered at once.
TEST_F(EngineTest, TooManyAreToldToComeBackAndNothingElseIsLost) {
    constexpr std::size_t waiting_max = 5;
    constexpr std::size_t on_their_way_max = 4;  // a block that is executed, and those ahead of it
    std::promise<void> inside;
    std::promise<void> release;
    const auto engine =
        start({.block_transactions_max = 1, .block_wait = 0ms, .pending_max = waiting_max});
    engine->submit(chain.signed_report(cast), [&](const auto&) {
        inside.set_value();
        release.get_future().wait();
    });
    inside.get_future().wait();
    Outcomes outcomes;
    std::atomic<bool> turned_away = false;
    std::size_t taken = 0;
    while (!turned_away && taken <= waiting_max + on_their_way_max) {
        engine->submit(chain.signed_report(cast), [&, done = outcomes.take()](const auto& outcome) {
            if (!outcome && outcome.error().code == ErrorCode::busy) {
                turned_away = true;
            } else {
                done(outcome);
            }
        });
        if (!turned_away) ++taken;
    }
    EXPECT_TRUE(turned_away);
    EXPECT_GE(taken, waiting_max);
    release.set_value();
    for (const auto& outcome : outcomes.wait_for(taken)) EXPECT_TRUE(outcome);
}

TEST_F(EngineTest, AFullDiskAnswersEveryTransactionAndTheEngineGoesOnLater) {
    const auto engine = start();
    const auto before = engine->height();
    const auto envelope = chain.signed_report(cast);
    chain.store.set_full(true);
    const auto failed = chain::submit_and_wait(*engine, envelope);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::storage_full);
    EXPECT_EQ(engine->height(), before);
    {
        const std::lock_guard lock(mutex);
        ASSERT_EQ(errors.size(), 1U);
        EXPECT_EQ(errors.front().code, ErrorCode::storage_full);
    }
    chain.store.set_full(false);
    EXPECT_TRUE(chain::submit_and_wait(*engine, envelope));
    EXPECT_EQ(engine->height(), before + 1);
}

// Goal: a block that is lost takes nothing with it. Method: its write fails once the next block was
// executed and sealed upon it.
TEST_F(EngineTest, ABlockThatCannotBeWrittenDoesNotRefuseTheNext) {
    FailsOnce store(chain.store);
    auto application = ledger::Application::open(store, *chain.verifier);
    ASSERT_TRUE(application);
    const auto before = (*application)->info().height;
    std::promise<void> sealed_twice;
    std::set<wire::LedgerId> asked_for;
    auto parts = parts_of(**application);
    parts.signer_of = [&](const wire::LedgerId& id) {
        if (asked_for.insert(id).second && asked_for.size() == 2) sealed_twice.set_value();
        return signer_of(id);
    };
    Outcomes lost;
    Outcomes next;
    const auto engine = EmbeddedEngine::start(
        std::move(parts), {.block_transactions_max = 2, .block_wait = 60'000ms});
    ASSERT_TRUE(engine);
    for (int i = 0; i < 2; ++i) (*engine)->submit(chain.signed_report(cast), lost.take());
    for (int i = 0; i < 2; ++i) (*engine)->submit(chain.signed_report(cast), next.take());
    sealed_twice.get_future().wait();
    EXPECT_EQ((*engine)->height(), before) << "a block is seen before it is on disk";
    store.fail();
    for (const auto& outcome : lost.wait_for(2)) {
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().code, ErrorCode::storage_full);
    }
    for (const auto& outcome : next.wait_for(2)) {
        ASSERT_TRUE(outcome) << outcome.error().detail;
        EXPECT_EQ(outcome->height, before + 1);
    }
    chain.open();
    EXPECT_EQ(chain.app->info().height, before + 1);
}

TEST_F(EngineTest, TheEndCommitsWhatIsPendingAndTurnsAwayTheRest) {
    Outcomes outcomes;
    {
        const auto engine =
            start({.block_transactions_max = 2'000, .block_wait = 60'000ms, .pending_max = 50'000});
        for (int i = 0; i < 20; ++i) engine->submit(chain.signed_report(cast), outcomes.take());
    }
    for (const auto& outcome : outcomes.wait_for(20)) EXPECT_TRUE(outcome);
}

TEST_F(EngineTest, ContinuesAfterARestart) {
    const auto envelope = chain.signed_report(cast);
    wire::Height height = 0;
    {
        const auto engine = start();
        height = chain::submit_and_wait(*engine, envelope)->height;
    }
    chain.open();
    const auto engine = start();
    EXPECT_EQ(engine->height(), height);
    EXPECT_EQ(chain::submit_and_wait(*engine, envelope)->height, height);
    EXPECT_EQ(chain::submit_and_wait(*engine, chain.signed_report(cast))->height, height + 1);
}

// Goal: each block once and in order. Method: follow from the middle while blocks are made.
TEST_F(EngineTest, FollowersSeeEveryBlockOnceInOrder) {
    const auto engine =
        start({.block_transactions_max = 3, .block_wait = 0ms, .pending_max = 50'000});
    const auto first = engine->height();
    std::mutex seen_mutex;
    std::condition_variable changed;
    std::vector<std::vector<wire::Height>> seen(4);
    std::vector<std::unique_ptr<chain::Subscription>> following;
    Outcomes outcomes;
    constexpr std::size_t count = 120;
    for (std::size_t i = 0; i < count; ++i) {
        engine->submit(chain.signed_report(cast), outcomes.take());
        if (i % 30 != 15) continue;
        auto& mine = seen[i / 30];
        following.push_back(engine->follow(2, [&](const wire::Block& block) {
            const std::lock_guard lock(seen_mutex);
            mine.push_back(block.header.height);
            changed.notify_all();
        }));
    }
    outcomes.wait_for(count);
    const auto tip = engine->height();
    EXPECT_GE(tip, first + count / 3);
    std::unique_lock lock(seen_mutex);
    changed.wait(lock, [&] {
        return std::all_of(seen.begin(), seen.end(),
                           [&](const auto& heights) { return heights.size() == tip - 1; });
    });
    for (const auto& heights : seen) {
        for (std::size_t i = 0; i < heights.size(); ++i) EXPECT_EQ(heights[i], i + 2);
    }
    lock.unlock();
    following.clear();
}

TEST_F(EngineTest, AnEndedSubscriptionIsCalledNoMore) {
    const auto engine = start();
    std::atomic<int> calls{0};
    auto following = engine->follow(1, [&](const wire::Block&) { ++calls; });
    ASSERT_TRUE(chain::submit_and_wait(*engine, chain.signed_report(cast)));
    following.reset();
    const int before = calls;
    ASSERT_TRUE(chain::submit_and_wait(*engine, chain.signed_report(cast)));
    EXPECT_EQ(calls, before);
}

TEST_F(EngineTest, EveryMinerSealsWithItsOwnKeyInTurn) {
    const auto engine = start();
    const auto before = chain::mining(*engine);
    ASSERT_TRUE(before);
    for (int i = 0; i < 6; ++i) {
        ASSERT_TRUE(chain::submit_and_wait(*engine, chain.signed_report(cast)));
    }
    const auto after = chain::mining(*engine);
    ASSERT_TRUE(after);
    EXPECT_EQ(after->round, before->round + 2);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(after->miners[i].turns, before->miners[i].turns + 2);
    }
}

/// Each look at it takes 100 ms, so that whoever waits for a time comes to it.
class PassingClock final : public base::Clock {
public:
    explicit PassingClock(base::TimePoint start) : start_(start) {}
    [[nodiscard]] base::TimePoint now() const override { return start_ + 100ms * ++looks_; }

private:
    base::TimePoint start_;
    mutable std::atomic<int> looks_ = 0;
};

// Goal: a miner whose key is not to be had is absent, and stops nobody. Method: one of three has no
// key for two rounds, and then it has.
TEST_F(EngineTest, AMinerWithoutItsKeyIsPassedOverAndItsTurnKept) {
    const PassingClock passing(chain.now);
    std::atomic<bool> gone = true;
    const auto absent = chain.miners[1]->id();
    auto parts = parts_of(*chain.app);
    const EmbeddedEngine::Parts with_clock{
        .application = parts.application,
        .verifier = parts.verifier,
        .clock = passing,
        .signer_of = [&](const wire::LedgerId& id) -> base::Result<std::unique_ptr<wire::Signer>> {
            if (gone && id == absent) return base::fail(ErrorCode::not_found, "no key file");
            return signer_of(id);
        },
        .on_error = parts.on_error};
    const auto engine = *EmbeddedEngine::start(with_clock, {});
    base::TimePoint before = chain.app->info().time;
    for (int i = 0; i < 6; ++i) {
        const auto committed = chain::submit_and_wait(*engine, chain.signed_report(cast));
        ASSERT_TRUE(committed) << committed.error().detail;
        const auto block = engine->block(committed->height).value();
        EXPECT_NE(block.header.miner, absent);
        EXPECT_GE(block.header.time, before + 2s * block.seal.passed_over);
        before = block.header.time;
    }
    EXPECT_GT(chain::mining(*engine)->miners[1].passes + chain::mining(*engine)->miners[1].forfeits,
              0U);
    {
        const std::lock_guard lock(mutex);
        ASSERT_EQ(errors.size(), 1U) << "told once";
        EXPECT_NE(errors.front().detail.find("no key file"), std::string::npos);
    }
    gone = false;
    const auto turns = chain::mining(*engine)->miners[1].turns;
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(chain::submit_and_wait(*engine, chain.signed_report(cast)));
    }
    EXPECT_GT(chain::mining(*engine)->miners[1].turns, turns);
}

// A verdict of the contracts ends a transaction; that nobody can seal it does not.
TEST_F(EngineTest, WithoutAnyKeyItSaysThatItIsUnavailable) {
    auto parts = parts_of(*chain.app);
    parts.signer_of = [](const wire::LedgerId&) -> base::Result<std::unique_ptr<wire::Signer>> {
        return base::fail(ErrorCode::not_found, "no key file");
    };
    const auto engine = *EmbeddedEngine::start(std::move(parts), {});
    const auto committed = chain::submit_and_wait(*engine, chain.signed_report(cast));
    ASSERT_FALSE(committed);
    EXPECT_EQ(committed.error().code, ErrorCode::unavailable);
}

TEST_F(EngineTest, AMinersNewKeyIsFetchedWhenTheOldOneNoLongerSeals) {
    const auto engine = start();
    for (int i = 0; i < 3; ++i) {  // every signer is cached
        ASSERT_TRUE(chain::submit_and_wait(*engine, chain.signed_report(cast)));
    }
    auto& miner = chain.miners[0];
    const auto fresh = std::make_shared<ledger::testing::Identity>(miner->id(), wire::Role::miner);
    const auto envelope =
        chain.signed_by(miner, wire::RotateKey{fresh->public_key(), wire::Custody::node});
    // The old identity lives on in the engine's cache until it is found wanting.
    const auto old = std::exchange(miner, fresh);
    ASSERT_TRUE(chain::submit_and_wait(*engine, envelope));
    for (int i = 0; i < 4; ++i) {
        const auto committed = chain::submit_and_wait(*engine, chain.signed_report(cast));
        ASSERT_TRUE(committed) << committed.error().detail;
    }
}

TEST_F(EngineTest, ManyThreadsMaySubmitAndAsk) {
    const auto engine = start({.block_transactions_max = 16, .block_wait = 1ms});
    std::vector<base::Bytes> envelopes;
    for (int i = 0; i < 200; ++i) envelopes.push_back(chain.signed_report(cast));
    std::vector<std::thread> threads;
    std::atomic<int> accepted{0};
    for (std::size_t t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (std::size_t i = t; i < envelopes.size(); i += 4) {
                const auto committed = chain::submit_and_wait(*engine, envelopes[i]);
                if (!committed) continue;
                const auto receipt = chain::receipt_of(*engine, committed->id);
                if (!receipt) continue;
                const auto& fact = std::get<wire::ProvenTransaction>(receipt->fact);
                if (fact.envelope == envelopes[i]) ++accepted;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(accepted, 200);
}

TEST_F(EngineTest, DoesNotStartWithoutAChain) {
    storage::MemoryStore empty;
    const auto app = ledger::Application::open(empty, *chain.verifier);
    ASSERT_TRUE(app);
    const auto engine = EmbeddedEngine::start({.application = **app,
                                               .verifier = *chain.verifier,
                                               .clock = clock,
                                               .signer_of = {},
                                               .on_error = {}});
    ASSERT_FALSE(engine);
    EXPECT_EQ(engine.error().code, ErrorCode::conflict);
}

}  // namespace
}  // namespace consensus
