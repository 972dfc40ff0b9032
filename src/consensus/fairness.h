// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/error.h"
#include "wire/block.h"
#include "wire/ids.h"

namespace consensus {

/// Whether every miner had its turn, read off the committed blocks alone: who was active in a round
/// follows from the genesis and the transactions, who mined it from the headers. It shares nothing
/// with the rules that decide whose turn it is, so that each can be held against the other.
struct FairnessReport {
    struct Miner {
        wire::LedgerId id;
        std::uint64_t blocks = 0;    ///< Mined in all.
        std::uint64_t forfeits = 0;  ///< Complete rounds in which it was active and did not mine.
        bool active = false;
    };
    struct Turn {
        wire::LedgerId miner;
        std::uint64_t round = 0;
    };
    wire::EngineKind engine{};
    wire::Height height = 0;            ///< Of the newest block read.
    std::uint64_t complete_rounds = 0;  ///< The running one is not judged.
    std::vector<Miner> miners;          ///< In order of joining.
    std::vector<Turn> forfeited;        ///< The newest `named_max`; each miner's count has all.
    std::vector<Turn> twice;            ///< Mined more than once in a round.
    static constexpr std::size_t named_max = 1'000;

    /// In every complete round each miner that was active throughout mined once or forfeited its
    /// turn, and nobody mined twice. With proof of work there are no rounds to judge.
    [[nodiscard]] bool is_fair() const { return twice.empty(); }
};

/// Reads the blocks 1 to `height`. Errors: those of `block`; `corrupted` if a transaction does not
/// decode.
[[nodiscard]] base::Result<FairnessReport> fairness_of(
    const wire::Genesis& genesis, wire::Height height,
    const std::function<base::Result<wire::Block>(wire::Height)>& block);

}  // namespace consensus
