// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "contracts/contract.h"

namespace contracts {

/// An approved report, signed by the cloud server (sender) and the doctor (receiver).
/// The miner's three checks [0], in this order, decide the reason that is reported:
/// 1. patient consent: it stands at the block's time, for the receiver, this category and
/// treatment,
///    and is the one the report names. Errors: `consent_missing`.
/// 2. absence of personal data. The schema is closed, so the flag is all that is left to ask.
///    Errors: `personal_data`.
/// 3. authenticity: every signature by a registered, valid key; sender a cloud server, receiver a
///    doctor (or, on a demo chain, a program), these two alone; a header that this chain committed.
///    Errors: `unknown_signer`, `key_not_valid`, `bad_signature`, `wrong_doctor` (a doctor signed
///    who is not the receiver), `not_authorised`, `wrong_chain` (a header that is none of the last
///    state::headers_kept).
/// And the vault object's key is not destroyed. Errors: `conflict`.
struct ReportContract {
    using ActionType = wire::Report;
    static base::Result<void> check_form(const wire::Report& action,
                                         const wire::TransactionBody& body);
    static base::Result<void> check_state(const wire::Report& action, const Request& request,
                                          const state::StateView& view, const BlockContext& block);
    static base::Result<void> apply(const wire::Report& action, const Request& request,
                                    state::Overlay& overlay, const BlockContext& block);
};

}  // namespace contracts
