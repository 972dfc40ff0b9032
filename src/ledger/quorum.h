// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "wire/ids.h"

namespace ledger {

/// So many of `active` miners must approve a block.
[[nodiscard]] constexpr std::uint64_t approvals_needed(wire::Quorum quorum, std::uint64_t active) {
    switch (quorum) {
        case wire::Quorum::miner_alone:
            return 0;
        case wire::Quorum::two_thirds:
            return active * 2 / 3 + 1;
        case wire::Quorum::majority:
            return active / 2 + 1;
    }
    return active + 1;  // no such quorum: nothing can be committed
}

}  // namespace ledger
