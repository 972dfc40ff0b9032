// SPDX-License-Identifier: Apache-2.0
#include "pda/device_queue.h"

#include <algorithm>

#include "base/check.h"

namespace pda {
namespace {

using namespace std::chrono_literals;

// Chosen by us: the gateway answers within milliseconds. It never answers what it refuses, so what
// has waited long is sent rarely.
constexpr std::chrono::milliseconds resend_first = 2s;
constexpr std::chrono::milliseconds resend_max = 64s;

std::chrono::milliseconds resend_delay(std::uint32_t attempts) {
    return std::min(resend_first * (1U << std::min(attempts, 8U)), resend_max);
}

}  // namespace

DeviceQueue::Added DeviceQueue::add(std::uint64_t counter, base::ByteView batch,
                                    base::TimePoint now) {
    CHECK(!batch.empty());
    const auto found = batches_.find(counter);
    if (found != batches_.end()) {
        const Batch& known = found->second;
        const bool same = known.bytes.empty() ? known.size == batch.size()
                                              : std::ranges::equal(known.bytes, batch);
        return same ? Added::known : Added::other_content;
    }
    if (batches_.size() >= limits_.batches_max || bytes_ + batch.size() > limits_.bytes_max) {
        return Added::full;
    }
    batches_.emplace(counter, Batch{.bytes = {batch.begin(), batch.end()},
                                    .size = batch.size(),
                                    .stored = false,
                                    .arrived = now});
    bytes_ += batch.size();
    unsent_.insert(counter);
    unstored_.insert(counter);
    return Added::fresh;
}

void DeviceQueue::add_stored(std::uint64_t counter, std::size_t size) {
    const bool added = batches_.emplace(counter, Batch{.size = size, .stored = true}).second;
    CHECK(added);
    bytes_ += size;
    unsent_.insert(counter);
}

std::vector<std::uint64_t> DeviceQueue::due(base::TimePoint now) const {
    std::vector<std::uint64_t> out;
    for (const std::uint64_t counter : in_flight_) {
        const base::TimePoint at = batches_.at(counter).resend_at;
        // A clock that was set back must not hold a batch back for as long.
        if (at <= now || at > now + resend_max) out.push_back(counter);
    }
    std::size_t room = limits_.window - std::min(limits_.window, in_flight_.size());
    for (const std::uint64_t counter : unsent_) {
        if (room == 0) break;
        --room;
        out.push_back(counter);
    }
    return out;
}

bool DeviceQueue::set_forwarded(std::uint64_t counter, base::TimePoint now) {
    Batch& batch = batches_.at(counter);
    batch.resend_at = now + resend_delay(batch.attempts);
    ++batch.attempts;
    if (unsent_.erase(counter) == 0) return false;
    in_flight_.insert(counter);
    return true;
}

void DeviceQueue::forward_again() {
    for (const std::uint64_t counter : in_flight_) {
        Batch& batch = batches_.at(counter);
        batch.resend_at = base::TimePoint{};
        batch.attempts = std::min(batch.attempts, 1U);
    }
}

bool DeviceQueue::set_acknowledged(std::uint64_t counter) {
    if (!batches_.contains(counter)) return false;
    unsent_.erase(counter);
    in_flight_.erase(counter);
    unstored_.erase(counter);
    kept_due_.erase(counter);
    acknowledged_.insert(counter);
    return true;
}

const base::Bytes* DeviceQueue::bytes_of(std::uint64_t counter) const {
    const Batch& batch = batches_.at(counter);
    return batch.bytes.empty() ? nullptr : &batch.bytes;
}

std::vector<std::uint64_t> DeviceQueue::to_store(base::TimePoint before) const {
    std::vector<std::uint64_t> out;
    for (const std::uint64_t counter : unstored_) {
        if (batches_.at(counter).arrived <= before) out.push_back(counter);
    }
    return out;
}

void DeviceQueue::set_stored(std::uint64_t counter) {
    const auto found = batches_.find(counter);
    CHECK(found != batches_.end());
    found->second.stored = true;
    unstored_.erase(counter);
    if (!acknowledged_.contains(counter)) kept_due_.insert(counter);
    found->second.bytes = {};  // memory is for what passes through at once
}

void DeviceQueue::ask_kept(std::uint64_t counter) {
    if (is_stored(counter) && !acknowledged_.contains(counter)) kept_due_.insert(counter);
}

bool DeviceQueue::forget(std::uint64_t counter) {
    const auto found = batches_.find(counter);
    CHECK(found != batches_.end());
    const bool stored = found->second.stored;
    bytes_ -= found->second.size;
    batches_.erase(found);
    for (auto* set : {&unsent_, &in_flight_, &acknowledged_, &unstored_, &kept_due_}) {
        set->erase(counter);
    }
    return stored;
}

bool DeviceQueue::is_stored(std::uint64_t counter) const {
    const auto found = batches_.find(counter);
    return found != batches_.end() && found->second.stored;
}

std::vector<std::uint64_t> DeviceQueue::counters() const {
    std::vector<std::uint64_t> out;
    out.reserve(batches_.size());
    for (const auto& [counter, batch] : batches_) out.push_back(counter);
    return out;
}

std::optional<base::TimePoint> DeviceQueue::next_resend() const {
    std::optional<base::TimePoint> out;
    for (const std::uint64_t counter : in_flight_) {
        const base::TimePoint at = batches_.at(counter).resend_at;
        if (!out || at < *out) out = at;
    }
    return out;
}

std::optional<base::TimePoint> DeviceQueue::oldest_unstored() const {
    std::optional<base::TimePoint> out;
    for (const std::uint64_t counter : unstored_) {
        const base::TimePoint at = batches_.at(counter).arrived;
        if (!out || at < *out) out = at;
    }
    return out;
}

}  // namespace pda
