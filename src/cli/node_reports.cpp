// SPDX-License-Identifier: Apache-2.0
#include "cli/node_reports.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <future>

#include "chain/queries.h"
#include "cli/verify.h"
#include "storage/files.h"
#include "wire/transaction.h"

namespace cli {
namespace {

namespace fs = std::filesystem;
using base::Result;

template <class Latency>
boost::json::value to_json(const std::optional<Latency>& latency) {
    if (!latency) return nullptr;
    return boost::json::object{{"p50", latency->p50_ms}, {"p99", latency->p99_ms}};
}

/// Files come and go while they are counted; what is gone counts nothing.
api::StorageStats::Item size_of(std::string name, const fs::path& folder) {
    api::StorageStats::Item item{.name = std::move(name)};
    std::error_code error;
    for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
         at.increment(error)) {
        std::error_code gone;
        if (!at->is_regular_file(gone)) continue;
        const auto bytes = at->file_size(gone);
        if (gone) continue;
        item.bytes += bytes;
        ++item.files;
    }
    return item;
}

}  // namespace

Result<void> write_node_summary(const DataFolder& folder, const SummaryParts& parts) {
    const auto mining = chain::mining(parts.blocks);
    if (!mining) return base::pass(mining);
    boost::json::object miners, rejected;
    for (const auto& miner : mining->miners) {
        if (miner.turns != 0) miners[base::to_hex(miner.id.view())] = miner.turns;
    }
    for (const auto& [reason, count] : parts.gateway.refusals) rejected[reason] = count;
    const auto reports = parts.review.counts();
    const boost::json::object summary{
        {"readings_accepted", parts.series.reading_count()},
        {"readings_rejected", std::move(rejected)},
        {"alarms_raised", parts.monitor.raised_count()},
        {"reports_pending", reports.pending},
        {"reports_approved", reports.approved},
        {"reports_refused", reports.refused},
        {"transactions_committed", parts.read_model.transaction_count()},
        {"blocks", parts.blocks.height()},
        {"miners_used", std::move(miners)},
        {"reading_to_alarm_ms", to_json(parts.monitor.reading_to_alarm())},
        {"approval_to_commit_ms", to_json(parts.review.approval_to_commit())}};
    return storage::write_file_synced(folder.node_summary(),
                                      base::as_bytes(boost::json::serialize(summary)));
}

Result<void> write_waiting(const DataFolder& folder, std::uint64_t reports) {
    if (reports == 0) {
        std::error_code error;
        fs::remove(folder.waits(), error);
        return {};
    }
    const boost::json::object waits{{"reports", reports}};
    return storage::write_file_synced(folder.waits(),
                                      base::as_bytes(boost::json::serialize(waits)));
}

std::uint64_t read_waiting(const DataFolder& folder) {
    constexpr std::size_t bytes_max = 1'024;
    const auto bytes = storage::read_file(folder.waits(), bytes_max);
    if (!bytes) return 0;
    boost::system::error_code error;
    const auto waits = boost::json::parse(base::as_text(*bytes), error);
    if (error || !waits.is_object()) return 0;
    const auto* reports = waits.get_object().if_contains("reports");
    return reports != nullptr && reports->is_int64() && reports->get_int64() > 0
               ? static_cast<std::uint64_t>(reports->get_int64())
               : 0;
}

api::StorageStats storage_stats(const DataFolder& folder) {
    api::StorageStats out;
    for (const auto name : database_names) {
        out.items.push_back(size_of(std::string(name), folder.database(name)));
    }
    out.items.push_back(size_of("records", folder.vault()));
    std::error_code error;
    const auto space = fs::space(folder.root, error);
    if (!error) out.free_bytes = space.available;
    return out;
}

std::vector<api::HealthItem> health_of(const gateway::Health& gateway,
                                       const storage::RocksStore& ledger) {
    const auto writable = ledger.check_writable();
    return {{.name = "readings",
             .ok = gateway.storage_writable,
             .detail = gateway.storage_writable ? "stored as they arrive" : gateway.trouble},
            {.name = "disk",
             .ok = writable.has_value(),
             .detail = writable ? "it has room" : writable.error().detail}};
}

api::ChainVerdict verify_for_api(
    const DataFolder& folder, const std::function<bool(std::uint64_t, std::uint64_t)>& progress) {
    const auto report = verify_folder(
        folder, {.trust = {}, .checkpoint = {}, .progress = [&](auto done, auto total) {
                     progress(done, total);
                 }});
    const std::string anchor = "the anchor is this node's own, so it is not independent";
    if (!report) return {.ok = false, .finding = report.error().detail, .anchor = anchor};
    return {.ok = report->ok(), .finding = report->finding, .anchor = anchor};
}

Result<void> submit_in_order(chain::TransactionSubmitter& submitter,
                             const std::vector<base::Bytes>& envelopes) {
    std::vector<std::future<Result<chain::Committed>>> waiting;
    const auto settle = [&waiting]() -> Result<void> {
        for (auto& future : waiting) {
            if (const auto committed = future.get(); !committed) return base::pass(committed);
        }
        waiting.clear();
        return {};
    };
    std::size_t kind = std::variant_npos;
    for (const auto& envelope : envelopes) {
        const auto tx = wire::decode_transaction(envelope);
        if (!tx) return base::pass(tx);
        if (tx->body.action.index() != kind) {
            if (auto settled = settle(); !settled) return settled;
            kind = tx->body.action.index();
        }
        const auto promise = std::make_shared<std::promise<Result<chain::Committed>>>();
        waiting.push_back(promise->get_future());
        submitter.submit(envelope, [promise](Result<chain::Committed> done) {
            promise->set_value(std::move(done));
        });
    }
    return settle();
}

}  // namespace cli
