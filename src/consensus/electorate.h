// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/error.h"
#include "consensus/committee.h"
#include "crypto/signature_verifier.h"
#include "ledger/application.h"
#include "wire/block.h"
#include "wire/ids.h"

namespace consensus {

/// The miners whose votes count for the next block, with their keys, and how many are needed.
class Electorate {
public:
    struct Miner {
        wire::LedgerId id;
        wire::PublicKeyBytes public_key;
    };
    /// As committed state of `application` has them. Errors: the store's.
    [[nodiscard]] static base::Result<Electorate> of(const ledger::Application& application);

    [[nodiscard]] const std::vector<Miner>& miners() const { return miners_; }
    [[nodiscard]] std::uint32_t needed() const { return needed_; }
    /// Nothing if `id` is no active miner.
    [[nodiscard]] const Miner* find(const wire::LedgerId& id) const;

    /// Errors: `bad_signature`, also where the signer is no active miner.
    [[nodiscard]] base::Result<void> check(crypto::SignatureVerifier& verifier,
                                           const wire::LedgerId& signer, base::ByteView message,
                                           const wire::SignatureBytes& signature) const;
    /// Errors: `conflict` if it is of another block, has a voter twice or too few of them;
    /// `bad_signature`.
    [[nodiscard]] base::Result<void> check(crypto::SignatureVerifier& verifier,
                                           const wire::Block& block,
                                           const Certificate& certificate) const;

private:
    std::vector<Miner> miners_;
    std::uint32_t needed_ = 0;
};

}  // namespace consensus
