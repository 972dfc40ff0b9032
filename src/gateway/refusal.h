// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace gateway {

/// Why the gateway refused a frame, or one batch of those that a PDA joined in it, beside the
/// reasons of the key agreement (keyagreement::Failure, counted under their names of
/// docs/protocol.md 2.5).
enum class Refusal : std::uint8_t {
    too_large,         ///< Above `frame_bytes_max`.
    topic_mismatch,    ///< Not a client's topic, or that of another client than the session's.
    malformed,         ///< Opened, but no content that a client sends, or a batch out of form.
    unknown_device,    ///< No such device is enrolled.
    foreign_device,    ///< A device, but not one that this peer may speak for.
    suspended_device,  ///< An administrator suspended it.
    revoked_device,    ///< Revoked or retired.
    other_content,     ///< Other readings are stored under this counter of this device.
    too_many_gaps,     ///< The device left more gaps in its counters than are kept.
};
inline constexpr std::size_t refusal_count = 9;

/// As in metrics and summaries, e.g. "foreign_device".
[[nodiscard]] constexpr std::string_view name_of(Refusal refusal) {
    constexpr std::array<std::string_view, refusal_count> names = {
        "too_large",        "topic_mismatch", "malformed",     "unknown_device", "foreign_device",
        "suspended_device", "revoked_device", "other_content", "too_many_gaps"};
    return names[static_cast<std::size_t>(refusal)];
}

}  // namespace gateway
