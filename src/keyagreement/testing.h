// SPDX-License-Identifier: Apache-2.0
// For tests and benchmarks alone: keys and names that can be told apart, and both ends with them.
#pragma once

#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/random.h"
#include "keyagreement/client.h"
#include "keyagreement/peer_table.h"
#include "keyagreement/server.h"

namespace keyagreement::testing {

/// N times the same byte.
template <class Fixed>
[[nodiscard]] Fixed repeated(int byte) {
    Fixed out;
    out.bytes.fill(static_cast<std::uint8_t>(byte));
    return out;
}

[[nodiscard]] inline Secret32 secret_of(std::uint8_t byte) {
    return *Secret32::from(base::Bytes(Secret32::size_bytes, byte));
}

[[nodiscard]] inline base::Bytes flipped(base::Bytes frame, std::size_t bit) {
    frame[bit / 8] = static_cast<std::uint8_t>(frame[bit / 8] ^ (1U << (bit % 8)));
    return frame;
}

/// MSG1 with mac1 computed anew, as whoever knows the responder's public key can.
[[nodiscard]] base::Bytes with_fresh_mac1(base::Bytes message1, const PublicKey& responder);

/// One responder, its peers numbered from 1, and what an initiator needs to speak to it.
class Cast {
public:
    static constexpr base::TimePoint start{std::chrono::milliseconds{1'700'000'000'000}};

    explicit Cast(Profile which, Suite with = Suite::chacha20_poly1305,
                  ServerLimits bounds = ServerLimits::cloud());

    [[nodiscard]] static PeerName name_of(std::uint32_t number);
    /// The same for the same number: its key pair, its PID key, its pre-shared key.
    [[nodiscard]] static Secret32 secret_for(std::uint32_t number, std::uint8_t purpose);
    /// Makes the peer known.
    void enrol(std::uint32_t number, bool clockless_allowed = false);
    [[nodiscard]] ClientSetup setup_of(std::uint32_t number, bool has_clock = true) const;
    [[nodiscard]] Client client(std::uint32_t number, bool has_clock = true);
    [[nodiscard]] ServerSetup server_setup() const;
    /// The responder's process dies and comes back, at the present time.
    void restart_server();
    [[nodiscard]] Prologue prologue() const;

    /// Carries frames both ways until both are silent, as a network without faults does. Returns
    /// what the server said.
    std::vector<Outcome> carry(Client& from, Outcome first, std::string_view source = "source");
    /// Starts, and carries until it is ready. False if it does not become so.
    [[nodiscard]] bool connect(Client& client, std::string_view source = "source");

    Profile profile;
    Suite suite;
    ServerLimits limits;
    base::SeededRandom random{1};
    base::ManualClock clock{start};
    PeerTable peers;
    std::unique_ptr<Server> server;
    /// What the client said while frames were carried.
    std::vector<Outcome> of_client;
};

}  // namespace keyagreement::testing
