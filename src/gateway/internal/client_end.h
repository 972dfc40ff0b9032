// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "askg/provision.h"
#include "base/clock.h"
#include "base/random.h"
#include "keyagreement/client.h"
#include "keyagreement/server.h"
#include "wire/ids.h"

namespace gateway::internal {

/// A cloud server of a key generator that is not there: for the benchmark and for tests.
struct LoneServer {
    keyagreement::PrivateKey own;
    keyagreement::DomainName domain;
    keyagreement::Suite suite;

    [[nodiscard]] static LoneServer draw(keyagreement::Suite suite, base::Random& random);
    [[nodiscard]] keyagreement::ServerSetup setup(base::TimePoint started_at) const;
};

/// The other end of a gateway: a PDA, or a device that seals to the cloud, with keys of its own.
class ClientEnd {
public:
    /// Borrows `random`.
    ClientEnd(const wire::DeviceId& id, const LoneServer& server, base::Random& random);

    [[nodiscard]] const wire::DeviceId& id() const { return id_; }
    /// What the server has to know of it, for the 30 days of `now`.
    [[nodiscard]] askg::ProvisionedPeer provisioned(base::TimePoint now) const;
    /// Its side of the sessions.
    [[nodiscard]] keyagreement::Client& client() { return client_; }

private:
    wire::DeviceId id_;
    crypto::X25519PublicKeyBytes static_public_;
    crypto::Secret32 pid_key_;
    crypto::Secret32 psk_;
    keyagreement::Client client_;
};

}  // namespace gateway::internal
