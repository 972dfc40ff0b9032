// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace keyagreement {

/// Why a frame was refused (docs/protocol.md 2.5). On the wire every one of them is silence.
enum class Failure : std::uint8_t {
    parse,        ///< No frame, another version, or of a profile that is not served here.
    mac1,         ///< Made by someone who does not know the responder's public key.
    cookie,       ///< Under load: a cookie that was not given to this source for this message.
    aead1,        ///< c1 does not open.
    unknown_pid,  ///< No peer has this name today, yesterday or tomorrow.
    revoked,      ///< The peer was revoked.
    aead2,        ///< c2 does not open: another static key or pre-shared key.
    time,         ///< The stated time is too far off, or before this responder started.
    replay,       ///< This MSG1 was answered before.
    aead3,        ///< c3 does not open.
    confirm,      ///< c4 does not open.
    state,        ///< A frame for which there is no handshake or session, or not in this state.
    sequence,     ///< A data record that was received before, or is too old to be told apart.
    expired,      ///< The session reached its hard stop.
    low_order,    ///< An X25519 result of zeros.
    record,       ///< A data record does not open.
    full,         ///< A table is at its bound.
    throttled,    ///< Too many from this source: failed attempts for a peer, or MSG1 with cookies.
};
inline constexpr std::size_t failure_count = 18;

/// As docs/protocol.md 2.5 writes it, e.g. "E_PARSE".
[[nodiscard]] std::string_view name_of(Failure failure);

/// How often each failure was met.
class FailureCounts {
public:
    void add(Failure failure) { ++counts_[static_cast<std::size_t>(failure)]; }
    [[nodiscard]] std::uint64_t of(Failure failure) const {
        return counts_[static_cast<std::size_t>(failure)];
    }
    [[nodiscard]] std::uint64_t total() const;

private:
    std::array<std::uint64_t, failure_count> counts_{};
};

}  // namespace keyagreement
