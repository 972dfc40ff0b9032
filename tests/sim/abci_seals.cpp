// SPDX-License-Identifier: Apache-2.0
// Seals with votes and work, and what a replica must refuse as one.
#include <fmt/format.h>

#include <algorithm>

#include "abci_world.h"
#include "base/check.h"

namespace sim {

using base::ErrorCode;

namespace {

std::size_t votes_needed(wire::Quorum quorum, std::size_t active) {
    switch (quorum) {
        case wire::Quorum::miner_alone:
            return 0;
        case wire::Quorum::two_thirds:
            return active * 2 / 3 + 1;
        case wire::Quorum::majority:
            return active / 2 + 1;
    }
    return 0;
}

/// SHA-256d of header and nonce, read as a number, is at most the target.
bool meets(base::ByteView header, std::uint64_t nonce, const wire::Hash256& target) {
    base::Bytes number;
    base::append_u64(number, nonce);
    const auto once = crypto::sha256({header, number});
    return crypto::sha256(once) <= target.bytes;
}

}  // namespace

wire::Seal AbciWorld::sealed(Replica& proposer, const Decided& entry) {
    wire::Seal seal;
    seal.round = entry.candidate.round;
    seal.passed_over = entry.candidate.passed_over;
    if (options_.policy.engine == wire::EngineKind::proof_of_work) {
        const auto turn = proposer.app().next_turn();
        require(turn.has_value(), "there is no next turn");
        while (!meets(entry.header_bytes, seal.nonce, turn->target)) ++seal.nonce;
    }
    seal.signature = notary_.sign_bytes(workload_.key_of(entry.candidate.miner),
                                        wire::sealed_message(entry.header_bytes, seal));
    add_approvals(seal, entry);
    return seal;
}

void AbciWorld::add_approvals(wire::Seal& seal, const Decided& entry) {
    if (options_.policy.quorum == wire::Quorum::miner_alone) return;
    const auto active = model_.turns().active();
    seal.attempt = static_cast<std::uint32_t>(dice_.below(3));
    const auto message = wire::approval_message(entry.header_bytes, seal);
    auto wanted = votes_needed(options_.policy.quorum, active.size());
    for (const auto& miner : active) {
        if (wanted == 0 && dice_.chance(1, 2)) continue;
        seal.approvals.push_back(
            {.miner = miner, .signature = notary_.sign_bytes(workload_.key_of(miner), message)});
        if (wanted > 0) --wanted;
    }
}

/// None of them may commit, and none may keep the right one from it.
void AbciWorld::try_bad_seals(Replica& replica) {
    const auto& entry = decided_[replica.applied];
    const auto refused = [&](const wire::Seal& seal, const char* what) {
        const auto committed = replica.app().commit(seal);
        require(!committed.has_value(), std::string("a seal was taken with ") + what);
        require(committed.error().code != ErrorCode::unavailable, "the disk failed early");
    };
    auto seal = entry.seal;
    seal.signature.bytes[31] ^= 1;
    refused(seal, "another signature");
    seal = entry.seal;
    ++seal.round;
    refused(seal, "another round");
    seal = entry.seal;
    ++seal.passed_over;
    refused(seal, "another number of miners passed over");
    if (entry.seal.approvals.empty()) return;
    seal = entry.seal;
    seal.approvals.front().signature.bytes[31] ^= 1;
    refused(seal, "a spoiled approval");
    seal = entry.seal;
    seal.approvals.push_back(seal.approvals.front());
    refused(seal, "an approval that is there twice");
    seal = entry.seal;
    const auto needed = votes_needed(options_.policy.quorum, entry.active_miners);
    seal.approvals.resize(needed - 1);
    refused(seal, "a vote too few");
    seal = entry.seal;
    ++seal.attempt;
    refused(seal, "approvals of another attempt");
    say(fmt::format("{} refuses bad seals", replica.name()));
}

}  // namespace sim
