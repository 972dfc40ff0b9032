// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chain/block_source.h"
#include "chain/transaction_submitter.h"

namespace consensus {

/// Whatever drives the ledger: one miner after another sealing alone (EmbeddedEngine) or a
/// committee (CommitteeEngine). Who may mine is the ledger's rule, by the chain's policy; an engine
/// only asks whose turn it is.
class Engine : public chain::TransactionSubmitter, public chain::BlockSource {};

}  // namespace consensus
