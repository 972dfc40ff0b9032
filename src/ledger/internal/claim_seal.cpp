// SPDX-License-Identifier: Apache-2.0
// What every receipt is checked for: its header, the chain, the seal, and a checkpoint beside it.
#include <algorithm>

#include "crypto/merkle.h"
#include "ledger/internal/claim_check.h"
#include "ledger/internal/words.h"
#include "witness/checkpoint.h"
#include "witness/note.h"

namespace ledger {

using base::ErrorCode;
using base::fail;

namespace {

/// Who mines may have changed since somebody was given the anchor.
constexpr std::string_view older_anchor =
    "; if miners came or went since the anchor was written, ask for the node's anchor of today";

}  // namespace

Finding ClaimCheck::header() {
    auto decoded = wire::decode_header(claim_.header);
    if (!decoded) {
        return fail(decoded.error().code,
                    "the block's header does not decode: " + decoded.error().detail);
    }
    header_ = std::move(*decoded);
    return "block " + std::to_string(header_->height) + " of " + words_of(header_->time) +
           ", by miner " + base::to_hex(header_->miner.view());
}

Finding ClaimCheck::chain() {
    if (tx_ && tx_->body.chain_id != header_->chain_id) {
        return fail(ErrorCode::wrong_chain, "the transaction was signed for chain \"" +
                                                tx_->body.chain_id + "\", the block is of \"" +
                                                header_->chain_id + "\"");
    }
    if (trust_ && trust_->chain_id != header_->chain_id) {
        return fail(ErrorCode::wrong_chain, "the block is of chain \"" + header_->chain_id +
                                                "\", the anchor is for \"" + trust_->chain_id +
                                                "\"");
    }
    return "chain \"" + header_->chain_id + "\"";
}

base::Result<void> ClaimCheck::check_miner(const wire::LedgerId& id,
                                           const wire::SignatureBytes& signature,
                                           const base::Bytes& message, const std::string& what) {
    const std::string whose = what + " by miner " + base::to_hex(id.view());
    const auto* const miner = trust_->miner_at(id, header_->height);
    if (miner == nullptr) {
        const bool named =
            std::ranges::find(trust_->miners, id, &wire::Trust::Miner::id) != trust_->miners.end();
        return fail(ErrorCode::unknown_signer,
                    whose +
                        (named ? ": the anchor does not have this miner as active at block " +
                                     std::to_string(header_->height)
                               : ": the anchor does not name this miner") +
                        std::string(older_anchor));
    }
    return check_signature({.key = miner->public_key,
                            .message = message,
                            .signature = signature,
                            .whose = whose,
                            .bad_key = ": the anchor's key is no point of the curve"});
}

base::Result<std::size_t> ClaimCheck::count_approvals(const wire::Seal& seal) {
    const auto message = wire::approval_message(claim_.header, seal);
    std::size_t approvals = 0;
    for (const auto& [miner, signature] : seal.approvals) {
        if (trust_->miner_at(miner, header_->height) == nullptr) continue;
        const auto approved = check_miner(miner, signature, message, "the approval");
        if (!approved) return base::pass(approved);
        ++approvals;
    }
    return approvals;
}

base::Result<void> ClaimCheck::check_quorum(std::size_t approvals) {
    const auto miners = active_miners();
    agreed_ = 3 * approvals > 2 * miners;
    const bool enough = trust_->quorum == wire::Quorum::miner_alone ||
                        (trust_->quorum == wire::Quorum::two_thirds && agreed_) ||
                        (trust_->quorum == wire::Quorum::majority && 2 * approvals > miners);
    if (enough) return {};
    return fail(ErrorCode::not_authorised,
                "too few approvals: " + std::to_string(approvals) + " of the " +
                    std::to_string(miners) + " miners that the anchor has as active at block " +
                    std::to_string(header_->height) + ", which needs " +
                    (trust_->quorum == wire::Quorum::majority ? "over half" : "over two thirds") +
                    std::string(older_anchor));
}

Finding ClaimCheck::seal() {
    const auto seal = wire::decode_seal(claim_.seal);
    if (!seal) {
        return fail(seal.error().code, "the seal does not decode: " + seal.error().detail);
    }
    if (!trust_) return "a seal whose keys nothing vouches for: no anchor was given";
    const auto sealed = check_miner(header_->miner, seal->signature,
                                    wire::sealed_message(claim_.header, *seal), "the seal");
    if (!sealed) return base::pass(sealed);
    const auto approvals = count_approvals(*seal);
    if (!approvals) return base::pass(approvals);
    if (auto enough = check_quorum(*approvals); !enough) return base::pass(enough);
    std::string words = "sealed by a miner that the anchor names";
    if (*approvals > 0) {
        words += ", approved by " + std::to_string(*approvals) + " of the " +
                 std::to_string(active_miners()) + " that it has as active then";
    }
    return words;
}

/// Signatures are verified where the anchor names keys for them; the rest of the note always.
base::Result<witness::VerifiedCheckpoint> ClaimCheck::read_checkpoint() const {
    const auto note = witness::decode_note(claim_.checkpoint->note);
    if (!note) return base::pass(note);
    if (trust_ && !trust_->checkpoint_key.empty()) {
        const auto policy = witness::policy_of(*trust_, 0);
        if (!policy) return base::pass(policy);
        return witness::verify_checkpoint(*note, *policy);
    }
    const auto checkpoint = witness::decode_checkpoint(note->text);
    if (!checkpoint) return base::pass(checkpoint);
    if (checkpoint->origin != witness::origin_of(header_->chain_id)) {
        return fail(ErrorCode::wrong_chain, "the checkpoint is of another log");
    }
    const auto binding = witness::header_of(*checkpoint);
    if (!binding) return base::pass(binding);
    return witness::VerifiedCheckpoint{.origin = checkpoint->origin,
                                       .size = checkpoint->size,
                                       .root = {checkpoint->root},
                                       .header = *binding,
                                       .witnesses = {}};
}

base::Result<void> ClaimCheck::check_binding(const witness::VerifiedCheckpoint& found) const {
    if (found.size < header_->history_size) {
        return fail(ErrorCode::expired, "the checkpoint is older than the block");
    }
    std::vector<crypto::Digest32> path;
    path.reserve(claim_.checkpoint->path.size());
    for (const auto& hash : claim_.checkpoint->path) path.push_back(hash.bytes);
    if (!crypto::verify_merkle_consistency(header_->history_size, header_->history_root.bytes,
                                           found.size, found.root.bytes, path)) {
        return fail(ErrorCode::conflict,
                    "the checkpoint's history does not begin with the block's: another history, "
                    "or a path that does not fit");
    }
    const bool same_block = found.header.height == header_->height;
    if (same_block && found.header.hash != wire::hash_of_header(claim_.header)) {
        return fail(ErrorCode::conflict,
                    "the checkpoint names another block of this height: a fork");
    }
    if (same_block) return {};
    if (found.size == header_->history_size || found.header.height < header_->height) {
        return fail(ErrorCode::conflict, "the checkpoint's height does not fit its size: a fork");
    }
    if (!std::holds_alternative<wire::ProvenTransaction>(claim_.fact)) {
        return fail(ErrorCode::expired,
                    "the checkpoint names another block, so it vouches for the history alone and "
                    "not for the state that this receipt is about");
    }
    return {};
}

Finding ClaimCheck::checkpoint() {
    if (!claim_.checkpoint) return "no checkpoint is in the receipt";
    const auto found = read_checkpoint();
    if (!found) {
        return fail(found.error().code, "the checkpoint: " + found.error().detail);
    }
    if (auto bound = check_binding(*found); !bound) return base::pass(bound);
    witnesses_ = found->witnesses;
    if (!trust_ || trust_->checkpoint_key.empty()) {
        return "a checkpoint whose keys nothing vouches for";
    }
    if (witnesses_.empty()) return "a checkpoint that no witness of the anchor has cosigned";
    std::string words = "a checkpoint cosigned by ";
    for (const auto& one : witnesses_) {
        if (&one != &witnesses_.front()) words += ", ";
        words += one.name + " (" + words_of(one.time) + ")";
    }
    return words;
}

}  // namespace ledger
