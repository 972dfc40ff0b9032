// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "gateway/frame_opener.h"
#include "gateway/refusal.h"
#include "identity/directory.h"
#include "mqtt/transport.h"
#include "series/series_store.h"
#include "storage/files.h"

namespace gateway {

/// What happened since the start of this process.
struct Counts {
    std::uint64_t frames_received = 0;
    std::uint64_t batches_accepted = 0;
    std::uint64_t readings_accepted = 0;  ///< On disk, each once.
    std::uint64_t duplicates = 0;         ///< Batches that were stored before; acknowledged again.
    std::uint64_t overload_dropped = 0;   ///< Frames that found the queue full; sent again later.
    std::uint64_t storage_failed = 0;     ///< Frames that could not be stored; sent again later.
    std::uint64_t acknowledgements_sent = 0;
    std::map<std::string, std::uint64_t> refusals;  ///< Frames by reason; reasons that occurred.
};

struct Health {
    bool broker_connected = false;
    bool storage_writable = true;  ///< False from a failed write until one succeeds.
    std::string trouble;           ///< For people; empty when all is well.
    [[nodiscard]] bool good() const { return broker_connected && storage_writable; }
};

/// The cloud server's door. Frames come in from the broker, are opened and checked, and appended to
/// the series in one synced write a group; only what is on disk is acknowledged, under a seal of
/// its own. A refused frame is counted with its reason and gets no answer.
///
/// `on_message` may be called from any one thread, the rest from any. The work is done by
/// `work_once`: by the thread that `start` starts, or by the caller.
class Gateway final : public mqtt::Listener {
public:
    struct Options {
        std::string tenant = "default";
        std::size_t queue_frames_max = 16'384;
        std::size_t group_frames_max = 512;  ///< In one synced write.
    };
    /// What it works on. Borrows all; `acknowledgements` gives the sequences of the
    /// acknowledgements of all devices (each has a key of its own, so a shared sequence repeats no
    /// nonce).
    struct Parts {
        const identity::Directory& directory;
        series::SeriesStore& series;
        storage::SequenceRange& acknowledgements;
        const base::Clock& clock;
    };

    Gateway(Parts parts, Options options);
    ~Gateway() override;

    /// Borrows `transport`, connects it and answers through it. Call once, before `start`.
    void attach(mqtt::MqttTransport& transport);
    void start();
    /// Works off what is queued, then ends the thread.
    void stop();

    /// Handles one group of frames in the calling thread; says how many there were. Not at the same
    /// time as the thread of `start`.
    std::size_t work_once();

    [[nodiscard]] Counts counts() const;
    [[nodiscard]] Health health() const;

    void on_connected() override;
    void on_disconnected(std::string_view reason) override;
    void on_message(std::string_view topic, base::ByteView payload) override;

private:
    struct Frame {
        std::string topic;
        base::Bytes bytes;
        base::TimePoint received;
    };
    void refuse(Refusal refusal);
    [[nodiscard]] std::vector<series::Arrival> open_group(const std::vector<Frame>& group);
    void store_and_acknowledge(const std::vector<series::Arrival>& arrivals);
    void acknowledge(const std::vector<series::Arrival>& arrivals);
    void set_storage_trouble(std::string trouble);

    Parts parts_;
    Options options_;
    FrameOpener opener_;
    mqtt::MqttTransport* transport_ = nullptr;

    std::mutex queue_mutex_;  // guards queue_
    std::condition_variable_any queue_filled_;
    std::deque<Frame> queue_;

    mutable std::mutex state_mutex_;  // guards counts_ and health_
    Counts counts_;
    Health health_;
    std::jthread worker_;
};

}  // namespace gateway
