// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.h"
#include "wire/block.h"

namespace consensus {

/// What a coordinator knows of a height and the nodes, which have no clock, do not.
struct ProposalBounds {
    base::TimePoint now;
    base::TimePoint tip_time;
    std::chrono::milliseconds turn_timeout{};
    std::uint32_t passed_most = 0;  ///< The most that anybody was asked to pass over.
};

/// Nobody says of others that they were absent who has not been asked after them; a lower number is
/// an older proposal. And nobody dates a block more than 5 minutes ahead, for none after it could
/// be dated before it.
[[nodiscard]] bool may_be_proposed(const wire::Block& block, const ProposalBounds& bounds);

}  // namespace consensus
