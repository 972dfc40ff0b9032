// SPDX-License-Identifier: Apache-2.0
#include "consensus/fairness.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "wire/transaction.h"

namespace consensus {

using base::ErrorCode;

namespace {

class Reading {
public:
    explicit Reading(const wire::Genesis& genesis) {
        report_.engine = genesis.policy.engine;
        for (const auto& member : genesis.members) {
            if (member.role == wire::Role::miner) join(member.id);
        }
    }

    base::Result<void> take(const wire::Block& block) {
        if (block.seal.round != round_) {
            close_round();
            round_ = block.seal.round;
        }
        report_.height = block.header.height;
        if (auto* const miner = find(block.header.miner)) {
            ++miner->blocks;
            // Authority: one that stands in for others does not have its own turn by that.
            const bool own_turn = report_.engine == wire::EngineKind::equal_opportunity ||
                                  block.seal.passed_over == 0;
            if (own_turn) ++standing_of(*miner).turns;
        }
        for (const auto& envelope : block.transactions) {
            const auto tx = wire::decode_transaction(envelope);
            if (!tx) return base::fail(ErrorCode::corrupted, tx.error().detail);
            std::visit([this](const auto& action) { follow(action); }, tx->body.action);
        }
        return {};
    }
    FairnessReport finish() { return std::move(report_); }

private:
    /// In the running round.
    struct Standing {
        std::uint64_t turns = 0;
        bool ended = false;  ///< It left, was suspended or lost its key.
    };

    FairnessReport::Miner* find(const wire::LedgerId& id) {
        const auto at = std::ranges::find(report_.miners, id, &FairnessReport::Miner::id);
        return at == report_.miners.end() ? nullptr : &*at;
    }
    Standing& standing_of(const FairnessReport::Miner& miner) {
        return standings_[static_cast<std::size_t>(&miner - report_.miners.data())];
    }
    void join(const wire::LedgerId& id) {
        report_.miners.push_back({.id = id, .active = true});
        standings_.emplace_back();
    }
    void end(const wire::LedgerId& id) {
        auto* const miner = find(id);
        if (miner == nullptr) return;
        miner->active = false;
        standing_of(*miner).ended = true;
    }
    [[nodiscard]] std::size_t active() const {
        return static_cast<std::size_t>(
            std::ranges::count(report_.miners, true, &FairnessReport::Miner::active));
    }

    void follow(const wire::Enrol& enrol) {
        if (enrol.role == wire::Role::miner) join(enrol.subject);
    }
    void follow(const wire::RevokeKey& revoked) { end(revoked.subject); }
    void follow(const wire::ChangeMining& change) {
        if (change.standing != wire::MinerStanding::active) {
            end(change.subject);
        } else if (auto* const miner = find(change.subject)) {
            miner->active = true;
        }
    }
    void follow(const wire::Evidence& evidence) {
        const auto header = wire::decode_header(evidence.header_a);
        if (header && active() > 1) end(header->miner);  // the last one is not suspended
    }
    template <class Other>
    void follow(const Other&) {}

    void name(std::vector<FairnessReport::Turn>& list, const wire::LedgerId& miner) const {
        if (list.size() == FairnessReport::named_max) list.erase(list.begin());
        list.push_back({.miner = miner, .round = round_});
    }
    void close_round() {
        if (report_.height == 0) return;
        ++report_.complete_rounds;
        for (std::size_t i = 0; i < standings_.size(); ++i) {
            auto& miner = report_.miners[i];
            if (standings_[i].turns > 1) name(report_.twice, miner.id);
            if (standings_[i].turns == 0 && miner.active && !standings_[i].ended) {
                ++miner.forfeits;
                name(report_.forfeited, miner.id);
            }
            standings_[i] = {};
        }
    }

    FairnessReport report_;
    std::vector<Standing> standings_;  ///< Of `report_.miners`, in the same order.
    std::uint64_t round_ = 0;
};

}  // namespace

base::Result<FairnessReport> fairness_of(
    const wire::Genesis& genesis, wire::Height height,
    const std::function<base::Result<wire::Block>(wire::Height)>& block) {
    Reading reading(genesis);
    for (wire::Height next = 1; next <= height; ++next) {
        const auto read = block(next);
        if (!read) return base::pass(read);
        if (auto taken = reading.take(*read); !taken) return base::pass(taken);
    }
    return reading.finish();
}

}  // namespace consensus
