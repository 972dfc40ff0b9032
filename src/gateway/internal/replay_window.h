// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bitset>
#include <cstdint>

namespace gateway::internal {

/// Which sequences of a sender were seen: the newest and the 1,023 below it (RFC 4303 section 3.4.3
/// has the idea). What is older counts as seen, since nobody can tell.
class ReplayWindow {
public:
    static constexpr std::uint64_t width = 1'024;

    /// `highest`: known from before; everything up to it counts as seen.
    explicit ReplayWindow(std::uint64_t highest) : highest_(highest) { seen_.set(); }

    [[nodiscard]] bool is_new(std::uint64_t sequence) const {
        if (sequence > highest_) return true;
        if (highest_ - sequence >= width) return false;
        return !seen_[sequence % width];
    }
    void mark(std::uint64_t sequence) {
        if (sequence > highest_) {
            if (sequence - highest_ >= width) {
                seen_.reset();
            } else {
                for (std::uint64_t s = highest_ + 1; s < sequence; ++s) seen_.reset(s % width);
            }
            highest_ = sequence;
        }
        seen_.set(sequence % width);
    }
    [[nodiscard]] std::uint64_t highest() const { return highest_; }

private:
    std::uint64_t highest_;
    std::bitset<width> seen_;  // sequence s stands at s modulo the width
};

}  // namespace gateway::internal
