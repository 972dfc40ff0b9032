// SPDX-License-Identifier: Apache-2.0
#include "gateway/bench_ingest.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "crypto/aead.h"
#include "gateway/gateway.h"
#include "gateway/internal/client_end.h"
#include "identity/directory.h"
#include "identity/peers.h"
#include "mqtt/topics.h"
#include "storage/files.h"
#include "storage/memory_store.h"
#include "storage/rocks_store.h"
#include "wire/content.h"

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

/// The senders' side of the connection: finishes their handshakes, forgets acknowledgements.
class Sink final : public mqtt::MqttTransport {
public:
    void connect(mqtt::Listener&) override {}
    void disconnect() override {}
    [[nodiscard]] bool connected() const override { return true; }
    [[nodiscard]] base::Result<void> subscribe(std::string) override { return {}; }
    [[nodiscard]] base::Result<void> publish(std::string, base::Bytes payload) override {
        if (keep) frames.push_back(std::move(payload));
        return {};
    }
    bool keep = false;
    std::vector<base::Bytes> frames;
};

/// A PDA with one device.
struct Sender {
    std::unique_ptr<internal::ClientEnd> pda;
    wire::DeviceId device;
    std::string topic;
};
struct SealedFrame {
    std::size_t sender;
    base::Bytes bytes;
};
struct Load {
    std::vector<Sender> senders;
    std::vector<SealedFrame> frames;
    std::uint64_t readings = 0;
    std::uint64_t bytes = 0;
};

base::Result<void> enrol(identity::Directory& directory, const IngestBenchOptions& options,
                         const internal::LoneServer& server, base::Random& random, Load& load) {
    for (std::size_t i = 0; i < options.devices; ++i) {
        identity::Person patient;
        patient.id = base::draw<wire::LedgerId>(random);
        patient.role = wire::Role::patient;
        patient.name = "Patient " + std::to_string(i);
        if (auto added = directory.add(patient); !added) return added;
        identity::PdaRecord pda;
        pda.id = base::draw<wire::DeviceId>(random);
        pda.label = "PDA";
        pda.patient = patient.id;
        if (auto added = directory.add(pda); !added) return added;
        identity::DeviceRecord record;
        record.id = base::draw<wire::DeviceId>(random);
        record.label = "Bedside monitor";
        record.patient = patient.id;
        record.vitals = {vitals.begin(), vitals.end()};
        record.pda = pda.id;
        if (auto added = directory.add(record); !added) return added;
        load.senders.push_back(
            {std::make_unique<internal::ClientEnd>(pda.id, server, random), record.id,
             mqtt::cloud_topic("default", base::to_hex(pda.id.view()), mqtt::Direction::up)});
    }
    return {};
}

askg::Provision provision_of(const Load& load, base::TimePoint now) {
    askg::Provision out{.sequence = 1, .made_at = now, .complete = true, .peers = {}};
    for (const Sender& sender : load.senders) out.peers.push_back(sender.pda->provisioned(now));
    return out;
}

/// Every sender agrees on keys with the gateway.
base::Result<void> agree(Gateway& gateway, Sink& sink, Load& load, const base::Clock& clock) {
    sink.keep = true;
    for (Sender& sender : load.senders) {
        keyagreement::Client& client = sender.pda->client();
        auto outcome = client.start(clock.now());
        while (!outcome.to_send.empty()) {
            for (const base::Bytes& frame : outcome.to_send) {
                gateway.on_message(sender.topic, frame);
            }
            outcome.to_send.clear();
            gateway.work_once();
            for (const base::Bytes& answer : std::exchange(sink.frames, {})) {
                auto next = client.receive(answer, clock.now());
                std::ranges::move(next.to_send, std::back_inserter(outcome.to_send));
            }
        }
        if (!client.ready()) {
            return fail(ErrorCode::corrupted, "a sender of the benchmark got no session");
        }
    }
    sink.keep = false;
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

base::Result<void> seal_frames(const IngestBenchOptions& options, const base::Clock& clock,
                               Load& load) {
    base::SeededRandom random(1);
    const base::TimePoint start = clock.now();
    const std::size_t frames =
        std::max<std::size_t>(options.readings / options.readings_per_frame, 1);
    for (std::size_t i = 0; i < frames; ++i) {
        const std::size_t at = i % load.senders.size();
        const Sender& sender = load.senders[at];
        const auto batch =
            batch_of(i / load.senders.size() + 1, options.readings_per_frame, start, random);
        const wire::Relayed relayed{{{sender.device, wire::encode(batch)}}};
        auto frame = sender.pda->client().seal(wire::encode_content(relayed), clock.now());
        if (!frame) return pass(frame);
        load.readings += batch.readings.size();
        load.bytes += frame->size();
        load.frames.push_back({at, std::move(*frame)});
    }
    return {};
}

/// Readings a second that AES-256-GCM alone opens of frames of the very same sizes, under a key for
/// each sender: the keys of the sessions are nobody's to see.
class Bound {
public:
    Bound(const Load& load, base::Random& random) : readings_(load.readings) {
        for (std::size_t i = 0; i < load.senders.size(); ++i) {
            keys_.emplace_back(crypto::Secret32::draw(random).view());
        }
        base::Bytes plain(wire::content_bytes_max);
        std::uint64_t sequence = 0;
        for (const SealedFrame& frame : load.frames) {
            const std::size_t size = frame.bytes.size() - keyagreement::data_overhead_bytes;
            if (plain.size() < size) plain.resize(size);
            frames_.push_back(
                {frame.sender, keys_[frame.sender].seal(crypto::nonce_of(++sequence), header_,
                                                        base::ByteView(plain).first(size))});
        }
    }
    [[nodiscard]] double measure() {
        std::uint64_t readings = 0;
        const auto begin = Steady::now();
        double seconds = 0;
        do {
            std::uint64_t sequence = 0;
            for (const SealedFrame& frame : frames_) {
                const auto opened =
                    keys_[frame.sender].open(crypto::nonce_of(++sequence), header_, frame.bytes);
                CHECK(opened.has_value());
            }
            readings += readings_;
            seconds = seconds_since(begin);
        } while (seconds < aes_seconds_min);
        return static_cast<double>(readings) / seconds;
    }

private:
    std::uint64_t readings_;
    std::array<std::uint8_t, keyagreement::data_header_bytes> header_{};
    std::vector<crypto::Aes256Gcm> keys_;
    std::vector<SealedFrame> frames_;
};

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
    const auto server = internal::LoneServer::draw(keyagreement::Suite::aes_256_gcm, random);
    if (auto enrolled = enrol(**directory, options, server, random, load); !enrolled) {
        return pass(enrolled);
    }
    identity::Peers peers(**directory);
    peers.take(provision_of(load, clock.now()));

    const auto store = storage::RocksStore::open(folder / "series");
    if (!store) return pass(store);
    const auto series = series::SeriesStore::open(**store);
    if (!series) return pass(series);
    Gateway gateway({**directory, peers, **series, clock, random}, server.setup(clock.now()),
                    {.queue_frames_max = options.group_frames,
                     .client_frames_max = options.group_frames,
                     .group_frames_max = options.group_frames});
    Sink sink;
    gateway.attach(sink);
    if (auto agreed = agree(gateway, sink, load, clock); !agreed) return pass(agreed);
    if (auto sealed = seal_frames(options, clock, load); !sealed) return pass(sealed);
    Bound bound(load, random);
    const auto detach = options.attach ? options.attach(**series) : std::function<void()>{};

    const double bound_before = bound.measure();
    const double processor_begin = processor_seconds();
    const auto begin = Steady::now();
    ingest(gateway, load, options.group_frames);
    IngestBench out;
    out.wall_seconds = seconds_since(begin);
    out.core_seconds = std::max(out.wall_seconds, processor_seconds() - processor_begin);
    const double bound_after = bound.measure();
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
