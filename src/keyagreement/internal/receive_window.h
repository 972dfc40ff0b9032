// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bitset>
#include <cstdint>

namespace keyagreement::internal {

/// Which sequences were received: the newest and the 1,023 below it (RFC 4303 section 3.4.3 has the
/// idea). What is older counts as received, since nobody can tell.
class ReceiveWindow {
public:
    static constexpr std::uint64_t width = 1'024;

    [[nodiscard]] bool is_new(std::uint64_t sequence) const {
        if (sequence >= next_) return true;
        if (next_ - sequence > width) return false;
        return !received_[sequence % width];
    }
    void mark(std::uint64_t sequence) {
        if (sequence >= next_) {
            if (sequence - next_ >= width) {
                received_.reset();
            } else {
                for (std::uint64_t s = next_; s < sequence; ++s) received_.reset(s % width);
            }
            next_ = sequence + 1;
        }
        received_.set(sequence % width);
    }
    /// One above the highest sequence received.
    [[nodiscard]] std::uint64_t next() const { return next_; }

private:
    std::uint64_t next_ = 0;
    std::bitset<width> received_;  // sequence s stands at s modulo the width
};

}  // namespace keyagreement::internal
