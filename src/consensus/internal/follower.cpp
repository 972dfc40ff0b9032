// SPDX-License-Identifier: Apache-2.0
#include "consensus/internal/follower.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"

namespace consensus {

namespace {
/// Before a block that could not be read is tried again. Chosen by us.
constexpr std::chrono::milliseconds retry_pause{1'000};
}  // namespace

wire::Height TipBoard::height() const {
    const std::lock_guard lock(mutex_);
    return height_;
}

void TipBoard::announce(std::shared_ptr<const wire::Block> block) {
    const std::lock_guard lock(mutex_);
    height_ = block->header.height;
    newest_ = std::move(block);
    changed_.notify_all();
}

std::optional<TipBoard::Seen> TipBoard::wait_for(wire::Height height, const bool& stop) const {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stop || height_ >= height; });
    if (stop) return std::nullopt;
    const bool is_newest = newest_ && newest_->header.height == height;
    return Seen{.block = is_newest ? newest_ : nullptr};
}

void TipBoard::pause(std::chrono::milliseconds how_long, const bool& stop) const {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, how_long, [&] { return stop; });
}

void TipBoard::set_stop(bool& stop) {
    const std::lock_guard lock(mutex_);
    stop = true;
    changed_.notify_all();
}

Follower::Follower(Parts parts, wire::Height from)
    : parts_(std::move(parts)), thread_([this, from] { run(std::max<wire::Height>(from, 1)); }) {}

Follower::~Follower() {
    CHECK(thread_.get_id() != std::this_thread::get_id());  // not from within `on_block`
    parts_.board.set_stop(stop_);
    thread_.join();
}

void Follower::run(wire::Height next) {
    while (const auto seen = parts_.board.wait_for(next, stop_)) {
        if (seen->block) {
            parts_.on_block(*seen->block);
            ++next;
            continue;
        }
        const auto block = parts_.read(next);
        if (!block) {
            if (parts_.on_error) parts_.on_error(block.error());
            parts_.board.pause(retry_pause, stop_);
            continue;
        }
        parts_.on_block(*block);
        ++next;
    }
}

}  // namespace consensus
