// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace gateway {

/// Why a frame was refused. In the order in which they are checked.
enum class Refusal : std::uint8_t {
    too_large,         ///< Above wire::frame_bytes_max, or too many readings or samples inside.
    malformed,         ///< Not a frame of readings, before or after its seal was opened.
    topic_mismatch,    ///< Sent on the topic of another device.
    unknown_device,    ///< No such device is enrolled.
    suspended_device,  ///< An administrator suspended it.
    replayed,          ///< A sequence that was seen, or is too old to tell.
    bad_tag,           ///< Altered, or not sealed under the device's key.
    store_unreadable,  ///< Our own store does not say what was seen before; the device sends again.
};
inline constexpr std::size_t refusal_count = 8;

/// As in metrics and summaries, e.g. "bad_tag".
[[nodiscard]] constexpr std::string_view name_of(Refusal refusal) {
    constexpr std::array<std::string_view, refusal_count> names = {
        "too_large",        "malformed", "topic_mismatch", "unknown_device",
        "suspended_device", "replayed",  "bad_tag",        "store_unreadable"};
    return names[static_cast<std::size_t>(refusal)];
}

}  // namespace gateway
