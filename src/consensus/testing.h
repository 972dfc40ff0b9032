// SPDX-License-Identifier: Apache-2.0
// Miners' nodes and a coordinator on one thread, for the tests of this folder and of those above.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "consensus/coordinator.h"
#include "consensus/miner_node.h"
#include "ledger/testing.h"
#include "storage/memory_store.h"

namespace consensus::testing {

using ledger::testing::Identity;
using ledger::testing::Person;

/// Signs as a person of the test does; engines own their signers.
class LentSigner final : public wire::Signer {
public:
    explicit LentSigner(Person person) : person_(std::move(person)) {}
    [[nodiscard]] wire::LedgerId id() const override { return person_->id(); }
    [[nodiscard]] base::Result<wire::SignatureBytes> sign(base::ByteView message) const override {
        return person_->sign(message);
    }

private:
    Person person_;
};

/// The people of a chain whose miners form a committee, and its genesis.
struct Founders {
    Founders(std::size_t miner_count, wire::ConsensusPolicy policy, std::uint64_t seed = 1) {
        base::SeededRandom random(seed);
        const auto person = [&](wire::Role role) {
            auto drawn = std::make_shared<Identity>(base::draw<wire::LedgerId>(random), role);
            genesis.members.push_back(drawn->member());
            return drawn;
        };
        genesis.chain_id = "salus-test";
        genesis.time = ledger::testing::Chain::start();
        genesis.policy = policy;
        admin = person(wire::Role::administrator);
        for (std::size_t i = 0; i < miner_count; ++i) miners.push_back(person(wire::Role::miner));
    }
    /// A transaction that the administrator signs.
    base::Bytes enrolment(std::uint64_t number) {
        base::SeededRandom random(1'000'000 + number);
        const Identity newcomer(base::draw<wire::LedgerId>(random), wire::Role::patient);
        return signed_by_admin(newcomer.enrolment());
    }
    base::Bytes signed_by_admin(wire::Action action) {
        const wire::TransactionBody body{.chain_id = genesis.chain_id,
                                         .sender = admin->id(),
                                         .sequence = ++sequence,
                                         .timestamp = genesis.time,
                                         .action = std::move(action)};
        auto envelope = ledger::testing::Chain::sign(body, {admin});
        return envelope;
    }

    wire::Genesis genesis;
    Person admin;
    std::vector<Person> miners;
    std::uint64_t sequence = 0;
};

/// A consent that is good up to `until`, for a chain that begins with these two.
struct ShortConsent {
    explicit ShortConsent(Founders& founders)
        : founders_(founders),
          patient(std::make_shared<Identity>(wire::LedgerId{{1}}, wire::Role::patient)),
          doctor(std::make_shared<Identity>(wire::LedgerId{{2}}, wire::Role::doctor)) {
        founders.genesis.members.push_back(patient->member());
        founders.genesis.members.push_back(doctor->member());
    }
    [[nodiscard]] base::Bytes until(base::TimePoint end) const {
        const wire::TransactionBody body{
            .chain_id = founders_.genesis.chain_id,
            .sender = patient->id(),
            .sequence = 1,
            .timestamp = founders_.genesis.time,
            .action = wire::GrantConsent{.grantee = doctor->id(),
                                         .category = wire::Category::vital_signs,
                                         .purpose = wire::Purpose::treatment,
                                         .from = founders_.genesis.time,
                                         .until = end,
                                         .token_key_hash = {}}};
        return ledger::testing::Chain::sign(body, {patient});
    }

private:
    Founders& founders_;
    Person patient;
    Person doctor;
};

/// One replica with what it stands on; survives its process in `store` and `notes`.
struct Site {
    explicit Site(const wire::Genesis& genesis) {
        open();
        CHECK(application->init_chain(genesis).has_value());
    }
    void open() {
        application.reset();
        auto opened = ledger::Application::open(store, *verifier);
        CHECK(opened.has_value());
        application = std::move(*opened);
    }
    storage::MemoryStore store;
    storage::MemoryStore notes;
    std::unique_ptr<crypto::SignatureVerifier> verifier = crypto::make_serial_verifier();
    std::unique_ptr<ledger::Application> application;
};

/// A miner's node with its key.
struct MinerSite : Site {
    MinerSite(const wire::Genesis& genesis, Person who) : Site(genesis), person(std::move(who)) {
        start();
    }
    /// As after a crash: only what is on disk is left.
    void restart() {
        node.reset();
        open();
        start();
    }
    void start() {
        auto opened = MinerNode::open(
            {.application = *application,
             .notes = notes,
             .verifier = *verifier,
             .signer = *person,
             .next_sequence = [this] { return base::Result<std::uint64_t>(++sequence); },
             .grind =
                 [](const Work& work) { return grind(work, 1'000'000, [] { return true; }); }});
        CHECK(opened.has_value());
        node = std::move(*opened);
    }
    Person person;
    std::unique_ptr<MinerNode> node;
    std::uint64_t sequence = 0;
    bool up = true;
};

/// Some miners of a chain and a coordinator that reaches them. Messages arrive at once and in
/// order, unless a test loses them.
class Committee {
public:
    Committee(Founders& founders, const std::vector<Person>& reached)
        : founders_(founders), own(founders.genesis) {
        for (const auto& person : reached) {
            miners.push_back(std::make_unique<MinerSite>(founders.genesis, person));
        }
        start_coordinator();
    }
    explicit Committee(Founders& founders) : Committee(founders, founders.miners) {}

    /// As after a crash of the process that closes heights.
    void start_coordinator() {
        coordinator.reset();
        own.open();
        std::vector<wire::LedgerId> ids;
        for (const auto& miner : miners) ids.push_back(miner->person->id());
        auto opened = Coordinator::open(
            {.application = *own.application, .verifier = *own.verifier}, ids, {});
        CHECK(opened.has_value());
        coordinator = std::move(*opened);
    }

    MinerSite& at(const wire::LedgerId& id) {
        const auto found =
            std::ranges::find_if(miners, [&](const auto& one) { return one->person->id() == id; });
        CHECK(found != miners.end());
        return **found;
    }

    /// Carries messages until nobody has one left.
    void carry() {
        for (auto out = coordinator->take_outgoing(); !out.empty();
             out = coordinator->take_outgoing()) {
            for (const auto& [to, request] : out) {
                auto& miner = at(to);
                if (!miner.up || (lose_request && lose_request(to, request))) continue;
                give(miner, retold ? retold(to, request) : request);
            }
        }
    }
    void give(MinerSite& miner, const Request& request) {
        const auto answers = miner.node->handle(request);
        CHECK(answers.has_value());
        for (const auto& answer : *answers) {
            if (lose_answer && lose_answer(miner.person->id(), answer)) continue;
            const auto handled = coordinator->handle(miner.person->id(), answer, now);
            CHECK(handled.has_value());
        }
    }
    /// Lets time pass up to the next thing to do.
    void step() {
        now = std::max(now, coordinator->next_tick());
        CHECK(coordinator->tick(now).has_value());
        carry();
    }
    /// Whether the height was closed within so many steps.
    bool close(std::vector<base::Bytes> transactions, int steps = 200) {
        const auto begun = coordinator->begin(std::move(transactions), now);
        CHECK(begun.has_value());
        carry();
        return finish(steps);
    }
    bool finish(int steps = 200) {
        for (; steps > 0 && !coordinator->idle(); --steps) step();
        return coordinator->idle();
    }
    /// Time for those who were behind to catch up.
    void settle() {
        for (int i = 0; i < 8; ++i) step();
    }
    bool mine(std::uint64_t number) { return close({founders_.enrolment(number)}); }

private:
    Founders& founders_;

public:
    Site own;
    std::vector<std::unique_ptr<MinerSite>> miners;
    std::unique_ptr<Coordinator> coordinator;
    base::TimePoint now = ledger::testing::Chain::start() + std::chrono::hours{1};
    std::function<bool(const wire::LedgerId&, const Request&)> lose_request;
    std::function<bool(const wire::LedgerId&, const Answer&)> lose_answer;
    /// What a miner that lies makes of a request before it obeys.
    std::function<Request(const wire::LedgerId&, Request)> retold;
};

}  // namespace consensus::testing
