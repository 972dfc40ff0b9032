// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/error.h"
#include "keyagreement/names.h"

namespace cli {

struct HandshakeBenchOptions {
    std::size_t sessions = 100'000;  ///< Open at once at the end; at least 1,000.
    std::size_t timed = 20'000;      ///< Handshakes of each suite that are timed.
    /// Told how many sessions are open; may be empty.
    std::function<void(std::size_t)> on_progress;
};
/// What the responder spends; times are of the processor, of one thread.
struct HandshakeRate {
    keyagreement::Suite suite;
    double handshakes_per_second = 0;
    /// The X25519 and HMAC operations of as many handshakes alone, in the same rounds.
    double bound_per_second = 0;
    double records_per_second = 0;        ///< Data records of 256 bytes opened.
    double records_bound_per_second = 0;  ///< The AEAD alone on the same records.
};
/// What a flood costs a responder, and whether others are served in the midst of it.
struct FloodFigures {
    double junk_us = 0;             ///< A MSG1 whose mac1 is wrong, refused.
    double cookie_us = 0;           ///< A MSG1 whose mac1 is right, answered with a cookie.
    double retry_us = 0;            ///< The same with that cookie, above the limit behind it.
    std::size_t junk = 0;           ///< Of the three kinds, sent.
    double seconds = 0;             ///< Of the responder's clock, meanwhile.
    std::size_t junk_x25519 = 0;    ///< X25519 operations that they caused.
    std::size_t honest = 0;         ///< Initiators that came meanwhile.
    std::size_t honest_served = 0;  ///< Of them at the first attempt.
};
/// The frames of a real handshake of one profile, counted.
struct HandshakeBits {
    std::size_t messages[3] = {};  ///< MSG1 to MSG3.
    [[nodiscard]] std::size_t total() const { return messages[0] + messages[1] + messages[2]; }
    /// mac1 is against floods alone; the paper has nothing in its place.
    [[nodiscard]] std::size_t without_mac1() const;
};
struct HandshakeBench {
    std::vector<HandshakeRate> rates;
    std::size_t sessions = 0;        ///< Open at once.
    std::size_t sessions_tried = 0;  ///< Of them spoke in both directions at the end.
    double bytes_a_session = 0;      ///< Of the heap, all tables included.
    FloodFigures flood;
    HandshakeBits device_pda;
    HandshakeBits pda_cloud;
};
/// A responder with so many peers, on one thread, without a network.
/// Errors: `unavailable` if a handshake did not complete, which is a bug.
[[nodiscard]] base::Result<HandshakeBench> run_handshake_bench(
    const HandshakeBenchOptions& options);

}  // namespace cli
