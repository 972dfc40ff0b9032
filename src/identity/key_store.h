// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "wire/signer.h"

namespace identity {

/// Private keys as encrypted PKCS#8 files, mode 0600, one a LedgerId, in `folder`; beside them
/// `node.key` (32 random bytes, 0600), which opens the keys of services and miners. A person's key
/// opens with the login password and is dropped after 15 idle minutes. Thread-safe.
class KeyStore {
public:
    static constexpr std::chrono::minutes idle_limit{15};

    /// Borrows `clock` and `random`. Creates the folder and the node key where they are missing.
    /// Errors: `not_authorised` if node.key can be read by others.
    [[nodiscard]] static base::Result<std::unique_ptr<KeyStore>> open(std::filesystem::path folder,
                                                                      const base::Clock& clock,
                                                                      base::Random& random);
    ~KeyStore();

    /// A new key under `id`, encrypted for a service (with the node key) or a person.
    /// Errors: `conflict` if there is one.
    [[nodiscard]] base::Result<wire::PublicKeyBytes> create_for_service(const wire::LedgerId& id);
    [[nodiscard]] base::Result<wire::PublicKeyBytes> create_for_person(const wire::LedgerId& id,
                                                                       std::string_view password);
    /// Errors: `unauthenticated` if the password is wrong, `not_found`.
    [[nodiscard]] base::Result<void> unlock(const wire::LedgerId& id, std::string_view password);
    void lock(const wire::LedgerId& id);
    [[nodiscard]] bool is_unlocked(const wire::LedgerId& id) const;
    /// Drops the keys whose idle time is over. Every other call does so too; call it now and then
    /// so that a key goes also where nobody calls.
    void drop_idle();

    /// Signs for a service: opened with the node key on first use.
    [[nodiscard]] base::Result<std::unique_ptr<wire::Signer>> service_signer(
        const wire::LedgerId& id);
    /// Signs for a person while unlocked; each use starts the idle time anew. Signing later, after
    /// the key was dropped, answers `unauthenticated`.
    [[nodiscard]] std::unique_ptr<wire::Signer> person_signer(const wire::LedgerId& id);
    /// 32 bytes derived from the node key for one purpose, e.g. "vault".
    [[nodiscard]] base::Bytes derived_key(std::string_view purpose) const;

private:
    struct State;
    explicit KeyStore(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace identity
