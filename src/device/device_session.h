// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "askg/credentials.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "device/link.h"
#include "device/patient_clock.h"
#include "device/reading_source.h"
#include "mqtt/transport.h"
#include "wire/content.h"
#include "wire/ids.h"

namespace device {

/// Told what a device promised and was promised; for tests that kill processes. May be absent.
class SessionObserver {
public:
    virtual ~SessionObserver() = default;
    /// Before the record leaves. `session`: the receiver's name of the session; with `sequence` it
    /// names a nonce, so the two together never come twice.
    virtual void on_sealed(const wire::DeviceId& device, const keyagreement::Sid& session,
                           std::uint64_t sequence, std::uint64_t counter) = 0;
    /// Its PDA said that it has it on its disk.
    virtual void on_kept(const wire::DeviceId& device, std::uint64_t counter) = 0;
    /// The gateway has it on its disk.
    virtual void on_acknowledged(const wire::DeviceId& device, std::uint64_t counter) = 0;
};

struct SessionCounts {
    std::uint64_t batches_sent = 0;      ///< First sendings.
    std::uint64_t readings_sent = 0;     ///< In them.
    std::uint64_t resent = 0;            ///< Sealed anew because no acknowledgement came.
    std::uint64_t kept = 0;              ///< Batches that the PDA said it has on its disk.
    std::uint64_t acknowledged = 0;      ///< Batches that the gateway has on its disk.
    std::uint64_t handshakes = 0;        ///< Finished ones.
    std::uint64_t refused_frames = 0;    ///< That came and were nothing of the peer's.
    std::uint64_t refused_contents = 0;  ///< The peer's own, but nothing a device can be told.
};

/// One device: agrees on a session with its PDA (or, where it is sealed to the cloud, through the
/// PDA with the cloud server), seals what its source has due, sends it and resends it until the
/// gateway's acknowledgement comes in that session. The broker's acknowledgement counts for
/// nothing, and that a PDA keeps a batch only means that the device may go on.
///
/// A batch's counter is its index in the source plus one, so it is the same after kill -9. What is
/// kept on disk, in `<id>.progress`: the highest counter up to which everything is acknowledged,
/// written lazily, since losing it only means resending what the gateway knows as duplicates.
/// Sessions are not kept: a new process agrees on a new one.
/// One thread: that which polls the network.
class DeviceSession final : public mqtt::Listener {
public:
    struct Identity {
        askg::DeviceCredentials credentials;
        std::string tenant;
    };
    struct Options {
        std::filesystem::path folder;  ///< For the file above.
        PatientClock clock;
        /// Batches sent and neither kept nor acknowledged, at most.
        std::size_t window = 64;
        /// A simulated device that was off for longer does not make up for the readings of that
        /// time; nothing: it sends everything.
        std::optional<std::chrono::milliseconds> backlog_max;
        SessionObserver* observer = nullptr;  ///< Borrowed.
    };
    struct Surroundings {          // all borrowed
        const base::Clock& clock;  ///< The wall's: what handshakes state, whatever the patient's.
        base::Random& random;
    };

    /// Reads the file in `folder`. Errors: those of reading it; `not_found` if the device is sealed
    /// to the cloud and knows no cloud server.
    [[nodiscard]] static base::Result<std::unique_ptr<DeviceSession>> open(
        const Identity& identity, std::unique_ptr<ReadingSource> source, Options options,
        const Surroundings& surroundings);

    /// The connection to use; the session owns it and connects.
    void attach(std::unique_ptr<mqtt::MqttTransport> transport);
    void close();

    /// Sends what is due. Returns when it wants to be called next, by `clock`.
    /// Errors: those of writing the file; the session stays usable.
    [[nodiscard]] base::Result<base::TimePoint> tick();
    /// Everything there will ever be is acknowledged.
    [[nodiscard]] bool done() const;
    [[nodiscard]] const SessionCounts& counts() const { return counts_; }
    [[nodiscard]] std::uint64_t acknowledged_up_to() const { return acknowledged_up_to_; }
    /// Writes the progress file if it is behind. Errors: those of writing it.
    [[nodiscard]] base::Result<void> save_progress();

    void on_connected() override;
    void on_disconnected(std::string_view reason) override;
    void on_message(std::string_view topic, base::ByteView payload) override;

private:
    struct InFlight {
        base::TimePoint resend_at;
        std::uint32_t attempts = 0;
    };
    DeviceSession(const Identity& identity, Link link, std::unique_ptr<ReadingSource> source,
                  Options options, const base::Clock& clock);

    void send_frames(const keyagreement::Outcome& outcome);
    void follow(const keyagreement::Outcome& outcome);
    void take(const wire::Content& content);
    void take_acknowledged(const std::vector<std::uint64_t>& counters);
    void take_kept(const std::vector<std::uint64_t>& counters);
    [[nodiscard]] bool send(std::uint64_t counter, InFlight& flight);
    void resend_overdue(base::TimePoint now);
    void ask_for_kept(base::TimePoint now);
    void send_new(base::TimePoint now);
    void resend_at_once();
    [[nodiscard]] wire::ReadingBatch batch_of(std::uint64_t counter) const;
    [[nodiscard]] bool may_send_new() const;
    [[nodiscard]] bool has_batch(std::uint64_t counter) const;
    [[nodiscard]] base::TimePoint next_wake(base::TimePoint now) const;
    void skip_old(base::TimePoint now);
    void advance_acknowledged();

    wire::DeviceId id_;
    Link link_;
    std::unique_ptr<ReadingSource> source_;
    Options options_;
    const base::Clock& clock_;
    std::string up_topic_;
    std::string down_topic_;
    std::string started_topic_;  // of the peer
    /// Sent, and neither kept nor acknowledged; by counter.
    std::map<std::uint64_t, InFlight> in_flight_;
    /// On the PDA's disk, not yet on the gateway's.
    std::set<std::uint64_t> kept_;
    std::uint64_t watched_ = 0;  // the lowest kept when it was last looked at
    base::TimePoint ask_at_{};
    bool asking_ = false;           // the oldest kept ones were sent again
    bool found_delivered_ = false;  // and one of them turned out to be delivered
    std::chrono::milliseconds ask_interval_;
    std::uint64_t next_counter_ = 1;  // the first never sent since this start
    std::uint64_t acknowledged_up_to_ = 0;
    std::uint64_t saved_up_to_ = 0;
    base::TimePoint save_at_{};
    SessionCounts counts_;
    std::unique_ptr<mqtt::MqttTransport> transport_;  // last: its end calls nobody back
};

}  // namespace device
