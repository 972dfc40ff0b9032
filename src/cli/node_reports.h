// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "api/api.h"
#include "base/error.h"
#include "chain/block_source.h"
#include "chain/transaction_submitter.h"
#include "cli/data_folder.h"
#include "gateway/gateway.h"
#include "monitor/monitor.h"
#include "readmodel/read_model.h"
#include "review/review.h"
#include "series/series_store.h"
#include "storage/rocks_store.h"

namespace cli {

/// What the node says of itself: to the summary of a run, and to the administrator's pages.

struct SummaryParts {  // all borrowed but the counts
    const series::SeriesStore& series;
    const monitor::Monitor& monitor;
    const review::Review& review;
    const readmodel::ReadModel& read_model;
    const chain::BlockSource& blocks;
    gateway::Counts gateway;
};
/// Members: docs/formats/summary.md. Errors: those of writing the file and of asking the chain.
[[nodiscard]] base::Result<void> write_node_summary(const DataFolder& folder,
                                                    const SummaryParts& parts);

/// Keeps `DataFolder::waits` as it is: so many reports wait for a person to decide them; 0: nothing
/// waits. Errors: those of writing the file.
[[nodiscard]] base::Result<void> write_waiting(const DataFolder& folder, std::uint64_t reports);
/// The same, for who started the node: 0 where nothing is known.
[[nodiscard]] std::uint64_t read_waiting(const DataFolder& folder);

[[nodiscard]] api::StorageStats storage_stats(const DataFolder& folder);
/// What the API does not see by itself.
[[nodiscard]] std::vector<api::HealthItem> health_of(const gateway::Health& gateway,
                                                     const storage::RocksStore& ledger);
/// The whole folder, as `salus verify chain` does.
[[nodiscard]] api::ChainVerdict verify_for_api(
    const DataFolder& folder, const std::function<bool(std::uint64_t, std::uint64_t)>& progress);

/// Submits in order, waiting where an action of another kind begins (consents need their people
/// enrolled). Errors: the first refusal.
[[nodiscard]] base::Result<void> submit_in_order(chain::TransactionSubmitter& submitter,
                                                 const std::vector<base::Bytes>& envelopes);

}  // namespace cli
