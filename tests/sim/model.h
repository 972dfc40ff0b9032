// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "draft.h"
#include "turns.h"
#include "wire/block.h"
#include "wire/ids.h"

namespace sim {

/// Accepted, or the reason why not.
using Verdict = std::optional<base::ErrorCode>;

/// The rules once more, as plain maps, written from docs/formats and not from the contracts: what
/// it expects of a transaction is what every replica must answer. A copy may be asked what would
/// be.
class Model {
public:
    struct Member {
        wire::Role role{};
        wire::PublicKeyBytes public_key;
        wire::Height valid_from = 0;
        wire::Height valid_until = 0;  ///< 0: no end.
        /// Before the last rotation, which took effect at `valid_from`.
        std::optional<wire::PublicKeyBytes> previous_key = {};
        wire::Height previous_from = 0;
        [[nodiscard]] bool valid_at(wire::Height height) const {
            return height >= valid_from && (valid_until == 0 || height < valid_until);
        }
    };
    struct Miner {
        wire::MinerStanding standing = wire::MinerStanding::active;
        std::optional<std::uint64_t> ended_round;  ///< In which it last ceased to be active.
    };
    struct Grant {
        wire::LedgerId patient;
        wire::LedgerId grantee;
        wire::Category category{};
        wire::Purpose purpose{};
        friend auto operator<=>(const Grant&, const Grant&) = default;
    };
    struct Consent {
        wire::Hash256 ref;
        base::TimePoint from;
        base::TimePoint until;
        wire::Height granted = 0;
        wire::Height revoked = 0;  ///< 0: stands.
        [[nodiscard]] bool stands_at(base::TimePoint time) const {
            return revoked == 0 && from <= time && time < until;
        }
    };
    struct Certified {
        wire::LedgerId by;
        wire::Height at = 0;
        wire::Height revoked = 0;  ///< 0: stands.
    };
    struct Sequences {
        std::uint64_t highest = 0;
        std::set<std::uint64_t> used;
    };

    /// `signing`: evidence in the ledger asks for real signatures.
    Model(const wire::Genesis& genesis, Signing signing);

    /// Which block is to be judged.
    struct Block {
        wire::Height height = 0;
        base::TimePoint time;
        std::uint32_t passed_over = 0;
        wire::LedgerId miner;
    };
    /// A block above what was finished begins. CHECKs that so many can be passed over.
    void begin(const Block& block);
    /// The verdict on the next transaction of the block; an accepted one takes effect. CHECKs that
    /// the draft is not damaged: of such a one nothing is known but that it is refused.
    Verdict take(const Draft& draft);
    [[nodiscard]] std::uint64_t accepted() const { return accepted_; }
    /// The block is committed.
    void finish(const wire::Hash256& header_ref);

    [[nodiscard]] wire::Height height() const { return height_; }
    [[nodiscard]] const std::map<wire::LedgerId, Member>& members() const { return members_; }
    [[nodiscard]] const std::map<Grant, Consent>& consents() const { return consents_; }
    [[nodiscard]] const std::map<wire::LedgerId, Sequences>& sequences() const {
        return sequences_;
    }
    [[nodiscard]] const std::vector<wire::Hash256>& header_refs() const { return header_refs_; }
    [[nodiscard]] const std::map<wire::LedgerId, Miner>& miners() const { return miners_; }
    /// The draft's evidence would be accepted, if it were sent now for the first time.
    [[nodiscard]] bool lacks_evidence(const Draft& draft) const;
    [[nodiscard]] const std::set<wire::ContentId>& destroyed() const { return destroyed_; }
    [[nodiscard]] const std::map<wire::Hash256, Certified>& certified() const { return certified_; }
    [[nodiscard]] const Turns& turns() const { return turns_; }
    /// Under which version of the rules the block at `height` is executed.
    [[nodiscard]] std::uint32_t version_at(wire::Height height) const {
        return next_version_ != 0 && height >= upgrade_height_ ? next_version_ : version_;
    }

private:
    [[nodiscard]] Verdict check_authentic(const Draft& draft) const;
    [[nodiscard]] Verdict check_sole_signer(const Draft& draft,
                                            std::optional<wire::Role> role) const;
    [[nodiscard]] Verdict check_form(const Draft& draft) const;
    [[nodiscard]] Verdict check_state(const Draft& draft) const;
    [[nodiscard]] Verdict check_report(const wire::Report& report, const Draft& draft) const;
    [[nodiscard]] Verdict check_report_signers(const wire::Report& report,
                                               const Draft& draft) const;
    [[nodiscard]] Verdict check(const wire::Enrol& action, const Draft& draft) const;
    [[nodiscard]] Verdict check(const wire::RotateKey& action, const Draft& draft) const;
    [[nodiscard]] Verdict check(const wire::RevokeKey& action, const Draft& draft) const;
    [[nodiscard]] Verdict check(const wire::GrantConsent& action, const Draft& draft) const;
    [[nodiscard]] Verdict check(const wire::RevokeConsent& action, const Draft& draft) const;
    [[nodiscard]] Verdict check(const wire::ChangeMining& action, const Draft& draft) const;
    [[nodiscard]] Verdict check(const wire::Evidence& action, const Draft& draft) const;
    [[nodiscard]] Verdict check(const wire::DestroyKey& action, const Draft& draft) const;
    [[nodiscard]] Verdict check(const wire::ScheduleUpgrade& action, const Draft& draft) const;
    [[nodiscard]] Verdict check(const wire::Certify& action, const Draft& draft) const;
    [[nodiscard]] Verdict check_standing(const wire::ChangeMining& action,
                                         const Draft& draft) const;
    [[nodiscard]] Verdict check_key(const wire::PublicKeyBytes& key) const;
    [[nodiscard]] std::size_t active_miners() const;
    [[nodiscard]] bool is_fresh(const wire::TransactionBody& body) const;
    void apply(const Draft& draft);
    void apply(const wire::Enrol& action);
    void apply(const wire::RotateKey& action, const wire::LedgerId& sender);
    void apply(const wire::RevokeKey& action);
    void apply(const wire::GrantConsent& action, const Draft& draft);
    void apply(const wire::RevokeConsent& action);
    void apply(const wire::ChangeMining& action);
    void apply(const wire::Evidence& action);
    void apply(const wire::ScheduleUpgrade& action);
    void apply(const wire::Certify& action, const wire::LedgerId& sender);
    void end_turns(const wire::LedgerId& miner, wire::MinerStanding standing);

    Signing signing_;
    std::string chain_id_;
    bool demo_ = false;
    wire::Height height_ = 0;  ///< Of the last finished block.
    base::TimePoint time_;     ///< Of the block that is being taken.
    std::map<wire::LedgerId, Member> members_;
    std::map<wire::LedgerId, Member> members_before_;  ///< As they stood before this block.
    std::map<wire::LedgerId, Sequences> sequences_;
    std::map<Grant, Consent> consents_;
    std::map<wire::Hash256, Grant> grants_by_ref_;
    std::set<wire::TxId> committed_;
    std::vector<wire::Hash256> header_refs_;
    std::set<wire::PublicKeyBytes> keys_;  ///< Every one that was ever registered.
    std::map<wire::LedgerId, Miner> miners_;
    std::set<std::pair<wire::LedgerId, wire::Height>> evidence_;
    std::set<wire::ContentId> destroyed_;
    std::map<wire::Hash256, Certified> certified_;
    std::uint32_t version_ = 1;
    std::uint32_t next_version_ = 0;
    wire::Height upgrade_height_ = 0;
    Turns turns_;
    Turns::Block block_;       ///< What this block does to the miners.
    std::uint64_t round_ = 0;  ///< Of this block's turn.
    std::uint64_t accepted_ = 0;
};

}  // namespace sim
