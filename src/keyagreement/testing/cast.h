// SPDX-License-Identifier: Apache-2.0
// For tests alone: keys and names that can be told apart at a glance.
#pragma once

#include "base/bytes.h"
#include "keyagreement/names.h"

namespace keyagreement::testing {

/// N times the same byte.
template <class Fixed>
[[nodiscard]] Fixed repeated(int byte) {
    Fixed out;
    out.bytes.fill(static_cast<std::uint8_t>(byte));
    return out;
}

[[nodiscard]] inline Secret32 secret_of(std::uint8_t byte) {
    return *Secret32::from(base::Bytes(Secret32::size_bytes, byte));
}

[[nodiscard]] inline base::Bytes flipped(base::Bytes frame, std::size_t bit) {
    frame[bit / 8] = static_cast<std::uint8_t>(frame[bit / 8] ^ (1U << (bit % 8)));
    return frame;
}

}  // namespace keyagreement::testing
