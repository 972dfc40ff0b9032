// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "state/values.h"

namespace state {
namespace {

constexpr std::size_t window_bytes = SequenceRecord::window / 8;

/// The window seen from a highest that is `by` higher: each used d becomes d + by, and what falls
/// beyond the window is forgotten (it is refused as too old from now on).
base::Bytes shifted(const base::Bytes& used, std::uint64_t by) {
    base::Bytes out;
    if (by >= SequenceRecord::window) return out;
    const std::size_t bytes = static_cast<std::size_t>(by / 8);
    const unsigned bits = static_cast<unsigned>(by % 8);
    out.assign(std::min(window_bytes, bytes + used.size() + 1), 0);
    for (std::size_t i = 0; i < used.size(); ++i) {
        const unsigned moved = static_cast<unsigned>(used[i]) << bits;
        if (bytes + i < out.size()) out[bytes + i] |= static_cast<std::uint8_t>(moved);
        if (bytes + i + 1 < out.size()) out[bytes + i + 1] |= static_cast<std::uint8_t>(moved >> 8);
    }
    return out;
}

void set_bit(base::Bytes& used, std::uint64_t distance) {
    const std::size_t at = static_cast<std::size_t>((distance - 1) / 8);
    if (used.size() <= at) used.resize(at + 1);
    used[at] |= static_cast<std::uint8_t>(1U << ((distance - 1) % 8));
}

}  // namespace

bool SequenceRecord::is_fresh(std::uint64_t sequence) const {
    if (sequence == 0) return false;
    if (sequence > highest_) return true;
    const std::uint64_t distance = highest_ - sequence;
    if (distance == 0 || distance > window) return false;
    const std::size_t at = static_cast<std::size_t>((distance - 1) / 8);
    return at >= used_.size() || (used_[at] >> ((distance - 1) % 8) & 1U) == 0;
}

bool SequenceRecord::accept(std::uint64_t sequence) {
    if (!is_fresh(sequence)) return false;
    if (sequence < highest_) {
        set_bit(used_, highest_ - sequence);
        return true;
    }
    const std::uint64_t by = sequence - highest_;
    used_ = shifted(used_, by);
    if (highest_ != 0 && by <= window) set_bit(used_, by);
    while (!used_.empty() && used_.back() == 0) used_.pop_back();
    highest_ = sequence;
    return true;
}

}  // namespace state
