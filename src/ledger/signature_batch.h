// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "crypto/signature_verifier.h"
#include "wire/ids.h"

namespace ledger {

struct Decoded;

/// Envelopes on their way to a block: decoded first, which any thread may do, then asked for their
/// signatures by the ledger (`Application::gather`), and then verified, again anywhere.
class SignatureBatch {
public:
    SignatureBatch();
    ~SignatureBatch();
    SignatureBatch(const SignatureBatch&) = delete;
    SignatureBatch& operator=(const SignatureBatch&) = delete;

    /// Decodes; those that do not decode are left out, and the ledger says why in its turn.
    [[nodiscard]] static std::unique_ptr<SignatureBatch> decode(
        std::span<const base::Bytes> envelopes);

    /// Signatures that wait for a verdict, each batch signature once. The views point into this
    /// object. Empty before `gather`.
    [[nodiscard]] std::span<const crypto::SignatureCheck> checks() const { return checks_; }

private:
    friend class SignatureDesk;
    struct Asked {
        std::size_t transaction;  ///< Index in `transactions_`.
        std::size_t signature;
        std::size_t check;  ///< Index in `checks_`.
        wire::PublicKeyBytes key;
    };
    /// From `asked_`, when that is complete.
    void collect_checks();

    std::vector<std::shared_ptr<Decoded>> transactions_;
    std::vector<Asked> asked_;
    std::vector<crypto::SignatureCheck> checks_;
};

}  // namespace ledger
