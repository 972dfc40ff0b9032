// SPDX-License-Identifier: Apache-2.0
#include "cli/repair.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <string>
#include <variant>
#include <vector>

#include "ledger/block_store.h"
#include "ledger/repair_chain.h"
#include "storage/files.h"
#include "storage/rocks_store.h"
#include "vault/vault.h"
#include "wire/block.h"
#include "wire/transaction.h"

namespace cli {
namespace {

using base::ErrorCode;
using base::Result;

constexpr std::size_t file_bytes_max = 16'777'216;

/// One part of a data folder that did not hold.
struct Part {
    std::string name;
    std::string was;
    std::string now;
    bool mended = false;
};

struct FolderRepair {
    ledger::RepairReport chain;
    std::vector<Part> parts;  ///< Beside the ledger.
    std::filesystem::path quarantine;
    [[nodiscard]] bool ok() const {
        return chain.refusal.empty() &&
               std::ranges::all_of(parts, [](const Part& part) { return part.mended; });
    }
    /// Why not all is mended: one sentence.
    [[nodiscard]] std::string refusal() const {
        if (!chain.refusal.empty()) return chain.refusal;
        for (const auto& part : parts) {
            if (!part.mended) return part.name + ": " + part.now;
        }
        return {};
    }
};

/// A folder of its own for what this repair replaces: quarantine/1, quarantine/2, ...
std::filesystem::path next_quarantine(const DataFolder& folder) {
    int number = 1;
    while (std::filesystem::exists(folder.quarantine() / std::to_string(number))) ++number;
    return folder.quarantine() / std::to_string(number);
}

Result<ledger::RepairReport> repair_ledger(const RepairCommand& command,
                                           const std::filesystem::path& quarantine) {
    const auto trust =
        storage::read_file(command.trust.value_or(command.folder.trust()), file_bytes_max);
    if (!trust) return base::pass(trust);
    auto anchor = wire::trust_from_json(base::as_text(*trust));
    if (!anchor) return base::pass(anchor);
    ledger::RepairOptions options;
    options.trust = std::move(*anchor);
    options.quarantine = quarantine;
    options.dry_run = command.dry_run;
    if (command.from) options.from = DataFolder{*command.from}.database("ledger");
    if (const auto bytes = storage::read_file(command.folder.genesis(), file_bytes_max)) {
        if (auto genesis = wire::decode_genesis(*bytes)) options.genesis = std::move(*genesis);
    }
    return ledger::repair_chain(command.folder.database("ledger"), options);
}

/// What the chain does not hold cannot be made from it; what only follows the chain is made anew.
Part repair_database(const RepairCommand& command, std::string_view name, std::string was,
                     const std::filesystem::path& quarantine) {
    Part part{.name = fmt::format("database {}", name), .was = std::move(was), .now = {}};
    if (name != "readmodel") {
        part.now = "what it holds follows from no block; restore it from a backup";
        return part;
    }
    part.now = "put away; the next start makes it anew from the blocks";
    part.mended = true;
    if (command.dry_run) return part;
    std::error_code error;
    if (auto made = storage::make_folder(quarantine); !made) {
        part.mended = false;
        part.now = made.error().detail;
        return part;
    }
    std::filesystem::rename(command.folder.database(name), quarantine / name, error);
    if (error) {
        part.mended = false;
        part.now = "cannot be put away: " + error.message();
    }
    return part;
}

void repair_databases(const RepairCommand& command, FolderRepair& repair) {
    for (const auto name : database_names) {
        const auto path = command.folder.database(name);
        if (name == "ledger" || !std::filesystem::exists(path)) continue;
        const auto store = storage::RocksStore::open_read_only(path);
        const auto verified = store ? (*store)->verify_files() : Result<void>(base::pass(store));
        if (verified || verified.error().code == ErrorCode::not_found) continue;
        repair.parts.push_back(
            repair_database(command, name, verified.error().detail, repair.quarantine));
    }
}

void repair_object(const RepairCommand& command, const wire::ContentId& id, FolderRepair& repair) {
    const auto verified = vault::verify_object(command.folder.vault(), id);
    if (verified) return;
    Part part{
        .name = "vault object " + vault::to_text(id), .was = verified.error().detail, .now = {}};
    if (!command.from) {
        part.now = "no other copy is given (--from); restore it from a backup";
        repair.parts.push_back(std::move(part));
        return;
    }
    const auto other = DataFolder{*command.from}.vault();
    const auto fetched = command.dry_run ? vault::verify_object(other, id)
                                         : vault::fetch_object(command.folder.vault(), other,
                                                               repair.quarantine / "vault", id);
    part.mended = fetched.has_value();
    part.now = fetched ? "fetched from the other copy" : fetched.error().detail;
    repair.parts.push_back(std::move(part));
}

/// Each object that a report of the chain names.
Result<void> repair_objects(const RepairCommand& command, FolderRepair& repair) {
    const auto store = storage::RocksStore::open_read_only(command.folder.database("ledger"));
    if (!store) return base::pass(store);
    const ledger::BlockStore blocks(**store);
    for (wire::Height height = 1; height <= repair.chain.height; ++height) {
        const auto block = blocks.block(height);
        if (!block) return base::pass(block);
        for (const auto& envelope : block->transactions) {
            const auto tx = wire::decode_transaction(envelope);
            if (!tx) return base::pass(tx);
            const auto* report = std::get_if<wire::Report>(&tx->body.action);
            if (report != nullptr) repair_object(command, report->content_id, repair);
        }
    }
    return {};
}

Result<FolderRepair> repair_folder(const RepairCommand& command) {
    const auto lock = storage::FolderLock::take(command.folder.databases());
    if (!lock) return base::pass(lock);
    FolderRepair repair;
    repair.quarantine = next_quarantine(command.folder);
    auto chain = repair_ledger(command, repair.quarantine);
    if (!chain) return base::pass(chain);
    repair.chain = std::move(*chain);
    repair_databases(command, repair);
    // Before the ledger is mended nobody can say which objects there must be.
    const bool readable = !repair.chain.damaged || (repair.chain.mended && !command.dry_run);
    if (!readable) return repair;
    if (auto objects = repair_objects(command, repair); !objects) return base::pass(objects);
    return repair;
}

boost::json::object to_json(const RepairCommand& command, const FolderRepair& repair) {
    const auto& chain = repair.chain;
    boost::json::array blocks;
    for (const auto& block : chain.blocks) {
        blocks.push_back({{"height", block.height}, {"was", block.was}, {"now", block.now}});
    }
    boost::json::array parts;
    for (const auto& part : repair.parts) {
        parts.push_back(
            {{"name", part.name}, {"was", part.was}, {"now", part.now}, {"mended", part.mended}});
    }
    boost::json::object out{
        {"ok", repair.ok()},
        {"dry_run", command.dry_run},
        {"damaged", chain.damaged || !repair.parts.empty()},
        {"chain_id", chain.chain_id},
        {"height", chain.height},
        {"tip", base::to_hex(chain.tip_hash.view())},
        {"finding", chain.finding},
        {"files", boost::json::array(chain.files.begin(), chain.files.end())},
        {"blocks_kept", chain.blocks_kept},
        {"blocks", std::move(blocks)},
        {"entries_rebuilt", chain.entries_rebuilt},
        {"entries", boost::json::array(chain.entries.begin(), chain.entries.end())},
        {"parts", std::move(parts)},
        {"quarantine", nullptr},
        {"refusal", nullptr}};
    if (std::filesystem::exists(repair.quarantine)) out["quarantine"] = repair.quarantine.string();
    if (!repair.ok()) out["refusal"] = repair.refusal();
    return out;
}

void print_ledger(const ledger::RepairReport& chain) {
    if (!chain.damaged) return;
    fmt::print("ledger: {}\n", chain.finding);
    for (const auto& file : chain.files) fmt::print("damaged: {}\n", file);
    for (const auto& block : chain.blocks) {
        fmt::print("block {}: {}; {}\n", block.height, block.was, block.now);
    }
    for (const auto& entry : chain.entries) fmt::print("rebuilt: {}\n", entry);
    if (chain.entries_rebuilt > chain.entries.size()) {
        fmt::print("rebuilt: {} more\n", chain.entries_rebuilt - chain.entries.size());
    }
}

void print_words(const RepairCommand& command, const FolderRepair& repair) {
    print_ledger(repair.chain);
    for (const auto& part : repair.parts) {
        fmt::print("{}: {}; {}\n", part.name, part.was, part.now);
    }
    if (!repair.chain.damaged && repair.parts.empty()) {
        fmt::print("nothing to repair: {} blocks verified\n", repair.chain.blocks_kept);
    } else if (repair.ok()) {
        fmt::print("{}: {} blocks kept, chain {} verified to block {}{}\n",
                   command.dry_run ? "can be repaired" : "repaired", repair.chain.blocks_kept,
                   repair.chain.chain_id, repair.chain.height,
                   std::filesystem::exists(repair.quarantine)
                       ? "; what was replaced is in " + repair.quarantine.string()
                       : "");
    }
}

}  // namespace

int repair_command(const RepairCommand& command) {
    const auto repair = repair_folder(command);
    if (!repair) {
        fmt::print(stderr, "salus: {}\n", repair.error().detail);
        return 1;
    }
    if (command.json) {
        fmt::print("{}\n", boost::json::serialize(to_json(command, *repair)));
    } else {
        print_words(command, *repair);
    }
    if (repair->ok()) return 0;
    fmt::print(stderr, "salus: {}\n", repair->refusal());
    return 1;
}

}  // namespace cli
