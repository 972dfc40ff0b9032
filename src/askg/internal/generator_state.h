// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "askg/internal/sealed_store.h"
#include "askg/internal/stored_member.h"
#include "askg/key_generator.h"

namespace askg {

/// Everything but the polynomials is held in memory; the store has it all, each change in one
/// batch.
struct KeyGenerator::State {
    using MemberKey = std::pair<PartyRole, keyagreement::PeerName>;

    std::unique_ptr<storage::KeyValueStore> owned;  ///< Where a folder was opened.
    internal::SealedStore sealed;
    const base::Clock& clock;
    base::Random& random;
    internal::Roots roots;
    crypto::Ed25519PrivateKey signing;
    crypto::Ed25519PublicKeyBytes public_key{};
    std::map<MemberKey, internal::StoredMember> members;
    std::map<wire::LedgerId, Domain> domains;
    std::set<crypto::X25519PublicKeyBytes> static_keys;  ///< Of all records ever signed.
    LogHead head;

    State(std::unique_ptr<storage::KeyValueStore> owned_store, internal::SealedStore sealed_store,
          const base::Clock& borrowed_clock, base::Random& borrowed_random,
          internal::Roots root_secrets);

    // ---- reading: key_generator.cpp ----
    [[nodiscard]] base::Result<void> load();
    [[nodiscard]] base::Result<internal::StoredMember> find(
        PartyRole role, const keyagreement::PeerName& name) const;
    /// The same, and not revoked. Errors: also E_REVOKED.
    [[nodiscard]] base::Result<internal::StoredMember> active(
        PartyRole role, const keyagreement::PeerName& name) const;
    [[nodiscard]] base::Result<Domain> domain_of(const wire::LedgerId& patient) const;
    [[nodiscard]] std::int64_t epoch_now() const;

    /// What one call changes. A polynomial belongs to the domain changed with it.
    struct Change {
        std::vector<internal::StoredMember> members;
        std::optional<Domain> domain;
        std::optional<SymmetricPolynomial> polynomial;
        std::vector<LogEntry> entries;
        std::optional<std::int64_t> epoch;
    };
    /// In one batch, with the log and its head; afterwards in memory.
    [[nodiscard]] base::Result<void> commit(Change change);
    [[nodiscard]] base::Result<void> put_domain(storage::WriteBatch& batch, const Change& change,
                                                internal::SealedSum& sum) const;

    // ---- derivations of docs/protocol.md 2.1: derivations.cpp ----
    [[nodiscard]] FieldElement point_of(base::ByteView id) const;
    [[nodiscard]] Secret32 pid_key_of(PartyRole role, base::ByteView id) const;
    [[nodiscard]] Secret32 temporary_of(const internal::StoredMember& member,
                                        std::int64_t epoch) const;
    [[nodiscard]] Record sign_record(PartyRole role, std::optional<keyagreement::Suite> suite,
                                     const crypto::X25519PublicKeyBytes& static_public) const;

    // ---- enrolment: key_generator_enrol.cpp ----
    [[nodiscard]] base::Result<void> check_key(const crypto::X25519PublicKeyBytes& key) const;
    [[nodiscard]] base::Result<void> check_new(PartyRole role, base::ByteView id) const;
    /// Counts a share of the newest generation as issued to `member`, unless it has one.
    /// Errors: E_DOMAIN_FULL.
    [[nodiscard]] base::Result<void> issue_share(internal::StoredMember& member,
                                                 Domain& domain) const;

    // ---- grants: key_generator_grants.cpp ----
    [[nodiscard]] Certificate certificate_of(const internal::StoredMember& member) const;
    [[nodiscard]] base::Result<DomainShare> share_of(const internal::StoredMember& member) const;
    [[nodiscard]] std::vector<EpochSecret> temporary_for(
        const internal::StoredMember& member) const;
    /// In the order of enrolment.
    [[nodiscard]] std::vector<CloudServerEntry> servers() const;
    [[nodiscard]] std::vector<DeviceEntry> devices_of(const wire::DeviceId& pda) const;
    [[nodiscard]] base::Result<PdaGrant> pda_grant(const internal::StoredMember& member) const;
    [[nodiscard]] base::Result<DeviceGrant> device_grant(
        const internal::StoredMember& member) const;
    [[nodiscard]] CloudServerGrant server_grant(const internal::StoredMember& member) const;
    [[nodiscard]] UserGrant user_grant(const internal::StoredMember& member) const;
    /// With a share of the newest generation. Errors: E_REVOKED, E_DOMAIN_FULL.
    [[nodiscard]] base::Result<internal::StoredMember> renewed_share(
        PartyRole role, const keyagreement::PeerName& name);
    [[nodiscard]] base::Result<base::Bytes> sealed_provision(
        const wire::LedgerId& server, const std::optional<keyagreement::PeerName>& only);
    [[nodiscard]] ProvisionedPeer peer_of(const internal::StoredMember& member,
                                          const wire::LedgerId& server) const;
};

namespace internal {

/// Keys of the store; docs/formats/askg.md.
namespace entry {
inline constexpr std::uint8_t roots = 'R';       // sealed
inline constexpr std::uint8_t member = 'X';      // sealed
inline constexpr std::uint8_t domain = 'D';      // sealed
inline constexpr std::uint8_t polynomial = 'P';  // sealed
inline constexpr std::uint8_t identity = 'K';    // in clear: authority and its public key
inline constexpr std::uint8_t log = 'E';         // in clear
inline constexpr std::uint8_t head = 'H';        // in clear
}  // namespace entry

template <class Fixed>
[[nodiscard]] keyagreement::PeerName peer_name(const Fixed& id) {
    return *keyagreement::PeerName::from(id.view());
}
/// `detail` behind the protocol's word for `code`.
[[nodiscard]] std::unexpected<base::Error> refuse(base::ErrorCode code, std::string_view detail);

}  // namespace internal
}  // namespace askg
