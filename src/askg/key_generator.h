// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "askg/credentials.h"
#include "askg/log.h"
#include "askg/provision.h"
#include "askg/unlock.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "storage/key_value_store.h"

namespace askg {

/// The word of docs/protocol.md 2.2 for an error of `KeyGenerator`: "E_DOMAIN_FULL" (`too_large`),
/// "E_DUP_ID" (`conflict`), "E_BAD_KEY" (`bad_key`), "E_REVOKED" (`key_not_valid`), "E_ROLE"
/// (`not_authorised`); empty for others.
[[nodiscard]] std::string_view protocol_word(base::ErrorCode code);

/// One patient's polynomial and the shares of it.
struct Domain {
    wire::LedgerId patient;
    std::uint32_t generation = 1;
    std::uint32_t issued = 0;  ///< Shares of this generation, `collusion_bound` at most.
};

// What a party asks for. Its key pair and token were made by itself.

struct PdaApplication {
    wire::LedgerId patient;  ///< Whose domain.
    wire::DeviceId id;
    crypto::X25519PublicKeyBytes static_public{};
    Secret32 token_verifier;
    keyagreement::Suite suite = keyagreement::Suite::chacha20_poly1305;
};
struct DeviceApplication {
    wire::LedgerId patient;
    wire::DeviceId id;
    wire::DeviceId pda;  ///< Enrolled before, in the same domain.
    crypto::X25519PublicKeyBytes static_public{};
    std::optional<Secret32> token_verifier;  ///< Given: sealed to the cloud.
    bool clockless = false;
};
struct CloudServerApplication {
    wire::LedgerId id;
    crypto::X25519PublicKeyBytes static_public{};
    keyagreement::Suite suite = keyagreement::Suite::chacha20_poly1305;
};
struct UserApplication {
    wire::LedgerId id;
    wire::Role role{};  ///< A person's: patient to administrator.
    crypto::X25519PublicKeyBytes static_public{};
    Secret32 token_verifier;
};

/// A member as lists show it.
struct Member {
    PartyRole role{};
    keyagreement::PeerName name;
    std::optional<wire::LedgerId> patient;  ///< Of devices and PDAs: the domain.
    std::optional<wire::Role> user_role;    ///< Of users.
    std::optional<wire::DeviceId> pda;      ///< Of devices.
    std::uint32_t generation = 0;           ///< Of the share; 0 without one.
    bool sealed_to_cloud = false;
    bool revoked = false;
    base::TimePoint registered_at;  ///< TSPR.
    Record record;
};

/// ASKG: knows domains, devices, PDAs, cloud servers and users; holds no private key, token or
/// session key of any of them. Its own secrets (L, the polynomials, token verifiers, the signing
/// key) are sealed at rest under an unlock secret. What a call returned is on disk, and the log of
/// what was certified with it. Not thread-safe; one process at a time.
/// Errors of all calls that write: those of `storage::KeyValueStore::write`. IDs are used once:
/// a device or PDA that was revoked comes back under another; a user or server may come back.
class KeyGenerator {
public:
    struct Options {
        base::ByteView id;  ///< ID_ASKG, 1 to 64 bytes, of which the public name is made.
        std::chrono::days record_validity{3 * 365};  ///< Of the records it signs; chosen by us.
    };

    /// Draws L and the signing key. Errors: `conflict` if the folder holds one already.
    /// Borrows `clock` and `random`.
    [[nodiscard]] static base::Result<std::unique_ptr<KeyGenerator>> create(
        const std::filesystem::path& folder, const UnlockSecret& unlock, const Options& options,
        const base::Clock& clock, base::Random& random);
    /// Errors: `not_found`; `unauthenticated` if `unlock` does not open it; `busy`; `corrupted`.
    [[nodiscard]] static base::Result<std::unique_ptr<KeyGenerator>> open(
        const std::filesystem::path& folder, const UnlockSecret& unlock, const base::Clock& clock,
        base::Random& random);
    /// The same over another store (tests, simulation). Borrows it.
    [[nodiscard]] static base::Result<std::unique_ptr<KeyGenerator>> create(
        storage::KeyValueStore& store, const UnlockSecret& unlock, const Options& options,
        const base::Clock& clock, base::Random& random);
    [[nodiscard]] static base::Result<std::unique_ptr<KeyGenerator>> open(
        storage::KeyValueStore& store, const UnlockSecret& unlock, const base::Clock& clock,
        base::Random& random);
    ~KeyGenerator();

    [[nodiscard]] const keyagreement::DomainName& authority() const;
    [[nodiscard]] const crypto::Ed25519PublicKeyBytes& authority_key() const;

    /// Errors: E_DUP_ID.
    [[nodiscard]] base::Result<Domain> new_domain(const wire::LedgerId& patient);
    /// Errors: `not_found`.
    [[nodiscard]] base::Result<Domain> domain(const wire::LedgerId& patient) const;
    [[nodiscard]] std::vector<Domain> domains() const;
    /// A new polynomial; the old one is erased. Who has a share of the old one goes on with those
    /// who have too, until `renew_*` gives it a new share. Errors: `not_found`.
    [[nodiscard]] base::Result<Domain> new_generation(const wire::LedgerId& patient);

    // Errors: E_DOMAIN_FULL (then `new_generation`), E_DUP_ID, E_BAD_KEY (low order, another
    // encoding, another member's), E_REVOKED (the PDA), E_ROLE, `not_found` (domain, PDA).
    [[nodiscard]] base::Result<PdaGrant> enrol_pda(const PdaApplication& application);
    [[nodiscard]] base::Result<DeviceGrant> enrol_device(const DeviceApplication& application);
    [[nodiscard]] base::Result<CloudServerGrant> enrol_cloud_server(
        const CloudServerApplication& application);
    /// The record is for the client to look at, not to keep (see UserGrant).
    struct Registration {
        Record record;
        UserGrant grant;
    };
    [[nodiscard]] base::Result<Registration> register_user(const UserApplication& application);
    // For who asks again because an answer was lost: the grant, as of now, of the member that
    // applied so before (the id that is named apart, where it is a device's) and stands; nothing
    // if none did. Errors: those of `renew_*`.
    [[nodiscard]] base::Result<std::optional<DeviceGrant>> enrolled_before(
        const DeviceApplication& application);
    [[nodiscard]] base::Result<std::optional<Registration>> registered_before(
        const UserApplication& application) const;

    // The grant as of now: the epoch's TEMPC, a share of the newest generation, who came and went.
    // Errors: `not_found`, E_REVOKED, E_DOMAIN_FULL.
    [[nodiscard]] base::Result<PdaGrant> renew_pda(const wire::DeviceId& id);
    [[nodiscard]] base::Result<DeviceGrant> renew_device(const wire::DeviceId& id);
    [[nodiscard]] base::Result<CloudServerGrant> renew_cloud_server(const wire::LedgerId& id);
    [[nodiscard]] base::Result<UserGrant> renew_user(const wire::LedgerId& id);

    /// For the server: all its initiators, or the one that changed; sealed under its CK.
    /// Errors: `not_found`, E_REVOKED.
    [[nodiscard]] base::Result<base::Bytes> provision(const wire::LedgerId& server);
    [[nodiscard]] base::Result<base::Bytes> provision(const wire::LedgerId& server,
                                                      const keyagreement::PeerName& peer);

    /// For ever. Afterwards every responder's provision or renewed grant says so.
    /// Errors: `not_found`, E_REVOKED if it was before.
    [[nodiscard]] base::Result<LogEntry> revoke(const Serial& serial);
    [[nodiscard]] base::Result<LogEntry> revoke(PartyRole role, const keyagreement::PeerName& name);

    /// Moves to the 30-day epoch of the clock. Afterwards clients need `renew_*` before the next
    /// epoch ends, servers `provision`. Errors: `conflict` if the clock went back before the epoch
    /// reached.
    [[nodiscard]] base::Result<std::int64_t> rotate_epoch();
    [[nodiscard]] std::int64_t epoch() const;

    /// In the order of enrolment.
    [[nodiscard]] std::vector<Member> members() const;
    [[nodiscard]] std::optional<Member> member(PartyRole role,
                                               const keyagreement::PeerName& name) const;
    /// Entries from `first` on.
    [[nodiscard]] base::Result<std::vector<LogEntry>> log(std::uint64_t first = 0) const;
    [[nodiscard]] LogHead log_head() const;

private:
    struct State;
    [[nodiscard]] static base::Result<std::unique_ptr<KeyGenerator>> open_store(
        std::unique_ptr<storage::KeyValueStore> owned, storage::KeyValueStore& store,
        const UnlockSecret& unlock, const base::Clock& clock, base::Random& random);
    explicit KeyGenerator(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace askg
