// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/bytes.h"

namespace crypto {

struct SignatureCheck {
    base::ByteView public_key;  ///< 65 bytes, uncompressed P-256.
    base::ByteView message;
    base::ByteView signature;  ///< 64 bytes.
};

/// The seam through which the ledger checks signatures: batches go out to threads here, so that the
/// deterministic core has none.
class SignatureVerifier {
public:
    virtual ~SignatureVerifier() = default;
    /// One verdict a check, in order. The views stay valid until it returns.
    [[nodiscard]] virtual std::vector<bool> verify(std::span<const SignatureCheck> checks) = 0;
};

/// In the calling thread; caches decoded keys. For tests, simulation and small batches.
[[nodiscard]] std::unique_ptr<SignatureVerifier> make_serial_verifier();
/// On `threads` threads of its own (0: one a core) plus the caller's; caches decoded keys.
[[nodiscard]] std::unique_ptr<SignatureVerifier> make_parallel_verifier(unsigned threads);

}  // namespace crypto
