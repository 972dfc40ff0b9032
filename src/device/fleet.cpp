// SPDX-License-Identifier: Apache-2.0
#include "device/fleet.h"

#include <algorithm>
#include <map>

#include "device/device_session.h"
#include "device/internal/schedule.h"
#include "device/recording.h"
#include "device/sensors.h"
#include "storage/files.h"

namespace device {

using base::ErrorCode;
using base::fail;
using base::pass;
using internal::Schedule;
using namespace std::chrono_literals;

namespace {

/// How much an endless simulated patient makes up for after a pause: a hub buffers minutes, not
/// days.
constexpr std::chrono::milliseconds backlog_max = 10min;
/// After an error, such as a full disk, a device tries again this much later.
constexpr std::chrono::milliseconds error_pause = 1s;
/// What a file may say that was given on the command line of another day.
constexpr std::uint32_t speed_milli_max = 1'000'000'000;
constexpr std::chrono::milliseconds duration_max = std::chrono::hours(24 * 366);

base::Result<void> check(const FleetOptions& options) {
    if (options.speed_milli < 1000 || options.speed_milli > speed_milli_max) {
        return fail(ErrorCode::malformed, "the speed must be between 1 and 1,000,000");
    }
    if (options.duration.count() <= 0 || options.duration > duration_max) {
        return fail(ErrorCode::malformed, "the duration must be above 0 s and at most 366 days");
    }
    return {};
}

/// Each file is read once, though it may feed several devices.
class Recordings {
public:
    base::Result<const Recording*> get(const std::filesystem::path& file) {
        const auto known = read_.find(file);
        if (known != read_.end()) return &known->second;
        auto recording = Recording::read(file);
        if (!recording) return pass(recording);
        for (const std::string& warning : recording->warnings()) warnings.push_back(warning);
        return &read_.emplace(file, std::move(*recording)).first->second;
    }
    std::vector<std::string> warnings;

private:
    std::map<std::filesystem::path, Recording> read_;
};

struct Played {
    std::unique_ptr<ReadingSource> source;
    std::chrono::milliseconds length;  ///< Of the patient's run, the same for all of its devices.
    std::optional<std::chrono::milliseconds> backlog;
};

base::Result<Played> play(const FleetDevice& device, std::uint64_t seed, const Schedule& schedule,
                          Recordings& recordings) {
    if (device.recording.empty()) {
        const std::optional<std::chrono::milliseconds> length =
            schedule.endless ? std::nullopt : std::optional(schedule.duration);
        auto source = make_simulated_source({device.source, seed, device.patient}, length);
        if (!source) {
            return fail(ErrorCode::malformed, "no simulated device is called " + device.source);
        }
        const auto backlog = schedule.endless ? std::optional(backlog_max) : std::nullopt;
        return Played{std::move(source), schedule.duration, backlog};
    }
    const auto recording = recordings.get(device.recording);
    if (!recording) return pass(recording);
    const Recording::Part* part = (*recording)->part(device.source);
    if (part == nullptr) {
        return fail(ErrorCode::malformed,
                    device.recording.string() + " has no device called " + device.source);
    }
    std::optional<std::chrono::milliseconds> cut;
    if (schedule.cut_recordings) cut = schedule.duration;
    const auto length = std::min((*recording)->length(), cut.value_or((*recording)->length()));
    return Played{make_recording_source(part->rows, cut), length, std::nullopt};
}

base::Result<DeviceSession::Identity> identity_of(const FleetDevice& device,
                                                  const std::string& tenant,
                                                  const std::filesystem::path& folder) {
    const auto file = folder / device.credentials;
    auto credentials = askg::read_file<askg::DeviceCredentials>(file);
    if (!credentials) return pass(credentials);
    if (credentials->grant.id != device.id) {
        return fail(ErrorCode::malformed, file.string() + " holds another device's credentials");
    }
    return DeviceSession::Identity{std::move(*credentials), tenant};
}

}  // namespace

struct Fleet::Member {
    std::unique_ptr<DeviceSession> session;
    std::unique_ptr<mqtt::MqttTransport> transport;  // until it is attached
    base::TimePoint wake{};
    const mqtt::MqttTransport* connection = nullptr;
};

Fleet::Fleet(mqtt::Network& network, const base::Clock& clock) : network_(network), clock_(clock) {}
Fleet::~Fleet() = default;

base::Result<std::unique_ptr<Fleet>> Fleet::open(const FleetConfig& config,
                                                 const FleetOptions& options,
                                                 mqtt::Network& network,
                                                 const DeviceSession::Surroundings& surroundings) {
    if (auto valid = check(options); !valid) return pass(valid);
    if (auto made = storage::make_folder(options.folder); !made) return pass(made);
    const Schedule wanted{surroundings.clock.now(), options.speed_milli, options.duration,
                          options.cut_recordings, options.endless};
    const auto schedule = internal::load_or_fix(options.folder / "schedule", wanted);
    if (!schedule) return pass(schedule);

    std::unique_ptr<Fleet> fleet(new Fleet(network, surroundings.clock));
    Schedule same_start = wanted;
    same_start.start = schedule->start;
    if (same_start != *schedule) {
        fleet->warnings_.emplace_back(
            "this run was begun with another speed or duration and keeps it; "
            "use another data folder to begin anew");
    }
    Recordings recordings;
    for (const FleetDevice& device : config.devices) {
        auto played = play(device, config.seed, *schedule, recordings);
        if (!played) return pass(played);
        const PatientClock patient(schedule->start, schedule->speed_milli, played->length);
        const auto identity = identity_of(device, config.tenant, options.folder);
        if (!identity) return pass(identity);
        auto session = DeviceSession::open(
            *identity, std::move(played->source),
            {options.folder, patient, options.window, played->backlog, options.observer},
            surroundings);
        if (!session) return pass(session);
        const std::string name = base::to_hex(device.id.view());
        fleet->members_.push_back(
            {std::move(*session), network.make_client({name, name, device.password}), {}, nullptr});
    }
    fleet->warnings_.insert(fleet->warnings_.end(), recordings.warnings.begin(),
                            recordings.warnings.end());
    return fleet;
}

void Fleet::step(std::chrono::milliseconds wait_max) {
    const base::TimePoint now = clock_.now();
    base::TimePoint wake = now + wait_max;
    for (Member& member : members_) {
        if (member.transport) {
            member.connection = member.transport.get();
            member.session->attach(std::move(member.transport));
        }
        const auto next = member.session->tick();
        if (next) {
            member.wake = *next;
        } else {
            last_error_ = next.error().detail;
            member.wake = now + error_pause;
        }
        wake = std::min(wake, member.wake);
    }
    network_.poll(std::max(wake - clock_.now(), 0ms));
}

void Fleet::run(const std::stop_token& stop) {
    const std::stop_callback waker(stop, [this] { network_.wake(); });
    while (!stop.stop_requested() && !done()) step(1s);
}

bool Fleet::done() const {
    return std::ranges::all_of(members_, [](const Member& m) { return m.session->done(); });
}

base::Result<void> Fleet::close() {
    base::Result<void> first;
    for (Member& member : members_) {
        if (auto saved = member.session->save_progress(); !saved && first) first = saved;
        member.session->close();
    }
    return first;
}

FleetSummary Fleet::summary() const {
    FleetSummary out;
    out.devices = members_.size();
    out.last_error = last_error_;
    for (const Member& member : members_) {
        const SessionCounts& counts = member.session->counts();
        if (member.connection != nullptr && member.connection->connected()) ++out.connected;
        if (member.session->done()) ++out.devices_done;
        out.batches_sent += counts.batches_sent;
        out.readings_sent += counts.readings_sent;
        out.batches_acknowledged += counts.acknowledged;
        out.resent += counts.resent;
        out.batches_kept += counts.kept;
        out.handshakes += counts.handshakes;
        out.refused_frames += counts.refused_frames + counts.refused_contents;
    }
    return out;
}

}  // namespace device
