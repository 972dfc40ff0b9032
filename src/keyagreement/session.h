// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <expected>
#include <memory>

#include "base/bytes.h"
#include "keyagreement/failure.h"
#include "keyagreement/handshake.h"
#include "keyagreement/internal/receive_window.h"
#include "keyagreement/message.h"
#include "keyagreement/names.h"

namespace keyagreement {

/// Time since an endpoint began; never runs backwards, whatever the clock on the wall does.
using Elapsed = std::chrono::milliseconds;

/// When a session's keys change and end (docs/protocol.md 2.4).
inline constexpr std::uint64_t records_a_ratchet = 1ULL << 16;
inline constexpr std::uint64_t records_before_rekey = 1ULL << 24;
inline constexpr std::uint64_t records_max = 1ULL << 32;
inline constexpr std::chrono::minutes rekey_after{15};
inline constexpr std::chrono::minutes hard_stop_after{30};
/// How long the receiver keeps the key before a ratchet, for records that were overtaken.
inline constexpr std::chrono::milliseconds old_key_kept = 2 * time_tolerance;  // 2 dT

enum class Side : std::uint8_t { initiator, responder };

/// The data records of one finished handshake, from one end. Small, because a cloud server holds
/// very many: two keys, a receive window, no cipher context. Wipes its keys. One thread.
class Session {
public:
    struct Names {
        Profile profile;
        Suite suite;
        Side side;
        Sid own;   ///< Under which this end receives.
        Sid peer;  ///< Under which the other end receives.
    };
    /// Takes the traffic keys out of `agreed`.
    Session(const Names& names, Agreed& agreed, Elapsed now);

    /// A data record. CHECKs that it does not exceed `data_bytes_max`. Errors: `expired`.
    [[nodiscard]] std::expected<base::Bytes, Failure> seal(base::ByteView plaintext, Elapsed now);
    /// The plaintext of a record that was not received before.
    /// Errors: `parse`, `state` (another session's), `expired`, `sequence`, `record`.
    [[nodiscard]] std::expected<base::Bytes, Failure> open(base::ByteView frame, Elapsed now);

    [[nodiscard]] const Sid& own() const { return names_.own; }
    [[nodiscard]] Profile profile() const { return names_.profile; }
    /// 15 minutes or 2^24 records in a direction: the initiator starts a new handshake.
    [[nodiscard]] bool due_for_rekey(Elapsed now) const;
    /// When that is by time alone.
    [[nodiscard]] Elapsed rekey_at() const { return established_ + rekey_after; }
    /// 30 minutes or 2^32 records in a direction.
    [[nodiscard]] bool expired(Elapsed now) const;
    /// Wipes the key before the last ratchet once its time is over.
    void forget_old_keys(Elapsed now);
    [[nodiscard]] std::uint64_t sealed() const { return next_; }

private:
    struct OldKeys;
    [[nodiscard]] std::expected<base::Bytes, Failure> open_ahead(const DataHeader& header,
                                                                 base::ByteView frame, Elapsed now);
    [[nodiscard]] std::expected<base::Bytes, Failure> open_under(const DirectionKeys& keys,
                                                                 const DataHeader& header,
                                                                 base::ByteView frame);
    Names names_;
    std::uint32_t send_step_ = 0;
    std::uint32_t receive_step_ = 0;
    DirectionKeys send_;
    DirectionKeys receive_;
    std::uint64_t next_ = 0;
    Elapsed established_;
    internal::ReceiveWindow window_;
    std::unique_ptr<OldKeys> old_;

public:
    ~Session();
    Session(Session&&) noexcept;
    Session& operator=(Session&&) noexcept;
};

}  // namespace keyagreement
