// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "contracts/contract.h"

namespace contracts {

/// By anybody enrolled: one miner sealed two different headers of one height. It is recorded, and
/// the miner is suspended unless it is the last active one: the chain could never go on. The
/// signatures are held against the miner's key at that height, the newest or the one before.
/// Errors: those of wire::decode_header and decode_seal; `malformed` (one header twice, two
/// heights, two miners), `wrong_chain`; `not_found` (no registered miner), `key_not_valid` (neither
/// key was valid there), `bad_signature` (of the sender, or a seal that is not the miner's: it
/// proves nothing), `conflict` (known already).
struct EvidenceContract {
    using ActionType = wire::Evidence;
    static base::Result<void> check_form(const wire::Evidence& action,
                                         const wire::TransactionBody& body);
    static base::Result<void> check_state(const wire::Evidence& action, const Request& request,
                                          const state::StateView& view, const BlockContext& block);
    static base::Result<void> apply(const wire::Evidence& action, const Request& request,
                                    state::Overlay& overlay, const BlockContext& block);
};

}  // namespace contracts
