// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "chain/transaction_submitter.h"
#include "cli/data_folder.h"
#include "wire/ids.h"

namespace cli {

struct MinerCommand {
    DataFolder folder;
    std::string miner;     ///< A number from `salus miner list`, or the beginning of its id in hex.
    std::string password;  ///< The administrator's; empty: that of the demo.
    bool json = false;
};
/// Who mines: order of joining, standing, turns, whose turn comes next. A node may run.
[[nodiscard]] int miner_list_command(const MinerCommand& command);
/// Reads every committed block and says whether in each complete round every active miner mined
/// exactly once; turns that were forfeited are named. Exit 0 only if that holds. A node may run.
[[nodiscard]] int miner_fairness_command(const MinerCommand& command);

/// These sign a transaction that the node submits at its next start; no node may run on the folder.
/// A miner leaves by its own key; the rest is the administrator's. Exit 0 if the ledger as it
/// stands would take it.
[[nodiscard]] int miner_join_command(const MinerCommand& command);
[[nodiscard]] int miner_change_command(const MinerCommand& command, wire::MinerStanding standing);

/// Submits what these commands and `salus device` have signed, in order, and says in the log what
/// became of each. A transaction that a contract refuses is dropped; where our own side fails, too
/// few miners agree or none has its key, it and what follows wait for the next start. Errors: those
/// of the file.
[[nodiscard]] base::Result<void> submit_waiting(const DataFolder& folder,
                                                chain::TransactionSubmitter& submitter);

}  // namespace cli
