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

/// Untrusted envelopes, and their RFC 9162 leaf hashes where they are known already. Borrows both.
class Envelopes {
public:
    /// `leaves`: one an envelope, or none. CHECKs that.
    explicit Envelopes(std::span<const base::Bytes> bytes,
                       std::span<const wire::Hash256> leaves = {});
    [[nodiscard]] std::size_t size() const { return bytes_.size(); }
    [[nodiscard]] const base::Bytes& operator[](std::size_t index) const { return bytes_[index]; }
    [[nodiscard]] wire::Hash256 leaf(std::size_t index) const;

private:
    std::span<const base::Bytes> bytes_;
    std::span<const wire::Hash256> leaves_;
};

/// Envelopes on their way to a block: decoded first, which any thread may do, then asked for their
/// signatures by the ledger (`Application::gather`), and then verified, again anywhere.
class SignatureBatch {
public:
    SignatureBatch();
    ~SignatureBatch();
    SignatureBatch(const SignatureBatch&) = delete;
    SignatureBatch& operator=(const SignatureBatch&) = delete;

    /// Decodes; those that do not decode are left out, and the ledger says why in its turn.
    [[nodiscard]] static std::unique_ptr<SignatureBatch> decode(const Envelopes& envelopes);

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
