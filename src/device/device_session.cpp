// SPDX-License-Identifier: Apache-2.0
#include "device/device_session.h"

#include <algorithm>

#include "base/check.h"
#include "mqtt/topics.h"

namespace device {

using base::ErrorCode;
using base::fail;
using base::pass;
using namespace std::chrono_literals;

namespace {

// Chosen by us: an acknowledgement normally takes milliseconds; a gateway that restarts is back
// within seconds, and must not be met by a storm.
constexpr std::chrono::milliseconds resend_first = 2s;
constexpr std::chrono::milliseconds resend_max = 4s;
constexpr std::chrono::milliseconds save_interval = 5s;
/// One synced write a range; what a kill leaves unused is lost, of 2^64.
constexpr std::uint64_t sequence_range = 65'536;
/// Without anything due a session still looks at its timers this often.
constexpr std::chrono::milliseconds idle_wait = 1s;
constexpr std::size_t progress_bytes = 8;
constexpr std::uint64_t span_windows_max = 16;

std::filesystem::path file_of(const std::filesystem::path& folder, const wire::DeviceId& id,
                              std::string_view kind) {
    return folder / (base::to_hex(id.view()) + std::string(kind));
}

base::Result<std::uint64_t> read_progress(const std::filesystem::path& file) {
    const auto bytes = storage::read_file(file, progress_bytes);
    if (!bytes && bytes.error().code == ErrorCode::not_found) return std::uint64_t{0};
    if (!bytes) return pass(bytes);
    if (bytes->size() != progress_bytes) {
        return fail(ErrorCode::corrupted,
                    file.string() + " is not 8 bytes; delete it and the device resends everything");
    }
    return base::read_u64(*bytes);
}

std::chrono::milliseconds resend_delay(std::uint32_t attempts) {
    const std::uint32_t doublings = std::min<std::uint32_t>(attempts, 8);
    return std::min(resend_first * (1U << doublings), resend_max);
}

}  // namespace

DeviceSession::DeviceSession(Identity identity, std::unique_ptr<ReadingSource> source,
                             Options options, storage::SequenceRange sequences,
                             const base::Clock& clock)
    : identity_(std::move(identity)),
      source_(std::move(source)),
      options_(std::move(options)),
      sequences_(std::move(sequences)),
      clock_(clock),
      frames_(identity_.frame_key),
      acknowledgements_(identity_.ack_key) {
    const std::string device = base::to_hex(identity_.id.view());
    telemetry_topic_ = mqtt::telemetry_topic(identity_.tenant, device);
    ack_topic_ = mqtt::acknowledgement_topic(identity_.tenant, device);
}

base::Result<std::unique_ptr<DeviceSession>> DeviceSession::open(
    Identity identity, std::unique_ptr<ReadingSource> source, Options options,
    const base::Clock& clock) {
    CHECK(source != nullptr);
    CHECK(options.window > 0);
    constexpr std::size_t key_bytes = crypto::Aes256Gcm::key_bytes;
    if (identity.frame_key.size() != key_bytes || identity.ack_key.size() != key_bytes) {
        return fail(ErrorCode::malformed, "a device's keys have 32 bytes each");
    }
    auto sequences = storage::SequenceRange::open(file_of(options.folder, identity.id, ".sequence"),
                                                  1, sequence_range);
    if (!sequences) return pass(sequences);
    const auto progress = read_progress(file_of(options.folder, identity.id, ".progress"));
    if (!progress) return pass(progress);

    std::unique_ptr<DeviceSession> session(new DeviceSession(
        std::move(identity), std::move(source), std::move(options), std::move(*sequences), clock));
    session->acknowledged_up_to_ = *progress;
    session->saved_up_to_ = *progress;
    session->next_counter_ = *progress + 1;
    session->skip_old(clock.now());
    return session;
}

/// A device that was off makes up for `backlog_max` at most; older counters are never used.
void DeviceSession::skip_old(base::TimePoint now) {
    if (!options_.backlog_max) return;
    const auto oldest = options_.clock.offset_at(now) - *options_.backlog_max;
    const std::uint64_t first = source_->first_at(oldest) + 1;
    if (first <= next_counter_) return;
    next_counter_ = first;
    acknowledged_up_to_ = first - 1;
}

void DeviceSession::attach(std::unique_ptr<mqtt::MqttTransport> transport) {
    transport_ = std::move(transport);
    transport_->connect(*this);
}

void DeviceSession::close() {
    if (transport_) transport_->disconnect();
}

bool DeviceSession::has_batch(std::uint64_t counter) const {
    const auto count = source_->batch_count();
    return !count || counter <= *count;
}

bool DeviceSession::done() const {
    return in_flight_.empty() && !has_batch(next_counter_);
}

wire::ReadingBatch DeviceSession::batch_of(std::uint64_t counter) const {
    const std::uint64_t index = counter - 1;
    const auto offset = source_->offset_of(index);
    wire::ReadingBatch batch;
    batch.counter = counter;
    batch.clock = options_.clock.patient_at(offset);
    batch.speed_milli = options_.clock.speed_milli_at(offset);
    batch.readings = source_->readings(index, batch.clock);
    if (source_->batch_count() == counter) batch.status = wire::DeviceStatus::finished;
    return batch;
}

/// False: the transport does not take it now, and nothing was sent.
base::Result<bool> DeviceSession::send(std::uint64_t counter, InFlight& flight) {
    const auto sequence = sequences_.next();
    if (!sequence) return pass(sequence);
    if (options_.observer != nullptr)
        options_.observer->on_sealed(identity_.id, *sequence, counter);
    const wire::ReadingBatch batch = batch_of(counter);
    base::Bytes frame = wire::encode({wire::FrameType::readings, identity_.id, *sequence});
    const base::Bytes sealed =
        frames_.seal(crypto::nonce_of(*sequence), frame, wire::encode(batch));
    base::append(frame, sealed);
    CHECK(frame.size() <= wire::frame_bytes_max);
    if (!transport_->publish(telemetry_topic_, std::move(frame))) return false;

    if (flight.attempts == 0) {
        ++counts_.batches_sent;
        counts_.readings_sent += batch.readings.size();
    } else {
        ++counts_.resent;
    }
    flight.resend_at = clock_.now() + resend_delay(flight.attempts);
    ++flight.attempts;
    return true;
}

base::Result<void> DeviceSession::resend_overdue(base::TimePoint now) {
    for (auto& [counter, flight] : in_flight_) {
        // A clock that was set back must not hold a reading back for as long.
        const bool clock_went_back = flight.resend_at > now + resend_max;
        if (flight.resend_at > now && !clock_went_back) continue;
        const auto sent = send(counter, flight);
        if (!sent) return pass(sent);
        if (!*sent) break;
    }
    return {};
}

/// The window bounds what is under way, and how far one lost batch may fall behind the others: all
/// after it would be sent again after a kill.
bool DeviceSession::may_send_new() const {
    if (!has_batch(next_counter_)) return false;
    if (in_flight_.empty()) return true;
    // The last batch says that all is over, so it waits until all before it is acknowledged.
    if (source_->batch_count() == next_counter_) return false;
    return in_flight_.size() < options_.window &&
           next_counter_ - in_flight_.begin()->first < span_windows_max * options_.window;
}

base::Result<void> DeviceSession::send_new(base::TimePoint now) {
    while (may_send_new()) {
        if (options_.clock.wall_at(source_->offset_of(next_counter_ - 1)) > now) break;
        InFlight flight;
        const auto sent = send(next_counter_, flight);
        if (!sent) return pass(sent);
        if (!*sent) break;
        in_flight_.emplace(next_counter_, flight);
        ++next_counter_;
    }
    return {};
}

base::Result<base::TimePoint> DeviceSession::tick() {
    const base::TimePoint now = clock_.now();
    if (transport_ && transport_->connected()) {
        if (auto sent = resend_overdue(now); !sent) return pass(sent);
        if (auto sent = send_new(now); !sent) return pass(sent);
    }
    const bool save_due = save_at_ <= now || save_at_ > now + save_interval;
    if (saved_up_to_ != acknowledged_up_to_ && (done() || save_due)) {
        if (auto saved = save_progress(); !saved) return pass(saved);
        save_at_ = now + save_interval;
    }
    return next_wake(now);
}

base::TimePoint DeviceSession::next_wake(base::TimePoint now) const {
    base::TimePoint wake = now + idle_wait;
    if (!transport_ || !transport_->connected()) return wake;
    for (const auto& [counter, flight] : in_flight_) wake = std::min(wake, flight.resend_at);
    if (may_send_new()) {
        wake = std::min(wake, options_.clock.wall_at(source_->offset_of(next_counter_ - 1)));
    }
    return wake;
}

base::Result<void> DeviceSession::save_progress() {
    if (saved_up_to_ == acknowledged_up_to_) return {};
    base::Bytes bytes;
    base::append_u64(bytes, acknowledged_up_to_);
    auto written =
        storage::write_file_synced(file_of(options_.folder, identity_.id, ".progress"), bytes);
    if (written) saved_up_to_ = acknowledged_up_to_;
    return written;
}

void DeviceSession::on_connected() {
    // A failure means that the connection is lost already: then this is called again.
    if (!transport_->subscribe(ack_topic_)) return;
    // What was under way on the old connection is probably lost; that is no sign of a busy gateway.
    for (auto& [counter, flight] : in_flight_) {
        flight.resend_at = base::TimePoint{};
        flight.attempts = std::min(flight.attempts, 1U);
    }
}

void DeviceSession::on_disconnected(std::string_view) {}

void DeviceSession::on_message(std::string_view, base::ByteView payload) {
    const auto header = wire::decode_frame_header(payload);
    if (!header || header->type != wire::FrameType::acknowledgement ||
        header->device != identity_.id) {
        ++counts_.bad_acknowledgements;
        return;
    }
    const auto plaintext = acknowledgements_.open(crypto::nonce_of(header->sequence),
                                                  payload.first(wire::frame_header_bytes),
                                                  payload.subspan(wire::frame_header_bytes));
    if (!plaintext) {
        ++counts_.bad_acknowledgements;
        return;
    }
    const auto acknowledgement = wire::decode_acknowledgement(*plaintext);
    if (!acknowledgement) {
        ++counts_.bad_acknowledgements;
        return;
    }
    // An old acknowledgement sent again is harmless: its counters are on disk for good.
    for (const std::uint64_t counter : acknowledgement->counters) {
        if (in_flight_.erase(counter) == 0) continue;
        ++counts_.acknowledged;
        if (options_.observer != nullptr) {
            options_.observer->on_acknowledged(identity_.id, counter, header->sequence);
        }
    }
    advance_acknowledged();
}

void DeviceSession::advance_acknowledged() {
    acknowledged_up_to_ = in_flight_.empty() ? next_counter_ - 1 : in_flight_.begin()->first - 1;
}

}  // namespace device
