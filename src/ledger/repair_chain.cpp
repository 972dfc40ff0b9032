// SPDX-License-Identifier: Apache-2.0
#include "ledger/repair_chain.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "crypto/signature_verifier.h"
#include "ledger/application.h"
#include "ledger/entry_names.h"
#include "ledger/verify_chain.h"
#include "storage/files.h"
#include "storage/gathering_store.h"
#include "storage/rocks_store.h"
#include "storage/salvage.h"

namespace ledger {
namespace {

using base::Bytes;
using base::ErrorCode;
using base::fail;
using base::Result;
using wire::Height;

/// Of the entries that are rebuilt so many are named; chosen by us.
constexpr std::size_t entries_named_max = 20;
constexpr std::size_t gathered_bytes_max = 16 * 1024 * 1024;

/// A refusal: `conflict` within this file alone, where nothing else says so.
std::unexpected<base::Error> refuse(std::string sentence) {
    return fail(ErrorCode::conflict, std::move(sentence));
}

Bytes key_of(char kind, std::optional<Height> height = {}) {
    Bytes key{BlockStore::store_prefix, static_cast<std::uint8_t>(kind)};
    if (height) base::append_u64(key, *height);
    return key;
}

/// The blocks of the damaged ledger, as far as they can be read.
class OwnBlocks {
public:
    explicit OwnBlocks(storage::Salvage& salvage) : salvage_(salvage) {}
    /// Errors: `corrupted`, in words.
    [[nodiscard]] Result<wire::Block> block(Height height) {
        const auto raw = salvage_.get(key_of('b', height));
        if (!raw) return fail(ErrorCode::corrupted, "it cannot be read");
        auto block = wire::decode_block(*raw);
        if (!block) return fail(ErrorCode::corrupted, block.error().detail);
        return block;
    }
    [[nodiscard]] std::optional<wire::Genesis> genesis() {
        const auto raw = salvage_.get(key_of('g'));
        if (!raw) return std::nullopt;
        auto genesis = wire::decode_genesis(*raw);
        if (!genesis) return std::nullopt;
        return std::move(*genesis);
    }
    [[nodiscard]] bool pruned() {
        const auto beginning = salvage_.get(Bytes{BlockStore::local_prefix, 'b'});
        return beginning && beginning->size() >= 8 && base::read_u64(*beginning) > 1;
    }
    /// Of the last block of which anything is left.
    [[nodiscard]] Height last() {
        const auto key = salvage_.last_key(key_of('b', 0), key_of('c'));
        const auto tip = salvage_.get(key_of('t'));
        const Height by_block =
            key && key->size() == 10 ? base::read_u64(base::ByteView(*key).subspan(2)) : 0;
        const Height by_tip = tip && tip->size() >= 8 ? base::read_u64(*tip) : 0;
        return std::max(by_block, by_tip);
    }

private:
    storage::Salvage& salvage_;
};

/// One repair, from what is left to a whole ledger beside it.
class Repair {
public:
    Repair(std::filesystem::path folder, const RepairOptions& options, RepairReport& report)
        : folder_(std::move(folder)),
          rebuilt_(folder_.string() + ".rebuilt"),
          options_(options),
          report_(report) {}

    /// Errors: `conflict` with the sentence of a refusal; those of the stores.
    Result<void> run();

private:
    Result<void> open_sources();
    Result<void> choose_genesis();
    Result<void> choose_end();
    Result<void> rebuild();
    Result<void> append_blocks(Application& application);
    /// False: the chain ends before this block, which was never acknowledged.
    Result<bool> append_block(Application& application, Height height);
    Result<wire::Block> fetch(Height height);
    Result<void> execute(Application& application, const wire::Block& block);
    Result<void> verify();
    Result<void> compare();
    Result<void> replace();

    std::filesystem::path folder_;
    std::filesystem::path rebuilt_;
    const RepairOptions& options_;
    RepairReport& report_;
    std::unique_ptr<storage::Salvage> salvage_;
    std::unique_ptr<storage::RocksStore> other_;
    wire::Genesis genesis_;
    Height acknowledged_ = 0;  ///< All up to here must be there in the end.
    Height last_ = 0;
    std::unique_ptr<crypto::SignatureVerifier> verifier_ = crypto::make_parallel_verifier(0);
};

Result<void> Repair::open_sources() {
    auto salvage = storage::Salvage::open(folder_);
    if (!salvage) return base::pass(salvage);
    salvage_ = std::move(*salvage);
    report_.files = salvage_->damages();
    if (!options_.from) return {};
    auto other = storage::RocksStore::open_read_only(*options_.from);
    if (!other) return refuse("the other copy cannot be read: " + other.error().detail);
    other_ = std::move(*other);
    return {};
}

Result<void> Repair::choose_genesis() {
    const auto is_anchored = [&](const std::optional<wire::Genesis>& genesis) {
        return genesis && wire::hash_of(*genesis) == options_.trust.genesis_hash;
    };
    std::optional<wire::Genesis> others;
    if (other_) {
        auto read = BlockStore(*other_).genesis();
        if (read) others = std::move(*read);
        if (!is_anchored(others)) {
            return refuse("the other copy is of another chain than the anchor names");
        }
    }
    for (const auto& one : {OwnBlocks(*salvage_).genesis(), options_.genesis, others}) {
        if (!is_anchored(one)) continue;
        genesis_ = *one;
        report_.chain_id = genesis_.chain_id;
        return {};
    }
    return refuse("the genesis is lost and no copy of it is the one that the anchor names");
}

Result<void> Repair::choose_end() {
    if (!other_ && OwnBlocks(*salvage_).pruned()) {
        return refuse(
            "the first blocks are not here (pruned, or before a snapshot), so nothing can be "
            "executed anew; give a copy of the whole chain (--from), or begin with a snapshot");
    }
    last_ = OwnBlocks(*salvage_).last();
    const auto mark = salvage_->mark();
    if (!mark && salvage_->torn()) {
        return refuse(
            "HEAD is lost and the newest log ends within a write: whether that write was "
            "acknowledged cannot be known; restore HEAD or the data folder from a backup");
    }
    acknowledged_ = mark.value_or(last_);
    last_ = std::max(last_, acknowledged_);
    return {};
}

Result<void> Repair::execute(Application& application, const wire::Block& block) {
    const auto info = application.info();
    if (block.header.height != info.height + 1) return refuse("it is of another height");
    if (block.header.previous_hash != info.app_hash) {
        return refuse("it does not follow the block before");
    }
    Candidate candidate;
    candidate.height = block.header.height;
    candidate.time = block.header.time;
    candidate.miner = block.header.miner;
    candidate.round = block.seal.round;
    candidate.transactions = block.transactions;
    candidate.passed_over = block.seal.passed_over;
    const auto executed = application.finalize_block(candidate);
    if (!executed) return base::pass(executed);
    if (executed->header_bytes != block.header_bytes) {
        return refuse("execution gives another header");
    }
    const auto committed = application.commit(block.seal);
    if (!committed) return base::pass(committed);
    return {};
}

/// The block of the other copy, if the one behind it here, where there is one, names it.
Result<wire::Block> Repair::fetch(Height height) {
    const auto name = "block " + std::to_string(height);
    if (!other_) {
        return refuse(name +
                      " was acknowledged and cannot be read here; give another copy of the "
                      "chain (--from), or restore the data folder from a backup");
    }
    auto block = BlockStore(*other_).block(height);
    if (!block) {
        return refuse(name + " was acknowledged, cannot be read here, and not in the other copy: " +
                      block.error().detail);
    }
    const auto next = OwnBlocks(*salvage_).block(height + 1);
    if (next && next->header.previous_hash != wire::hash_of_header(block->header_bytes)) {
        return refuse(name +
                      " of the other copy is not the one that the block after it names "
                      "here: the other copy has another history");
    }
    return block;
}

bool is_our_own_failure(const base::Error& error) {
    return error.code == ErrorCode::storage_full || error.code == ErrorCode::unavailable ||
           error.code == ErrorCode::unsupported_version;
}

Result<bool> Repair::append_block(Application& application, Height height) {
    const auto own = OwnBlocks(*salvage_).block(height);
    auto done = own ? execute(application, *own) : Result<void>(base::pass(own));
    if (done) {
        ++report_.blocks_kept;
        return true;
    }
    if (is_our_own_failure(done.error())) return base::pass(done);
    BlockRepair repair{.height = height, .was = done.error().detail, .now = {}};
    const auto others = fetch(height);
    if (!others) {
        if (height <= acknowledged_) return base::pass(others);
        repair.now = "left out with all behind it: it was never acknowledged";
        report_.blocks.push_back(std::move(repair));
        return false;
    }
    done = execute(application, *others);
    if (!done && is_our_own_failure(done.error())) return base::pass(done);
    if (!done) {
        return refuse("block " + std::to_string(height) +
                      " of the other copy is not valid: " + done.error().detail);
    }
    repair.now = "fetched from the other copy";
    report_.blocks.push_back(std::move(repair));
    return true;
}

Result<void> Repair::append_blocks(Application& application) {
    for (Height height = 1; height <= last_; ++height) {
        const auto appended = append_block(application, height);
        if (!appended) return base::pass(appended);
        if (!*appended) return {};
        if (options_.progress) options_.progress(height, last_);
    }
    return {};
}

Result<void> Repair::rebuild() {
    std::error_code error;
    std::filesystem::remove_all(rebuilt_, error);  // of a repair that was cut short
    if (error) return fail(ErrorCode::unavailable, rebuilt_.string() + ": " + error.message());
    auto store = storage::RocksStore::open(rebuilt_);
    if (!store) return base::pass(store);
    storage::GatheringStore gathered(**store, gathered_bytes_max);
    auto application = Application::open(gathered, *verifier_);
    if (!application) return base::pass(application);
    if (auto begun = (*application)->init_chain(genesis_); !begun) return begun;
    if (auto appended = append_blocks(**application); !appended) return appended;
    return gathered.flush();
}

Result<void> Repair::verify() {
    VerifyOptions verification;
    verification.trust = options_.trust;
    const auto verified = verify_chain(rebuilt_, verification);
    if (!verified) return base::pass(verified);
    if (!verified->ok) return refuse("the rebuilt ledger does not verify: " + verified->finding);
    if (verified->height < acknowledged_) {
        return refuse("the rebuilt ledger ends at block " + std::to_string(verified->height) +
                      ", and block " + std::to_string(acknowledged_) + " was acknowledged");
    }
    report_.height = verified->height;
    report_.tip_hash = verified->tip_hash;
    return {};
}

/// What of the new ledger was not there before, or otherwise.
Result<void> Repair::compare() {
    const auto store = storage::RocksStore::open_read_only(rebuilt_);
    if (!store) return base::pass(store);
    return (*store)->scan(Bytes{}, Bytes(64, 0xff), [&](base::ByteView key, base::ByteView value) {
        if (salvage_->holds(key, value)) return true;
        ++report_.entries_rebuilt;
        if (report_.entries.size() < entries_named_max) {
            report_.entries.push_back(name_of_entry(key));
        }
        return true;
    });
}

Result<void> Repair::replace() {
    salvage_.reset();
    if (auto made = storage::make_folder(options_.quarantine); !made) return made;
    if (auto swapped = storage::exchange_folders(folder_, rebuilt_); !swapped) return swapped;
    const auto kept = options_.quarantine / folder_.filename();
    std::error_code error;
    std::filesystem::rename(rebuilt_, kept, error);
    // The ledger is whole either way; it is only told where the old one is.
    report_.quarantined = error ? rebuilt_ : kept;
    return {};
}

Result<void> Repair::run() {
    using Step = Result<void> (Repair::*)();
    for (const Step step : {&Repair::open_sources, &Repair::choose_genesis, &Repair::choose_end,
                            &Repair::rebuild, &Repair::verify, &Repair::compare}) {
        if (auto done = (this->*step)(); !done) {
            std::error_code ignored;
            std::filesystem::remove_all(rebuilt_, ignored);
            return done;
        }
    }
    report_.mended = true;
    if (!options_.dry_run) return replace();
    std::error_code ignored;
    std::filesystem::remove_all(rebuilt_, ignored);
    return {};
}

}  // namespace

Result<RepairReport> repair_chain(const std::filesystem::path& folder,
                                  const RepairOptions& options) {
    RepairReport report;
    VerifyOptions verification;
    verification.trust = options.trust;
    std::error_code error;
    if (!std::filesystem::is_directory(folder, error)) {
        return fail(ErrorCode::not_found, folder.string() + ": there is no ledger");
    }
    auto before = verify_chain(folder, verification);
    if (!before && before.error().code == ErrorCode::not_found) {
        const auto finding = before.error().detail;
        before = ChainReport{};
        before->finding = finding;
    }
    if (!before) return base::pass(before);
    report.chain_id = before->chain_id;
    report.height = before->height;
    report.tip_hash = before->tip_hash;
    if (before->ok) {
        report.blocks_kept = before->blocks;
        return report;
    }
    report.damaged = true;
    report.finding = before->finding;
    auto done = Repair(folder, options, report).run();
    if (done) return report;
    if (done.error().code != ErrorCode::conflict) return base::pass(done);
    report.refusal = done.error().detail;
    return report;
}

}  // namespace ledger
