// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_handshake.h"

#include <malloc.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/check.h"
#include "crypto/aead.h"
#include "crypto/hkdf.h"
#include "keyagreement/testing.h"

namespace cli {
namespace {

using base::Bytes;
using base::Result;
using keyagreement::Client;
using keyagreement::Profile;
using keyagreement::Suite;
using keyagreement::testing::Cast;

constexpr std::size_t round_size = 250;
/// Of the responder: mac1; eight MixKey of three each; PRK; three for the traffic keys and the
/// exporter, one each for SecKey and TOK.
constexpr std::size_t hmac_operations = 1 + 8 * 3 + 1 + 3 + 2;
constexpr std::size_t dh_operations = 4;
constexpr std::size_t record_bytes = 256;
/// One session in so many keeps its client, to speak at the end.
constexpr std::size_t kept_every = 100;

keyagreement::ServerLimits without_floods(std::size_t sessions) {
    // Nobody is asked for a cookie: all clients here share one source and a few seconds.
    return {.half_open = 65'536,
            .replay_entries = 2 * sessions,
            .sessions = sessions,
            .messages1_a_source = ~0U,
            .messages1_in_all = ~0U};
}

class Stopwatch {
public:
    /// Seconds of processor time that `work` took on this thread.
    template <class Work>
    static double of(const Work& work) {
        const double begin = now();
        work();
        return now() - begin;
    }

private:
    static double now() {
        timespec time{};
        CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0);
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
    }
};

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

std::vector<double> quotients(const std::vector<double>& above, const std::vector<double>& below) {
    std::vector<double> out;
    for (std::size_t i = 0; i < above.size(); ++i) out.push_back(above[i] / below[i]);
    return out;
}

/// Handshakes of many clients in step: all MSG1, then all MSG3, so that the responder's share can
/// be timed by itself.
class Round {
public:
    Round(Cast& cast, std::uint32_t first_number, std::size_t size) : cast_(cast) {
        clients_.reserve(size);
        for (std::size_t i = 0; i < size; ++i) {
            clients_.push_back(cast.client(first_number + static_cast<std::uint32_t>(i)));
        }
    }
    /// Seconds of the responder; nothing if a handshake did not complete.
    std::optional<double> run() {
        const auto now = cast_.clock.now();
        auto to_server = collect([now](Client& client, const Bytes&) { return client.start(now); },
                                 std::vector<Bytes>(clients_.size()));
        double seconds = 0;
        for (int step = 0; step < 2; ++step) {
            std::vector<Bytes> answers;
            seconds += Stopwatch::of([&] {
                for (const auto& frame : to_server) {
                    auto outcome = cast_.server->receive("bench", frame, now);
                    if (outcome.to_send.size() == 1)
                        answers.push_back(std::move(outcome.to_send[0]));
                }
            });
            if (answers.size() != clients_.size()) return std::nullopt;
            sizes_.push_back(to_server[0].size());
            sizes_.push_back(answers[0].size());
            to_server = collect(
                [now](Client& client, const Bytes& frame) { return client.receive(frame, now); },
                answers);
        }
        for (const auto& client : clients_) {
            if (!client.ready()) return std::nullopt;
        }
        return seconds;
    }
    [[nodiscard]] std::vector<Client>& clients() { return clients_; }
    /// Of MSG1, MSG2, MSG3 and the first record.
    [[nodiscard]] const std::vector<std::size_t>& sizes() const { return sizes_; }

private:
    template <class Act>
    std::vector<Bytes> collect(const Act& act, const std::vector<Bytes>& frames) {
        std::vector<Bytes> out;
        for (std::size_t i = 0; i < clients_.size(); ++i) {
            auto outcome = act(clients_[i], frames[i]);
            if (!outcome.to_send.empty()) out.push_back(std::move(outcome.to_send[0]));
        }
        return out;
    }
    Cast& cast_;
    std::vector<Client> clients_;
    std::vector<std::size_t> sizes_;
};

/// Seconds for the X25519 and HMAC operations of `handshakes` alone.
double seconds_of_primitives(std::size_t handshakes) {
    base::SeededRandom random(5);
    const auto peer = keyagreement::PrivateKey::draw(random).public_key();
    const auto drawn = crypto::Secret32::draw(random);
    const Bytes message(64, 1);
    return Stopwatch::of([&] {
        for (std::size_t i = 0; i < handshakes; ++i) {
            const auto key = keyagreement::PrivateKey::from_bytes(drawn);
            for (std::size_t n = 0; n < dh_operations; ++n) CHECK(key.agree(peer).has_value());
            for (std::size_t n = 0; n < hmac_operations; ++n) {
                CHECK(crypto::secret_hmac_sha512(message, {message}).view().size() == 64);
            }
        }
    });
}

struct RecordTimes {
    double opened = 0;
    double alone = 0;
};

/// Seconds to open a round of records through the responder, and by the AEAD alone.
RecordTimes seconds_of_records(Cast& cast, Client& client) {
    const auto now = cast.clock.now();
    const Bytes plaintext(record_bytes, 7);
    std::vector<Bytes> frames;
    frames.reserve(round_size);
    for (std::size_t i = 0; i < round_size; ++i) {
        frames.push_back(client.seal(plaintext, now).value());
    }
    RecordTimes out;
    out.opened = Stopwatch::of([&] {
        for (const auto& frame : frames) {
            CHECK(cast.server->receive("bench", frame, now).received.has_value());
        }
    });
    const Bytes key(crypto::aead_key_bytes, 9);
    const crypto::AeadMessage message{.algorithm = cast.suite == Suite::chacha20_poly1305
                                                       ? crypto::AeadAlgorithm::chacha20_poly1305
                                                       : crypto::AeadAlgorithm::aes_256_gcm,
                                      .key = key,
                                      .nonce = {},
                                      .associated = key};
    Bytes sealed(record_bytes + crypto::aead_tag_bytes);
    crypto::aead_seal(message, plaintext, sealed);
    Bytes opened(record_bytes);
    out.alone = Stopwatch::of([&] {
        for (std::size_t i = 0; i < round_size; ++i) {
            CHECK(crypto::aead_open(message, sealed, opened));
        }
    });
    return out;
}

std::unexpected<base::Error> incomplete() {
    return base::fail(base::ErrorCode::unavailable, "a handshake did not complete");
}

Result<HandshakeRate> measure_rate(Suite suite, std::size_t handshakes) {
    Cast cast(Profile::pda_cloud, suite, without_floods(handshakes));
    for (std::uint32_t number = 1; number <= round_size; ++number) cast.enrol(number);
    std::vector<double> ours;
    std::vector<double> alone;
    std::vector<double> opened;
    std::vector<double> aead;
    for (std::size_t done = 0; done < handshakes; done += round_size) {
        Round round(cast, 1, round_size);
        const auto seconds = round.run();
        if (!seconds) return incomplete();
        ours.push_back(*seconds);
        alone.push_back(seconds_of_primitives(round_size));
        const auto records = seconds_of_records(cast, round.clients().front());
        opened.push_back(records.opened);
        aead.push_back(records.alone);
        cast.clock.advance(std::chrono::seconds(1));
    }
    // What disturbs a round disturbs both of its times: so ratios round by round, then their
    // median.
    constexpr auto count = static_cast<double>(round_size);
    HandshakeRate out{.suite = suite,
                      .handshakes_per_second = count / median(ours),
                      .records_per_second = count / median(opened)};
    out.bound_per_second = out.handshakes_per_second / median(quotients(alone, ours));
    out.records_bound_per_second = out.records_per_second / median(quotients(aead, opened));
    return out;
}

double heap_bytes() {
    const auto heap = mallinfo2();
    return static_cast<double>(heap.uordblks + heap.hblkhd);
}

bool speaks(Cast& cast, Client& client, std::uint32_t number) {
    const auto now = cast.clock.now();
    const auto session = cast.server->newest_session(Cast::name_of(number));
    const Bytes reading(record_bytes, 3);
    const auto up = client.seal(reading, now);
    if (!session || !up) return false;
    const auto down = cast.server->seal(*session, reading, now);
    return down && cast.server->receive("bench", *up, now).received &&
           client.receive(*down, now).received;
}

/// Opens `options.sessions` and keeps them; what they take on the heap, and whether they work.
Result<void> measure_sessions(const HandshakeBenchOptions& options, HandshakeBench& bench) {
    Cast cast(Profile::pda_cloud, Suite::chacha20_poly1305, without_floods(options.sessions));
    for (std::uint32_t number = 1; number <= options.sessions; ++number) cast.enrol(number);
    std::vector<std::pair<std::uint32_t, Client>> kept;
    kept.reserve(options.sessions / kept_every + 1);
    // Names its peers for the day, so that this is not counted as the sessions'.
    (void)cast.peers.find(Profile::pda_cloud, {}, cast.clock.now());
    const double before = heap_bytes();
    for (std::uint32_t first = 1; first <= options.sessions; first += kept_every) {
        const auto size = std::min<std::size_t>(kept_every, options.sessions - first + 1);
        Round round(cast, first, size);
        if (!round.run()) return incomplete();
        kept.emplace_back(first, std::move(round.clients().front()));
        cast.clock.advance(std::chrono::milliseconds(50));
        if (options.on_progress) options.on_progress(cast.server->counts().sessions);
    }
    bench.sessions = cast.server->counts().sessions;
    for (auto& [number, client] : kept) {
        if (speaks(cast, client, number)) ++bench.sessions_tried;
    }
    kept.clear();
    // Half-open handshakes and replay entries of the last seconds go.
    cast.clock.advance(std::chrono::seconds(15));
    cast.server->tick(cast.clock.now());
    bench.bytes_a_session = (heap_bytes() - before) / static_cast<double>(bench.sessions);
    return {};
}

/// MSG1 of random bytes; with a right mac1 if `mac1` says so, as who knows S_R can make it.
Bytes junk_message1(Cast& cast, bool mac1) {
    Bytes frame(keyagreement::message1_bytes);
    cast.random.fill(frame);
    frame[0] = static_cast<std::uint8_t>(0x10 | static_cast<std::uint8_t>(cast.profile));
    frame[1] = static_cast<std::uint8_t>(keyagreement::FrameType::message1);
    if (!mac1) return frame;
    return keyagreement::testing::with_fresh_mac1(std::move(frame), cast.prologue().responder);
}

enum class Junk : std::uint8_t { wrong_mac1, right_mac1, with_cookie };

/// A thousand frames of one kind, of an attacker who hears what the responder answers. The last
/// kind is one message with its cookie, a thousand times.
std::vector<Bytes> junk_wave(Cast& cast, Junk kind, std::size_t size) {
    std::vector<Bytes> frames;
    frames.reserve(size);
    for (std::size_t i = 0; kind != Junk::with_cookie && i < size; ++i) {
        frames.push_back(junk_message1(cast, kind == Junk::right_mac1));
    }
    while (frames.empty()) {
        auto message1 = junk_message1(cast, true);
        const auto answer = cast.server->receive("flood", message1, cast.clock.now()).to_send;
        if (answer.empty()) continue;
        base::append(message1, keyagreement::decode_cookie_reply(answer[0])->cookie.view());
        frames.assign(size, message1);
    }
    return frames;
}

/// Three kinds of junk at the limits of a cloud server, a thousand of each every 10 ms; after each
/// wave an honest initiator comes, from a place of its own.
FloodFigures measure_flood() {
    constexpr std::size_t waves = 50;
    constexpr std::size_t wave_size = 1'000;
    constexpr auto between = std::chrono::milliseconds(10);
    constexpr Junk kinds[] = {Junk::wrong_mac1, Junk::right_mac1, Junk::with_cookie};
    Cast cast(Profile::pda_cloud);
    FloodFigures out;
    std::vector<double> seconds[std::size(kinds)];
    for (std::uint32_t wave = 0; wave < waves; ++wave) {
        cast.enrol(wave + 1);
        for (const auto kind : kinds) {
            const auto frames = junk_wave(cast, kind, wave_size);
            seconds[static_cast<std::size_t>(kind)].push_back(Stopwatch::of([&] {
                for (const auto& frame : frames) {
                    (void)cast.server->receive("flood", frame, cast.clock.now());
                }
            }));
            out.junk += wave_size;
        }
        out.junk_x25519 = cast.server->counts().dh_operations - dh_operations * out.honest_served;
        ++out.honest;
        auto client = cast.client(wave + 1);
        if (cast.connect(client, "honest " + std::to_string(wave))) ++out.honest_served;
        cast.clock.advance(between);
    }
    const auto us_of = [&seconds](Junk kind) {
        return median(seconds[static_cast<std::size_t>(kind)]) / wave_size * 1e6;
    };
    out.junk_us = us_of(Junk::wrong_mac1);
    out.cookie_us = us_of(Junk::right_mac1);
    out.retry_us = us_of(Junk::with_cookie);
    out.seconds = std::chrono::duration<double>(waves * between).count();
    return out;
}

/// One handshake of this profile, its frames counted.
Result<HandshakeBits> measure_bits(Profile profile) {
    Cast cast(profile);
    cast.enrol(1);
    Round round(cast, 1, 1);
    if (!round.run()) return incomplete();
    HandshakeBits out;
    for (std::size_t i = 0; i < std::size(out.messages); ++i) {
        out.messages[i] = round.sizes()[i] * 8;
    }
    return out;
}

}  // namespace

std::size_t HandshakeBits::without_mac1() const {
    return total() - keyagreement::Mac1::size_bytes * 8;
}

Result<HandshakeBench> run_handshake_bench(const HandshakeBenchOptions& options) {
    HandshakeBench bench;
    for (const auto suite : {Suite::chacha20_poly1305, Suite::aes_256_gcm}) {
        auto rate = measure_rate(suite, options.timed);
        if (!rate) return base::pass(rate);
        bench.rates.push_back(*rate);
    }
    bench.flood = measure_flood();
    const auto device_pda = measure_bits(Profile::device_pda);
    const auto pda_cloud = measure_bits(Profile::pda_cloud);
    if (!device_pda || !pda_cloud) return incomplete();
    bench.device_pda = *device_pda;
    bench.pda_cloud = *pda_cloud;
    if (auto measured = measure_sessions(options, bench); !measured) return base::pass(measured);
    return bench;
}

}  // namespace cli
