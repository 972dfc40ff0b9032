// SPDX-License-Identifier: Apache-2.0
#include "device/device_session.h"

#include <algorithm>

#include "base/check.h"
#include "device/agreement.h"
#include "keyagreement/message.h"
#include "mqtt/topics.h"
#include "storage/files.h"

namespace device {

using base::ErrorCode;
using base::fail;
using base::pass;
using keyagreement::Outcome;
using mqtt::Direction;
using namespace std::chrono_literals;

namespace {

// Chosen by us: an acknowledgement normally takes milliseconds; a gateway that restarts is back
// within seconds, and must not be met by a storm.
constexpr std::chrono::milliseconds resend_first = 2s;
constexpr std::chrono::milliseconds resend_max = 4s;
constexpr std::chrono::milliseconds save_interval = 5s;
/// An acknowledgement may get lost between PDA and device. So where the oldest batch that the PDA
/// keeps stays the same, the device sends it again; the more rarely, the longer nothing moves.
constexpr std::chrono::milliseconds ask_first = 15s;
constexpr std::chrono::milliseconds ask_max = 4min;
/// Without anything due a session still looks at its timers this often.
constexpr std::chrono::milliseconds idle_wait = 1s;
constexpr std::size_t progress_bytes = 8;
constexpr std::uint64_t span_windows_max = 16;

std::filesystem::path progress_file(const std::filesystem::path& folder, const wire::DeviceId& id) {
    return folder / (base::to_hex(id.view()) + ".progress");
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

DeviceSession::DeviceSession(const Identity& identity, Link link,
                             std::unique_ptr<ReadingSource> source, Options options,
                             const base::Clock& clock)
    : id_(identity.credentials.grant.id),
      link_(std::move(link)),
      source_(std::move(source)),
      options_(std::move(options)),
      clock_(clock),
      ask_interval_(ask_first) {
    const auto& grant = identity.credentials.grant;
    const std::string device = base::to_hex(grant.id.view());
    const std::string pda = base::to_hex(grant.pda.view());
    up_topic_ = mqtt::pda_topic(identity.tenant, pda, device, Direction::up);
    down_topic_ = mqtt::pda_topic(identity.tenant, pda, device, Direction::down);
    started_topic_ = grant.sealed_to_cloud ? mqtt::started_topic(identity.tenant)
                                           : mqtt::pda_started_topic(identity.tenant, pda);
}

base::Result<std::unique_ptr<DeviceSession>> DeviceSession::open(
    const Identity& identity, std::unique_ptr<ReadingSource> source, Options options,
    const Surroundings& surroundings) {
    CHECK(source != nullptr);
    CHECK(options.window > 0);
    const auto& credentials = identity.credentials;
    auto setup = credentials.grant.sealed_to_cloud ? setup_with_cloud(cloud_initiator(credentials))
                                                   : setup_with_pda(credentials);
    if (!setup) return pass(setup);
    const auto progress = read_progress(progress_file(options.folder, credentials.grant.id));
    if (!progress) return pass(progress);

    std::unique_ptr<DeviceSession> session(
        new DeviceSession(identity, Link(std::move(*setup), surroundings.random), std::move(source),
                          std::move(options), surroundings.clock));
    session->acknowledged_up_to_ = *progress;
    session->saved_up_to_ = *progress;
    session->next_counter_ = *progress + 1;
    session->skip_old(surroundings.clock.now());
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
    return in_flight_.empty() && kept_.empty() && !has_batch(next_counter_);
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

/// False: neither session nor transport takes it now, and nothing was sent.
bool DeviceSession::send(std::uint64_t counter, InFlight& flight) {
    const base::TimePoint now = clock_.now();
    const wire::ReadingBatch batch = batch_of(counter);
    auto frame = link_.seal(wire::encode_content(batch), now);
    if (!frame) return false;
    if (options_.observer != nullptr) {
        const auto header = keyagreement::decode_data_header(*frame);
        CHECK(header);
        options_.observer->on_sealed(id_, header->receiver, header->sequence, counter);
    }
    if (!transport_->publish(up_topic_, std::move(*frame))) return false;

    if (flight.attempts == 0) {
        ++counts_.batches_sent;
        counts_.readings_sent += batch.readings.size();
    } else {
        ++counts_.resent;
    }
    flight.resend_at = now + resend_delay(flight.attempts);
    ++flight.attempts;
    return true;
}

void DeviceSession::resend_overdue(base::TimePoint now) {
    for (auto& [counter, flight] : in_flight_) {
        // A clock that was set back must not hold a reading back for as long.
        const bool clock_went_back = flight.resend_at > now + resend_max;
        if (flight.resend_at > now && !clock_went_back) continue;
        if (!send(counter, flight)) break;
    }
}

/// Puts the oldest of what the PDA keeps among what is to be sent again, where it did not move.
void DeviceSession::ask_for_kept(base::TimePoint now) {
    if (kept_.empty()) return;
    if (ask_at_ > now && ask_at_ <= now + ask_max) return;
    const bool moved = !found_delivered_ && *kept_.begin() != watched_;
    watched_ = *kept_.begin();
    ask_interval_ = moved || found_delivered_ ? ask_first : std::min(ask_interval_ * 2, ask_max);
    ask_at_ = now + ask_interval_;
    found_delivered_ = false;
    asking_ = !moved;
    if (moved) return;
    while (!kept_.empty() && in_flight_.size() < options_.window) {
        in_flight_.emplace(*kept_.begin(), InFlight{.resend_at = now, .attempts = 1});
        kept_.erase(kept_.begin());
    }
}

/// The window bounds what is under way, and how far one lost batch may fall behind the others: all
/// after it would be sent again after a kill.
bool DeviceSession::may_send_new() const {
    if (!has_batch(next_counter_)) return false;
    // The last batch says that all is over, so it waits until all before it is acknowledged.
    if (source_->batch_count() == next_counter_) return in_flight_.empty() && kept_.empty();
    if (in_flight_.empty()) return true;
    return in_flight_.size() < options_.window &&
           next_counter_ - in_flight_.begin()->first < span_windows_max * options_.window;
}

void DeviceSession::send_new(base::TimePoint now) {
    while (may_send_new()) {
        if (options_.clock.wall_at(source_->offset_of(next_counter_ - 1)) > now) break;
        InFlight flight;
        if (!send(next_counter_, flight)) break;
        in_flight_.emplace(next_counter_, flight);
        ++next_counter_;
    }
}

base::Result<base::TimePoint> DeviceSession::tick() {
    const base::TimePoint now = clock_.now();
    if (transport_ && transport_->connected()) {
        send_frames(link_.tick(now));
        if (link_.ready()) {
            ask_for_kept(now);
            resend_overdue(now);
            send_new(now);
        }
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
    wake = std::min(wake, link_.next_wake());
    if (!link_.ready()) return wake;
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
    auto written = storage::write_file_synced(progress_file(options_.folder, id_), bytes);
    if (written) saved_up_to_ = acknowledged_up_to_;
    return written;
}

void DeviceSession::on_connected() {
    // A failure means that the connection is lost already: then this is called again.
    if (!transport_->subscribe(down_topic_) || !transport_->subscribe(started_topic_)) return;
    resend_at_once();
    send_frames(link_.on_connected(clock_.now()));
}

/// What was under way on the old connection or session is probably lost; that is no sign of a busy
/// gateway.
void DeviceSession::resend_at_once() {
    for (auto& [counter, flight] : in_flight_) {
        flight.resend_at = base::TimePoint{};
        flight.attempts = std::min(flight.attempts, 1U);
    }
}

void DeviceSession::on_disconnected(std::string_view) {}

void DeviceSession::on_message(std::string_view topic, base::ByteView payload) {
    const base::TimePoint now = clock_.now();
    if (topic == started_topic_) {
        send_frames(link_.on_peer_started(now));
    } else {
        follow(link_.receive(payload, now));
    }
}

void DeviceSession::send_frames(const Outcome& outcome) {
    for (const base::Bytes& frame : outcome.to_send) {
        // What the transport does not take is lost, and repeated as what is lost on the way.
        if (!transport_->publish(up_topic_, frame)) return;
    }
}

void DeviceSession::follow(const Outcome& outcome) {
    send_frames(outcome);
    if (outcome.failure) ++counts_.refused_frames;
    if (outcome.established) {
        ++counts_.handshakes;
        resend_at_once();
    }
    // An empty record only confirms the handshake.
    if (!outcome.received || outcome.received->plaintext.empty()) return;
    const auto content = wire::decode_content(outcome.received->plaintext);
    if (content) {
        take(*content);
    } else {
        ++counts_.refused_contents;
    }
}

void DeviceSession::take(const wire::Content& content) {
    if (const auto* acknowledgement = std::get_if<wire::Acknowledgement>(&content)) {
        take_acknowledged(acknowledgement->counters);
    } else if (const auto* kept = std::get_if<wire::Kept>(&content)) {
        take_kept(kept->counters);
    } else {
        ++counts_.refused_contents;
    }
}

void DeviceSession::take_acknowledged(const std::vector<std::uint64_t>& counters) {
    for (const std::uint64_t counter : counters) {
        if (in_flight_.erase(counter) + kept_.erase(counter) == 0) continue;
        if (asking_ && counter == watched_) {
            // Its acknowledgement had got lost, and perhaps those of the next ones too.
            found_delivered_ = true;
            ask_at_ = base::TimePoint{};
        }
        ++counts_.acknowledged;
        if (options_.observer != nullptr) options_.observer->on_acknowledged(id_, counter);
    }
    advance_acknowledged();
}

void DeviceSession::take_kept(const std::vector<std::uint64_t>& counters) {
    for (const std::uint64_t counter : counters) {
        if (in_flight_.erase(counter) == 0) continue;
        if (kept_.empty()) ask_at_ = clock_.now() + ask_first;
        kept_.insert(counter);
        ++counts_.kept;
        if (options_.observer != nullptr) options_.observer->on_kept(id_, counter);
    }
}

void DeviceSession::advance_acknowledged() {
    std::uint64_t first_open = next_counter_;
    if (!in_flight_.empty()) first_open = std::min(first_open, in_flight_.begin()->first);
    if (!kept_.empty()) first_open = std::min(first_open, *kept_.begin());
    acknowledged_up_to_ = first_open - 1;
}

}  // namespace device
