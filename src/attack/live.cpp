// SPDX-License-Identifier: Apache-2.0
#include "attack/live.h"

#include <algorithm>

#include "keyagreement/message.h"

namespace attack {

using namespace std::chrono_literals;
using mqtt::Direction;

namespace {

std::string attackers_name(const Account& account) {
    return "attacker-" + account.id;
}

}  // namespace

Verdict no_handshake() {
    return {false, "Live: no handshake was heard; is the fleet running?"};
}

Tap::Tap(const Way& way, const Account& account, const std::string& client_id,
         std::vector<std::string> filters)
    : clock_(way.clock),
      filters_(std::move(filters)),
      transport_(way.network.make_client(
          {.client_id = client_id, .username = account.id, .password = account.password})) {
    transport_->connect(*this);
}

Tap::~Tap() {
    transport_->disconnect();
}

bool Tap::send(std::string topic, Bytes payload) {
    return transport_->publish(std::move(topic), std::move(payload)).has_value();
}

void Tap::on_connected() {
    subscribed_ = std::ranges::all_of(filters_, [this](const std::string& filter) {
        return transport_->subscribe(filter).has_value();
    });
}

void Tap::on_disconnected(std::string_view /*reason*/) {
    subscribed_ = false;
}

void Tap::on_message(std::string_view topic, base::ByteView payload) {
    heard_.push_back({clock_.now(), std::string(topic), {payload.begin(), payload.end()}});
}

Live::Live(LiveTarget target, Parts parts) : target_(std::move(target)), parts_(std::move(parts)) {
    const auto& tenant = target_.tenant;
    const auto& pda = target_.pda.id;
    const Tap::Way network{parts_.network, parts_.clock};
    pda_tap_ = std::make_unique<Tap>(network, target_.pda, attackers_name(target_.pda),
                                     std::vector{mqtt::cloud_topic(tenant, pda, Direction::down),
                                                 mqtt::pda_topic(tenant, pda, "+", Direction::up)});
    other_tap_ = std::make_unique<Tap>(
        network, target_.other_pda, attackers_name(target_.other_pda),
        std::vector{mqtt::cloud_topic(tenant, target_.other_pda.id, Direction::down),
                    mqtt::pda_topic(tenant, target_.other_pda.id, "+", Direction::up)});
    for (std::size_t i = 0; i < target_.devices.size(); ++i) {
        device_taps_.push_back(std::make_unique<Tap>(
            network, target_.devices[i], attackers_name(target_.devices[i]), std::vector{down(i)}));
    }
}

base::Result<void> Live::connect() {
    const bool there = wait_for(
        [this] {
            return pda_tap_->ready() && other_tap_->ready() &&
                   std::ranges::all_of(device_taps_, [](const auto& tap) { return tap->ready(); });
        },
        10s);
    if (there) return {};
    return base::fail(base::ErrorCode::unavailable, "the broker did not take the stolen accounts");
}

std::optional<Verdict> Live::run(std::string_view name) {
    if (name == "replay") return replay();
    if (name == "man_in_the_middle") return man_in_the_middle();
    if (name == "impersonation") return impersonation();
    if (name == "ephemeral_leak") return ephemeral_leak();
    if (name == "device_capture") return device_capture();
    if (name == "flooding") return flooding();
    if (name == "traceability") return traceability();
    if (name == "desynchronisation") return desynchronisation();
    if (name == "insider") return insider();
    if (name == "stolen_verifier") return stolen_verifier();
    if (name == "key_compromise") return key_compromise();
    return std::nullopt;
}

std::string Live::up(std::size_t device) const {
    return mqtt::pda_topic(target_.tenant, target_.pda.id, target_.devices[device].id,
                           Direction::up);
}

std::string Live::down(std::size_t device) const {
    return mqtt::pda_topic(target_.tenant, target_.pda.id, target_.devices[device].id,
                           Direction::down);
}

void Live::listen() {
    const auto take = [this](Tap& tap) {
        for (auto& message : tap.heard()) {
            log_.push_back(std::move(message));
        }
        tap.heard().clear();
    };
    take(*pda_tap_);
    take(*other_tap_);
    for (auto& tap : device_taps_) take(*tap);
}

bool Live::wait_for(const std::function<bool()>& there, std::chrono::milliseconds patience) {
    constexpr auto step = 50ms;
    for (auto waited = 0ms;; waited += step) {
        listen();
        if (there()) return true;
        if (waited >= patience) return false;
        parts_.wait(step);
    }
}

void Live::pass(std::chrono::milliseconds time) {
    wait_for([] { return false; }, time);
}

void Live::provoke() {
    pda_tap_->send(mqtt::pda_started_topic(target_.tenant, target_.pda.id), {});
}

std::vector<Bytes> Live::frames_on(const std::string& topic, std::uint8_t type,
                                   std::size_t from) const {
    std::vector<Bytes> out;
    for (std::size_t i = from; i < log_.size(); ++i) {
        const auto& [at, heard_on, frame] = log_[i];
        if (heard_on == topic && frame.size() >= 18 && frame[1] == type) out.push_back(frame);
    }
    return out;
}

/// Two accounts hear the two directions, so what was heard of them is in no common order.
std::optional<HeardHandshake> Live::handshake_after(std::size_t from, std::size_t device) const {
    const auto same = [](const Bytes& a, std::ptrdiff_t at_a, const Bytes& b, std::ptrdiff_t at_b) {
        return std::equal(a.begin() + at_a, a.begin() + at_a + 8, b.begin() + at_b);
    };
    const auto thirds = frames_on(up(device), 3, from);
    const auto seconds = frames_on(down(device), 2, from);
    for (const auto& first : frames_on(up(device), 1, from)) {
        for (const auto& second : seconds) {
            if (!same(first, 2, second, 2)) continue;
            const auto third = std::ranges::find_if(
                thirds, [&](const Bytes& frame) { return same(frame, 2, second, 10); });
            if (third != thirds.end()) return HeardHandshake{device, first, second, *third};
        }
    }
    return std::nullopt;
}

std::optional<HeardHandshake> Live::hear_handshake(std::size_t device) {
    for (int tries = 0; tries < 3; ++tries) {
        const auto from = log_.size();
        provoke();
        std::optional<HeardHandshake> found;
        wait_for([&] { return (found = handshake_after(from, device)).has_value(); }, 5s);
        parts_.wait(1'100ms);  // devices follow one hint a second
        if (found) return found;
    }
    return std::nullopt;
}

std::optional<Heard> Live::hear_session(std::size_t device) {
    const auto from = log_.size();
    const auto heard = hear_handshake(device);
    if (!heard) return std::nullopt;
    Heard out{heard->message1, heard->message2, heard->message3, {}};
    const auto spoken = [&] {
        for (const auto& frame : frames_on(up(device), 4, from)) {
            const bool of_it =
                std::equal(frame.begin() + 2, frame.begin() + 10, out.message2.begin() + 10);
            if (of_it) out.record = frame;
        }
        return !out.record.empty();
    };
    wait_for(spoken, 15s);
    return out;
}

std::size_t Live::frames_for(std::size_t from, std::uint8_t type, std::size_t offset,
                             const std::vector<Bytes>& names) const {
    std::size_t out = 0;
    for (std::size_t i = from; i < log_.size(); ++i) {
        const auto& frame = log_[i].payload;
        if (frame.size() < offset + 8 || frame[1] != type) continue;
        const auto at = frame.begin() + static_cast<std::ptrdiff_t>(offset);
        out += std::ranges::any_of(
                   names, [&](const Bytes& name) { return std::equal(at, at + 8, name.begin()); })
                   ? 1
                   : 0;
    }
    return out;
}

}  // namespace attack
