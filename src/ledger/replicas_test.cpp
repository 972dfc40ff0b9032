// SPDX-License-Identifier: Apache-2.0
// Several replicas on one thread execute the same blocks; some crash on the way.
#include <gtest/gtest.h>

#include <vector>

#include "base/testing.h"
#include "ledger/testing.h"

namespace ledger {
namespace {

using testing::Chain;
using testing::Person;
using wire::Role;

base::Bytes dump(const storage::MemoryStore& store) {
    base::Bytes out;
    const auto read = store.scan({}, base::Bytes(80, 0xff), [&](auto key, auto value) {
        base::append_u32(out, static_cast<std::uint32_t>(key.size()));
        base::append(out, key);
        base::append_u32(out, static_cast<std::uint32_t>(value.size()));
        base::append(out, value);
        return true;
    });
    EXPECT_TRUE(read);
    return out;
}

/// One replica: its own store and verifier; only the store survives a crash.
struct Replica {
    storage::MemoryStore store;
    std::unique_ptr<crypto::SignatureVerifier> verifier = crypto::make_serial_verifier();
    std::unique_ptr<Application> app;

    void start() {
        app.reset();
        auto opened = Application::open(store, *verifier);
        ASSERT_TRUE(opened) << opened.error().detail;
        app = std::move(*opened);
    }
};

/// A stream of transactions of every kind, good and bad, from a seed.
class Generator {
public:
    Generator(Chain& chain, std::uint64_t seed) : chain_(chain), random_(seed) {
        for (int i = 0; i < 3; ++i) casts_.push_back(chain.cast());
    }
    std::vector<base::Bytes> block() {
        std::vector<base::Bytes> out;
        const auto count = random_.below(8);
        for (std::uint64_t i = 0; i < count; ++i) out.push_back(one());
        if (!out.empty() && random_.below(4) == 0) out.push_back(out.front());  // a duplicate
        return out;
    }

private:
    base::Bytes one() {
        auto& cast = casts_[random_.below(casts_.size())];
        switch (random_.below(10)) {
            case 0:
                return chain_.signed_by(chain_.admin, chain_.person(Role::miner)->enrolment());
            case 1:
                return chain_.signed_by(cast.patient, chain_.grant_to(cast.doctor));
            case 2:
                return chain_.signed_by(cast.patient, wire::RevokeConsent{cast.consent});
            case 3: {
                const auto grant = chain_.body(cast.patient, chain_.grant_to(cast.doctor));
                cast.consent = wire::body_ref(encode(grant));
                return Chain::sign(grant, {cast.patient});
            }
            case 4: {
                auto damaged = chain_.signed_report(cast);
                damaged[random_.below(damaged.size())] ^= 1;
                return damaged;
            }
            case 5:
                return chain_.signed_by(chain_.admin,
                                        wire::RevokeKey{chain_.person(Role::nurse)->id()});
            default:
                return chain_.signed_report(cast);
        }
    }
    Chain& chain_;
    base::SeededRandom random_;
    std::vector<Chain::Cast> casts_;
};

void expect_same(const Finalized& a, const Finalized& b) {
    EXPECT_EQ(a.header_bytes, b.header_bytes);
    EXPECT_EQ(a.app_hash, b.app_hash);
    ASSERT_EQ(a.results.size(), b.results.size());
    for (std::size_t i = 0; i < a.results.size(); ++i) {
        EXPECT_EQ(a.results[i].code, b.results[i].code);
        EXPECT_EQ(a.results[i].id, b.results[i].id);
        EXPECT_EQ(a.results[i].place, b.results[i].place);
    }
}

void run(std::uint64_t seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Chain chain({.miners = 3, .demo = false, .seed = seed});
    Generator generator(chain, seed);
    base::SeededRandom fate(seed + 1'000);
    std::vector<Replica> replicas(3);
    for (auto& replica : replicas) {
        replica.start();
        ASSERT_TRUE(replica.app->init_chain(chain.genesis()));
        // Set-up blocks come from the chain, as a node that joins replays them.
        for (wire::Height height = 1; height <= chain.app->info().height; ++height) {
            const auto block = chain.app->blocks().block(height);
            ASSERT_TRUE(block);
            const auto finalized =
                replica.app->finalize_block({.height = height,
                                             .time = block->header.time,
                                             .miner = block->header.miner,
                                             .round = block->seal.round,
                                             .transactions = block->transactions});
            ASSERT_TRUE(finalized);
            ASSERT_EQ(finalized->header_bytes, block->header_bytes);
            ASSERT_TRUE(replica.app->commit(block->seal));
        }
    }
    for (int step = 0; step < 40; ++step) {
        const auto candidate = chain.candidate(generator.block());
        const auto leading = chain.mine(candidate.transactions);
        for (auto& replica : replicas) {
            // Before, in the midst of and after a proposal: nothing of it may leave a trace.
            if (fate.below(3) == 0) (void)replica.app->prepare_proposal(candidate);
            if (fate.below(3) == 0 && !candidate.transactions.empty()) {
                (void)replica.app->check_tx(candidate.transactions.front(), candidate.time);
            }
            auto finalized = replica.app->finalize_block(candidate);
            ASSERT_TRUE(finalized) << finalized.error().detail;
            expect_same(leading, *finalized);
            if (finalized->header_bytes.empty()) continue;
            if (fate.below(4) == 0) {  // crash between finalize_block and commit
                replica.start();
                finalized = replica.app->finalize_block(candidate);
                ASSERT_TRUE(finalized);
                expect_same(leading, *finalized);
            }
            if (fate.below(6) == 0) {  // the disk is full for a while
                replica.store.set_full(true);
                ASSERT_FALSE(replica.app->commit(chain.seal(candidate, finalized->header_bytes)));
                replica.store.set_full(false);
                if (fate.below(2) == 0) {
                    ASSERT_TRUE(replica.app->finalize_block(candidate));
                }
            }
            ASSERT_TRUE(replica.app->commit(chain.seal(candidate, finalized->header_bytes)));
            if (fate.below(5) == 0) replica.start();  // crash after commit
            EXPECT_EQ(replica.app->info().app_hash, chain.app->info().app_hash);
        }
    }
    // Signatures of seals differ from run to run, the rest of every store is the same; here all
    // replicas got seals of their own, so compare what the headers bind.
    for (auto& replica : replicas) {
        EXPECT_EQ(replica.app->info().height, chain.app->info().height);
        EXPECT_EQ(replica.app->next_turn()->miner, chain.app->next_turn()->miner);
        EXPECT_EQ(replica.app->next_turn()->round, chain.app->next_turn()->round);
    }
}

TEST(Replicas, AgreeOnEveryBlockWhateverCrashes) {
    for (std::uint64_t seed = 1; seed <= base::testing::rounds(std::uint64_t{6}); ++seed) run(seed);
}

// Goal: a replay leaves the same bytes. Method: execute the stored blocks with their seals anew and
// compare the whole stores.
TEST(Replicas, AReplayedChainIsStoredByteForByteTheSame) {
    Chain chain;
    Generator generator(chain, 42);
    for (int i = 0; i < 30; ++i) chain.mine(generator.block());
    Replica replica;
    replica.start();
    ASSERT_TRUE(replica.app->init_chain(chain.genesis()));
    for (wire::Height height = 1; height <= chain.app->info().height; ++height) {
        const auto block = chain.app->blocks().block(height);
        ASSERT_TRUE(block);
        const auto finalized = replica.app->finalize_block({.height = height,
                                                            .time = block->header.time,
                                                            .miner = block->header.miner,
                                                            .round = block->seal.round,
                                                            .transactions = block->transactions});
        ASSERT_TRUE(finalized);
        ASSERT_EQ(finalized->header_bytes, block->header_bytes);
        ASSERT_TRUE(replica.app->commit(block->seal));
        if (height % 7 == 0) replica.start();
    }
    EXPECT_EQ(dump(replica.store), dump(chain.store));
}

// Goal: a proposal of one replica is what the others execute. Method: prepare on one, process and
// finalize on another.
TEST(Replicas, APreparedProposalIsAcceptedInFullByAnother) {
    Chain chain;
    Generator generator(chain, 5);
    for (int i = 0; i < 20; ++i) {
        auto transactions = generator.block();
        const auto prepared = chain.app->prepare_proposal(chain.candidate(transactions));
        ASSERT_TRUE(prepared);
        const auto candidate = chain.candidate(*prepared);
        ASSERT_TRUE(chain.app->process_proposal(candidate));
        for (const auto& result : chain.mine(*prepared).results) EXPECT_EQ(result.code, 0U);
    }
}

}  // namespace
}  // namespace ledger
