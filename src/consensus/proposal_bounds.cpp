// SPDX-License-Identifier: Apache-2.0
#include "consensus/proposal_bounds.h"

#include <algorithm>

namespace consensus {

namespace {
constexpr std::chrono::minutes clock_skew_max{5};  // as contracts allow for transactions
}  // namespace

bool may_be_proposed(const wire::Block& block, const ProposalBounds& bounds) {
    const auto passed_over = block.seal.passed_over;
    if (passed_over > bounds.passed_most) return false;
    const auto not_before = bounds.tip_time + bounds.turn_timeout * std::int64_t{passed_over};
    return block.header.time <= std::max(bounds.now + clock_skew_max, not_before);
}

}  // namespace consensus
