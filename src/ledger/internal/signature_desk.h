// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/error.h"
#include "contracts/contract.h"
#include "crypto/hash.h"
#include "crypto/signature_verifier.h"
#include "ledger/internal/verified_cache.h"
#include "ledger/signature_batch.h"

namespace ledger {

/// Turns envelopes into decoded transactions whose signatures have been looked at. One thread.
/// Remembers keys as they stand in committed state, so that the tree is not asked for each
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

    /// Decodes and looks up keys in `view`; collects what is not known to be good.
    /// Errors: the store's.
    [[nodiscard]] base::Result<std::unique_ptr<SignatureBatch>> gather(
        std::span<const base::Bytes> envelopes);
    void remember(const SignatureBatch& batch, const std::vector<bool>& verdicts);

    /// All of it, with `verifier` for what is not known yet. Errors: the store's.
    [[nodiscard]] base::Result<std::vector<Ready>> prepare(std::span<const base::Bytes> envelopes,
                                                           crypto::SignatureVerifier& verifier);

    /// A block with these changes and these transactions became committed state.
    void committed(const state::Changes& changes, std::span<const crypto::Digest32> leaves);

private:
    using Keys = std::map<wire::LedgerId, std::optional<state::KeyRecord>>;
    /// Forgotten all at once when there are more; chosen by us, about 15 MB.
    static constexpr std::size_t keys_max = 65'536;

    /// Known from `remember`, or decoded anew: then nobody else holds it.
    struct Found {
        std::shared_ptr<const Decoded> known;
        std::shared_ptr<Decoded> fresh;
        [[nodiscard]] const Decoded& get() const { return known ? *known : *fresh; }
    };
    [[nodiscard]] base::Result<Found> decode(const base::Bytes& envelope) const;
    /// The pointer holds until the next `committed`, or until `make_room`.
    [[nodiscard]] base::Result<const std::optional<state::KeyRecord>*> key_of(
        const wire::LedgerId& id);
    void make_room();

    const state::StateView& view_;
    Keys keys_;
    VerifiedCache cache_;
};

}  // namespace ledger
