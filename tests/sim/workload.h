// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/clock.h"
#include "dice.h"
#include "draft.h"
#include "model.h"
#include "wire/block.h"

namespace sim {

/// The people of a simulated hospital and what they send: mostly what is right, and each wrong kind
/// of it now and then.
class Workload {
public:
    struct Options {
        std::size_t miners = 3;
        bool demo = false;
        wire::ConsensusPolicy policy = {};
        std::uint32_t upgrade_to = 0;  ///< The version that may be scheduled; 0: none.
        bool miners_join = true;
    };
    /// Borrows `dice` and `notary`.
    Workload(Dice& dice, const Notary& notary, const Options& options);

    [[nodiscard]] const wire::Genesis& genesis() const { return genesis_; }
    static base::TimePoint start() { return base::from_unix_ms(1'767'225'600'000); }

    /// What is sent for one block at `now`, when `tip` is what is committed.
    [[nodiscard]] std::vector<DraftPtr> some(const Model& tip, base::TimePoint now);
    /// A transaction that must be accepted, whatever happened before.
    [[nodiscard]] DraftPtr fresh(base::TimePoint now);
    /// To be told of each accepted one, so that people know their new keys and consents.
    void accepted(const Draft& draft);

    /// The key that this person would sign with now.
    [[nodiscard]] std::size_t key_of(const wire::LedgerId& id) const { return keys_.at(id); }
    [[nodiscard]] const wire::PublicKeyBytes& public_key(std::size_t index) const {
        return notary_.ring().public_key(index);
    }
    [[nodiscard]] std::size_t index_of(const wire::PublicKeyBytes& key) const {
        return key_indexes_.at(key);
    }
    [[nodiscard]] std::uint64_t draw_sequence(const wire::LedgerId& sender) {
        return ++sequences_[sender];
    }
    [[nodiscard]] const std::vector<Person>& people(wire::Role role) const;

    // The pieces, for scenarios: people by hand, and what they send.
    Person draw(wire::Role role);
    [[nodiscard]] wire::TransactionBody body(const wire::LedgerId& sender, base::TimePoint now,
                                             wire::Action action);
    [[nodiscard]] DraftPtr signed_by(const wire::LedgerId& sender, base::TimePoint now,
                                     wire::Action action);
    [[nodiscard]] DraftPtr sign(wire::TransactionBody body,
                                const std::vector<wire::LedgerId>& signers);
    [[nodiscard]] wire::Enrol enrolment(const Person& person) const;
    [[nodiscard]] std::size_t draw_key();
    [[nodiscard]] wire::LedgerId administrator() const { return administrator_; }

private:
    using Make = void (Workload::*)();
    struct Kind {
        std::uint64_t weight;
        Make make;
    };
    static const std::vector<Kind>& kinds();

    void good_report();
    void bad_report();
    void report_batch();
    void replay();
    void damaged();
    void enrol();
    void bad_enrol();
    void rotate();
    void revoke_key();
    void grant();
    void bad_grant();
    void withdraw();
    void badly_signed();
    void change_mining();
    void evidence();
    void destroy_key();
    void certify();
    void upgrade();
    [[nodiscard]] wire::Header sealed_header(const wire::LedgerId& miner);

    void send(DraftPtr draft) { sent_.push_back(std::move(draft)); }
    [[nodiscard]] Person& any(wire::Role role);
    [[nodiscard]] Person& anybody();
    /// A report on a consent that is known, true in all its fields.
    [[nodiscard]] wire::Report report();
    void send_report(const wire::Report& report, std::vector<wire::LedgerId> signers);
    [[nodiscard]] wire::GrantConsent grant_to(const wire::LedgerId& grantee);
    [[nodiscard]] wire::LedgerId cloud_server();

    Dice& dice_;
    const Notary& notary_;
    wire::Genesis genesis_;
    wire::LedgerId administrator_;
    std::map<wire::Role, std::vector<Person>> people_;
    std::map<wire::LedgerId, std::size_t> keys_;
    std::map<wire::PublicKeyBytes, std::size_t> key_indexes_;
    std::map<wire::LedgerId, std::uint64_t> sequences_;
    std::size_t next_key_ = 0;
    std::uint32_t upgrade_to_ = 0;
    bool miners_join_ = true;
    std::vector<DraftPtr> sent_;    ///< Of the call of `some` that is running.
    std::vector<DraftPtr> past_;    ///< To be replayed.
    std::vector<DraftPtr> grants_;  ///< Accepted ones.
    const Model* tip_ = nullptr;    ///< During `some`.
    base::TimePoint now_;           ///< During `some`.
};

}  // namespace sim
