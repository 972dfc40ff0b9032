// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "device/device_session.h"
#include "device/fleet_config.h"
#include "mqtt/transport.h"

namespace device {

struct FleetOptions {
    /// Holds the devices' credentials; keeps the start of the run and each device's progress.
    std::filesystem::path folder;
    std::uint32_t speed_milli = 1000;  ///< Patient milliseconds per second; at least 1000.
    /// Patient time of the run. Recordings end there at the latest. Simulated patients end there
    /// only if `endless` is false.
    std::chrono::milliseconds duration = default_duration;
    /// Recordings play whole unless told otherwise.
    bool cut_recordings = false;
    bool endless = false;  ///< Simulated patients go on at speed 1 after `duration`.
    std::size_t window = 64;
    SessionObserver* observer = nullptr;  ///< Borrowed; may be absent.

    static constexpr std::chrono::milliseconds default_duration{480'000};  // [0]: 480 s
};

struct FleetSummary {
    std::uint64_t devices = 0;
    std::uint64_t connected = 0;
    std::uint64_t devices_done = 0;
    std::uint64_t batches_sent = 0;
    std::uint64_t readings_sent = 0;  ///< Each once, however often it was resent in this run.
    std::uint64_t batches_acknowledged = 0;
    std::uint64_t resent = 0;
    std::uint64_t batches_kept = 0;    ///< Said to be on a PDA's disk.
    std::uint64_t handshakes = 0;      ///< Finished ones.
    std::uint64_t refused_frames = 0;  ///< That came and were nothing a device can be told.
    std::string last_error;            ///< The last trouble, e.g. a full disk; empty: none.
};

/// All devices of one process, each with a connection of its own (the broker's access rules are per
/// device), on one thread. A fleet that was killed goes on where it was: its start time is on disk.
class Fleet {
public:
    /// Borrows `network` and what is in `surroundings`. The first open of a folder fixes the start
    /// time, the speed and the length; later ones keep them, with a warning where they were asked
    /// to differ. Errors: those of files, credentials and recordings; `malformed` for a source that
    /// does not exist or a speed below 1.
    [[nodiscard]] static base::Result<std::unique_ptr<Fleet>> open(
        const FleetConfig& config, const FleetOptions& options, mqtt::Network& network,
        const DeviceSession::Surroundings& surroundings);
    ~Fleet();

    /// Until every device is done or `stop` is asked for; an endless fleet is never done.
    void run(const std::stop_token& stop);
    /// One round of `run`: sends what is due, then polls the network for at most `wait_max`.
    void step(std::chrono::milliseconds wait_max);
    [[nodiscard]] bool done() const;
    /// Closes the connections and writes each device's progress. Errors: the first that a file
    /// gave.
    [[nodiscard]] base::Result<void> close();

    [[nodiscard]] FleetSummary summary() const;
    [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

private:
    struct Member;
    Fleet(mqtt::Network& network, const base::Clock& clock);

    mqtt::Network& network_;
    const base::Clock& clock_;
    std::vector<Member> members_;
    std::vector<std::string> warnings_;
    std::string last_error_;
};

}  // namespace device
