// SPDX-License-Identifier: Apache-2.0
#include "ledger/internal/recheck_kept.h"

#include <algorithm>
#include <memory>
#include <variant>
#include <vector>

#include "chain/mining.h"
#include "chain/queries.h"
#include "crypto/ecdsa.h"
#include "crypto/merkle.h"
#include "ledger/application.h"
#include "ledger/quorum.h"
#include "state/tree.h"
#include "wire/block.h"
#include "wire/transaction.h"

namespace ledger {
namespace {

using base::ErrorCode;
using base::Result;
using wire::Height;
using Finding = std::optional<std::string>;

class KeptCheck {
public:
    KeptCheck(storage::KeyValueStore& stored, const VerifyOptions& options, ChainReport& report)
        : stored_(stored), blocks_(stored), options_(options), report_(report) {}
    /// Errors: those of the store; all else is a finding.
    Result<Finding> run(crypto::SignatureVerifier& verifier);

private:
    Result<Finding> check_state(Height height);
    Result<Finding> check_block(Height height);
    [[nodiscard]] Finding check_place(const wire::Block& block, const std::string& at) const;
    Result<Finding> check_seal(const wire::Block& block, const std::string& at);
    Result<Finding> check_approvals(const wire::Block& block, const std::string& at) const;
    /// Whether `id` signed, with its key of before the block.
    Result<bool> is_signed(const wire::LedgerId& id, Height before, base::ByteView message,
                           const wire::SignatureBytes& signature) const;
    Result<Finding> check_contents(const wire::Block& block, const std::string& at);

    storage::KeyValueStore& stored_;
    BlockStore blocks_;
    const VerifyOptions& options_;
    ChainReport& report_;
    std::unique_ptr<Application> application_;
    Height oldest_state_ = 0;
    std::optional<wire::HeaderHash> previous_;
};

/// Every node of the newest state, hashed on the way from its root.
Result<Finding> KeptCheck::check_state(Height height) {
    const auto tree = state::StateTree::open(stored_);
    if (!tree) return base::pass(tree);
    const auto oldest = (*tree)->oldest();
    if (!oldest) return base::pass(oldest);
    oldest_state_ = *oldest;
    const auto visited = (*tree)->visit(height, [](const auto&) { return true; });
    if (!visited) return base::pass(visited);
    return Finding();
}

Finding KeptCheck::check_place(const wire::Block& block, const std::string& at) const {
    if (block.header.chain_id != options_.trust.chain_id) {
        return at + "chain_id: it is of another chain";
    }
    if (previous_ && block.header.previous_hash != *previous_) {
        return at + "previous_hash: it is not the hash of the header before";
    }
    std::vector<crypto::Digest32> leaves;
    leaves.reserve(block.transactions.size());
    for (const auto& envelope : block.transactions) leaves.push_back(crypto::merkle_leaf(envelope));
    if (wire::Hash256{crypto::merkle_root(leaves)} != block.header.transactions_root) {
        return at + "transactions_root: it is not that of the transactions";
    }
    return {};
}

/// The key that counts is the one before the block (docs/adr/0010).
Result<bool> KeptCheck::is_signed(const wire::LedgerId& id, Height before, base::ByteView message,
                                  const wire::SignatureBytes& signature) const {
    const auto raw = application_->query(chain::path::key, id.view(), before);
    if (!raw && raw.error().code == ErrorCode::not_found) return false;
    if (!raw) return base::pass(raw);
    const auto key = chain::encoding::decode_key_view(*raw);
    if (!key) return base::pass(key);
    const auto point = crypto::EcdsaPublicKey::decode(key->public_key.view());
    return point && point->verify(message, signature.view());
}

Result<Finding> KeptCheck::check_seal(const wire::Block& block, const std::string& at) {
    const Height before = block.header.height - 1;
    if (before == 0 || before < oldest_state_) return Finding();
    if (report_.first_seal == 0) report_.first_seal = block.header.height;
    const auto message = wire::sealed_message(block.header_bytes, block.seal);
    const auto sealed = is_signed(block.header.miner, before, message, block.seal.signature);
    if (!sealed) return base::pass(sealed);
    if (!*sealed) return at + "seal, signature: it is not the miner's";
    return check_approvals(block, at);
}

/// Who may approve is who was active before the block.
Result<Finding> KeptCheck::check_approvals(const wire::Block& block, const std::string& at) const {
    const Height before = block.header.height - 1;
    const auto raw = application_->query(chain::path::mining, {}, before);
    if (!raw) return base::pass(raw);
    const auto mining = chain::encoding::decode_mining_view(*raw);
    if (!mining) return base::pass(mining);
    const auto is_active = [](const chain::MinerView& miner) {
        return miner.standing == wire::MinerStanding::active;
    };
    const auto message = wire::approval_message(block.header_bytes, block.seal);
    for (const auto& approval : block.seal.approvals) {
        const auto who = "seal, approval by miner " + base::to_hex(approval.miner.view()) + ": ";
        const auto miner = std::ranges::find(mining->miners, approval.miner, &chain::MinerView::id);
        if (miner == mining->miners.end() || !is_active(*miner)) {
            return at + who + "it was no active miner";
        }
        const auto approved = is_signed(approval.miner, before, message, approval.signature);
        if (!approved) return base::pass(approved);
        if (!*approved) return at + who + "the signature does not verify";
    }
    const auto active =
        static_cast<std::uint64_t>(std::ranges::count_if(mining->miners, is_active));
    const auto needed = approvals_needed(mining->quorum, active);
    if (block.seal.approvals.size() >= needed) return Finding();
    return at + "seal: " + std::to_string(block.seal.approvals.size()) + " of the " +
           std::to_string(needed) + " approvals that it needs";
}

Result<Finding> KeptCheck::check_contents(const wire::Block& block, const std::string& at) {
    for (std::size_t i = 0; i < block.transactions.size(); ++i) {
        const auto tx = wire::decode_transaction(block.transactions[i]);
        if (!tx) return at + "transaction " + std::to_string(i) + ": " + tx.error().detail;
        const auto* report = std::get_if<wire::Report>(&tx->body.action);
        if (report == nullptr || !options_.check_object) continue;
        if (const auto checked = options_.check_object(report->content_id); !checked) {
            return at + "transaction " + std::to_string(i) + ": " + checked.error().detail;
        }
        ++report_.vault_objects;
    }
    return Finding();
}

Result<Finding> KeptCheck::check_block(Height height) {
    const auto at = "block " + std::to_string(height) + ": ";
    const auto block = blocks_.block(height);
    if (!block) return at + block.error().detail;
    if (auto finding = check_place(*block, at)) return finding;
    auto sealed = check_seal(*block, at);
    if (!sealed || *sealed) return sealed;
    auto contents = check_contents(*block, at);
    if (!contents || *contents) return contents;
    previous_ = wire::hash_of_header(block->header_bytes);
    const auto known = blocks_.height_of(*previous_);
    if (!known) return base::pass(known);
    if (*known != height) return at + "the height of its header is not in the index";
    const auto& checkpoint = options_.checkpoint;
    if (checkpoint && checkpoint->height == height && checkpoint->header_hash != *previous_) {
        return at + "the checkpoint names another header for this height";
    }
    ++report_.blocks;
    report_.height = height;
    report_.tip_hash = *previous_;
    report_.transactions += block->transactions.size();
    return Finding();
}

Result<Finding> KeptCheck::run(crypto::SignatureVerifier& verifier) {
    const auto beginning = blocks_.beginning();
    if (!beginning) return base::pass(beginning);
    report_.first_block = beginning->lowest;
    // Opening holds the newest state and history against the tip's header.
    auto opened = Application::open(stored_, verifier);
    if (!opened) return base::pass(opened);
    application_ = std::move(*opened);
    const auto info = application_->info();
    auto state = check_state(info.height);
    if (!state || *state) return state;
    for (Height height = beginning->lowest; height <= info.height; ++height) {
        auto finding = check_block(height);
        if (!finding || *finding) return finding;
        if (options_.progress) options_.progress(height, info.height);
    }
    if (report_.tip_hash != info.app_hash) return "the tip is not the last block";
    if (options_.checkpoint && options_.checkpoint->height > info.height) {
        return "the chain ends at height " + std::to_string(info.height) +
               ", the checkpoint was made at height " +
               std::to_string(options_.checkpoint->height) + ": blocks were cut off";
    }
    return Finding();
}

}  // namespace

Result<std::optional<std::string>> recheck_kept(storage::KeyValueStore& stored,
                                                crypto::SignatureVerifier& verifier,
                                                const VerifyOptions& options, ChainReport& report) {
    return KeptCheck(stored, options, report).run(verifier);
}

}  // namespace ledger
