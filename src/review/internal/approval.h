// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "review/internal/report_record.h"
#include "review/review.h"

namespace review::internal {

/// The steps from a pending report to a signed transaction. Each asks what stands now; none changes
/// a report. Borrows the parts.
class Approval {
public:
    Approval(const Review::Parts& parts, const std::string& chain_id)
        : parts_(parts), chain_id_(chain_id) {}

    /// The consent that lets `reader` see this patient's readings, and the key of its tokens.
    struct Basis {
        wire::Hash256 consent;
        wire::Hash256 token_key_hash;
    };
    /// Errors: `consent_missing`; those of the chain.
    [[nodiscard]] base::Result<Basis> basis(const wire::LedgerId& patient,
                                            const wire::LedgerId& reader) const;
    /// Puts the content into the vault for patient and `reader`, unless an earlier try did: then
    /// the same object is opened to `reader` as well. Errors: those of series and vault.
    [[nodiscard]] base::Result<SealedContent> seal(const Record& record,
                                                   const wire::LedgerId& reader) const;
    struct Signed {
        wire::TxId id;
        base::Bytes envelope;
    };
    /// Errors: `unauthenticated` if a key is locked; `unavailable`.
    [[nodiscard]] base::Result<Signed> sign(const Record& record, const Basis& basis,
                                            const wire::Signer& doctor) const;

private:
    const Review::Parts& parts_;
    const std::string& chain_id_;
};

}  // namespace review::internal
