// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "crypto/signature_verifier.h"
#include "wire/claim.h"
#include "wire/receipt.h"
#include "witness/policy.h"

namespace ledger {

/// What a receipt comes to. The exit codes of `salus verify receipt` are 0, 3 and 1.
enum class ClaimStatus : std::uint8_t {
    verified = 1,        ///< Everything holds, up to the anchor.
    issuer_unknown = 2,  ///< Consistent in itself; anybody could have made it.
    failed = 3,          ///< The last step says what does not hold.
};
[[nodiscard]] std::string_view name_of(ClaimStatus status);

/// One check, in the order in which they are made.
struct VerdictStep {
    std::string name;  ///< Stable, for programs: "form", "header", "seal", ...
    bool ok = false;
    std::string words;  ///< For people: what was found.
};

/// Words for what a verified receipt means; nothing here is taken on the issuer's word but what the
/// verdict says is.
struct ClaimVerdict {
    ClaimStatus status = ClaimStatus::failed;
    std::string kind;                ///< As wire::name_of says; empty while the form fails.
    std::string says;                ///< One sentence: what the receipt says. Empty if it failed.
    std::string words;               ///< One sentence: the verdict, with its strength.
    std::vector<VerdictStep> steps;  ///< Ends with the first that fails.
    /// Why the last step failed; nothing where none did.
    std::optional<base::ErrorCode> code;
    bool by_program = false;  ///< A demo program signed where a doctor should.
    /// Over two thirds of the miners that the anchor has as active at its height approved the
    /// block.
    bool agreed = false;
    /// Those who cosigned a checkpoint that this receipt leads to, as the anchor names them.
    std::vector<witness::Witnessed> witnesses;
    std::optional<wire::Height> height;
    std::optional<wire::TxId> transaction;
};

/// Checks a receipt offline, in any of its forms, against `trust`; without one (nothing) the most
/// it can be is `issuer_unknown`. Reads untrusted bytes; never throws, no state, any thread. The
/// checks and their order are docs/formats/receipt.md's.
[[nodiscard]] ClaimVerdict verify_claim(base::ByteView bytes,
                                        const std::optional<wire::Trust>& trust);
/// The same verdict; the signatures of members and miners go to `verifier` all at once, which may
/// verify them side by side and know their keys from before.
[[nodiscard]] ClaimVerdict verify_claim(base::ByteView bytes,
                                        const std::optional<wire::Trust>& trust,
                                        crypto::SignatureVerifier& verifier);
/// The same where it is decoded already.
[[nodiscard]] ClaimVerdict verify_claim(const wire::Claim& claim,
                                        const std::optional<wire::Trust>& trust);
/// Holds a verdict against a policy: what was verified fails at a last step, "policy", with
/// `not_authorised`, unless so many witnesses of the anchor cosigned its checkpoint. Without an
/// anchor nobody is a witness, so that a receipt of unknown issuer fails too.
void require_witnesses(ClaimVerdict& verdict, std::size_t required);

}  // namespace ledger
