// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "disk.h"
#include "draft.h"
#include "keys.h"
#include "ledger/application.h"
#include "mutations.h"

namespace sim {

/// One replica of the production code: its disk outlives a crash, nothing else does.
class Replica {
public:
    Replica(std::size_t index, Signing signing, Mutation mutation);

    /// Power on, and the application opened on what the disk holds. Throws Violation if it cannot
    /// be: a disk that lost its power must always do.
    void start();
    /// The power fails now.
    void crash();
    /// A new machine: nothing of the old disk is left.
    void wipe();
    [[nodiscard]] bool running() const { return app_ != nullptr; }
    /// After a call that the disk's end interrupted: the process is gone with it.
    void bury() { app_.reset(); }

    [[nodiscard]] ledger::Application& app() { return *app_; }
    [[nodiscard]] Disk& disk() { return *disk_; }
    [[nodiscard]] std::size_t index() const { return index_; }
    [[nodiscard]] const std::string& name() const { return name_; }

    /// Whatever a mutation does to what this replica is given to execute.
    [[nodiscard]] ledger::Candidate as_seen(ledger::Candidate candidate) const;

    // How far it is along the decided chain; the engine's knowledge, which is on the engine's disk.
    std::size_t applied = 0;        ///< Entries of the decided chain that it has executed.
    bool finalized = false;         ///< The next one waits for its commit.
    wire::Height acknowledged = 0;  ///< The highest block whose commit was answered.
    /// Below this height it may know nothing: it was pruned, or began with a snapshot.
    wire::Height first_known = 0;
    bool restored = false;             ///< It began with a snapshot: its pages lie elsewhere.
    bool plain = true;                 ///< Its disk holds nothing but what blocks wrote.
    std::uint32_t newest_version = 1;  ///< Of the rules that its program knows.
    std::vector<DraftPtr> pool;        ///< Passed check_tx; to be rechecked.

private:
    std::size_t index_;
    std::string name_;
    Mutation mutation_;
    std::unique_ptr<Disk> disk_;
    std::unique_ptr<crypto::SignatureVerifier> verifier_;
    std::unique_ptr<ledger::Application> app_;
};

}  // namespace sim
