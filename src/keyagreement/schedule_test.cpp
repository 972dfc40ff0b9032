// SPDX-License-Identifier: Apache-2.0
// Goal: whatever the network and the clocks do, a session comes back once they behave, and nothing
// is accepted twice. Method: seeded schedules over the real endpoints, one thread, no real time; a
// failure names its seed.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/testing.h"
#include "keyagreement/testing.h"

namespace keyagreement {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using testing::Cast;

constexpr std::uint32_t clients_count = 2;
constexpr int faulty_steps = 160;
constexpr milliseconds step{250};
/// How long a clean network may need: the longest back-off with its waits, and a clock that a
/// client's handshake must see through.
constexpr milliseconds recovery_max{60'000};

struct InFlight {
    base::TimePoint at;
    std::uint32_t client;
    bool up;
    base::Bytes frame;
};

/// One schedule: two clients of a server, a network that loses, repeats, reorders and replays what
/// it saw, clocks that jump, processes that restart.
class Schedule {
public:
    explicit Schedule(std::uint64_t seed) : chance_(seed), cast_(profile_of(seed), suite_of(seed)) {
        cast_.random = base::SeededRandom(seed ^ 0x5a5a5a5a);
        for (std::uint32_t i = 0; i < clients_count; ++i) {
            const bool has_clock = cast_.profile != Profile::device_pda || i == 0;
            cast_.enrol(i + 1, !has_clock);
            clients_.push_back(cast_.client(i + 1, has_clock));
            skew_.emplace_back(0);
            run(i, clients_[i].start(local(i)));
        }
    }

    void faulty_phase() {
        for (int i = 0; i < faulty_steps; ++i) {
            disturb();
            advance(true);
        }
    }
    /// Clocks are right again and the network is clean. True once data went both ways for all.
    [[nodiscard]] bool recovers() {
        skew_.assign(clients_count, 0ms);
        for (auto waited = 0ms; waited < recovery_max; waited += step) {
            advance(false);
            if (all_work()) return true;
        }
        return false;
    }
    [[nodiscard]] std::string fault() const { return fault_; }
    [[nodiscard]] std::uint64_t delivered() const { return delivered_.size(); }
    [[nodiscard]] std::uint64_t replayed() const { return replayed_; }

private:
    static Profile profile_of(std::uint64_t seed) { return static_cast<Profile>(1 + seed % 3); }
    static Suite suite_of(std::uint64_t seed) {
        return seed % 2 == 0 ? Suite::chacha20_poly1305 : Suite::aes_256_gcm;
    }
    [[nodiscard]] bool once_in(std::uint64_t times) { return chance_.below(times) == 0; }
    [[nodiscard]] base::TimePoint local(std::uint32_t i) const {
        return cast_.clock.now() + skew_[i];
    }

    void disturb() {
        if (once_in(40)) cast_.restart_server();
        if (once_in(40)) {
            const auto i = static_cast<std::uint32_t>(chance_.below(clients_count));
            clients_[i] = cast_.client(i + 1, i == 0 || cast_.profile != Profile::device_pda);
            run(i, clients_[i].start(local(i)));
        }
        if (once_in(30)) {
            const auto jump = milliseconds(chance_.below(7'200'000)) - 1h;
            skew_[chance_.below(clients_count)] = once_in(2) ? jump : 0ms;
        }
        if (once_in(60)) {  // the server's clock, and with it what all clocks are held against
            cast_.clock.advance(milliseconds(chance_.below(60'000)) - 30s);
        }
        if (!seen_.empty() && once_in(3)) {  // an attacker replays a frame of any age
            auto old = seen_[chance_.below(seen_.size())];
            old.at = cast_.clock.now();
            ++replayed_;
            network_.push_back(std::move(old));
        }
    }

    /// A quarter of a second: frames arrive, clients act, each sends a reading.
    void advance(bool faulty) {
        cast_.clock.advance(step);
        std::vector<InFlight> arriving;
        std::vector<InFlight> later;
        for (auto& one : std::exchange(network_, {})) {
            const bool due = !faulty || one.at <= cast_.clock.now() || once_in(3);
            (due ? arriving : later).push_back(std::move(one));
        }
        network_ = std::move(later);
        if (faulty) {
            for (std::size_t i = arriving.size(); i > 1; --i) {
                std::swap(arriving[i - 1], arriving[chance_.below(i)]);
            }
        }
        for (const auto& one : arriving) deliver(one, faulty);
        cast_.server->tick(cast_.clock.now());
        for (std::uint32_t i = 0; i < clients_count; ++i) {
            run(i, clients_[i].tick(local(i)), faulty);
            if (!clients_[i].ready()) continue;
            base::Bytes reading{static_cast<std::uint8_t>(i)};
            base::append_u64(reading, ++readings_);
            if (auto frame = clients_[i].seal(reading, local(i))) {
                send({cast_.clock.now(), i, true, *std::move(frame)}, faulty);
            }
        }
    }

    void send(InFlight one, bool faulty) {
        if (seen_.size() < 2'000) seen_.push_back(one);
        if (faulty) {
            if (once_in(4)) return;  // lost
            one.at += milliseconds(chance_.below(3'000));
            if (once_in(5)) network_.push_back(one);  // twice
        }
        network_.push_back(std::move(one));
    }

    void deliver(const InFlight& one, bool faulty) {
        if (one.up) {
            const auto source = "client " + std::to_string(one.client);
            auto outcome = cast_.server->receive(source, one.frame, cast_.clock.now());
            for (auto& frame : outcome.to_send) {
                send({cast_.clock.now(), one.client, false, std::move(frame)}, faulty);
            }
            if (outcome.established && !confirmed_.insert(one.frame).second) {
                fault_ = "a MSG3 completed two handshakes";
            }
            if (outcome.received) accept(*outcome.received, one.client, faulty);
        } else {
            run(one.client, clients_[one.client].receive(one.frame, local(one.client)), faulty);
        }
    }

    void accept(const Received& received, std::uint32_t client, bool faulty) {
        if (received.peer != Cast::name_of(received.plaintext.at(0) + 1U)) {
            fault_ = "a reading was taken for another peer's";
        }
        if (!delivered_.insert(received.plaintext).second) fault_ = "a reading was taken twice";
        last_[received.plaintext.at(0)] = readings_;
        if (auto frame =
                cast_.server->seal(received.session, received.plaintext, cast_.clock.now())) {
            send({cast_.clock.now(), client, false, *std::move(frame)}, faulty);
        }
    }

    void run(std::uint32_t i, Outcome outcome, bool faulty = true) {
        if (outcome.received && !acknowledged_.insert(outcome.received->plaintext).second) {
            fault_ = "an acknowledgement was taken twice";
        }
        if (outcome.received) heard_[i] = readings_;
        for (auto& frame : outcome.to_send) {
            send({cast_.clock.now(), i, true, std::move(frame)}, faulty);
        }
    }

    /// Whether every client's reading of the last two steps was taken and answered.
    [[nodiscard]] bool all_work() const {
        for (std::uint32_t i = 0; i < clients_count; ++i) {
            const auto recent = readings_ > 3 * clients_count ? readings_ - 3 * clients_count : 0;
            if (!clients_[i].ready() || last_[i] <= recent || heard_[i] <= recent) return false;
        }
        return true;
    }

    base::SeededRandom chance_;
    Cast cast_;
    std::vector<Client> clients_;
    std::vector<milliseconds> skew_;
    std::vector<InFlight> network_;
    std::vector<InFlight> seen_;
    std::set<base::Bytes> delivered_;
    std::set<base::Bytes> acknowledged_;
    std::set<base::Bytes> confirmed_;
    std::uint64_t readings_ = 0;
    std::uint64_t replayed_ = 0;
    std::uint64_t last_[clients_count] = {};
    std::uint64_t heard_[clients_count] = {};
    std::string fault_;
};

TEST(Schedules, OfLossRepetitionReorderingClockStepsAndRestartsEndWithAWorkingSession) {
    std::uint64_t delivered = 0;
    std::uint64_t replayed = 0;
    const auto seeds = base::testing::rounds<std::uint64_t>(1'000);
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        Schedule schedule(seed);
        schedule.faulty_phase();
        EXPECT_TRUE(schedule.recovers()) << "seed " << seed;
        EXPECT_EQ(schedule.fault(), "") << "seed " << seed;
        delivered += schedule.delivered();
        replayed += schedule.replayed();
    }
    // That the faults left something to test: data got through, and old frames were played again.
    EXPECT_GT(delivered, seeds * 20);
    EXPECT_GT(replayed, seeds * 20);
}

}  // namespace
}  // namespace keyagreement
