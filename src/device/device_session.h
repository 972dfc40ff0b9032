// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "crypto/aead.h"
#include "device/patient_clock.h"
#include "device/reading_source.h"
#include "mqtt/transport.h"
#include "storage/files.h"
#include "wire/frame.h"
#include "wire/ids.h"

namespace device {

/// Told what a session promised and was promised; for tests that kill processes. May be absent.
class SessionObserver {
public:
    virtual ~SessionObserver() = default;
    /// Before the frame leaves.
    virtual void on_sealed(const wire::DeviceId& device, std::uint64_t sequence,
                           std::uint64_t counter) = 0;
    /// `sequence`: of the gateway's acknowledgement that named the counter.
    virtual void on_acknowledged(const wire::DeviceId& device, std::uint64_t counter,
                                 std::uint64_t sequence) = 0;
};

struct SessionCounts {
    std::uint64_t batches_sent = 0;   ///< First sendings.
    std::uint64_t readings_sent = 0;  ///< In them.
    std::uint64_t resent = 0;         ///< Sealed anew because no acknowledgement came.
    std::uint64_t acknowledged = 0;   ///< Batches.
    std::uint64_t bad_acknowledgements = 0;
};

/// One device: seals what its source has due, sends it and resends it until the gateway's own
/// sealed acknowledgement comes. The broker's acknowledgement counts for nothing.
///
/// A batch's counter is its index in the source plus one, so it is the same after kill -9. What is
/// kept on disk, in `<id>.sequence`: frame sequences, reserved before use (a nonce is never used
/// twice); in `<id>.progress`: the highest counter up to which everything is acknowledged, written
/// lazily, since losing it only means resending what the gateway knows as duplicates.
/// One thread: that which polls the network.
class DeviceSession final : public mqtt::Listener {
public:
    struct Identity {
        wire::DeviceId id;
        base::Bytes frame_key;
        base::Bytes ack_key;
        std::string tenant;
    };
    struct Options {
        std::filesystem::path folder;  ///< For the two files above.
        PatientClock clock;
        /// Batches sent and not yet acknowledged, at most.
        std::size_t window = 64;
        /// A simulated device that was off for longer does not make up for the readings of that
        /// time; nothing: it sends everything.
        std::optional<std::chrono::milliseconds> backlog_max;
        SessionObserver* observer = nullptr;  ///< Borrowed.
    };

    /// Borrows `clock`. Reads the files in `folder`. Errors: those of reading them.
    [[nodiscard]] static base::Result<std::unique_ptr<DeviceSession>> open(
        Identity identity, std::unique_ptr<ReadingSource> source, Options options,
        const base::Clock& clock);

    /// The connection to use; the session owns it and connects.
    void attach(std::unique_ptr<mqtt::MqttTransport> transport);
    void close();

    /// Sends what is due. Returns when it wants to be called next, by `clock`.
    /// Errors: those of reserving sequences; the session stays usable.
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
    DeviceSession(Identity identity, std::unique_ptr<ReadingSource> source, Options options,
                  storage::SequenceRange sequences, const base::Clock& clock);

    [[nodiscard]] base::Result<bool> send(std::uint64_t counter, InFlight& flight);
    [[nodiscard]] base::Result<void> resend_overdue(base::TimePoint now);
    [[nodiscard]] base::Result<void> send_new(base::TimePoint now);
    [[nodiscard]] wire::ReadingBatch batch_of(std::uint64_t counter) const;
    [[nodiscard]] bool may_send_new() const;
    [[nodiscard]] bool has_batch(std::uint64_t counter) const;
    [[nodiscard]] base::TimePoint next_wake(base::TimePoint now) const;
    void skip_old(base::TimePoint now);
    void advance_acknowledged();

    Identity identity_;
    std::unique_ptr<ReadingSource> source_;
    Options options_;
    storage::SequenceRange sequences_;
    const base::Clock& clock_;
    crypto::Aes256Gcm frames_;
    crypto::Aes256Gcm acknowledgements_;
    std::string telemetry_topic_;
    std::string ack_topic_;
    std::map<std::uint64_t, InFlight> in_flight_;  // by counter
    std::uint64_t next_counter_ = 1;               // the first never sent since this start
    std::uint64_t acknowledged_up_to_ = 0;
    std::uint64_t saved_up_to_ = 0;
    base::TimePoint save_at_{};
    SessionCounts counts_;
    std::unique_ptr<mqtt::MqttTransport> transport_;  // last: its end calls nobody back
};

}  // namespace device
