// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace wire {

/// On chain a person, device or service is 16 random bytes, drawn at enrolment. What links it to a
/// person lives off chain and dies at erasure.
using LedgerId = base::FixedBytes<struct LedgerIdTag, 16>;
/// A device's name on the wire; no link to the LedgerId can be computed from it.
using DeviceId = base::FixedBytes<struct DeviceIdTag, 16>;
/// SHA-512 of a transaction's body.
using TxId = base::FixedBytes<struct TxIdTag, 64>;
/// SHA-512 of a header (or, before height 1, of the genesis).
using HeaderHash = base::FixedBytes<struct HeaderHashTag, 64>;
/// SHA-256 or SHA-512/256, as the field says.
using Hash256 = base::FixedBytes<struct Hash256Tag, 32>;
/// CIDv1, raw codec, sha2-256: the bytes 01 55 12 20 and the digest.
using ContentId = base::FixedBytes<struct ContentIdTag, 36>;
/// ECDSA P-256: r|s, low-s.
using SignatureBytes = base::FixedBytes<struct SignatureTag, 64>;
/// P-256 point, uncompressed (SEC 1): 04 | x | y.
using PublicKeyBytes = base::FixedBytes<struct PublicKeyTag, 65>;

/// Position of a block in the chain; 0 is the genesis.
using Height = std::uint64_t;

enum class Role : std::uint8_t {
    patient = 1,
    family = 2,
    doctor = 3,
    nurse = 4,
    pharmacist = 5,
    laboratory = 6,
    insurer = 7,
    researcher = 8,
    auditor = 9,
    administrator = 10,
    cloud_server = 11,
    miner = 12,
    demo_program = 13,   ///< A program that approves; exists only where the genesis says demo.
    key_generator = 14,  ///< Certifies the static keys of devices, PDAs, servers and users.
};
enum class SignatureScheme : std::uint8_t { ecdsa_p256_sha512 = 1 };
/// Who holds the private key. Stands on receipts, so that nobody takes `node` for an own device.
enum class Custody : std::uint8_t { node = 1, own_device = 2 };
/// What kind of record (the paper's data type).
enum class Category : std::uint8_t { vital_signs = 1, laboratory = 2, medication = 3, imaging = 4 };
enum class Purpose : std::uint8_t { treatment = 1, research = 2, billing = 3 };
/// What a key generator says of a record of somebody's static key.
enum class CertificationEvent : std::uint8_t { certified = 1, revoked = 2 };
/// Whether a registered miner has turns. One that left or was suspended may become active again.
enum class MinerStanding : std::uint8_t { active = 1, suspended = 2, left = 3 };
/// Who may make the next block.
enum class EngineKind : std::uint8_t { equal_opportunity = 1, authority = 2, proof_of_work = 3 };
/// Whose signatures a block needs: the miner's alone, those of over two thirds of the active
/// miners, or of over half of them [3].
enum class Quorum : std::uint8_t { miner_alone = 1, two_thirds = 2, majority = 3 };

/// The enumerator's own name, e.g. "cloud_server"; "unknown" for a value out of range.
[[nodiscard]] std::string_view name_of(Role role);
[[nodiscard]] std::string_view name_of(Custody custody);
[[nodiscard]] std::string_view name_of(Category category);
[[nodiscard]] std::string_view name_of(Purpose purpose);
[[nodiscard]] std::string_view name_of(MinerStanding standing);
[[nodiscard]] std::string_view name_of(CertificationEvent event);
[[nodiscard]] std::string_view name_of(EngineKind engine);
[[nodiscard]] std::string_view name_of(Quorum quorum);
[[nodiscard]] std::optional<Role> role_from_name(std::string_view name);
[[nodiscard]] std::optional<Category> category_from_name(std::string_view name);
[[nodiscard]] std::optional<Purpose> purpose_from_name(std::string_view name);
[[nodiscard]] std::optional<EngineKind> engine_from_name(std::string_view name);
[[nodiscard]] std::optional<Quorum> quorum_from_name(std::string_view name);
/// A chain's name: 1 to 32 of [a-z0-9-].
[[nodiscard]] bool is_chain_id(std::string_view text);
/// Whether `value` is an enumerator; parsers of untrusted bytes ask before they cast.
[[nodiscard]] bool is_role(std::uint32_t value);
[[nodiscard]] bool is_scheme(std::uint32_t value);
[[nodiscard]] bool is_custody(std::uint32_t value);
[[nodiscard]] bool is_category(std::uint32_t value);
[[nodiscard]] bool is_purpose(std::uint32_t value);
[[nodiscard]] bool is_standing(std::uint32_t value);
[[nodiscard]] bool is_certification_event(std::uint32_t value);
[[nodiscard]] bool is_engine(std::uint32_t value);
[[nodiscard]] bool is_quorum(std::uint32_t value);

}  // namespace wire
