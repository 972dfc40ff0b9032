// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "crypto/signature_verifier.h"
#include "state/keys.h"
#include "state/values.h"
#include "wire/block.h"
#include "wire/claim.h"
#include "wire/receipt.h"
#include "wire/transaction.h"
#include "witness/policy.h"

namespace ledger {

/// What a step found, in words, or why the receipt fails.
using Finding = base::Result<std::string>;

/// One receipt on its way through the checks; each relies on those before it. The order is that of
/// `steps_of`.
class ClaimCheck {
public:
    /// Borrows all three. With a `verifier` the signatures under P-256 keys are taken for good
    /// until `verify_pending`, all at once; without (null) each is verified where it stands.
    ClaimCheck(const wire::Claim& claim, const std::optional<wire::Trust>& trust,
               crypto::SignatureVerifier* verifier)
        : claim_(claim), trust_(trust), verifier_(verifier) {}

    // claim_seal.cpp: every kind.
    Finding header();
    Finding chain();
    Finding seal();
    Finding checkpoint();
    // claim_transaction.cpp
    Finding envelope();
    Finding keys();
    Finding signatures();
    Finding roles();
    Finding report_consent();
    Finding inclusion();
    // claim_state.cpp
    Finding consent();
    Finding absence();
    Finding tombstone();

    struct Step {
        const char* name;
        Finding (ClaimCheck::*check)();
    };
    [[nodiscard]] static std::span<const Step> steps_of(const wire::Fact& fact);

    /// The first signature that does not verify, of those taken for good. Everything that a step
    /// found before it stands; nothing after it does.
    struct Refused {
        std::size_t step = 0;  ///< As `begin_step` was told.
        base::Error error;
    };
    [[nodiscard]] std::optional<Refused> verify_pending() const;
    void begin_step(std::size_t number) { step_ = number; }

    /// What the receipt says, once every step holds: claim_words.cpp.
    [[nodiscard]] std::string says() const;

    [[nodiscard]] const std::optional<wire::Header>& block_header() const { return header_; }
    [[nodiscard]] const std::optional<wire::Transaction>& transaction() const { return tx_; }
    [[nodiscard]] bool by_program() const { return by_program_; }
    [[nodiscard]] bool agreed() const { return agreed_; }
    /// How many miners the anchor has as active at the block's height.
    [[nodiscard]] std::size_t active_miners() const { return trust_->active_at(header_->height); }
    [[nodiscard]] const std::vector<witness::Witnessed>& witnesses() const { return witnesses_; }

private:
    /// The fact of a kind that the step belongs to.
    template <class Kind>
    [[nodiscard]] const Kind& fact() const {
        return std::get<Kind>(claim_.fact);
    }
    struct SignedMessage {
        wire::PublicKeyBytes key;
        base::Bytes message;
        wire::SignatureBytes signature;
        std::string whose;    ///< In errors: "the seal by miner ...".
        std::string bad_key;  ///< In errors, after `whose`.
        std::size_t step = 0;
    };
    /// Errors: `bad_key`, `bad_signature`.
    base::Result<void> check_signature(SignedMessage one);
    Finding report_roles(const wire::Report& report);
    [[nodiscard]] Finding destroyed_roles(const wire::DestroyKey& destroy) const;
    Finding consent_of(const wire::Report& report);
    [[nodiscard]] base::Result<state::ConsentRecord> proven_consent(const wire::Report& report,
                                                                    bool& replaced) const;
    /// The root of the patient's own tree, as the leaf proves it under the header's state.
    [[nodiscard]] base::Result<wire::Hash256> own_root(const wire::LedgerId& patient,
                                                       const wire::StateProof& leaf) const;
    [[nodiscard]] base::Result<void> check_uncovered(const wire::UncoveredReader& reader,
                                                     const wire::Hash256& own_root) const;
    base::Result<void> check_miner(const wire::LedgerId& id, const wire::SignatureBytes& signature,
                                   const base::Bytes& message, const std::string& what);
    /// How many miners that the anchor has as active approved the block; others count for nothing.
    base::Result<std::size_t> count_approvals(const wire::Seal& seal);
    [[nodiscard]] base::Result<void> check_quorum(std::size_t approvals);
    [[nodiscard]] base::Result<witness::VerifiedCheckpoint> read_checkpoint() const;
    [[nodiscard]] base::Result<void> check_binding(const witness::VerifiedCheckpoint& found) const;
    [[nodiscard]] const state::KeyRecord* key_of(const wire::LedgerId& id) const;

    const wire::Claim& claim_;
    const std::optional<wire::Trust>& trust_;
    crypto::SignatureVerifier* verifier_;
    std::size_t step_ = 0;
    std::vector<SignedMessage> pending_;
    std::optional<wire::Header> header_;
    std::optional<wire::Transaction> tx_;
    std::vector<state::KeyRecord> keys_;  // one a signature, in order
    std::optional<state::ConsentKey> consent_key_;
    std::optional<state::ConsentRecord> consent_;
    std::optional<state::Tombstone> tombstone_;
    bool by_program_ = false;
    bool agreed_ = false;
    std::vector<witness::Witnessed> witnesses_;
};

/// For people: the first bytes of an id, in hexadecimal.
template <class Fixed>
std::string short_of(const Fixed& id) {
    return base::to_hex(id.view().first(8));
}

}  // namespace ledger
