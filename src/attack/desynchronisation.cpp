// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "attack/rows.h"
#include "attack/world.h"

namespace attack {
namespace {

using namespace std::chrono_literals;
using base::TimePoint;

constexpr int schedules = 1'000;
constexpr auto step = 100ms;
constexpr auto trouble = 15s;
/// Within which a record must come through once the trouble is over: 15 s until silence is taken
/// for a lost session, 5 s of waiting and 8 s of back-off, and some room.
constexpr auto patience = 45s;

/// One initiator and its responder over a network in somebody's hands.
class Schedule {
public:
    Schedule(const World& world, const Line& line, TimePoint start, std::uint64_t seed)
        : random_(seed),
          line_(line),
          station_(world.station_of(line)),
          start_(start),
          now_(start),
          server_(station_.server(start - 1h, random_)),
          client_(line.client(random_)) {
        if (line.clockless) offset_ = -3'650 * 24h;
    }

    /// True if a record came through both ways after the trouble, and none came twice at any time.
    bool run() {
        handle(client_.start(client_now()));
        for (; now_ < start_ + trouble; now_ += step) disturb(), advance();
        if (!line_.clockless) offset_ = 0ms;  // somebody set the clock
        calm_ = true;
        for (; now_ < start_ + trouble + patience; now_ += step) {
            advance();
            if (through_) return !taken_twice_;
        }
        return false;
    }
    [[nodiscard]] bool taken_twice() const { return taken_twice_; }

private:
    struct Flying {
        TimePoint at;
        bool to_server;
        Bytes frame;
    };

    TimePoint client_now() const { return now_ + offset_; }
    bool one_in(std::uint64_t n) { return random_.below(n) == 0; }

    void send(bool to_server, const Bytes& frame) {
        heard_.push_back({now_, to_server, frame});
        if (calm_) {
            flying_.push_back({now_, to_server, frame});
            return;
        }
        if (one_in(3)) return;  // lost
        for (int copies = one_in(5) ? 2 : 1; copies > 0; --copies) {
            const auto delay = std::chrono::milliseconds(one_in(2) ? 0 : random_.below(3'000));
            flying_.push_back({now_ + delay, to_server, frame});
        }
    }

    void handle(const keyagreement::Outcome& outcome) {  // of the client
        for (const auto& frame : outcome.to_send) send(true, frame);
        if (outcome.peer_time) offset_ = *outcome.peer_time - now_;
        if (outcome.received) note(answers_, outcome.received->plaintext);
    }
    void handle_server(const keyagreement::Outcome& outcome) {
        for (const auto& frame : outcome.to_send) send(false, frame);
        if (!outcome.received || outcome.received->plaintext.empty()) return;
        note(records_, outcome.received->plaintext);
        const auto answer = server_.seal(outcome.received->session, number(), now_);
        if (answer) send(false, *answer);
    }
    /// Each plaintext is made once, so one that comes again was replayed.
    void note(std::set<Bytes>& seen, const Bytes& plaintext) {
        if (plaintext.empty()) return;
        taken_twice_ |= !seen.insert(plaintext).second;
        through_ |= &seen == &answers_ && base::read_u64(plaintext) > first_calm_;
    }
    Bytes number() {
        Bytes out;
        base::append_u64(out, ++last_number_);
        if (!calm_) first_calm_ = last_number_;
        return out;
    }

    void disturb() {
        if (one_in(40)) server_ = station_.server(now_, random_);
        if (one_in(60)) {
            client_ = line_.client(random_);
            if (line_.clockless) offset_ = -3'650 * 24h;
            handle(client_.start(client_now()));
        }
        if (!line_.clockless && one_in(25)) {
            const auto size = one_in(2) ? 4'000 : 86'400'000;
            offset_ = std::chrono::milliseconds(random_.below(2 * size)) -
                      std::chrono::milliseconds(size);
        }
        for (int i = 0; i < 2 && !heard_.empty() && one_in(3); ++i) {  // replayed by somebody
            auto again = heard_[random_.below(heard_.size())];
            again.at = now_;
            flying_.push_back(std::move(again));
        }
    }

    void advance() {
        deliver();
        handle(client_.tick(client_now()));
        server_.tick(now_);
        if (client_.ready() && one_in(4)) {
            if (const auto frame = client_.seal(number(), client_now())) send(true, *frame);
        }
    }
    void deliver() {
        std::vector<Flying> due;
        std::erase_if(flying_, [&](Flying& one) {
            if (one.at > now_) return false;
            due.push_back(std::move(one));
            return true;
        });
        for (const auto& one : due) {
            if (one.to_server) {
                handle_server(server_.receive(line_name, one.frame, now_));
            } else {
                handle(client_.receive(one.frame, client_now()));
            }
        }
    }

    base::SeededRandom random_;
    const Line& line_;
    const Station& station_;
    TimePoint start_;
    TimePoint now_;
    std::chrono::milliseconds offset_{0};  // of the client's clock
    keyagreement::Server server_;
    keyagreement::Client client_;
    std::vector<Flying> flying_;
    std::vector<Flying> heard_;
    std::set<Bytes> records_;
    std::set<Bytes> answers_;
    std::uint64_t last_number_ = 0;
    std::uint64_t first_calm_ = 0;
    bool calm_ = false;
    bool through_ = false;
    bool taken_twice_ = false;
};

/// The attack that the protocol as printed does not survive: a device's clock stands an hour off,
/// on each of 30 days, and nobody sets it. How often it agreed on keys.
int days_served(const World& world, const Line& line, bool clock_is_mended) {
    int served = 0;
    for (int day = 0; day < 30; ++day) {
        const auto now = world.now() + day * 24h;
        auto server = world.station_of(line).server(now - 1h, world.random);
        auto client = line.client(world.random);
        const auto told = clock_is_mended ? now : now - 1h;
        auto frame = client.start(told).to_send;
        for (int i = 0; i < 2 && !frame.empty(); ++i) {
            const auto answer = server.receive(line_name, frame[0], now).to_send;
            if (answer.empty()) break;
            frame = client.receive(answer[0], told).to_send;
        }
        served += client.ready() ? 1 : 0;
    }
    return served;
}

/// Just before the first day, and 30 days, after the world's morning.
std::array<TimePoint, 3> starts(const World& world) {
    const auto day = std::chrono::floor<std::chrono::days>(world.now());
    const auto number = day.time_since_epoch().count();
    return {world.now(), day + 24h - 8s, day + std::chrono::days(30 - number % 30) - 8s};
}

}  // namespace

Verdict desynchronisation(base::Random& random) {
    const World world(random);
    const Line* lines[] = {&world.device, &world.clockless, &world.pda_line, &world.user};
    const auto begin = starts(world);
    int recovered = 0, replays = 0;
    for (int i = 0; i < schedules; ++i) {
        std::array<std::uint8_t, 8> seed{};
        random.fill(seed);
        const auto number = static_cast<std::size_t>(i);
        Schedule schedule(world, *lines[number % 4], begin[number / 4 % 3], base::read_u64(seed));
        recovered += schedule.run() ? 1 : 0;
        replays += schedule.taken_twice() ? 1 : 0;
    }
    // Devices state no time until they were given one. One that is sure of a wrong time is refused
    // for as long as it is; the control is that nothing else is wrong with it.
    const auto unset = days_served(world, world.clockless, false);
    const auto wrong = days_served(world, world.device, false);
    const auto mended = days_served(world, world.device, true);
    const bool served = unset == 30 && mended == 30;
    return {
        recovered == schedules && replays == 0 && served,
        fmt::format("{} of {} seeded schedules of loss, doubling, reordering, replay, restarts, "
                    "clock steps and new days and months ended with a working session; {} took "
                    "a record twice. A device whose clock stood an hour off was served on {} "
                    "of 30 days; left over: one that states a wrong time is refused ({} of 30) "
                    "until it is set ({} of 30).",
                    recovered, schedules, replays, unset, wrong, mended)};
}

}  // namespace attack
