// SPDX-License-Identifier: Apache-2.0
#include "cli/verify.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "cli/verify_miners.h"
#include "crypto/signature_verifier.h"
#include "ledger/verify_claim.h"
#include "storage/files.h"
#include "storage/rocks_store.h"
#include "vault/vault.h"
#include "wire/claim.h"

namespace cli {
namespace {

using base::ErrorCode;
using base::Result;

Result<wire::Trust> read_trust(const std::filesystem::path& file) {
    const auto bytes = storage::read_file(file, wire::trust_bytes_max);
    if (!bytes) return base::pass(bytes);
    return wire::trust_from_json(base::as_text(*bytes));
}

int complain(const base::Error& error) {
    fmt::print(stderr, "salus: {}\n", error.detail);
    return verify_fails;
}

boost::json::object to_json(const FolderReport& report) {
    const auto& chain = report.chain;
    return {{"ok", report.ok()},
            {"finding", report.finding},
            {"chain_id", chain.chain_id},
            {"height", chain.height},
            {"tip", base::to_hex(chain.tip_hash.view())},
            {"first_block", chain.first_block},
            {"first_seal", chain.first_seal},
            {"blocks", chain.blocks},
            {"transactions", chain.transactions},
            {"vault_objects", chain.vault_objects},
            {"databases", report.databases},
            {"miners", report.miners},
            {"anchor_independent", chain.anchor_independent}};
}

boost::json::object to_json(const ledger::ClaimVerdict& verdict) {
    boost::json::array steps;
    for (const auto& step : verdict.steps) {
        steps.push_back({{"name", step.name}, {"ok", step.ok}, {"words", step.words}});
    }
    boost::json::array witnesses;
    for (const auto& one : verdict.witnesses) {
        witnesses.push_back({{"name", one.name}, {"time_ms", base::to_unix_ms(one.time)}});
    }
    boost::json::object out{{"status", ledger::name_of(verdict.status)},
                            {"kind", verdict.kind},
                            {"says", verdict.says},
                            {"words", verdict.words},
                            {"agreed", verdict.agreed},
                            {"witnesses", std::move(witnesses)},
                            {"by_program", verdict.by_program},
                            {"steps", std::move(steps)}};
    if (verdict.code) out["code"] = base::name_of(*verdict.code);
    if (verdict.height) out["height"] = *verdict.height;
    if (verdict.transaction) out["transaction"] = base::to_hex(verdict.transaction->view());
    return out;
}

int exit_code(ledger::ClaimStatus status) {
    switch (status) {
        case ledger::ClaimStatus::verified:
            return verify_holds;
        case ledger::ClaimStatus::issuer_unknown:
            return verify_issuer_unknown;
        case ledger::ClaimStatus::failed:
            return verify_fails;
    }
    return verify_fails;
}

/// Every database but the ledger's, which verify_chain reads itself.
void verify_databases(const DataFolder& folder, FolderReport& report) {
    for (const auto name : database_names) {
        if (name == "ledger" || !std::filesystem::exists(folder.database(name))) continue;
        const auto store = storage::RocksStore::open_read_only(folder.database(name));
        const auto verified = store ? (*store)->verify_files() : Result<void>(base::pass(store));
        if (!verified) {
            report.finding = fmt::format("database {}: {}", name, verified.error().detail);
            return;
        }
        ++report.databases;
    }
}

Result<void> verify_miners(const DataFolder& folder, const ledger::VerifyOptions& options,
                           FolderReport& report) {
    for (const auto& miner : miner_stores(folder)) {
        const auto finding = verify_miner(folder, miner, options, report.chain);
        if (!finding) return base::pass(finding);
        if (!finding->empty()) {
            report.finding = fmt::format("miner node {}: {}", miner.number, *finding);
            return {};
        }
        ++report.miners;
    }
    return {};
}

/// What `ledger::words_of` does not say.
void print_beside(const FolderReport& report) {
    if (!report.ok() && report.chain.finding.empty()) fmt::print("{}\n", report.finding);
    if (report.ok() && report.miners > 0) {
        fmt::print("the replicas and notes of {} miner nodes hold too\n", report.miners);
    }
}

}  // namespace

Result<FolderReport> verify_folder(const DataFolder& folder, const VerifyRequest& request) {
    ledger::VerifyOptions options;
    auto trust = read_trust(request.trust.value_or(folder.trust()));
    if (!trust) return base::pass(trust);
    options.trust = std::move(*trust);
    options.anchor_independent = request.trust.has_value();
    if (request.checkpoint) {
        auto checkpoint = ledger::read_checkpoint(*request.checkpoint);
        if (!checkpoint) return base::pass(checkpoint);
        options.checkpoint = *checkpoint;
    }
    options.progress = request.progress;
    options.check_object = [&](const wire::ContentId& id) {
        return vault::verify_object(folder.vault(), id);
    };
    auto chain = ledger::verify_chain(folder.database("ledger"), options);
    if (!chain) return base::pass(chain);
    FolderReport report{.chain = std::move(*chain), .databases = 1, .finding = {}};
    report.finding = report.chain.finding;
    if (report.ok()) verify_databases(folder, report);
    if (!report.ok()) return report;
    if (auto verified = verify_miners(folder, options, report); !verified) {
        return base::pass(verified);
    }
    return report;
}

int verify_chain_command(const VerifyCommand& command) {
    const DataFolder folder{command.target};
    const auto report = verify_folder(
        folder, {.trust = command.trust, .checkpoint = command.checkpoint, .progress = {}});
    if (!report) return complain(report.error());
    if (command.json) {
        fmt::print("{}\n", boost::json::serialize(to_json(*report)));
    } else {
        fmt::print("{}\n", ledger::words_of(report->chain));
        print_beside(*report);
    }
    if (!report->ok()) return verify_fails;
    if (command.write_checkpoint) {
        const auto written = ledger::write_checkpoint(*command.write_checkpoint,
                                                      {.chain_id = report->chain.chain_id,
                                                       .height = report->chain.height,
                                                       .header_hash = report->chain.tip_hash});
        if (!written) return complain(written.error());
    }
    return verify_holds;
}

int verify_receipt_command(const VerifyCommand& command) {
    const auto bytes = storage::read_file(command.target, wire::claim_bytes_max);
    if (!bytes) return complain(bytes.error());
    std::optional<wire::Trust> trust;
    if (command.trust) {
        auto read = read_trust(*command.trust);
        if (!read) return complain(read.error());
        trust = std::move(*read);
    }
    const auto verifier = crypto::make_parallel_verifier(0);
    auto verdict = ledger::verify_claim(*bytes, trust, *verifier);
    const std::size_t by_anchor = trust ? trust->witnesses_required : 0;
    if (command.witnesses_required > by_anchor) {
        ledger::require_witnesses(verdict, command.witnesses_required);
    }
    if (command.json) {
        fmt::print("{}\n", boost::json::serialize(to_json(verdict)));
    } else {
        for (const auto& step : verdict.steps) {
            fmt::print("{} {}: {}\n", step.ok ? "holds" : "FAILS", step.name, step.words);
        }
        if (!verdict.says.empty()) fmt::print("It says: {}.\n", verdict.says);
        fmt::print("{}\n", verdict.words);
    }
    return exit_code(verdict.status);
}

}  // namespace cli
