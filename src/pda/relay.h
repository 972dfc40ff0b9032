// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "askg/credentials.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "device/link.h"
#include "keyagreement/peer_table.h"
#include "keyagreement/server.h"
#include "mqtt/transport.h"
#include "pda/batch_store.h"
#include "pda/device_queue.h"
#include "pda/kept_seal.h"
#include "wire/content.h"
#include "wire/ids.h"

namespace pda {

/// What happened since the start of this process.
struct RelayCounts {
    std::uint64_t batches_received = 0;      ///< From devices, each once.
    std::uint64_t batches_repeated = 0;      ///< That were here already.
    std::uint64_t batches_forwarded = 0;     ///< To the gateway, each once.
    std::uint64_t batches_resent = 0;        ///< To the gateway, again.
    std::uint64_t batches_stored = 0;        ///< Written to disk, since the gateway was not there.
    std::uint64_t batches_acknowledged = 0;  ///< By the gateway.
    std::uint64_t records_forwarded = 0;
    std::uint64_t passed_on =
        0;  ///< Frames of devices that seal to the cloud, unopened, both ways.
    /// What was refused, by reason: keyagreement's names, and "other_device", "other_content",
    /// "full", "malformed", "stray_topic", "unexpected_content", "unknown_device"; and what the
    /// disk did: "store_failed", "store_unreadable".
    std::map<std::string, std::uint64_t> refusals;
};

/// One PDA: answers its devices' handshakes (profile 1), keeps one session with the cloud server
/// (profile 2), and hands batches on in order, several in a record. A device learns that a batch is
/// delivered from the gateway's acknowledgement alone, which the PDA passes on and only then
/// forgets the batch.
///
/// What the gateway does not acknowledge within `keep_after`, or at once while it is away, goes to
/// disk; the device is told so after that write (Kept). Until then the device has the batch itself,
/// so kill -9 at any moment loses nothing; and since (device, counter) is stored once at the
/// gateway, nothing is doubled by sending it again.
///
/// Frames of profile 2 from a device are passed on as they are, both ways: the PDA has no key.
/// One thread: that which polls the network.
class Relay final : public mqtt::Listener {
public:
    struct Setup {
        askg::PdaCredentials credentials;
        std::string tenant;
    };
    struct Surroundings {  // all borrowed
        BatchStore& store;
        const base::Clock& clock;
        base::Random& random;
    };

    /// Finds what `surroundings.store` has of this PDA. Errors: those of the store; `not_found` if
    /// the credentials name no cloud server.
    [[nodiscard]] static base::Result<std::unique_ptr<Relay>> open(
        const Setup& setup, DeviceQueue::Limits limits, const Surroundings& surroundings);

    /// The connection to use; the relay owns it and connects.
    void attach(std::unique_ptr<mqtt::MqttTransport> transport);
    void close();
    /// New credentials of the same PDA: devices come and go, a revoked one is cut off at once and
    /// what was kept of it is forgotten. Errors: `malformed` for another PDA or another key of its
    /// own, and those of `open`; then nothing changes.
    [[nodiscard]] base::Result<void> update(const Setup& setup);

    /// Hands on what is due.
    void work();
    /// Puts into the store what must be kept. After it the owner flushes the store and calls
    /// `flushed` with what the flush said.
    void keep();
    void flushed(const base::Result<void>& written);
    /// Tells devices what is kept and what is delivered.
    void tell();
    /// When it wants to be called next without anything coming in, but for `keep`.
    [[nodiscard]] base::TimePoint next_wake() const;
    /// When there is something to keep; nothing: never.
    [[nodiscard]] std::optional<base::TimePoint> next_keep() const;

    [[nodiscard]] const wire::DeviceId& id() const { return id_; }
    [[nodiscard]] const RelayCounts& counts() const { return counts_; }
    [[nodiscard]] bool connected() const { return transport_ && transport_->connected(); }
    /// Whether it has a session with the cloud server.
    [[nodiscard]] bool reaches_cloud() const { return connected() && link_.ready(); }
    /// Batches that the gateway has not acknowledged, or whose device does not know it yet.
    [[nodiscard]] std::size_t waiting() const;
    /// Why a batch could not be read or written, last; empty: never.
    [[nodiscard]] const std::string& last_error() const { return last_error_; }

    void on_connected() override;
    void on_disconnected(std::string_view reason) override;
    void on_message(std::string_view topic, base::ByteView payload) override;

    /// Chosen by us: a gateway that is there answers within tens of milliseconds, a busy one within
    /// hundreds; and a device that hears nothing sends again after 2 s.
    static constexpr std::chrono::milliseconds keep_after{750};
    /// What is told to a device waits this long for more of the same.
    static constexpr std::chrono::milliseconds tell_after{50};
    /// Counters in one record to a device, so that it fits into one datagram of any carrier.
    static constexpr std::size_t told_counters_max = 128;
    /// Devices whose frames are passed on unopened, at most.
    static constexpr std::size_t passed_devices_max = 64;

private:
    struct Device {
        wire::DeviceId id;
        std::string hex;
        std::string down_topic;
        DeviceQueue queue;
        base::TimePoint gateway_time{};
        std::optional<base::TimePoint> tell_at{};
        bool refused_for_room = false;  // since it was last told anything
        [[nodiscard]] bool is_owed_news() const {
            return refused_for_room || !queue.kept_due().empty() || !queue.acknowledged().empty();
        }
    };
    struct Record {  // one to the cloud, being filled
        wire::Relayed relayed;
        std::vector<std::pair<Device*, std::uint64_t>> from;  // and which of the device's it is
        std::size_t bytes = 1;
    };
    Relay(const Setup& setup, device::Link link, DeviceQueue::Limits limits,
          const Surroundings& surroundings);

    [[nodiscard]] base::Result<void> find_kept();
    void set_peers(const Setup& setup);
    void admit(const askg::DeviceEntry& entry, const Setup& setup);
    void cut_off(const wire::DeviceId& id);
    void refuse(std::string_view reason);
    void schedule(Device& device);

    void send_to_cloud(const keyagreement::Outcome& outcome);
    void follow_cloud(const keyagreement::Outcome& outcome);
    void take_acknowledgement(const wire::RelayedAcknowledgement& acknowledgement);
    void on_device_frame(std::string_view device_hex, base::ByteView frame);
    void take_content(Device& device, base::ByteView plaintext);
    void take_batch(Device& device, std::uint64_t counter, base::ByteView batch);
    void pass_up(std::string_view device_hex, base::ByteView frame);
    void pass_down(std::string_view device_hex, base::ByteView frame);

    void forward();
    [[nodiscard]] std::optional<base::Bytes> read(Device& device, std::uint64_t counter);
    [[nodiscard]] bool add_to(Record& record, Device& device, std::uint64_t counter);
    [[nodiscard]] bool send(Record& record);
    void tell(Device& device);
    [[nodiscard]] bool tell_acknowledged(Device& device, const keyagreement::Sid& session);
    [[nodiscard]] bool tell_kept(Device& device, const keyagreement::Sid& session);
    [[nodiscard]] bool say(Device& device, const keyagreement::Sid& session,
                           const wire::Content& content);

    wire::DeviceId id_;
    std::string hex_;
    std::string tenant_;
    keyagreement::PublicKey own_public_;
    DeviceQueue::Limits limits_;
    Surroundings surroundings_;
    KeptSeal kept_seal_;
    keyagreement::PeerTable peers_;
    std::unique_ptr<keyagreement::Server> server_;
    device::Link link_;
    std::string up_topic_;
    std::string down_topic_;
    std::map<wire::DeviceId, Device> devices_;
    std::set<std::string, std::less<>> passed_;  // devices that seal to the cloud, by name
    std::set<wire::DeviceId> refused_;           // revoked or gone
    std::vector<BatchKey> keeping_;              // put into the store, not yet flushed
    base::TimePoint keep_again_at_{};            // after a write that failed
    base::TimePoint server_tick_at_{};
    RelayCounts counts_;
    std::string last_error_;
    std::unique_ptr<mqtt::MqttTransport> transport_;  // last: its end calls nobody back
};

}  // namespace pda
