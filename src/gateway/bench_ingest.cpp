// SPDX-License-Identifier: Apache-2.0
#include "gateway/bench_ingest.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "crypto/aead.h"
#include "gateway/gateway.h"
#include "identity/directory.h"
#include "mqtt/topics.h"
#include "storage/files.h"
#include "storage/memory_store.h"
#include "storage/rocks_store.h"
#include "wire/frame.h"

namespace gateway {

using base::ErrorCode;
using base::fail;
using base::pass;

namespace {

using Steady = std::chrono::steady_clock;
constexpr std::array vitals = {wire::Vital::heart_rate, wire::Vital::pulse_rate,
                               wire::Vital::respiration_rate, wire::Vital::spo2};
/// Each timing of AES-256-GCM goes over the frames until it took this long.
constexpr double aes_seconds_min = 0.5;

double seconds_since(Steady::time_point begin) {
    return std::chrono::duration<double>(Steady::now() - begin).count();
}

/// Of all threads of this process, in user and kernel mode.
double processor_seconds() {
    rusage usage{};
    CHECK(::getrusage(RUSAGE_SELF, &usage) == 0);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Takes acknowledgements and forgets them.
class Sink final : public mqtt::MqttTransport {
public:
    void connect(mqtt::Listener&) override {}
    void disconnect() override {}
    [[nodiscard]] bool connected() const override { return true; }
    [[nodiscard]] base::Result<void> subscribe(std::string) override { return {}; }
    [[nodiscard]] base::Result<void> publish(std::string, base::Bytes) override { return {}; }
};

struct Sender {
    wire::DeviceId id;
    base::Bytes frame_key;
    std::string topic;
};
struct SealedFrame {
    std::size_t sender;
    std::uint64_t sequence;
    base::Bytes bytes;
};
struct Load {
    std::vector<Sender> senders;
    std::vector<SealedFrame> frames;
    std::uint64_t readings = 0;
    std::uint64_t bytes = 0;
};

base::Result<void> enrol(identity::Directory& directory, const IngestBenchOptions& options,
                         base::Random& random, Load& load) {
    for (std::size_t i = 0; i < options.devices; ++i) {
        identity::Person patient;
        patient.id = base::draw<wire::LedgerId>(random);
        patient.role = wire::Role::patient;
        patient.name = "Patient " + std::to_string(i);
        if (auto added = directory.add(patient); !added) return added;
        identity::DeviceRecord record;
        record.id = base::draw<wire::DeviceId>(random);
        record.label = "Bedside monitor";
        record.patient = patient.id;
        record.vitals = {vitals.begin(), vitals.end()};
        record.frame_key.resize(crypto::Aes256Gcm::key_bytes);
        random.fill(record.frame_key);
        record.ack_key.resize(crypto::Aes256Gcm::key_bytes);
        random.fill(record.ack_key);
        if (auto added = directory.add(record); !added) return added;
        load.senders.push_back({record.id, record.frame_key,
                                mqtt::telemetry_topic("default", base::to_hex(record.id.view()))});
    }
    return {};
}

/// One row a second of vitals that wander as a patient's do, `rows` of them joined in a frame.
wire::ReadingBatch batch_of(std::uint64_t counter, std::size_t readings, base::TimePoint start,
                            base::SeededRandom& random) {
    wire::ReadingBatch batch;
    batch.counter = counter;
    const std::size_t rows = (readings + vitals.size() - 1) / vitals.size();
    for (std::size_t i = 0; i < readings; ++i) {
        const std::uint64_t row = (counter - 1) * rows + i / vitals.size();
        const auto value = static_cast<std::int64_t>(70 + random.below(8)) * 1'000;
        batch.readings.push_back(
            {vitals[i % vitals.size()], start + std::chrono::seconds(row), value, {}, 0});
    }
    batch.clock = batch.readings.back().time;
    return batch;
}

void seal_frames(const IngestBenchOptions& options, base::TimePoint start, Load& load) {
    base::SeededRandom random(1);
    std::vector<crypto::Aes256Gcm> keys;
    for (const Sender& sender : load.senders) keys.emplace_back(sender.frame_key);
    const std::size_t frames =
        std::max<std::size_t>(options.readings / options.readings_per_frame, 1);
    for (std::size_t i = 0; i < frames; ++i) {
        const std::size_t sender = i % load.senders.size();
        const std::uint64_t sequence = i / load.senders.size() + 1;
        const auto batch = batch_of(sequence, options.readings_per_frame, start, random);
        base::Bytes frame =
            wire::encode({wire::FrameType::readings, load.senders[sender].id, sequence});
        base::append(frame,
                     keys[sender].seal(crypto::nonce_of(sequence), frame, wire::encode(batch)));
        load.readings += batch.readings.size();
        load.bytes += frame.size();
        load.frames.push_back({sender, sequence, std::move(frame)});
    }
}

/// Readings a second that AES-256-GCM alone opens of the same frames.
double bound_of(const Load& load) {
    std::vector<crypto::Aes256Gcm> keys;
    for (const Sender& sender : load.senders) keys.emplace_back(sender.frame_key);
    std::uint64_t readings = 0;
    const auto begin = Steady::now();
    double seconds = 0;
    do {
        for (const SealedFrame& frame : load.frames) {
            const base::ByteView bytes(frame.bytes);
            const auto opened = keys[frame.sender].open(crypto::nonce_of(frame.sequence),
                                                        bytes.first(wire::frame_header_bytes),
                                                        bytes.subspan(wire::frame_header_bytes));
            CHECK(opened.has_value());
        }
        readings += load.readings;
        seconds = seconds_since(begin);
    } while (seconds < aes_seconds_min);
    return static_cast<double>(readings) / seconds;
}

void ingest(Gateway& gateway, const Load& load, std::size_t group_frames) {
    std::size_t queued = 0;
    for (const SealedFrame& frame : load.frames) {
        gateway.on_message(load.senders[frame.sender].topic, frame.bytes);
        if (++queued % group_frames == 0) gateway.work_once();
    }
    while (gateway.work_once() != 0) {
    }
}

}  // namespace

base::Result<IngestBench> run_ingest_bench(const std::filesystem::path& folder,
                                           const IngestBenchOptions& options) {
    if (options.devices == 0 || options.group_frames == 0 || options.readings_per_frame == 0 ||
        options.readings_per_frame > wire::batch_readings_max) {
        return fail(ErrorCode::malformed, "the benchmark's options are out of range");
    }
    if (auto made = storage::make_folder(folder); !made) return pass(made);
    storage::MemoryStore identities;
    const auto directory = identity::Directory::open(identities);
    if (!directory) return pass(directory);
    const base::SystemClock clock;
    base::SeededRandom random(2);
    Load load;
    if (auto enrolled = enrol(**directory, options, random, load); !enrolled) return pass(enrolled);
    seal_frames(options, clock.now(), load);

    const auto store = storage::RocksStore::open(folder / "series");
    if (!store) return pass(store);
    const auto series = series::SeriesStore::open(**store);
    if (!series) return pass(series);
    auto sequences = storage::SequenceRange::open(folder / "acknowledgements", 1, 1U << 20U);
    if (!sequences) return pass(sequences);
    Gateway gateway(
        {**directory, **series, *sequences, clock},
        {.queue_frames_max = options.group_frames, .group_frames_max = options.group_frames});
    Sink sink;
    gateway.attach(sink);
    const auto detach = options.attach ? options.attach(**series) : std::function<void()>{};

    const double bound_before = bound_of(load);
    const double processor_begin = processor_seconds();
    const auto begin = Steady::now();
    ingest(gateway, load, options.group_frames);
    IngestBench out;
    out.wall_seconds = seconds_since(begin);
    out.core_seconds = std::max(out.wall_seconds, processor_seconds() - processor_begin);
    const double bound_after = bound_of(load);
    if (detach) detach();

    const Counts counts = gateway.counts();
    if (counts.readings_accepted != load.readings) {
        return fail(ErrorCode::corrupted, std::to_string(load.readings - counts.readings_accepted) +
                                              " readings of the benchmark were not stored; " +
                                              gateway.health().trouble);
    }
    out.readings = load.readings;
    out.frames = load.frames.size();
    out.readings_per_second = static_cast<double>(load.readings) / out.core_seconds;
    out.frames_per_second = static_cast<double>(load.frames.size()) / out.core_seconds;
    out.bound_readings_per_second = (bound_before + bound_after) / 2;
    out.ratio = out.readings_per_second / out.bound_readings_per_second;
    out.frame_bytes = static_cast<double>(load.bytes) / static_cast<double>(load.frames.size());
    return out;
}

}  // namespace gateway
