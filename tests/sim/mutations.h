// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace sim {

/// Faults planted on purpose, of the kinds that a ledger dies of: the tests of the checkers. Those
/// at a seam are wrapped there (the disk, a candidate, a message); those within the rules take the
/// place of one production function, by the linker's --wrap, in this program alone.
enum class Mutation {
    none,
    skipped_sync,         ///< A write is acknowledged before it is on disk.
    double_turn,          ///< A miner's turn does not end when it has mined.
    unordered_iteration,  ///< A block's transactions are taken in the order of a hash table.
    lost_vote,            ///< A vote is counted towards the quorum, but never arrived.
    trusted_proposal,     ///< A block's time and absences are taken as its miner says.
    forgiven_lie,         ///< Evidence is sent once, and forgotten when it is lost.
    local_clock,          ///< A replica dates the block by its own clock.
    forgotten_sequence,   ///< An accepted sequence is not remembered.
    unasked_consent       ///< A report is taken without asking for the consent.
};

struct MutationName {
    Mutation mutation;
    std::string_view name;
    std::string_view world;  ///< Which must find it.
};
[[nodiscard]] std::span<const MutationName> all_mutations();
[[nodiscard]] std::optional<Mutation> mutation_named(std::string_view name);

/// From now on, in this process, the production functions do as `mutation` says.
void plant(Mutation mutation);
[[nodiscard]] Mutation planted();

}  // namespace sim
