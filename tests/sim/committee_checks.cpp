// SPDX-License-Identifier: Apache-2.0
// What must hold in a committee.
#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "committee_world.h"
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

/// A block that some replica committed first: the model takes it.
void CommitteeWorld::learn(const wire::Block& block) {
    const auto& header = block.header;
    const auto& seal = block.seal;
    const auto turn = model_.turns().next(seal.passed_over);
    require(turn && turn->miner == header.miner && turn->round == seal.round,
            "a block was mined out of turn");
    require(header.time >= tip_time() + seal.passed_over * options_.policy.turn_timeout,
            "a miner was passed over too early");
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

/// Evidence that a node sends of its own accord.
void CommitteeWorld::note_submitted(const base::Bytes& envelope) {
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
        const auto& key = model_.members().at(signature.signer).public_key;
        draft.hands.push_back({.id = signature.signer, .public_key = key});
    }
    draft.sealed_under = model_.members().at(header->miner).public_key;
    pending_.push_back(std::make_shared<const Draft>(std::move(draft)));
    say("evidence is submitted");
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
