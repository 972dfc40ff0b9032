// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "ledger/application.h"
#include "wire/receipt.h"

namespace ledger {

/// Brings the miners that `trust` names up to the newest block of `application`: who joined, came
/// back or has a new key since is named from then on, and who left, was suspended or lost its key
/// until then. Nothing else of `trust` changes, and no time that has passed is told otherwise, so
/// receipts of old blocks hold as before. True if anything changed.
///
/// Looks at the states between by bisection, so it costs the same after a million blocks; of states
/// that are pruned, or before the snapshot that the replica began with, a change counts from the
/// oldest state that is kept. A miner that came and went again between two calls is not named for
/// that while, and what it sealed then is not believed: call it about once a second.
///
/// Any thread. Errors: `wrong_chain` if it is the anchor of another chain; those of the store.
[[nodiscard]] base::Result<bool> update_anchor(wire::Trust& trust, const Application& application);

}  // namespace ledger
