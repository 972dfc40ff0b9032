// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "consensus/coordinator.h"
#include "consensus/miner_node.h"
#include "dice.h"
#include "disk.h"
#include "model.h"
#include "mutations.h"
#include "trace.h"
#include "workload.h"

namespace sim {

/// A miner's key, which follows its rotations as the miner's own replica knows them.
class MinerSigner final : public wire::Signer {
public:
    /// Borrows all.
    MinerSigner(wire::LedgerId id, const Notary& notary, const Workload& workload)
        : id_(id), notary_(notary), workload_(workload) {}
    [[nodiscard]] wire::LedgerId id() const override { return id_; }
    [[nodiscard]] base::Result<wire::SignatureBytes> sign(base::ByteView message) const override;
    /// The replica that is asked; nothing: not running.
    void follow(const ledger::Application* application) { application_ = application; }

private:
    wire::LedgerId id_;
    const Notary& notary_;
    const Workload& workload_;
    const ledger::Application* application_ = nullptr;
};

/// One process of a committee: the coordinator's, or a miner's.
struct Site {
    std::string name;
    Disk disk;
    std::unique_ptr<crypto::SignatureVerifier> verifier;
    std::unique_ptr<ledger::Application> app;
    wire::Height acknowledged = 0;
};
struct MinerSite : Site {
    std::unique_ptr<MinerSigner> signer;
    std::unique_ptr<consensus::MinerNode> node;
};

/// Miners' nodes and their coordinator over a network that delays, loses, repeats and reorders,
/// with crashes, partitions, one miner that may be two-faced: it runs twice under one key, and one
/// that may lie about what it cannot be caught with: when it is, and who was asked before it.
class CommitteeWorld {
public:
    struct Options {
        std::uint64_t seed = 1;
        Signing signing = Signing::fake;
        Mutation mutation = Mutation::none;
        std::size_t miners = 4;
        std::size_t heights = 6;  ///< Closed before the faults stop.
        bool two_faced = false;   ///< The last miner is.
        bool liar = false;        ///< The first miner lies about the time and who was absent.
        wire::ConsensusPolicy policy = {};
    };
    /// Borrows `ring` and `trace`.
    CommitteeWorld(const Options& options, const KeyRing& ring, Trace& trace);
    ~CommitteeWorld();

    /// A whole history: faults, then their end, then everybody must agree and go on. Throws
    /// Violation where a checker finds something.
    void run();

    // The pieces, for scenarios.
    /// Lets the network work until the height is closed, or so many events have passed.
    bool close(const std::vector<DraftPtr>& drafts, std::size_t events);
    /// Begins a height; carries nothing yet.
    void begin(std::vector<DraftPtr> drafts);
    void crash(std::size_t miner);
    void start(std::size_t miner);
    void crash_coordinator();
    void start_coordinator();
    /// Nothing passes between that miner and the coordinator.
    void cut_off(std::size_t miner, bool cut);
    void set_two_faced(bool on) { two_faced_now_ = on; }
    /// Everything up and connected; a fresh transaction must be committed by all.
    void heal();
    void require_agreement();
    [[nodiscard]] const Model& model() const { return model_; }
    [[nodiscard]] Workload& workload() { return workload_; }
    [[nodiscard]] base::TimePoint now() const { return now_; }
    [[nodiscard]] MinerSite& miner(std::size_t index) { return *miners_.at(index); }
    [[nodiscard]] wire::Height height() const { return model_.height(); }

private:
    /// How the network treats messages.
    struct Weather {
        std::uint64_t loss = 0;  ///< In 100.
        std::uint64_t repeat = 0;
        std::uint64_t tamper = 0;
        std::uint64_t delay_max_ms = 5;
    };
    using Event = std::function<void()>;

    void at(base::TimePoint when, Event event);
    /// The next event; false if there is none.
    bool pump();
    void some_fault();
    void begin_some();
    [[nodiscard]] bool start_site(Site& site);
    void start_miner(MinerSite& site);
    void bury(MinerSite& site);
    void tick();
    void flush();
    void carry(Event arrival);
    void deliver(std::size_t miner, const consensus::Request& request);
    void handle(MinerSite& site, std::size_t miner, const consensus::Request& request);
    void answered(std::size_t miner, const consensus::Answer& answer);
    void give_coordinator(std::size_t miner, const consensus::Answer& answer);
    [[nodiscard]] consensus::Request tampered(consensus::Request request);
    [[nodiscard]] consensus::Answer tampered(consensus::Answer answer);
    [[nodiscard]] consensus::SharedBlock spoiled(const consensus::SharedBlock& block);
    [[nodiscard]] consensus::Request other_face(const consensus::Request& request) const;
    [[nodiscard]] consensus::Request lied(consensus::Request request);
    void one_more_block();
    /// Evidence reached the coordinator, and the chain has none.
    [[nodiscard]] bool a_lie_stands() const;
    [[nodiscard]] consensus::Request as_carried(const consensus::Request& request) const;

    void observe(Site& site);
    void learn(const wire::Block& block);
    [[nodiscard]] bool has_worked(const wire::Block& block) const;
    /// Whose votes count for a block, with their keys, and how many it needs.
    struct Voters {
        std::map<wire::LedgerId, wire::PublicKeyBytes> keys;
        std::size_t needed = 0;
    };
    [[nodiscard]] Voters voters_of_next() const;
    void check_votes(const wire::Block& block) const;
    void check_single_vote(const MinerSite& site, const consensus::Answer& answer);
    [[nodiscard]] wire::PublicKeyBytes key_behind(const wire::LedgerId& id, base::ByteView message,
                                                  const wire::SignatureBytes& signature) const;
    [[nodiscard]] DraftPtr evidence_in(const base::Bytes& envelope) const;
    [[nodiscard]] bool is_forgiven(const MinerSite& site, const consensus::Answer& answer);
    [[nodiscard]] bool all_at_tip() const;
    [[nodiscard]] base::TimePoint tip_time() const;
    void say(std::string_view text) { trace_.line(text); }

    Options options_;
    Trace& trace_;
    Dice dice_;
    Notary notary_;
    Workload workload_;
    Model model_;
    Site own_;  ///< The coordinator's.
    std::unique_ptr<consensus::Coordinator> coordinator_;
    std::vector<std::unique_ptr<MinerSite>> miners_;
    std::unique_ptr<MinerSite> twin_;  ///< Of the last miner.
    bool two_faced_now_ = false;
    bool lying_now_ = false;
    std::set<std::size_t> cut_off_;
    Weather weather_;
    bool faults_ = false;
    base::TimePoint now_;
    std::map<std::pair<base::TimePoint, std::uint64_t>, Event> events_;
    std::uint64_t next_event_ = 0;
    bool tick_waits_ = false;
    std::vector<DraftPtr> pending_;           ///< Evidence that waits for a block.
    std::map<base::Bytes, DraftPtr> drafts_;  ///< By envelope.
    std::vector<wire::HeaderHash> hashes_;    ///< Of the decided blocks, from height 0.
    std::vector<base::TimePoint> times_;      ///< From height 0.
    base::TimePoint decided_at_;              ///< When the newest block was seen first.
    std::vector<DraftPtr> charges_;           ///< All evidence that reached the coordinator.
    std::set<std::tuple<std::string, wire::Height, wire::LedgerId>> told_;  ///< By whom, of whom.
    std::vector<Voters> voters_;                                            ///< From height 1.
    /// What honest miners voted for, and approved, at (miner, height, attempt).
    using Moment = std::tuple<wire::LedgerId, wire::Height, std::uint32_t>;
    std::map<Moment, consensus::BlockName> votes_;
    std::map<Moment, consensus::BlockName> approvals_;
};

}  // namespace sim
