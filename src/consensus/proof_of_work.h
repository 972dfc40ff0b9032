// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/bytes.h"
#include "wire/ids.h"

namespace consensus {

/// What a miner grinds [2][3]: the nonce for which SHA-256d of header | nonce 8 is not above
/// `target`, both read as big-endian numbers.
struct Work {
    wire::Height height = 0;
    base::Bytes header_bytes;
    wire::Hash256 target;
};
/// Whether the nonce is one.
[[nodiscard]] bool meets(const Work& work, std::uint64_t nonce);

/// Nothing if it gave up: cancelled, or its bound was reached.
using Grind = std::function<std::optional<std::uint64_t>(const Work&)>;

/// Tries nonces from 0 on. `go_on` is asked every 4,096 tries. Nothing after `tries_max`.
[[nodiscard]] std::optional<std::uint64_t> grind(const Work& work, std::uint64_t tries_max,
                                                 const std::function<bool()>& go_on);

}  // namespace consensus
