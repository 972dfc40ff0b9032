// SPDX-License-Identifier: Apache-2.0
#include "ledger/verify_chain.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "chain/queries.h"
#include "crypto/ecdsa.h"
#include "ledger/application.h"
#include "ledger/entry_names.h"
#include "ledger/internal/recheck.h"
#include "ledger/internal/recheck_kept.h"
#include "ledger/internal/recheck_store.h"
#include "storage/rocks_store.h"
#include "wire/block.h"
#include "wire/transaction.h"

namespace ledger {
namespace {

using base::ErrorCode;
using base::fail;
using wire::Height;
/// Nothing, or what does not hold.
using Finding = std::optional<std::string>;

std::string name_of_block(Height height) {
    return "block " + std::to_string(height);
}

/// The stored chain, executed anew from its genesis beside itself.
class ChainCheck {
public:
    ChainCheck(storage::KeyValueStore& stored, crypto::SignatureVerifier& verifier,
               const VerifyOptions& options, ChainReport& report)
        : stored_(stored),
          blocks_(stored),
          anew_(stored),
          verifier_(verifier),
          options_(options),
          report_(report) {}

    /// Errors: `unavailable`, `corrupted` of the store; all else is a finding.
    base::Result<Finding> run();

private:
    base::Result<Finding> check_genesis();
    base::Result<Finding> check_block(Height height);
    [[nodiscard]] Finding check_place(const wire::Header& header) const;
    [[nodiscard]] Finding check_turn(const wire::Block& block) const;
    [[nodiscard]] Finding check_executed(const wire::Block& block, const Finalized& executed) const;
    [[nodiscard]] Finding check_approvals(const wire::Block& block) const;
    base::Result<Finding> check_seal(const wire::Block& block);
    base::Result<Finding> check_contents(const wire::Block& block);
    [[nodiscard]] Finding check_checkpoint(Height height, const wire::HeaderHash& hash) const;

    storage::KeyValueStore& stored_;
    BlockStore blocks_;
    RecheckStore anew_;
    crypto::SignatureVerifier& verifier_;
    const VerifyOptions& options_;
    ChainReport& report_;
    std::unique_ptr<Application> application_;
};

base::Result<Finding> ChainCheck::check_genesis() {
    const auto genesis = blocks_.genesis();
    if (!genesis) return "genesis: " + genesis.error().detail;
    if (!*genesis) return fail(ErrorCode::not_found, "the folder holds no chain");
    report_.chain_id = (*genesis)->chain_id;
    report_.tip_hash = wire::hash_of(**genesis);
    if (report_.chain_id != options_.trust.chain_id) {
        return "genesis: the chain is \"" + report_.chain_id + "\", the anchor is for \"" +
               options_.trust.chain_id + "\"";
    }
    if (report_.tip_hash != options_.trust.genesis_hash) {
        return "genesis: its hash is not the one that the anchor names";
    }
    auto opened = Application::open(anew_, verifier_);
    if (!opened) return base::pass(opened);
    application_ = std::move(*opened);
    const auto begun = application_->init_chain(**genesis);
    if (!begun) return "genesis: " + begun.error().detail;
    return Finding();
}

Finding ChainCheck::check_place(const wire::Header& header) const {
    const auto info = application_->info();
    const auto at = name_of_block(info.height + 1) + ": ";
    if (header.height != info.height + 1) return at + "height: it says another one";
    if (header.chain_id != info.chain_id) return at + "chain_id: it is of another chain";
    if (header.previous_hash != info.app_hash) {
        return at + "previous_hash: it is not the hash of the header before";
    }
    if (header.time < info.time) return at + "time: it is before the block before";
    return {};
}

Finding ChainCheck::check_turn(const wire::Block& block) const {
    const auto turn = application_->next_turn(block.seal.passed_over);
    const auto at = name_of_block(block.header.height) + ": ";
    if (!turn) return at + "miner: " + turn.error().detail;
    const bool anybody = turn->engine == wire::EngineKind::proof_of_work;
    if (!anybody && block.header.miner != turn->miner)
        return at + "miner: it was another miner's turn";
    if (block.seal.round != turn->round) {
        return at + "seal, round: it says " + std::to_string(block.seal.round) + ", it was " +
               std::to_string(turn->round);
    }
    return {};
}

/// The first field in which two headers differ.
std::string differing_field(const wire::Header& a, const wire::Header& b) {
    if (a.transactions_root != b.transactions_root) return "transactions_root";
    if (a.state_root != b.state_root) return "state_root";
    if (a.history_root != b.history_root) return "history_root";
    if (a.history_size != b.history_size) return "history_size";
    if (a.time != b.time) return "time";
    return "header";
}

Finding ChainCheck::check_executed(const wire::Block& block, const Finalized& executed) const {
    const auto at = name_of_block(block.header.height) + ": ";
    if (block.transactions.empty()) return at + "transactions: there are none";
    for (std::size_t i = 0; i < executed.results.size(); ++i) {
        const auto& result = executed.results[i];
        if (result.code == 0) continue;
        return at + "transaction " + std::to_string(i) + ": " +
               std::string(name_of(static_cast<ErrorCode>(result.code))) + ": " + result.detail;
    }
    if (executed.header_bytes == block.header_bytes) return {};
    const auto header = wire::decode_header(executed.header_bytes);
    if (!header) return at + "header: " + header.error().detail;
    return at + differing_field(*header, block.header) + ": execution gives another";
}

Finding ChainCheck::check_approvals(const wire::Block& block) const {
    const auto message = wire::approval_message(block.header_bytes, block.seal);
    for (const auto& approval : block.seal.approvals) {
        const auto at = name_of_block(block.header.height) + ": seal, approval by miner " +
                        base::to_hex(approval.miner.view()) + ": ";
        const auto raw = application_->query(chain::path::key, approval.miner.view());
        const auto key = raw ? chain::encoding::decode_key_view(*raw)
                             : base::Result<chain::KeyView>(base::pass(raw));
        if (!key) return at + key.error().detail;
        if (key->role != wire::Role::miner) return at + "it is no miner";
        const auto point = crypto::EcdsaPublicKey::decode(key->public_key.view());
        if (!point || !point->verify(message, approval.signature.view())) {
            return at + "the signature does not verify";
        }
    }
    return {};
}

base::Result<Finding> ChainCheck::check_seal(const wire::Block& block) {
    if (auto finding = check_approvals(block)) return finding;
    const auto at = name_of_block(block.header.height) + ": ";
    const auto hash = wire::hash_of_header(block.header_bytes);
    const auto committed = application_->commit(block.seal);
    if (committed) return Finding();
    const auto code = committed.error().code;
    const bool of_the_store = code == ErrorCode::corrupted || code == ErrorCode::unavailable ||
                              code == ErrorCode::storage_full;
    if (of_the_store) return base::pass(committed);
    if (code != ErrorCode::bad_signature) return at + "seal: " + committed.error().detail;
    // All of the header but its time was found by execution. Whether the time was changed or the
    // signature is told by those who name the header: the next block, or the index of headers.
    const auto known = blocks_.height_of(hash);
    if (!known) return base::pass(known);
    if (*known) return at + "seal, signature: " + committed.error().detail;
    return at + "time: the header is not the one that was sealed";
}

base::Result<Finding> ChainCheck::check_contents(const wire::Block& block) {
    for (std::size_t i = 0; i < block.transactions.size(); ++i) {
        const auto tx = wire::decode_transaction(block.transactions[i]);
        if (!tx) return base::pass(tx);
        const auto* report = std::get_if<wire::Report>(&tx->body.action);
        if (!report) continue;
        const auto checked = options_.check_object(report->content_id);
        if (!checked) {
            return name_of_block(block.header.height) + ": transaction " + std::to_string(i) +
                   ": vault object " + base::to_hex(report->content_id.view()) + ": " +
                   checked.error().detail;
        }
        ++report_.vault_objects;
    }
    return Finding();
}

Finding ChainCheck::check_checkpoint(Height height, const wire::HeaderHash& hash) const {
    const auto& checkpoint = options_.checkpoint;
    if (!checkpoint || checkpoint->height != height || checkpoint->header_hash == hash) return {};
    return name_of_block(height) + ": the checkpoint names another header for this height";
}

base::Result<Finding> ChainCheck::check_block(Height height) {
    const auto block = blocks_.block(height);
    if (!block && block.error().code == ErrorCode::not_found) {
        return name_of_block(height) + " is missing, and the chain does not end before it";
    }
    if (!block) return block.error().detail;
    if (auto finding = check_place(block->header)) return finding;
    if (auto finding = check_turn(*block)) return finding;
    const auto executed = application_->finalize_block({.height = height,
                                                        .time = block->header.time,
                                                        .miner = block->header.miner,
                                                        .round = block->seal.round,
                                                        .transactions = block->transactions,
                                                        .passed_over = block->seal.passed_over});
    if (!executed) return name_of_block(height) + ": " + executed.error().detail;
    if (auto finding = check_executed(*block, *executed)) return finding;
    auto sealed = check_seal(*block);
    if (!sealed || *sealed) return sealed;
    report_.tip_hash = executed->app_hash;
    if (auto finding = check_checkpoint(height, executed->app_hash)) return finding;
    if (options_.check_object) {
        auto contents = check_contents(*block);
        if (!contents || *contents) return contents;
    }
    ++report_.blocks;
    report_.height = height;
    report_.transactions += block->transactions.size();
    return Finding();
}

base::Result<Finding> ChainCheck::run() {
    if (options_.checkpoint && options_.checkpoint->chain_id != options_.trust.chain_id) {
        return "the checkpoint is of chain \"" + options_.checkpoint->chain_id +
               "\", the anchor is for \"" + options_.trust.chain_id + "\"";
    }
    auto genesis = check_genesis();
    if (!genesis || *genesis) return genesis;
    if (auto finding = check_checkpoint(0, report_.tip_hash)) return finding;
    const auto beginning = blocks_.beginning();
    if (!beginning) return base::pass(beginning);
    if (beginning->lowest > 1) return recheck_kept(stored_, verifier_, options_, report_);
    const auto tip = blocks_.tip();
    if (!tip) return "the tip: " + tip.error().detail;
    if (!*tip) return "the tip is missing";
    for (Height height = 1; height <= (*tip)->height; ++height) {
        auto finding = check_block(height);
        if (!finding || *finding) return finding;
        if (options_.progress) options_.progress(height, (*tip)->height);
        if (anew_.is_hopeless()) break;
    }
    const auto& checkpoint = options_.checkpoint;
    if (checkpoint && checkpoint->height > report_.height) {
        return "the chain ends at height " + std::to_string(report_.height) +
               ", the checkpoint was made at height " + std::to_string(checkpoint->height) +
               ": blocks were cut off";
    }
    return anew_.difference();
}

}  // namespace

base::Result<ChainReport> recheck(storage::KeyValueStore& stored,
                                  crypto::SignatureVerifier& verifier,
                                  const VerifyOptions& options) {
    ChainReport report;
    report.anchor_independent = options.anchor_independent;
    report.objects_checked = static_cast<bool>(options.check_object);
    auto finding = ChainCheck(stored, verifier, options, report).run();
    if (!finding && finding.error().code == ErrorCode::corrupted) {
        finding = Finding(finding.error().detail);
    }
    if (!finding) return base::pass(finding);
    report.ok = !finding->has_value();
    report.finding = finding->value_or("");
    return report;
}

base::Result<ChainReport> verify_chain(const std::filesystem::path& folder,
                                       const VerifyOptions& options) {
    std::error_code error;
    if (!std::filesystem::is_directory(folder, error)) {
        return fail(ErrorCode::not_found, folder.string() + ": there is no ledger");
    }
    ChainReport damaged;
    damaged.anchor_independent = options.anchor_independent;
    const auto stored = storage::RocksStore::open_read_only(folder, {.name_of_key = name_of_entry});
    if (!stored) {
        if (stored.error().code != ErrorCode::corrupted) return base::pass(stored);
        damaged.finding = stored.error().detail;
        return damaged;
    }
    if (const auto files = (*stored)->verify_files(); !files) {
        if (files.error().code != ErrorCode::corrupted) return base::pass(files);
        damaged.finding = files.error().detail;
        return damaged;
    }
    const auto verifier = crypto::make_parallel_verifier(0);
    return recheck(**stored, *verifier, options);
}

namespace {

/// What is not said of a chain whose beginning is not here.
std::string words_of_kept(const ChainReport& report) {
    if (report.first_block == 1) return "";
    return ", from block " + std::to_string(report.first_block) +
           " on, the ones before are not here, so that nothing was executed again and no turns "
           "were "
           "checked; seals and approvals were checked " +
           (report.first_seal == 0 ? std::string("of no block")
                                   : "from block " + std::to_string(report.first_seal) + " on");
}

}  // namespace

std::string words_of(const ChainReport& report) {
    const auto count = [](std::uint64_t number, std::string_view one) {
        return std::to_string(number) + " " + std::string(one) + (number == 1 ? "" : "s");
    };
    if (!report.ok) return "NOT verified: " + report.finding;
    return "verified: chain \"" + report.chain_id + "\", " + count(report.blocks, "block") + ", " +
           count(report.transactions, "transaction") + ", " +
           (report.objects_checked ? count(report.vault_objects, "vault object")
                                   : std::string("vault objects not checked")) +
           words_of_kept(report) + ", header " +
           base::to_hex(report.tip_hash.view()).substr(0, 16) +
           (report.anchor_independent ? "" : "; anchor not independent");
}

}  // namespace ledger
