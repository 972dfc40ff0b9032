// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "mqtt/transport.h"
#include "pda/batch_store.h"
#include "pda/pda_config.h"
#include "pda/relay.h"
#include "storage/key_value_store.h"

namespace pda {

/// Sums over all PDAs.
struct HubSummary {
    std::uint64_t pdas = 0;
    std::uint64_t connected = 0;
    std::uint64_t reach_cloud = 0;  ///< Have a session with the cloud server.
    std::uint64_t waiting = 0;      ///< Batches not yet known to their devices as delivered.
    RelayCounts counts;
    std::string last_error;  ///< The last trouble, e.g. a full disk; empty: none.
};

/// All PDAs of one process on one thread, each with a connection of its own (the broker's access
/// rules are per PDA), over one store: what one round of polling brought is written at once.
///
/// The configuration and the credentials are read again when their files change, so that a new
/// device is served and a revoked one cut off without a restart. A change that cannot be read
/// leaves everything as it was, is tried again, and shows in `last_error`.
class Hub {
public:
    struct Surroundings {  // all borrowed
        storage::KeyValueStore& store;
        mqtt::Network& network;
        const base::Clock& clock;
        base::Random& random;
    };
    /// `config`: a file of pda_config.h. Errors: those of the files, the credentials and the store.
    [[nodiscard]] static base::Result<std::unique_ptr<Hub>> open(
        const std::filesystem::path& config, const DeviceQueue::Limits& limits,
        const Surroundings& surroundings);
    ~Hub();

    /// One round: polls the network for at most `wait_max`, hands on, writes where it is time,
    /// tells.
    void step(std::chrono::milliseconds wait_max);
    /// What is in memory alone goes to disk, the rest of what is to be erased as well, and the
    /// connections are closed. Errors: those of the store.
    [[nodiscard]] base::Result<void> close();

    [[nodiscard]] HubSummary summary() const;
    /// The last trouble, e.g. a full disk; empty: none.
    [[nodiscard]] std::string last_error() const;

    /// How soon a changed file is noticed.
    static constexpr std::chrono::milliseconds look_every{500};
    /// Between two writes, at least: chosen by us, so that few of them serve many batches and leave
    /// the disk to others.
    static constexpr std::chrono::milliseconds write_every{100};

private:
    struct Member;
    struct FileState;
    Hub(std::filesystem::path config, const DeviceQueue::Limits& limits,
        const Surroundings& surroundings);
    [[nodiscard]] base::Result<void> reload();
    [[nodiscard]] base::Result<void> take(const PdaConfig& config);
    [[nodiscard]] base::Result<void> take(const PdaMember& wanted, const std::string& tenant);
    void write();

    std::filesystem::path config_file_;
    DeviceQueue::Limits limits_;
    Surroundings surroundings_;
    BatchStore store_;
    std::unique_ptr<FileState> config_state_;
    std::map<wire::DeviceId, std::unique_ptr<Member>> members_;
    base::TimePoint look_at_{};
    base::TimePoint write_at_{};
    base::TimePoint erase_at_{};
    std::string last_error_;
};

}  // namespace pda
