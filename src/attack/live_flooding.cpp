// SPDX-License-Identifier: Apache-2.0
// A flood of the running cloud server by a stolen account, and what another PDA notices of it.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "attack/live.h"
#include "keyagreement/message.h"

namespace attack {
namespace {

using namespace std::chrono_literals;
using mqtt::Direction;
using std::chrono::milliseconds;

constexpr std::uint8_t type_message2 = 2, type_data = 4;
constexpr int rounds = 150, of_a_kind = 100;  // each of three kinds, every 50 ms
/// What others may wait for in a flood, against what they wait for otherwise in the same run; below
/// 200 ms the machine's own unrest counts for more than any flood. Chosen by us.
constexpr int slower_at_most = 5;
constexpr milliseconds unrest = 200ms;

Bytes name_in(const Bytes& frame) {
    return {frame.begin() + 2, frame.begin() + 10};
}

Bytes junk_of(const Line& line, base::Random& random, bool knows_key) {
    Bytes junk(keyagreement::message1_bytes);
    random.fill(junk);
    junk[0] = 0x12;
    junk[1] = 0x01;
    return knows_key ? with_mac1(line.responder, std::move(junk)) : junk;
}

}  // namespace

bool Live::others_served() {
    auto client = target_.other_pda.line.client(parts_.random);
    const auto& id = target_.other_pda.id;
    const auto topic_up = mqtt::cloud_topic(target_.tenant, id, Direction::up);
    const auto topic_down = mqtt::cloud_topic(target_.tenant, id, Direction::down);
    auto read = log_.size();
    for (const auto& frame : client.start(parts_.clock.now()).to_send) {
        other_tap_->send(topic_up, frame);
    }
    bool answered = false;
    const auto follow = [&] {
        for (; read < log_.size() && !answered; ++read) {
            if (log_[read].topic != topic_down) continue;
            const auto& frame = log_[read].payload;
            const auto outcome = client.receive(frame, parts_.clock.now());
            if (outcome.to_send.empty()) continue;
            answered = frame[1] == type_message2;  // its MSG3 is kept back: the PDA goes on
            if (!answered) other_tap_->send(topic_up, outcome.to_send.front());
        }
        return answered;
    };
    return wait_for(follow, 5s);
}

std::vector<milliseconds> Live::acknowledged_after(std::size_t from) const {
    const auto& id = target_.other_pda.id;
    const auto down = mqtt::cloud_topic(target_.tenant, id, Direction::down);
    const auto is_record = [](const Logged& one) {
        return one.payload.size() >= 2 && one.payload[1] == type_data;
    };
    std::vector<milliseconds> out;
    for (auto sent = log_.begin() + static_cast<std::ptrdiff_t>(from); sent != log_.end(); ++sent) {
        const auto address = mqtt::address_of_pda_topic(sent->topic, target_.tenant, Direction::up);
        if (!is_record(*sent) || !address || address->pda != id) continue;
        const auto answer = std::find_if(sent, log_.end(), [&](const Logged& one) {
            return one.topic == down && is_record(one) && one.at >= sent->at;
        });
        if (answer != log_.end()) out.push_back(answer->at - sent->at);
    }
    std::ranges::sort(out);
    return out;
}

Live::Sent Live::send_flood() {
    const auto topic = mqtt::cloud_topic(target_.tenant, target_.pda.id, Direction::up);
    Sent out;
    Bytes retry;  // one message with its good cookie, the same each time
    const auto send = [&](const Bytes& frame, std::size_t& counter) {
        if (!pda_tap_->send(topic, frame)) return;
        ++counter;
        out.bytes += frame.size();
    };
    std::size_t looked = log_.size();
    for (int round = 0; round < rounds; ++round) {
        for (int i = 0; i < of_a_kind; ++i) {
            for (const bool knows_key : {false, true}) {
                auto junk = junk_of(target_.pda.line, parts_.random, knows_key);
                send(junk, out.junk);
                out.by_name.emplace(name_in(junk), std::move(junk));
            }
            if (!retry.empty()) send(retry, out.followed);
        }
        pass(50ms);
        for (; looked < log_.size() && retry.empty(); ++looked) {
            const auto reply = keyagreement::decode_cookie_reply(log_[looked].payload);
            const auto found =
                reply ? out.by_name.find(name_in(log_[looked].payload)) : out.by_name.end();
            if (found == out.by_name.end()) continue;
            retry = found->second;
            base::append(retry, reply->cookie.view());
        }
    }
    return out;
}

Verdict Live::flooding() {
    constexpr auto calm = 12s;
    listen();
    const auto calm_from = log_.size();
    pass(calm);
    const auto before = acknowledged_after(calm_from);
    const auto from = log_.size();
    const auto sent = send_flood();
    const bool served = others_served();
    pass(2s);
    const auto during = acknowledged_after(from);

    const auto own_topic = mqtt::cloud_topic(target_.tenant, target_.pda.id, Direction::up);
    std::size_t bytes_out = 0, sessions = 0;
    for (std::size_t i = from; i < log_.size(); ++i) {
        const auto& frame = log_[i].payload;
        if (log_[i].topic == own_topic || frame.size() < 10) continue;
        if (!sent.by_name.contains(name_in(frame))) continue;
        bytes_out += frame.size();
        sessions += frame[1] == type_message2 ? 1 : 0;
    }
    const auto p99 = [](const std::vector<milliseconds>& sorted) {
        return sorted.empty() ? 0ms : sorted[(sorted.size() * 99 - 1) / 100];
    };
    const auto bound = slower_at_most * std::max(p99(before), unrest);
    const bool undisturbed = p99(during) <= bound && during.empty() == before.empty();
    const bool flooded = sent.junk >= rounds * of_a_kind && sent.followed >= rounds * of_a_kind / 2;
    auto detail = fmt::format(
        "Live: {} junk MSG1 through the broker, and {} times one with its good cookie, got {} "
        "sessions and {} bytes for {}; another PDA {} meanwhile.",
        sent.junk, sent.followed, sessions, bytes_out, sent.bytes,
        served ? "was answered" : "was NOT answered");
    if (!before.empty()) {
        detail += fmt::format(
            " Its acknowledgements came after {} ms (p99 of {}) before and {} ms (of {}) during "
            "the flood; bound {} ms.",
            p99(before).count(), before.size(), p99(during).count(), during.size(), bound.count());
    }
    return {sessions == 0 && bytes_out <= sent.bytes && served && flooded && undisturbed,
            std::move(detail)};
}

}  // namespace attack
