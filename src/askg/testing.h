// SPDX-License-Identifier: Apache-2.0
// For tests, also those of other folders: a key generator in memory and parties that apply to it.
#pragma once

#include <memory>

#include "askg/key_generator.h"
#include "askg/user_secret.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "crypto/x25519.h"
#include "storage/memory_store.h"

namespace askg::testing {

/// A party's own half: what it makes before it applies.
struct Own {
    explicit Own(base::Random& random)
        : key(crypto::X25519PrivateKey::draw(random)), token(Secret32::draw(random)) {}
    crypto::X25519PrivateKey key;
    Secret32 token;
};

/// A key generator over a store in memory, and the calls that tests repeat. What it draws is
/// repeatable.
class World {
public:
    explicit World(std::uint64_t seed = 1) : random(seed) { start(); }

    /// As after a restart: everything comes from the store again.
    void start() {
        const auto unlock = UnlockSecret::from_key(unlock_key);
        auto opened =
            generator == nullptr
                ? KeyGenerator::create(store, unlock, {.id = base::as_bytes("clinic.example")},
                                       clock, random)
                : KeyGenerator::open(store, unlock, clock, random);
        CHECK(opened.has_value());
        generator = *std::move(opened);
    }
    template <class Id>
    Id draw() {
        return base::draw<Id>(random);
    }
    wire::LedgerId new_patient() {
        const auto patient = draw<wire::LedgerId>();
        CHECK(generator->new_domain(patient).has_value());
        return patient;
    }
    PdaApplication pda_application(const wire::LedgerId& patient, const Own& own) {
        return {.patient = patient,
                .id = draw<wire::DeviceId>(),
                .static_public = own.key.public_key(),
                .token_verifier = token_verifier(own.token)};
    }
    DeviceApplication device_application(const wire::LedgerId& patient, const wire::DeviceId& pda,
                                         const Own& own) {
        return {.patient = patient,
                .id = draw<wire::DeviceId>(),
                .pda = pda,
                .static_public = own.key.public_key(),
                .token_verifier = std::nullopt};
    }
    PdaCredentials pda(const wire::LedgerId& patient) {
        const Own own(random);
        auto grant = generator->enrol_pda(pda_application(patient, own));
        CHECK(grant.has_value());
        return {.static_private = own.key.to_bytes(),
                .token = own.token.clone(),
                .grant = *std::move(grant)};
    }
    DeviceCredentials device(const wire::LedgerId& patient, const wire::DeviceId& of_pda,
                             bool sealed_to_cloud = false) {
        const Own own(random);
        auto application = device_application(patient, of_pda, own);
        if (sealed_to_cloud) application.token_verifier = token_verifier(own.token);
        auto grant = generator->enrol_device(application);
        CHECK(grant.has_value());
        return {.static_private = own.key.to_bytes(),
                .token = sealed_to_cloud ? own.token.clone() : Secret32(),
                .grant = *std::move(grant)};
    }
    CloudServerCredentials server() {
        const Own own(random);
        auto grant = generator->enrol_cloud_server(
            {.id = draw<wire::LedgerId>(), .static_public = own.key.public_key()});
        CHECK(grant.has_value());
        return {.static_private = own.key.to_bytes(), .grant = *std::move(grant)};
    }
    /// Without Argon2id: the token is drawn.
    UserCredentials user(wire::Role role = wire::Role::doctor) {
        const Own own(random);
        auto registered = generator->register_user({.id = draw<wire::LedgerId>(),
                                                    .role = role,
                                                    .static_public = own.key.public_key(),
                                                    .token_verifier = token_verifier(own.token)});
        CHECK(registered.has_value());
        return {.factor = draw_user_factor(random), .grant = std::move(registered->grant)};
    }

    base::SeededRandom random;
    base::ManualClock clock{base::from_unix_ms(1'700'000'000'000)};
    storage::MemoryStore store;
    Secret32 unlock_key = Secret32::draw(random);
    std::unique_ptr<KeyGenerator> generator;
};

}  // namespace askg::testing
