// SPDX-License-Identifier: Apache-2.0
// Goal: a snapshot is no way around the quorum. Method: the block of an honest one loses approvals,
// or gets others, which its header's hash does not show.
#include "ledger/internal/restore.h"

#include <gtest/gtest.h>

#include "crypto/hash.h"
#include "ledger/internal/snapshot_frame.h"
#include "ledger/testing.h"

namespace ledger {
namespace {

using base::ErrorCode;
using testing::Chain;
using testing::Person;
using wire::Role;

class RestoredQuorum : public ::testing::Test {
protected:
    RestoredQuorum() { chain.approving = chain.miners; }

    /// What becomes of the newest snapshot if these approved its block.
    ErrorCode restored(const std::vector<Person>& approving) {
        auto snapshot = chain.app->take_snapshot().value();
        const auto chunk = [&](std::uint32_t index) {
            return chain.app->load_snapshot_chunk(snapshot.height, snapshot.format, index).value();
        };
        const auto metadata = decode_frame_metadata(snapshot.metadata).value();
        EXPECT_EQ(metadata.chunks.size(), 1U);
        auto frame = decode_snapshot_frame(chunk(0)).value();
        auto& seal = frame.block.seal;
        seal.approvals.clear();
        const auto message = wire::approval_message(frame.block.header_bytes, seal);
        for (const auto& miner : approving) {
            seal.approvals.push_back({miner->id(), miner->sign(message).value()});
        }
        const auto forged = encode(frame);
        snapshot.metadata = encode(describe_frame(forged, metadata.state));
        snapshot.hash = wire::Hash256{crypto::sha256(snapshot.metadata)};

        storage::MemoryStore store;
        const auto app = Application::open(store, *chain.verifier).value();
        const auto info = chain.app->info();
        EXPECT_TRUE(app->offer_snapshot(snapshot, {.height = info.height, .hash = info.app_hash}));
        for (std::uint32_t index = 0; index < snapshot.chunks; ++index) {
            const auto applied =
                app->apply_snapshot_chunk(index, index == 0 ? forged : chunk(index));
            if (!applied) return applied.error().code;
        }
        EXPECT_TRUE(app->initialised());
        return {};
    }
    [[nodiscard]] std::vector<Person> miners(std::size_t count) const {
        return {chain.miners.begin(), chain.miners.begin() + static_cast<std::ptrdiff_t>(count)};
    }

    Chain chain{{.miners = 4, .policy = {.quorum = wire::Quorum::two_thirds}}};
};

TEST_F(RestoredQuorum, OverTwoThirdsOfTheMinersApprovedItsBlock) {
    (void)chain.enrolled(Role::nurse);
    EXPECT_EQ(restored(miners(4)), ErrorCode{});
    EXPECT_EQ(restored(miners(3)), ErrorCode{});
    for (const std::size_t too_few : {2U, 1U, 0U}) {
        EXPECT_EQ(restored(miners(too_few)), ErrorCode::not_authorised) << too_few;
    }
}

TEST_F(RestoredQuorum, WhoIsSuspendedDoesNotCount) {
    const auto& suspended = chain.miners.back();
    chain.must_accept({chain.signed_by(
        chain.admin, wire::ChangeMining{suspended->id(), wire::MinerStanding::suspended})});
    EXPECT_EQ(restored(miners(4)), ErrorCode{}) << "its own block it could still approve";
    chain.approving = miners(3);
    (void)chain.enrolled(Role::nurse);
    EXPECT_EQ(restored(miners(3)), ErrorCode{});
    EXPECT_EQ(restored(miners(4)), ErrorCode::not_authorised);
    EXPECT_EQ(restored({chain.miners[0], chain.miners[1], suspended}), ErrorCode::not_authorised);
}

TEST_F(RestoredQuorum, WhoJoinsInTheBlockDoesNotCountForIt) {
    (void)chain.enrolled(Role::miner);
    EXPECT_EQ(restored(miners(3)), ErrorCode{});
    EXPECT_EQ(restored(miners(2)), ErrorCode::not_authorised);
}

}  // namespace
}  // namespace ledger
