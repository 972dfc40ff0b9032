// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "base/random.h"
#include "crypto/secret.h"
#include "pda/batch_store.h"

namespace pda {

/// Readings at rest: what a PDA keeps is sealed under a key that only its static private key gives
/// (HKDF-SHA-512, info "salus kept batches v1"). Nonce 12, drawn | AES-256-GCM; the batch's name is
/// associated data, so none can stand in another's place.
class KeptSeal {
public:
    explicit KeptSeal(const crypto::Secret32& pda_private);

    [[nodiscard]] base::Bytes seal(const BatchKey& name, base::ByteView batch,
                                   base::Random& random) const;
    /// Errors: `corrupted` if it was sealed by another PDA, under another name, or altered.
    [[nodiscard]] base::Result<base::Bytes> open(const BatchKey& name, base::ByteView sealed) const;

    static constexpr std::size_t overhead_bytes = 12 + 16;

private:
    crypto::Secret32 key_;
};

}  // namespace pda
