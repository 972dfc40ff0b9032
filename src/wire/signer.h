// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "wire/ids.h"
#include "wire/transaction.h"

namespace wire {

/// Whoever can sign for one LedgerId. Where the key lives (a file, a passkey, a card) is its
/// secret.
class Signer {
public:
    virtual ~Signer() = default;
    [[nodiscard]] virtual LedgerId id() const = 0;
    /// Errors: `unauthenticated` if the key is locked. Thread-safe.
    [[nodiscard]] virtual base::Result<SignatureBytes> sign(base::ByteView message) const = 0;
};

/// Encodes the body, lets each signer sign it, and returns the envelope.
[[nodiscard]] base::Result<base::Bytes> sign_transaction(const TransactionBody& body,
                                                         std::span<const Signer* const> signers);

/// The same for 1 to `batch_bodies_max` bodies at once: each signer signs the root of all (see
/// wire/batch.h). One envelope a body, in order. Errors: `too_large` for more or no bodies.
[[nodiscard]] base::Result<std::vector<base::Bytes>> sign_batch(
    std::span<const TransactionBody> bodies, std::span<const Signer* const> signers);

}  // namespace wire
