// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace wire::internal {

// What both forms of a claim hold to, so that each can be written as the other.

/// The largest integer that every JSON reader holds exactly (RFC 8259 section 6).
inline constexpr std::uint64_t json_integer_max = (1ULL << 53) - 1;
/// A path has a step for each bit of an index, a state proof one for each bit of a key, at most.
inline constexpr std::size_t history_steps_max = 64;
inline constexpr std::size_t consistency_steps_max = 128;
inline constexpr std::size_t state_steps_max = 256;
inline constexpr std::size_t claim_signers_max = 4;
/// The compact form as protobuf alone and as packed, both still read, and the one that is written.
inline constexpr std::uint32_t claim_version_plain = 2;
inline constexpr std::uint8_t claim_version_packed = 3;
inline constexpr std::uint8_t claim_version_short = 4;

}  // namespace wire::internal
