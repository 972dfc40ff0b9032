// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "keyagreement/names.h"

namespace keyagreement {

// What the key generator and both ends compute alike from credentials: docs/protocol.md 2 and 2.1.
// Epochs and generations enter as 8 bytes, big-endian.

/// The number of the UTC day since 1970: the epoch of pseudonyms.
[[nodiscard]] std::int64_t day_of(base::TimePoint time);
/// The number of the 30 days since 1970: the epoch of temporary credentials.
[[nodiscard]] std::int64_t month_of(base::TimePoint time);

/// PID_X,e = HMAC-SHA-512(pk_X, "pid" e)[0:16]. `day` may be `no_day`.
[[nodiscard]] Pid pid_of(const Secret32& pid_key, std::int64_t day);

/// Profile 1: HKDF(salt "IMT phi", phi, min(x) max(x) gen, 32). `phi` and the evaluation points
/// are field elements, 32 bytes little-endian; the order of the points does not matter.
[[nodiscard]] Secret32 psk_of_pair(const Secret32& phi, const Secret32& x_a, const Secret32& x_b,
                                   std::uint64_t generation);
/// Profiles 2 and 3: V = HKDF(salt empty, TEMPC, "V" length(2) ID_CS e', 32).
[[nodiscard]] Secret32 psk_of_temporary(const Secret32& temporary_credential,
                                        base::ByteView cloud_server_id, std::int64_t month);

/// Profile 3: SES = Expand(SecKey, "session", 32), which a user's session at the cloud server bears
/// (docs/protocol.md 2.4).
[[nodiscard]] Secret32 session_token_of(const Secret32& session_key);

}  // namespace keyagreement
