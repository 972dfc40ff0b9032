// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "crypto/signature_verifier.h"
#include "wire/ids.h"

namespace ledger {

struct Decoded;

/// Signatures that wait for a verdict, with the bytes they need; see `Application::gather`.
class SignatureBatch {
public:
    SignatureBatch();
    ~SignatureBatch();
    SignatureBatch(const SignatureBatch&) = delete;
    SignatureBatch& operator=(const SignatureBatch&) = delete;

    /// The views point into this object.
    [[nodiscard]] std::span<const crypto::SignatureCheck> checks() const { return checks_; }

private:
    friend class SignatureDesk;
    struct Asked {
        std::size_t transaction;  ///< Index in `transactions_`.
        std::size_t signature;
        wire::PublicKeyBytes key;
    };
    std::vector<std::shared_ptr<Decoded>> transactions_;
    std::vector<Asked> asked_;
    std::vector<crypto::SignatureCheck> checks_;
};

}  // namespace ledger
