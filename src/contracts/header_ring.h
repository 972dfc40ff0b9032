// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "contracts/contract.h"

namespace contracts {

/// The last state::headers_kept headers in the state, so that a replica which began with a snapshot
/// knows them like any other.

/// In the block at `height`: the header below it enters, the oldest leaves.
[[nodiscard]] base::Result<void> enter_header(state::Overlay& overlay, wire::Height height,
                                              const wire::Hash256& previous_ref);

/// Nothing if it is none of those.
[[nodiscard]] base::Result<std::optional<wire::Height>> height_of_header(
    const state::StateView& view, const wire::Hash256& header_ref);

}  // namespace contracts
