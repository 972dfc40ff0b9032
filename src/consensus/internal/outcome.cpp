// SPDX-License-Identifier: Apache-2.0
#include "consensus/internal/outcome.h"

#include "base/check.h"

namespace consensus {

using base::ErrorCode;

base::Result<chain::Committed> outcome_of(const ledger::TxResult& result, const wire::Block* block,
                                          const ledger::BlockStore& blocks) {
    const auto already = static_cast<std::uint32_t>(ErrorCode::already_committed);
    if (result.code != 0 && result.code != already) {
        return base::fail(static_cast<ErrorCode>(result.code), result.detail);
    }
    CHECK(result.place.has_value());
    chain::Committed committed{.id = result.id,
                               .height = result.place->height,
                               .index = result.place->index,
                               .block_time = {}};
    if (block != nullptr && block->header.height == committed.height) {
        committed.block_time = block->header.time;
        return committed;
    }
    const auto earlier = blocks.block(committed.height);
    if (!earlier) return base::pass(earlier);
    committed.block_time = earlier->header.time;
    return committed;
}

}  // namespace consensus
