// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "keyagreement/client.h"

namespace device {

/// A session with one responder over a carrier that loses: it is made when the carrier is there,
/// and anew when the responder seems to have forgotten it, which on the wire is silence. What an
/// `Outcome` gives to send goes to the responder, in order. One thread.
class Link {
public:
    /// Borrows `random`.
    Link(keyagreement::ClientSetup setup, base::Random& random)
        : client_(std::move(setup), random) {}

    /// The carrier is there, for the first time or again.
    [[nodiscard]] keyagreement::Outcome on_connected(base::TimePoint now);
    /// Somebody says that the responder has just started. Nobody vouches for it, so it makes no
    /// more of it than an early handshake, at most one a second.
    [[nodiscard]] keyagreement::Outcome on_peer_started(base::TimePoint now);
    [[nodiscard]] keyagreement::Outcome receive(base::ByteView frame, base::TimePoint now);
    [[nodiscard]] keyagreement::Outcome tick(base::TimePoint now);

    [[nodiscard]] bool ready() const { return client_.ready(); }
    /// Something that the responder answers. Errors: those of `Client::seal`.
    [[nodiscard]] base::Result<base::Bytes> seal(base::ByteView plaintext, base::TimePoint now);
    [[nodiscard]] base::TimePoint next_wake() const;
    [[nodiscard]] const keyagreement::ClientCounts& counts() const { return client_.counts(); }

    /// How long an answer may take before a new handshake is tried beside the session; doubles up
    /// to the longest. Chosen by us: an answer takes milliseconds, a process is back in a second.
    static constexpr std::chrono::milliseconds silence_first{1'500};
    static constexpr std::chrono::milliseconds silence_max{24'000};
    static constexpr std::chrono::milliseconds hint_interval{1'000};

private:
    keyagreement::Client client_;
    std::optional<base::TimePoint> unanswered_since_;
    std::chrono::milliseconds silence_ = silence_first;
    std::optional<base::TimePoint> last_hint_;
};

}  // namespace device
