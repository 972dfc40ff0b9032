// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "chain/block_source.h"
#include "wire/ids.h"

namespace chain {

/// A further question, which the engine answers and not the ledger: orphans are no part of the
/// state. docs/formats/queries.md.
namespace path {
inline constexpr std::string_view orphans = "orphans";
}  // namespace path

/// Why a block stands apart from the chain. The numbers are stored: append only.
enum class OrphanReason : std::uint8_t {
    parent_mismatch = 1,      ///< It was built on another block than the chain's.
    too_few_approvals = 2,    ///< Its attempt ended before the quorum had approved it.
    out_of_turn = 3,          ///< It was not its miner's turn.
    refused_transaction = 4,  ///< It holds what the rules refuse.
    wrong_execution = 5,      ///< Its header is not what execution gives.
    closed_height = 6,        ///< The chain has another block above the same parent.
};
/// "parent_mismatch", ...: the enumerator's own name.
[[nodiscard]] std::string_view name_of(OrphanReason reason);

/// A block that a registered miner sealed and that never became part of the chain [3]: the end of a
/// branch that forks off at `parent`.
struct Orphan {
    wire::Height height = 0;
    wire::HeaderHash parent;  ///< Hash of the header below it, as its own header names it.
    wire::HeaderHash header;  ///< Its own.
    wire::LedgerId miner;
    OrphanReason reason{};
    std::uint32_t approvals = 0;  ///< That it got; counted where they were too few.
    std::uint32_t needed = 0;
    friend bool operator==(const Orphan&, const Orphan&) = default;
};

/// Those that are kept, the newest last. Empty on an engine on which no branch can arise.
[[nodiscard]] base::Result<std::vector<Orphan>> orphans(const BlockSource& source);

namespace encoding {
[[nodiscard]] base::Bytes encode(const Orphan& orphan);
[[nodiscard]] base::Result<Orphan> decode_orphan(base::ByteView bytes);
[[nodiscard]] base::Bytes encode(const std::vector<Orphan>& orphans);
[[nodiscard]] base::Result<std::vector<Orphan>> decode_orphans(base::ByteView bytes);
}  // namespace encoding

}  // namespace chain
