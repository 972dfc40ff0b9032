// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "crypto/secret.h"
#include "crypto/x25519.h"

namespace keyagreement {

/// Who agrees with whom; the initiator stands first. Numbers are those of the wire.
enum class Profile : std::uint8_t { device_pda = 1, pda_cloud = 2, user_cloud = 3 };
/// The AEAD: fixed at enrolment, bound into the keys, never negotiated.
enum class Suite : std::uint8_t { chacha20_poly1305 = 1, aes_256_gcm = 2 };

[[nodiscard]] std::string_view name_of(Profile profile);
[[nodiscard]] std::string_view name_of(Suite suite);
[[nodiscard]] bool is_profile(std::uint32_t value);
[[nodiscard]] bool is_suite(std::uint32_t value);

/// PID_ASKG: the public name of the key generator whose members speak.
using DomainName = base::FixedBytes<struct DomainNameTag, 16>;
/// A member's name on the wire for one day, never in clear.
using Pid = base::FixedBytes<struct PidTag, 16>;
/// A session's name, drawn by the end that receives under it.
using Sid = base::FixedBytes<struct SidTag, 8>;
/// The caller's own name for a peer, the bytes of a DeviceId or LedgerId; never on the wire.
using PeerName = base::FixedBytes<struct PeerNameTag, 16>;

using PublicKey = crypto::X25519PublicKeyBytes;
using PrivateKey = crypto::X25519PrivateKey;
using Secret32 = crypto::Secret32;

/// dT: how far a stated time may be from the receiver's clock (docs/protocol.md 2.5).
inline constexpr std::chrono::seconds time_tolerance{5};
/// An initiator without a clock states this time, 2^64 - 1, and names itself by this day.
inline constexpr std::uint64_t no_time = ~std::uint64_t{0};
inline constexpr std::int64_t no_day = -1;

}  // namespace keyagreement
