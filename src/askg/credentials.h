// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "askg/polynomial.h"
#include "askg/record.h"
#include "askg/secret_bytes.h"
#include "base/error.h"
#include "crypto/secret.h"
#include "keyagreement/names.h"
#include "wire/ids.h"

namespace askg {

using crypto::Secret32;

/// TEMPC_X,e' (with its holder) or V_X,CS,e' (with a cloud server) of one 30-day epoch.
struct EpochSecret {
    std::int64_t epoch = 0;  ///< keyagreement::month_of.
    Secret32 value;
};
/// The newest one that is not after `epoch`; null if there is none.
[[nodiscard]] const EpochSecret* newest_until(const std::vector<EpochSecret>& secrets,
                                              std::int64_t epoch);

/// What every party knows of the key generator, and its word on the party's own key.
struct Certificate {
    keyagreement::DomainName authority;             ///< PID_ASKG, a public name.
    crypto::Ed25519PublicKeyBytes authority_key{};  ///< Verifies every record below.
    Record record;
};
/// A cloud server as its initiators know it.
struct CloudServerEntry {
    wire::LedgerId id;
    Record record;
};
/// Place and secret in a patient's domain.
struct DomainShare {
    std::uint32_t generation = 0;
    FieldElement x;
    Share share;
};

// What the key generator hands out. It never sees a private key, so none is in it.

struct DeviceGrant {
    Certificate certificate;
    wire::DeviceId id;
    Secret32 pid_key;
    DomainShare domain;
    wire::DeviceId pda;
    FieldElement pda_x;
    Record pda_record;
    bool clockless = false;
    bool sealed_to_cloud = false;
    std::vector<EpochSecret> temporary;           ///< Sealed to the cloud only; epochs rise.
    std::vector<CloudServerEntry> cloud_servers;  ///< Sealed to the cloud only.
};
/// A device as its PDA knows it.
struct DeviceEntry {
    wire::DeviceId id;
    FieldElement x;
    Secret32 pid_key;
    Record record;
    bool clockless = false;  ///< May start without knowing the time (docs/protocol.md 2.5).
    bool revoked = false;    ///< Then `pid_key` is zero: the PDA closes its sessions.
};
struct PdaGrant {
    Certificate certificate;
    wire::DeviceId id;
    Secret32 pid_key;
    DomainShare domain;
    std::vector<EpochSecret> temporary;
    std::vector<DeviceEntry> devices;
    std::vector<CloudServerEntry> cloud_servers;
};
struct CloudServerGrant {
    Certificate certificate;
    wire::LedgerId id;
    Secret32 channel_key;  ///< CK: what provisions are sealed under.
};
/// Without the user's own record: it names S_U, which would let whoever finds the client's file try
/// guesses of u.
struct UserGrant {
    keyagreement::DomainName authority;
    crypto::Ed25519PublicKeyBytes authority_key{};
    wire::LedgerId id;
    wire::Role role{};
    Serial serial;  ///< Of the user's record.
    Secret32 pid_key;
    std::vector<EpochSecret> temporary;
    std::vector<CloudServerEntry> cloud_servers;
};

// What a party keeps: the grant and its own secrets. One file each, mode 0600.

struct DeviceCredentials {
    Secret32 static_private;
    Secret32 token;  ///< TKN, made by the device; zero unless it is sealed to the cloud.
    DeviceGrant grant;
};
struct PdaCredentials {
    Secret32 static_private;
    Secret32 token;  ///< TKN, made by the PDA.
    PdaGrant grant;
};
struct CloudServerCredentials {
    Secret32 static_private;
    CloudServerGrant grant;
};
/// What a user's client keeps. Not u, nor TKN_U, nor s_U: those are derived at each login
/// (askg/user_secret.h).
struct UserFactor {
    Secret32 client_secret;  ///< r_U.
    std::array<std::uint8_t, 16> salt{};
    base::Bytes helper;  ///< v of the fuzzy extractor; empty without biometrics.
};
struct UserCredentials {
    UserFactor factor;
    UserGrant grant;
};

/// The canonical bytes, docs/formats/askg.md.
[[nodiscard]] SecretBytes encode(const DeviceGrant& grant);
[[nodiscard]] SecretBytes encode(const PdaGrant& grant);
[[nodiscard]] SecretBytes encode(const CloudServerGrant& grant);
[[nodiscard]] SecretBytes encode(const UserGrant& grant);
[[nodiscard]] SecretBytes encode(const DeviceCredentials& credentials);
[[nodiscard]] SecretBytes encode(const PdaCredentials& credentials);
[[nodiscard]] SecretBytes encode(const CloudServerCredentials& credentials);
[[nodiscard]] SecretBytes encode(const UserCredentials& credentials);

/// What is decoded is whole and consistent: every record is signed by the authority named in it
/// and has its role, and a private key belongs to the record.
/// Errors: `malformed` (another kind of file, cut short, not canonical), `corrupted` (the checksum
/// at its end), `bad_signature` (a record), `bad_key` (a private key that is not the record's).
/// T is one of the eight types above.
template <class T>
[[nodiscard]] base::Result<T> decode(base::ByteView bytes);

/// Reads a file of any of the eight kinds. Errors: those of `decode` and of `storage::read_file`,
/// and `not_authorised` if others can read the file.
template <class T>
[[nodiscard]] base::Result<T> read_file(const std::filesystem::path& file);
/// Replaces the file whole, synced, mode 0600. Errors: those of `storage::write_file_synced`.
template <class T>
[[nodiscard]] base::Result<void> write_file(const std::filesystem::path& file, const T& content);

/// psk of profile 1 with the party at `peer_x` (docs/protocol.md 2: phi = chi(x_own, x_peer)).
[[nodiscard]] Secret32 pair_secret(const DomainShare& own, const FieldElement& peer_x);

}  // namespace askg
