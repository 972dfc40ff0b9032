// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "crypto/signature_verifier.h"
#include "ledger/verify_chain.h"
#include "storage/key_value_store.h"

namespace ledger {

/// What can be said of a replica whose first blocks are not here (pruned, or before the snapshot
/// that it began with), so that nothing can be executed from the genesis: the blocks that are kept
/// follow each other and hold the transactions that their headers name, those whose state before is
/// kept were sealed by their miners and approved by as many as the policy asks for, and state and
/// history of the tip are those that its header names, every node of the state hashed. Not checked:
/// whose turn it was, what execution gives, and older leaves of the history. Counts into `report`.
/// Returns what does not hold. Borrows all; writes nothing. Errors: those of the store.
[[nodiscard]] base::Result<std::optional<std::string>> recheck_kept(
    storage::KeyValueStore& stored, crypto::SignatureVerifier& verifier,
    const VerifyOptions& options, ChainReport& report);

}  // namespace ledger
