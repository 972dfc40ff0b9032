// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/receipt.h"

namespace ledger {

/// What a receipt comes to. The exit codes of `salus verify receipt` are 0, 3 and 1.
enum class ReceiptStatus : std::uint8_t {
    verified = 1,        ///< Everything holds, up to the anchor.
    issuer_unknown = 2,  ///< Consistent in itself; anybody could have made it.
    failed = 3,          ///< The last step says what does not hold.
};
[[nodiscard]] std::string_view name_of(ReceiptStatus status);

/// One check, in the order in which they are made.
struct VerdictStep {
    std::string name;  ///< Stable, for programs: "envelope", "signatures", "seal", ...
    bool ok = false;
    std::string words;  ///< For people: what was found.
};

/// Words for what a verified receipt means; nothing here is taken on the issuer's word but what the
/// verdict says is.
struct ReceiptVerdict {
    ReceiptStatus status = ReceiptStatus::failed;
    std::string words;               ///< One sentence: the verdict, with its strength.
    std::vector<VerdictStep> steps;  ///< Ends with the first that fails.
    bool by_program = false;         ///< A demo program signed where a doctor should.
    std::optional<wire::Height> height;
    std::optional<wire::TxId> transaction;
};

/// Checks `receipt` offline: canonical envelope, keys and signatures, consent, inclusion, chain and
/// seal, against `trust`; without one (nothing) the most it can be is `issuer_unknown`. Reads
/// untrusted bytes; never throws, no state, any thread.
[[nodiscard]] ReceiptVerdict verify_receipt(const wire::Receipt& receipt,
                                            const std::optional<wire::Trust>& trust);

}  // namespace ledger
