// SPDX-License-Identifier: Apache-2.0
#include "cli/verify_miners.h"

#include <fmt/format.h>

#include <utility>

#include "cli/engine.h"
#include "ledger/block_store.h"
#include "storage/rocks_store.h"

namespace cli {
namespace {

using base::ErrorCode;
using base::Result;
using storage::RocksStore;

/// Nothing where nothing was written yet; what is damaged is a finding.
Result<std::string> verify_notes(const std::filesystem::path& path) {
    if (!std::filesystem::exists(path)) return std::string();
    const auto store = RocksStore::open_read_only(path);
    const auto verified = store ? (*store)->verify_files() : Result<void>(base::pass(store));
    if (verified || verified.error().code == ErrorCode::not_found) return std::string();
    if (verified.error().code != ErrorCode::corrupted) return base::pass(verified);
    return "its notes: " + verified.error().detail;
}

/// Nothing before its first block.
Result<std::optional<ledger::BlockStore::Tip>> tip_of(const std::filesystem::path& path) {
    const auto store = RocksStore::open_read_only(path);
    if (!store && store.error().code == ErrorCode::not_found) return std::nullopt;
    if (!store) return base::pass(store);
    const auto tip = ledger::BlockStore(**store).tip();
    if (!tip) return base::pass(tip);
    if (!*tip || (*tip)->height == 0) return std::nullopt;
    return *tip;
}

/// Whether the node's chain has this block too.
Result<std::string> compare(const DataFolder& folder, const ledger::ChainReport& miner) {
    const auto store = RocksStore::open_read_only(folder.database("ledger"));
    if (!store) return base::pass(store);
    const auto height = ledger::BlockStore(**store).height_of(miner.tip_hash);
    if (!height) return base::pass(height);
    if (*height == miner.height) return std::string();
    return fmt::format("block {}: it is another one than the node's", miner.height);
}

}  // namespace

std::vector<MinerStore> miner_stores(const DataFolder& folder) {
    std::vector<MinerStore> out;
    // Miners that have left keep their number, so numbers may go beyond those at work.
    constexpr std::size_t numbers_max = 1'000;
    for (std::size_t number = 1; number <= numbers_max; ++number) {
        auto path = miner_folder(folder, number);
        if (std::filesystem::exists(path)) {
            out.push_back({.number = number, .folder = std::move(path)});
        }
    }
    return out;
}

Result<std::string> verify_miner(const DataFolder& folder, const MinerStore& miner,
                                 ledger::VerifyOptions options, const ledger::ChainReport& own) {
    auto notes = verify_notes(miner.folder / "notes");
    if (!notes || !notes->empty()) return notes;
    const auto path = miner.folder / "ledger";
    if (!std::filesystem::exists(path)) return std::string();
    const auto tip = tip_of(path);
    if (!tip && tip.error().code == ErrorCode::corrupted) return tip.error().detail;
    if (!tip) return base::pass(tip);
    if (!*tip) return std::string();
    options.progress = {};
    options.check_object = {};
    options.checkpoint.reset();
    const bool ahead = (*tip)->height >= own.height;
    if (ahead) {
        options.checkpoint = ledger::Checkpoint{
            .chain_id = own.chain_id, .height = own.height, .header_hash = own.tip_hash};
    }
    const auto report = ledger::verify_chain(path, options);
    if (!report) return base::pass(report);
    if (!report->ok || ahead) return report->finding;
    return compare(folder, *report);
}

}  // namespace cli
