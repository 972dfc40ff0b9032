// SPDX-License-Identifier: Apache-2.0
// What must hold in a committee.
#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "committee_world.h"
#include "crypto/hash.h"
#include "wire/transaction.h"

namespace sim {

using base::ErrorCode;

base::TimePoint CommitteeWorld::tip_time() const {
    return times_.back();
}

/// Whatever a replica has committed is what the first of them committed, at every height.
void CommitteeWorld::observe(Site& site) {
    const auto info = site.app->info();
    while (model_.height() < info.height) {
        const auto block = site.app->blocks().block(model_.height() + 1);
        require(block.has_value(), site.name + " lacks a block that it committed");
        learn(*block);
    }
    require(info.app_hash == hashes_.at(info.height),
            fmt::format("{} has another block at height {}", site.name, info.height));
    require(info.height >= site.acknowledged, site.name + " lost blocks");
    for (; site.acknowledged < info.height; ++site.acknowledged) {
        const auto block = site.app->blocks().block(site.acknowledged + 1);
        require(block.has_value(), site.name + " lacks a block that it committed");
        check_votes(*block);
    }
}

/// SHA-256d of header and nonce begins with as many zero bits as the policy says: no history here
/// is long enough for another target.
bool CommitteeWorld::has_worked(const wire::Block& block) const {
    auto bytes = block.header_bytes;
    base::append_u64(bytes, block.seal.nonce);
    const auto work = crypto::sha256(crypto::sha256(bytes));
    const auto bits = options_.policy.difficulty_bits;
    CHECK(bits <= 8 && model_.height() < options_.policy.retarget_blocks);
    return work[0] >> (8 - bits) == 0;
}

/// A block that some replica committed first: the model takes it.
void CommitteeWorld::learn(const wire::Block& block) {
    const auto& header = block.header;
    const auto& seal = block.seal;
    const auto turn = model_.turns().next(seal.passed_over);
    const bool works = options_.policy.engine == wire::EngineKind::proof_of_work;
    const auto active = model_.turns().active();
    const bool may = works ? std::ranges::find(active, header.miner) != active.end()
                           : turn && turn->miner == header.miner;
    require(turn && may && turn->round == seal.round, "a block was mined out of turn");
    require(!works || has_worked(block), "a block without its work");
    require(header.time >= tip_time() + seal.passed_over * options_.policy.turn_timeout,
            "a miner was passed over too early");
    require(seal.passed_over * options_.policy.turn_timeout <= now_ - decided_at_,
            "a miner was passed over that was not asked");
    require(header.time <= now_ + std::chrono::minutes{5}, "a block is dated ahead");
    decided_at_ = now_;
    voters_.push_back(voters_of_next());
    model_.begin({.height = header.height,
                  .time = header.time,
                  .passed_over = seal.passed_over,
                  .miner = header.miner});
    for (const auto& envelope : block.transactions) {
        const auto at = drafts_.find(envelope);
        require(at != drafts_.end(), "a block holds what nobody sent");
        require(!at->second->damaged, "a block holds a damaged transaction");
        const auto refused = model_.take(*at->second);
        require(!refused, fmt::format("a block holds what must be refused: {}",
                                      refused ? base::name_of(*refused) : ""));
        workload_.accepted(*at->second);
    }
    model_.finish(wire::header_ref(block.header_bytes));
    hashes_.push_back(wire::hash_of_header(block.header_bytes));
    times_.push_back(header.time);
    say(fmt::format("block {} by {} with {} transactions, {} passed over, attempt {}",
                    header.height, base::to_hex(header.miner.view()), block.transactions.size(),
                    seal.passed_over, seal.attempt));
}

CommitteeWorld::Voters CommitteeWorld::voters_of_next() const {
    Voters out;
    for (const auto& miner : model_.turns().active()) {
        out.keys[miner] = model_.members().at(miner).public_key;
    }
    const auto active = out.keys.size();
    const bool two_thirds = options_.policy.quorum == wire::Quorum::two_thirds;
    out.needed = two_thirds ? active * 2 / 3 + 1 : active / 2 + 1;
    return out;
}

/// The votes under a block, counted again: as many as the quorum asks for, of active miners, each
/// once, and each its own.
void CommitteeWorld::check_votes(const wire::Block& block) const {
    const auto& voters = voters_.at(block.header.height - 1);
    const auto message = wire::approval_message(block.header_bytes, block.seal);
    std::set<wire::LedgerId> counted;
    for (const auto& approval : block.seal.approvals) {
        const auto key = voters.keys.find(approval.miner);
        require(key != voters.keys.end(), "one who is no active miner approved");
        require(approval.signature == notary_.sign_bytes(workload_.index_of(key->second), message),
                "an approval is not its miner's");
        counted.insert(approval.miner);
    }
    require(counted.size() >= voters.needed,
            fmt::format("{} votes under a block that needs {}", counted.size(), voters.needed));
}

/// Nobody honest votes for two blocks at one attempt, nor approves two, whatever crashed between.
void CommitteeWorld::check_single_vote(const MinerSite& site, const consensus::Answer& answer) {
    const bool last = site.signer->id() == miners_.back()->signer->id();
    if (options_.two_faced && last) return;
    const auto note = [&](auto& book, std::uint32_t attempt, const consensus::BlockName& block) {
        const Moment moment{site.signer->id(), site.app->info().height + 1, attempt};
        const auto known = book.emplace(moment, block).first;
        require(known->second == block, site.name + " voted for two blocks at one attempt");
    };
    if (const auto* voted = std::get_if<consensus::Voted>(&answer)) {
        note(votes_, voted->attempt, voted->block);
    }
    if (const auto* approved = std::get_if<consensus::Approved>(&answer)) {
        note(approvals_, approved->attempt, approved->block);
    }
}

/// The member's key of today or of before that signed: whoever sends evidence may be behind, and
/// the liar may have another key by now.
wire::PublicKeyBytes CommitteeWorld::key_behind(const wire::LedgerId& id, base::ByteView message,
                                                const wire::SignatureBytes& signature) const {
    const auto& member = model_.members().at(id);
    const auto signs = [&](const wire::PublicKeyBytes& key) {
        return notary_.sign_bytes(workload_.index_of(key), message) == signature;
    };
    const bool before = member.previous_key && !signs(member.public_key);
    return before ? *member.previous_key : member.public_key;
}

/// What a node sends of its own accord.
DraftPtr CommitteeWorld::evidence_in(const base::Bytes& envelope) const {
    const auto tx = wire::decode_transaction(envelope);
    require(tx.has_value(), "a node sent what does not decode");
    const auto* evidence = std::get_if<wire::Evidence>(&tx->body.action);
    require(evidence != nullptr, "a node sent something else than evidence");
    const auto header = wire::decode_header(evidence->header_a);
    require(header.has_value(), "evidence does not decode");
    require(options_.two_faced && header->miner == miners_.back()->signer->id(),
            "an honest miner is accused");
    Draft draft{.body = tx->body,
                .hands = {},
                .envelope = envelope,
                .id = wire::id_of(*tx),
                .ref = wire::body_ref(tx->body_bytes)};
    for (const auto& signature : tx->signatures) {
        draft.hands.push_back(
            {.id = signature.signer,
             .public_key = key_behind(signature.signer, tx->body_bytes, signature.value)});
    }
    const auto seal = wire::decode_seal(evidence->seal_a);
    require(seal.has_value(), "evidence does not decode");
    draft.sealed_under =
        key_behind(header->miner, wire::sealed_message(evidence->header_a, *seal), seal->signature);
    return std::make_shared<const Draft>(std::move(draft));
}

bool CommitteeWorld::a_lie_stands() const {
    return std::ranges::any_of(charges_,
                               [&](const auto& draft) { return model_.lacks_evidence(*draft); });
}

bool CommitteeWorld::all_at_tip() const {
    return std::ranges::all_of(miners_, [&](const auto& site) {
        return site->app && site->app->info().height == model_.height();
    });
}

void CommitteeWorld::require_agreement() {
    require(all_at_tip(), "not everybody is at the tip");
    observe(own_);
    std::set<wire::HeaderHash> committed(hashes_.begin(), hashes_.end());
    for (const auto& site : miners_) {
        observe(*site);
        for (std::uint32_t absent = 0; absent <= model_.turns().passed_over_max(); ++absent) {
            const auto turn = site->app->next_turn(absent);
            const auto expected = model_.turns().next(absent);
            require(turn && turn->miner == expected->miner && turn->round == expected->round,
                    "the ledger and the search of the history name different miners");
        }
        const auto orphans = site->node->orphans().list();
        require(orphans.has_value(), "the orphans cannot be read");
        for (const auto& orphan : *orphans) {
            require(!committed.contains(orphan.header),
                    "a block of the chain is kept as an orphan");
        }
    }
    model_.turns().require_fair();
    say("agreed on " + base::to_hex(hashes_.back().view()));
}

}  // namespace sim
