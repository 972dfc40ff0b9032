// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/signature_verifier.h"
#include "ledger/verify_chain.h"
#include "storage/key_value_store.h"

namespace ledger {

/// `verify_chain` but for the files below the store. Borrows all; never writes to `stored`.
[[nodiscard]] base::Result<ChainReport> recheck(storage::KeyValueStore& stored,
                                                crypto::SignatureVerifier& verifier,
                                                const VerifyOptions& options);

}  // namespace ledger
