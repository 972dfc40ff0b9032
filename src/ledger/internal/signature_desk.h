// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/error.h"
#include "contracts/contract.h"
#include "crypto/signature_verifier.h"
#include "ledger/internal/verified_cache.h"
#include "ledger/signature_batch.h"

namespace ledger {

/// Turns envelopes into decoded transactions whose signatures have been looked at. One thread.
class SignatureDesk {
public:
    /// A transaction ready for the contracts, or the reason why its bytes are refused.
    struct Ready {
        base::Result<std::shared_ptr<const Decoded>> decoded;
        std::vector<contracts::SignerState> signers;
    };

    /// Decodes and looks up keys in `view`; collects what is not known to be good.
    /// Errors: the store's.
    [[nodiscard]] base::Result<std::unique_ptr<SignatureBatch>> gather(
        std::span<const base::Bytes> envelopes, const state::StateView& view);
    void remember(const SignatureBatch& batch, const std::vector<bool>& verdicts);

    /// All of it, with `verifier` for what is not known yet. Errors: the store's.
    [[nodiscard]] base::Result<std::vector<Ready>> prepare(std::span<const base::Bytes> envelopes,
                                                           const state::StateView& view,
                                                           crypto::SignatureVerifier& verifier);

private:
    using Keys = std::map<wire::LedgerId, std::optional<state::KeyRecord>>;
    [[nodiscard]] base::Result<std::shared_ptr<const Decoded>> decode(
        const base::Bytes& envelope) const;
    [[nodiscard]] static base::Result<const std::optional<state::KeyRecord>*> key_of(
        const wire::LedgerId& id, const state::StateView& view, Keys& keys);

    VerifiedCache cache_;
};

}  // namespace ledger
