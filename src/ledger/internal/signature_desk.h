// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/error.h"
#include "base/lookup_table.h"
#include "contracts/contract.h"
#include "crypto/hash.h"
#include "crypto/signature_verifier.h"
#include "ledger/internal/verified_cache.h"
#include "ledger/signature_batch.h"

namespace ledger {

/// Turns envelopes into decoded transactions whose signatures have been looked at, each once. One
/// thread. Remembers keys as they stand in committed state, so that none is decoded for each
/// signature: `committed` must hear of every change.
class SignatureDesk {
public:
    /// Borrows `view`: committed state.
    explicit SignatureDesk(const state::StateView& view) : view_(view) {}

    /// A transaction ready for the contracts, or the reason why its bytes are refused.
    struct Ready {
        base::Result<std::shared_ptr<const Decoded>> decoded;
        std::vector<contracts::SignerState> signers;
    };

    /// Looks up keys in `view` and collects the signatures whose verdict is not known.
    /// Errors: the store's.
    [[nodiscard]] base::Result<void> gather(SignatureBatch& batch);
    /// `verdicts`: one a check.
    void remember(const SignatureBatch& batch, const std::vector<bool>& verdicts);

    /// All of it, with `verifier` for what is not known yet. Errors: the store's.
    [[nodiscard]] base::Result<std::vector<Ready>> prepare(const Envelopes& envelopes,
                                                           crypto::SignatureVerifier& verifier);

    /// Without verifying anything, for what was looked at before: a signature whose verdict is
    /// forgotten counts as good, one that verified under a key that has changed since does not.
    /// Errors: the store's.
    [[nodiscard]] base::Result<std::vector<Ready>> recheck(const Envelopes& envelopes);

    /// What nobody will ask for again; to be let go of wherever there is time.
    using Spent = std::vector<std::shared_ptr<const Decoded>>;
    /// A block with these changes and these transactions became committed state.
    [[nodiscard]] Spent committed(const state::Changes& changes,
                                  std::span<const crypto::Digest32> leaves);
    /// Committed state was replaced by another.
    void forget_keys() { keys_.clear(); }

private:
    /// Forgotten all at once when there are more; chosen by us, about 15 MB.
    static constexpr std::size_t keys_max = 65'536;

    [[nodiscard]] base::Result<std::shared_ptr<Decoded>> find_or_decode(
        const base::Bytes& envelope, const wire::Hash256& leaf) const;
    [[nodiscard]] base::Result<std::optional<state::KeyRecord>> key_of(const wire::LedgerId& id);
    /// Adds the transaction to `batch` if a verdict is missing. Errors: the store's.
    [[nodiscard]] base::Result<void> ask(const std::shared_ptr<Decoded>& decoded,
                                         SignatureBatch& batch);
    /// Who signed, by what stands in committed state. Errors: the store's.
    [[nodiscard]] base::Result<std::vector<contracts::SignerState>> signers_of(
        const Decoded& decoded);

    const state::StateView& view_;
    /// Absent keys are not kept: strangers can name as many signers as they like.
    base::LookupTable<wire::LedgerId, state::KeyRecord> keys_;
    VerifiedCache cache_;
    VerifiedBatches batches_;
};

}  // namespace ledger
