// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "chain/block_source.h"
#include "wire/ids.h"

namespace chain {

/// One registered miner; its index is its place in order of joining.
struct MinerView {
    wire::LedgerId id;
    wire::MinerStanding standing{};
    wire::Height joined_height = 0;  ///< Since when it stands where it stands in the order.
    std::uint64_t turns = 0;         ///< Blocks mined.
    std::uint64_t forfeits = 0;      ///< Turns lost by absence.
    std::uint32_t passes = 0;        ///< Times passed over while its turn is kept; 0: it is not.
    std::optional<std::uint64_t> last_round;  ///< In which it mined.
    friend bool operator==(const MinerView&, const MinerView&) = default;
};

/// Whose turn it is to mine.
struct MiningView {
    wire::EngineKind engine{};
    wire::Quorum quorum{};
    std::uint64_t round = 0;
    std::uint64_t next = 0;             ///< Index of the miner whose turn the next block is.
    std::vector<MinerView> miners;      ///< All that ever joined, by index.
    std::vector<std::uint64_t> coming;  ///< Indices of the turns from `next` on, at most 16, each
                                        ///< if the ones before take theirs. Proof of work: none.
    friend bool operator==(const MiningView&, const MiningView&) = default;
};
[[nodiscard]] base::Result<MiningView> mining(const BlockSource& source);

/// What became of one miner's turn in one round.
struct MinerRound {
    wire::LedgerId id;
    wire::MinerStanding standing{};  ///< At the round's end.
    std::uint64_t turns = 0;         ///< Blocks mined in this round.
    std::uint64_t forfeits = 0;
    friend bool operator==(const MinerRound&, const MinerRound&) = default;
};
/// One round: in a complete one each miner that was active throughout mined exactly once, or
/// forfeited its turn.
struct FairnessView {
    std::uint64_t round = 0;
    wire::Height first_height = 0;
    wire::Height last_height = 0;
    bool complete = false;           ///< False of the round that is running.
    std::vector<MinerRound> miners;  ///< Those registered by the round's end, in order of joining.
    friend bool operator==(const FairnessView&, const FairnessView&) = default;
};
/// Of the last complete round if none is named. Errors: `not_found` (no such round, none is
/// complete yet, or it is pruned).
[[nodiscard]] base::Result<FairnessView> fairness(
    const BlockSource& source, std::optional<std::uint64_t> round = std::nullopt);

namespace encoding {
[[nodiscard]] base::Bytes encode(const MiningView& mining);
[[nodiscard]] base::Result<MiningView> decode_mining_view(base::ByteView bytes);
[[nodiscard]] base::Bytes encode(const FairnessView& fairness);
[[nodiscard]] base::Result<FairnessView> decode_fairness_view(base::ByteView bytes);
/// The question: nothing, or the round in 8 bytes. Errors: `malformed`.
[[nodiscard]] base::Bytes encode_round(std::optional<std::uint64_t> round);
[[nodiscard]] base::Result<std::optional<std::uint64_t>> decode_round(base::ByteView bytes);
}  // namespace encoding

}  // namespace chain
