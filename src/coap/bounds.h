// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace coap {

/// Of a payload in one message: RFC 7252 section 4.6 counts on paths that carry 1,152 bytes. What
/// is larger goes up in blocks of this size (RFC 7959), and not down at all.
inline constexpr std::size_t block_bytes = 1'024;
/// The Block1 option's exponent of that size.
inline constexpr unsigned block_szx = 6;
/// Seventeen blocks; the largest frame that a device makes has 16,418 bytes.
inline constexpr std::size_t frame_bytes_max = 17 * block_bytes;

/// What a server grants. All chosen by us.
struct Limits {
    std::size_t observations = 1'024;
    /// Observations none of whose frames was ever answered; the oldest gives way to a new one.
    std::size_t unproven = 256;
    std::size_t unproven_of_device = 2;
    /// Notifications that an observer gets without a sign of life.
    std::uint32_t notifications_unheard = 32;
    /// Notifications in a row that are acknowledged in none of their repeats; then the observer is
    /// forgotten.
    std::uint32_t notifications_lost = 4;
    /// Of one observer.
    std::uint32_t requests_per_second = 1'000;
    /// An observer that is silent for longer is forgotten; clients ask again after `refresh`.
    std::chrono::seconds silence{180};
};

/// RFC 7252 section 4.8: ACK_TIMEOUT and MAX_RETRANSMIT. A second and three repeats, so that a PDA
/// that is gone is missed after 15 to 23 s rather than 93.
struct Timing {
    std::chrono::milliseconds ack_timeout{1'000};  ///< At least a second: libcoap takes no less.
    std::uint16_t retransmit_max = 3;
    /// Of a notification. libcoap 4.3.1 acknowledges a repeated one never again, so that after a
    /// lost acknowledgement every repeat is in vain and only keeps the next one waiting.
    std::uint16_t notification_retransmit_max = 1;
    /// How often a client renews an observation that it holds.
    std::chrono::milliseconds refresh{60'000};
};

}  // namespace coap
