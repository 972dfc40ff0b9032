// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "gateway/attribution.h"
#include "gateway/refusal.h"
#include "identity/directory.h"
#include "identity/peers.h"
#include "keyagreement/message.h"
#include "keyagreement/server.h"
#include "mqtt/transport.h"
#include "series/series_store.h"
#include "wire/content.h"

namespace gateway {

/// A data record with the largest content; whatever is larger was not made by a client of ours.
inline constexpr std::size_t frame_bytes_max =
    wire::content_bytes_max + keyagreement::data_overhead_bytes;

/// What happened since the start of this process.
struct Counts {
    std::uint64_t frames_received = 0;
    std::uint64_t handshakes = 0;  ///< Completed.
    std::uint64_t sessions = 0;    ///< Now.
    std::uint64_t batches_accepted = 0;
    std::uint64_t readings_accepted = 0;  ///< On disk, each once.
    std::uint64_t duplicates = 0;         ///< Batches that were stored before; acknowledged again.
    /// Frames that found the queue, or their client's share of it, full; sent again later.
    std::uint64_t overload_dropped = 0;
    /// Records of a session that came after one of a newer session of the same peer: who holds the
    /// older one knows nothing of the newer, so one identity is used in two places.
    std::uint64_t identity_in_two_places = 0;
    std::uint64_t storage_failed = 0;  ///< Batches that could not be stored; sent again later.
    std::uint64_t acknowledgements_sent = 0;  ///< Records that hold some.
    /// Frames, or batches of those that a PDA joined in one, by reason; reasons that occurred.
    std::map<std::string, std::uint64_t> refusals;
};

struct Health {
    bool broker_connected = false;
    bool storage_writable = true;  ///< False from a failed write until one succeeds.
    std::string trouble;           ///< For people; empty when all is well.
    [[nodiscard]] bool good() const { return broker_connected && storage_writable; }
};

/// The cloud server's door. Frames come in from the broker: handshakes of PDAs, and of devices that
/// seal to the cloud (profile 2), are answered, data records opened, and what is in them appended
/// to the series in one synced write a group. Only what is on disk is acknowledged, sealed in the
/// session that it came by. A refused frame is counted with its reason and gets no answer.
///
/// `on_message` may be called from any one thread, the rest from any. The work, all cryptography
/// included, is done by `work_once`: by the thread that `start` starts, or by the caller.
class Gateway final : public mqtt::Listener {
public:
    /// How long a client that was suspended or revoked may still be heard, at most.
    static constexpr std::chrono::milliseconds refresh{200};

    struct Options {
        std::string tenant = "default";
        std::size_t queue_frames_max = 16'384;
        /// Of one client (its topic), so that one that sends faster than it is heard drops its own.
        std::size_t client_frames_max = 1'024;
        std::size_t group_frames_max = 512;  ///< In one synced write.
    };
    /// What it works on. Borrows all.
    struct Parts {
        const identity::Directory& directory;
        const identity::Peers& peers;
        series::SeriesStore& series;
        const base::Clock& clock;
        base::Random& random;
    };

    /// `server`: who it is to its clients; `profiles` must name profile 2 alone.
    Gateway(Parts parts, keyagreement::ServerSetup server, Options options);
    ~Gateway() override;

    /// Borrows `transport`, connects it and answers through it. Call once, before `start`.
    void attach(mqtt::MqttTransport& transport);
    void start();
    /// Works off what is queued, then ends the thread.
    void stop();

    /// Takes over what changed in the directory, then handles one group of frames, in the calling
    /// thread; says how many frames there were. Not at the same time as the thread of `start`.
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
    /// Who brought a batch, and so where its acknowledgement goes.
    struct Origin {
        wire::DeviceId client;
        keyagreement::Sid session;
        bool relayed = false;
    };
    /// The batches of a group of frames, each with its origin.
    struct Opened {
        std::vector<series::Arrival> arrivals;
        std::vector<Origin> origins;
    };
    /// What is owed to one session.
    struct Due {
        Origin origin;
        std::map<wire::DeviceId, std::vector<std::uint64_t>> counters;
    };
    /// The sessions in which a client was heard last.
    struct Heard {
        keyagreement::Sid newest;
        std::optional<keyagreement::Sid> before;
        std::optional<base::TimePoint> told;  ///< When it was last said that there are two.
    };
    void renew();
    void watch_for_doubles(const keyagreement::Received& record);
    [[nodiscard]] bool enqueue(std::string_view topic, base::ByteView payload,
                               base::TimePoint received);
    void refuse(std::string_view reason);
    void refuse(Refusal refusal) { refuse(name_of(refusal)); }
    void handle(const Frame& frame, Opened& out);
    void take(const keyagreement::Received& record, base::TimePoint received, Opened& out);
    void take_relayed(const wire::Relayed& relayed, Origin origin, base::TimePoint received,
                      Opened& out);
    void take_direct(wire::ReadingBatch batch, const Origin& origin, base::TimePoint received,
                     Opened& out);
    /// Takes what must not be acknowledged out of `opened`; false if nothing was stored.
    [[nodiscard]] bool store(Opened& opened);
    void count(const series::Arrival& arrival, series::Outcome outcome);
    void acknowledge(const Opened& opened);
    void send_due(const Due& due);
    void send(const Origin& to, const wire::Content& content);

    Parts parts_;
    Options options_;
    keyagreement::Server server_;
    Attribution attribution_;
    std::uint64_t peers_version_ = 0;
    base::TimePoint tick_at_{};
    std::map<wire::DeviceId, Heard> heard_;  // of peers that agreed on keys, so of enrolled ones
    mqtt::MqttTransport* transport_ = nullptr;

    std::mutex queue_mutex_;  // guards queue_ and waiting_
    std::condition_variable_any queue_filled_;
    std::deque<Frame> queue_;
    std::map<std::string, std::size_t, std::less<>> waiting_;  // frames in the queue, by topic

    mutable std::mutex state_mutex_;  // guards counts_ and health_
    Counts counts_;
    Health health_;
    std::jthread worker_;
};

}  // namespace gateway
