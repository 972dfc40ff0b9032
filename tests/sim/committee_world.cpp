// SPDX-License-Identifier: Apache-2.0
// The processes and the network; committee_checks.cpp has what is looked at.
#include "committee_world.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "chain/queries.h"

namespace sim {

using std::chrono::milliseconds;

base::Result<wire::SignatureBytes> MinerSigner::sign(base::ByteView message) const {
    CHECK(application_ != nullptr);
    const auto raw = application_->query(chain::path::key, id_.view());
    if (!raw) return base::pass(raw);
    const auto key = chain::encoding::decode_key_view(*raw);
    if (!key) return base::pass(key);
    return notary_.sign_bytes(workload_.index_of(key->public_key), message);
}

CommitteeWorld::CommitteeWorld(const Options& options, const KeyRing& ring, Trace& trace)
    : options_(options),
      trace_(trace),
      dice_(options.seed),
      notary_(ring, options.signing),
      workload_(dice_, notary_,
                {.miners = options.miners,
                 .demo = false,
                 .policy = options.policy,
                 .miners_join = false}),
      model_(workload_.genesis(), options.signing),
      now_(Workload::start() + std::chrono::seconds{1}) {
    own_.name = "coordinator";
    own_.verifier = make_verifier(options.signing);
    const auto miner_site = [&](std::size_t index, const std::string& name) {
        auto site = std::make_unique<MinerSite>();
        site->name = name;
        site->verifier = make_verifier(options.signing);
        site->signer = std::make_unique<MinerSigner>(
            workload_.people(wire::Role::miner).at(index).id, notary_, workload_);
        return site;
    };
    for (std::size_t i = 0; i < options.miners; ++i) {
        miners_.push_back(miner_site(i, "m" + std::to_string(i)));
    }
    if (options.two_faced) twin_ = miner_site(options.miners - 1, "twin");
    hashes_.push_back(wire::hash_of(workload_.genesis()));
    times_.push_back(workload_.genesis().time);
    decided_at_ = now_;
    start_coordinator();
    for (const auto& site : miners_) start_miner(*site);
    if (twin_) start_miner(*twin_);
}

CommitteeWorld::~CommitteeWorld() = default;

void CommitteeWorld::at(base::TimePoint when, Event event) {
    events_.emplace(std::pair{std::max(when, now_), next_event_++}, std::move(event));
}

bool CommitteeWorld::pump() {
    if (!tick_waits_ && coordinator_) {
        tick_waits_ = true;
        // Never the same moment for ever: a coordinator that has nothing to do is asked again.
        at(std::max(coordinator_->next_tick(), now_ + milliseconds{1}), [this] { tick(); });
    }
    if (events_.empty()) return false;
    const auto first = events_.begin();
    now_ = first->first.first;
    const auto event = std::move(first->second);
    events_.erase(first);
    event();
    return true;
}

void CommitteeWorld::tick() {
    tick_waits_ = false;
    if (!coordinator_) return;
    const auto ticked = coordinator_->tick(now_);
    if (!ticked && !own_.disk.powered()) {
        crash_coordinator();
        return;
    }
    require(ticked.has_value(), "tick failed");
    flush();
}

/// False: the power failed on the way.
bool CommitteeWorld::start_site(Site& site) {
    site.app.reset();
    site.disk.start();
    auto opened = ledger::Application::open(site.disk, *site.verifier);
    require(opened.has_value(), site.name + " does not open");
    site.app = std::move(*opened);
    if (!site.app->initialised()) {
        require(site.acknowledged == 0, site.name + " lost its chain");
        const auto begun = site.app->init_chain(workload_.genesis());
        require(begun.has_value(), site.name + " does not begin");
    }
    require(site.app->info().height >= site.acknowledged, site.name + " lost blocks");
    say(fmt::format("{} starts at {}", site.name, site.app->info().height));
    observe(site);
    return true;
}

void CommitteeWorld::start_coordinator() {
    if (coordinator_ || !start_site(own_)) return;
    std::vector<wire::LedgerId> ids;
    for (const auto& site : miners_) ids.push_back(site->signer->id());
    auto opened = consensus::Coordinator::open(
        {.application = *own_.app, .verifier = *own_.verifier}, ids, {});
    require(opened.has_value(), "the coordinator does not open");
    coordinator_ = std::move(*opened);
}

void CommitteeWorld::crash_coordinator() {
    coordinator_.reset();
    own_.app.reset();
    own_.disk.fail_power();
    pending_.clear();
    say("coordinator crashes");
}

void CommitteeWorld::start_miner(MinerSite& site) {
    if (site.node || !start_site(site)) return;
    site.signer->follow(site.app.get());
    auto opened = consensus::MinerNode::open(
        {.application = *site.app,
         .notes = site.disk,
         .verifier = *site.verifier,
         .signer = *site.signer,
         .next_sequence =
             [this, id = site.signer->id()] {
                 return base::Result<std::uint64_t>(workload_.draw_sequence(id));
             },
         .grind =
             [](const consensus::Work& work) {
                 return consensus::grind(work, 1U << 16U, [] { return true; });
             }});
    if (!opened && !site.disk.powered()) {  // it writes when it forgets what became of an orphan
        bury(site);
        return;
    }
    require(opened.has_value(), site.name + "'s node does not open");
    site.node = std::move(*opened);
}

void CommitteeWorld::bury(MinerSite& site) {
    site.node.reset();
    site.signer->follow(nullptr);
    site.app.reset();
    site.disk.fail_power();
    say(site.name + " crashes");
}

void CommitteeWorld::crash(std::size_t miner) {
    bury(*miners_[miner]);
    if (twin_ && miner + 1 == miners_.size()) bury(*twin_);
}

void CommitteeWorld::start(std::size_t miner) {
    start_miner(*miners_[miner]);
    if (twin_ && miner + 1 == miners_.size()) start_miner(*twin_);
}

void CommitteeWorld::cut_off(std::size_t miner, bool cut) {
    if (cut) {
        cut_off_.insert(miner);
    } else {
        cut_off_.erase(miner);
    }
    say(fmt::format("m{} {}", miner, cut ? "is cut off" : "is reached again"));
}

/// One message on its way: lost, late, twice.
void CommitteeWorld::carry(Event arrival) {
    if (dice_.chance(weather_.loss, 100)) return;
    const auto delay = [&] { return milliseconds{dice_.between(1, weather_.delay_max_ms)}; };
    if (dice_.chance(weather_.repeat, 100)) at(now_ + delay(), arrival);
    at(now_ + delay(), std::move(arrival));
}

/// What the coordinator wants to send, and what it has committed.
void CommitteeWorld::flush() {
    observe(own_);
    (void)coordinator_->take_committed();
    for (const auto& envelope : coordinator_->take_submitted()) {
        charges_.push_back(evidence_in(envelope));
        const bool lost = two_faced_now_ && dice_.chance(1, 2);  // as when a queue is full
        if (!lost) pending_.push_back(charges_.back());
        say(lost ? "evidence is lost" : "evidence is submitted");
    }
    for (const auto& [to, request] : coordinator_->take_outgoing()) {
        const auto index = static_cast<std::size_t>(
            std::ranges::find_if(miners_,
                                 [&](const auto& one) { return one->signer->id() == to; }) -
            miners_.begin());
        if (cut_off_.contains(index)) continue;
        carry([this, index, carried = as_carried(request)] { deliver(index, carried); });
    }
}

/// A planted coordinator counts a vote that never arrived: the seal lacks it.
consensus::Request CommitteeWorld::as_carried(const consensus::Request& request) const {
    const auto* deliver = std::get_if<consensus::Deliver>(&request);
    if (options_.mutation != Mutation::lost_vote || deliver == nullptr) return request;
    auto block = *deliver->block;
    if (!block.seal.approvals.empty()) block.seal.approvals.pop_back();
    return consensus::Deliver{.block = std::make_shared<const wire::Block>(std::move(block))};
}

void CommitteeWorld::deliver(std::size_t miner, const consensus::Request& request) {
    auto& site = *miners_[miner];
    const bool tamper = dice_.chance(weather_.tamper, 100);
    const bool lies = lying_now_ && miner == 0;
    if (site.node) handle(site, miner, tamper ? tampered(request) : lies ? lied(request) : request);
    if (!twin_ || !twin_->node || miner + 1 != miners_.size()) return;
    // The other face keeps up with the chain always, and speaks only when it is let.
    const bool block = std::holds_alternative<consensus::Deliver>(request);
    if (block || two_faced_now_) handle(*twin_, miner, other_face(request));
}

/// The other face is given other transactions to propose.
consensus::Request CommitteeWorld::other_face(const consensus::Request& request) const {
    const auto* ask = std::get_if<consensus::AskProposal>(&request);
    if (ask == nullptr) return request;
    auto other = *ask;
    other.time += milliseconds{1};
    return other;
}

/// It obeys what it wishes it had been asked: a block of later, with the others passed over.
consensus::Request CommitteeWorld::lied(consensus::Request request) {
    auto* ask = std::get_if<consensus::AskProposal>(&request);
    if (ask == nullptr) return request;
    if (dice_.chance(1, 2)) {
        ask->time = std::max(ask->time, tip_time()) + std::chrono::seconds{dice_.between(1, 480)};
    }
    if (dice_.chance(1, 2)) {
        ask->passed_over += static_cast<std::uint32_t>(dice_.below(2 * miners_.size() + 1));
    }
    return request;
}

/// Planted: what was told once is never told again.
bool CommitteeWorld::is_forgiven(const MinerSite& site, const consensus::Answer& answer) {
    const auto* submitted = std::get_if<consensus::Submitted>(&answer);
    if (options_.mutation != Mutation::forgiven_lie || submitted == nullptr) return false;
    const auto tx = wire::decode_transaction(submitted->envelope);
    const auto header =
        wire::decode_header(std::get<wire::Evidence>(tx.value().body.action).header_a);
    return !told_.emplace(site.name, header.value().height, header.value().miner).second;
}

void CommitteeWorld::handle(MinerSite& site, std::size_t miner, const consensus::Request& request) {
    const auto answers = site.node->handle(request);
    if (!answers) {
        require(!site.disk.powered(), site.name + ": " + answers.error().detail);
        bury(site);
        return;
    }
    say(fmt::format("{} takes request {} and gives {} answers", site.name, request.index(),
                    answers->size()));
    observe(site);
    for (const auto& answer : *answers) {
        check_single_vote(site, answer);
        const bool place = std::holds_alternative<consensus::AtHeight>(answer) ||
                           std::holds_alternative<consensus::Delivered>(answer);
        if (cut_off_.contains(miner) || (place && &site == twin_.get())) continue;
        if (is_forgiven(site, answer)) continue;
        carry([this, miner, answer] { answered(miner, answer); });
    }
}

void CommitteeWorld::answered(std::size_t miner, const consensus::Answer& answer) {
    if (!coordinator_) return;
    const bool tamper = dice_.chance(weather_.tamper, 100);
    give_coordinator(miner, tamper ? tampered(answer) : answer);
}

void CommitteeWorld::give_coordinator(std::size_t miner, const consensus::Answer& answer) {
    const auto handled = coordinator_->handle(miners_[miner]->signer->id(), answer, now_);
    say(fmt::format("coordinator takes answer {} of m{}", answer.index(), miner));
    if (!handled && !own_.disk.powered()) {
        crash_coordinator();
        return;
    }
    require(handled.has_value(), "the coordinator fails");
    flush();
}

consensus::SharedBlock CommitteeWorld::spoiled(const consensus::SharedBlock& block) {
    auto other = *block;
    if (!other.seal.approvals.empty() && dice_.chance(1, 2)) {
        other.seal.approvals.front().signature.bytes[31] ^= 1;
    } else {
        other.seal.signature.bytes[31] ^= 1;
    }
    return std::make_shared<const wire::Block>(std::move(other));
}

consensus::Request CommitteeWorld::tampered(consensus::Request request) {
    if (auto* offer = std::get_if<consensus::Offer>(&request)) {
        offer->block = spoiled(offer->block);
    }
    if (auto* deliver = std::get_if<consensus::Deliver>(&request)) {
        deliver->block = spoiled(deliver->block);
    }
    if (auto* ask = std::get_if<consensus::AskApproval>(&request)) {
        auto& votes = ask->locked.certificate.votes;
        if (!votes.empty()) votes.front().signature.bytes[31] ^= 1;
    }
    return request;
}

consensus::Answer CommitteeWorld::tampered(consensus::Answer answer) {
    if (auto* proposed = std::get_if<consensus::Proposed>(&answer)) {
        proposed->block = spoiled(proposed->block);
    }
    if (auto* voted = std::get_if<consensus::Voted>(&answer)) voted->vote.signature.bytes[31] ^= 1;
    if (auto* approved = std::get_if<consensus::Approved>(&answer)) {
        approved->approval.signature.bytes[31] ^= 1;
    }
    return answer;
}

}  // namespace sim
