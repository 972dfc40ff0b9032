// SPDX-License-Identifier: Apache-2.0
// For tests alone: a key generator, a cloud server and one patient's PDAs and devices.
#pragma once

#include <memory>

#include "askg/key_generator.h"
#include "askg/user_secret.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "keyagreement/peer_table.h"
#include "storage/memory_store.h"

namespace device::testing {

template <class Fixed>
[[nodiscard]] Fixed numbered(std::uint8_t kind, std::uint8_t number) {
    Fixed out;
    out.bytes.fill(kind);
    out.bytes.back() = number;
    return out;
}

/// Another holder of the same credentials: as a copied file.
template <class Credentials>
[[nodiscard]] Credentials copy_of(const Credentials& credentials) {
    return std::move(askg::decode<Credentials>(askg::encode(credentials)).value());
}

class Family {
public:
    /// Borrows both.
    Family(const base::Clock& clock, base::Random& random) : random_(random) {
        const auto unlock = askg::UnlockSecret::from_key(askg::Secret32::draw(random));
        askg_ = std::move(
            askg::KeyGenerator::create(store_, unlock, {base::as_bytes("test")}, clock, random)
                .value());
        patient = numbered<wire::LedgerId>(0xaa, 1);
        CHECK(askg_->new_domain(patient));
        const auto key = keyagreement::PrivateKey::draw(random);
        server.static_private = key.to_bytes();
        server.grant = std::move(askg_
                                     ->enrol_cloud_server({.id = numbered<wire::LedgerId>(0xcc, 1),
                                                           .static_public = key.public_key()})
                                     .value());
    }

    [[nodiscard]] askg::PdaCredentials add_pda() {
        const auto key = keyagreement::PrivateKey::draw(random_);
        askg::PdaCredentials out;
        out.static_private = key.to_bytes();
        out.token = askg::Secret32::draw(random_);
        out.grant = std::move(askg_
                                  ->enrol_pda({.patient = patient,
                                               .id = numbered<wire::DeviceId>(0xbb, ++pdas_),
                                               .static_public = key.public_key(),
                                               .token_verifier = askg::token_verifier(out.token)})
                                  .value());
        return out;
    }
    struct DeviceKind {
        bool sealed_to_cloud = false;
        bool clockless = false;
    };
    [[nodiscard]] askg::DeviceCredentials add_device(const wire::DeviceId& pda, DeviceKind kind) {
        const auto key = keyagreement::PrivateKey::draw(random_);
        askg::DeviceCredentials out;
        out.static_private = key.to_bytes();
        if (kind.sealed_to_cloud) out.token = askg::Secret32::draw(random_);
        askg::DeviceApplication application{.patient = patient,
                                            .id = numbered<wire::DeviceId>(0xdd, ++devices_),
                                            .pda = pda,
                                            .static_public = key.public_key(),
                                            .token_verifier = std::nullopt,
                                            .clockless = kind.clockless};
        if (kind.sealed_to_cloud) application.token_verifier = askg::token_verifier(out.token);
        out.grant = std::move(askg_->enrol_device(application).value());
        return out;
    }
    [[nodiscard]] askg::DeviceCredentials add_device(const wire::DeviceId& pda) {
        return add_device(pda, {});
    }
    /// With everything that changed since.
    [[nodiscard]] askg::PdaCredentials renewed(const askg::PdaCredentials& pda) {
        auto out = copy_of(pda);
        out.grant = std::move(askg_->renew_pda(pda.grant.id).value());
        return out;
    }
    void revoke(const wire::DeviceId& device) {
        CHECK(askg_->revoke(askg::PartyRole::device, *keyagreement::PeerName::from(device.view())));
    }
    /// What the cloud server has of its initiators now.
    void provide(keyagreement::PeerTable& table, base::TimePoint now) {
        const auto sealed = askg_->provision(server.grant.id).value();
        auto provision = std::move(askg::open_provision(server.grant, sealed, 0).value());
        const auto month = keyagreement::month_of(now);
        for (askg::ProvisionedPeer& peer : provision.peers) {
            if (peer.revoked) continue;
            keyagreement::Peer known{.name = peer.name,
                                     .static_public = peer.static_public(),
                                     .psk = peer.key_of(month)->clone(),
                                     .psk_previous = std::nullopt};
            table.put({peer.profile, std::move(known), peer.pid_key.clone()});
        }
    }

    wire::LedgerId patient;
    askg::CloudServerCredentials server;

private:
    base::Random& random_;
    storage::MemoryStore store_;
    std::unique_ptr<askg::KeyGenerator> askg_;
    std::uint8_t pdas_ = 0;
    std::uint8_t devices_ = 0;
};

}  // namespace device::testing
