// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "wire/ids.h"

namespace wire {

/// One transaction on the wire: 64 KiB at most. Chosen by us; a report has about 500 bytes.
inline constexpr std::size_t transaction_bytes_max = 65'536;

struct Enrol {
    LedgerId subject;
    Role role{};
    SignatureScheme scheme{};
    PublicKeyBytes public_key;
    Custody custody{};
    friend bool operator==(const Enrol&, const Enrol&) = default;
};
struct RotateKey {
    PublicKeyBytes public_key;
    Custody custody{};
    friend bool operator==(const RotateKey&, const RotateKey&) = default;
};
struct RevokeKey {
    LedgerId subject;
    friend bool operator==(const RevokeKey&, const RevokeKey&) = default;
};
struct GrantConsent {
    LedgerId grantee;
    Category category{};
    Purpose purpose{};
    base::TimePoint from;   ///< Inclusive.
    base::TimePoint until;  ///< Exclusive.
    Hash256 token_key_hash;
    friend bool operator==(const GrantConsent&, const GrantConsent&) = default;
};
struct RevokeConsent {
    Hash256 consent;  ///< body_ref of the granting transaction.
    friend bool operator==(const RevokeConsent&, const RevokeConsent&) = default;
};
/// An approved report; the fields are those of [0, Fig. 3], see proto/salus/v1/transaction.proto.
struct Report {
    LedgerId receiver;
    LedgerId patient;
    Category category{};
    bool personal_data = false;
    Hash256 header_hash;
    Hash256 consent;
    Hash256 patient_token;
    ContentId content_id;
    Hash256 content_hash;
    Hash256 readings_root;
    std::uint32_t reading_count = 0;
    base::TimePoint period_start;  ///< Inclusive.
    base::TimePoint period_end;    ///< Exclusive.
    friend bool operator==(const Report&, const Report&) = default;
};
/// By an administrator, or by the miner itself: whether it has turns.
struct ChangeMining {
    LedgerId subject;
    MinerStanding standing{};
    friend bool operator==(const ChangeMining&, const ChangeMining&) = default;
};
/// One miner sealed two different headers of one height; encoded Header and Seal, not yet decoded.
struct Evidence {
    base::Bytes header_a;
    base::Bytes seal_a;
    base::Bytes header_b;
    base::Bytes seal_b;
    friend bool operator==(const Evidence&, const Evidence&) = default;
};
/// Every copy of the key of a vault object is destroyed; the cloud server and the patient sign.
struct DestroyKey {
    LedgerId patient;
    ContentId content_id;
    friend bool operator==(const DestroyKey&, const DestroyKey&) = default;
};
/// From `height` on the contracts follow `version` of the rules.
struct ScheduleUpgrade {
    std::uint32_t version = 0;
    Height height = 0;
    friend bool operator==(const ScheduleUpgrade&, const ScheduleUpgrade&) = default;
};
/// By a key generator or an administrator: a record of somebody's static key is certified, or what
/// was certified is revoked.
struct Certify {
    Hash256 record_hash;  ///< SHA-512/256 of the record.
    CertificationEvent event{};
    friend bool operator==(const Certify&, const Certify&) = default;
};
using Action = std::variant<Enrol, RotateKey, RevokeKey, GrantConsent, RevokeConsent, Report,
                            ChangeMining, Evidence, DestroyKey, ScheduleUpgrade, Certify>;

struct TransactionBody {
    std::string chain_id;  ///< 1 to 32 of [a-z0-9-].
    LedgerId sender;
    std::uint64_t sequence = 0;
    base::TimePoint timestamp;
    Action action;
    friend bool operator==(const TransactionBody&, const TransactionBody&) = default;
};

struct Signature {
    LedgerId signer;
    SignatureBytes value;
    bool over_batch = false;  ///< Over the root of `Transaction::batch`, not over the body alone.
    friend bool operator==(const Signature&, const Signature&) = default;
};

/// From a body up to the root of the batch it was signed in (wire/batch.h).
struct BatchPath {
    std::uint32_t index = 0;
    std::uint32_t size = 0;     ///< 1 to `batch_bodies_max`.
    std::vector<Hash256> path;  ///< RFC 9162 section 2.1.3, from the leaf upwards.
    friend bool operator==(const BatchPath&, const BatchPath&) = default;
};
inline constexpr std::uint32_t batch_bodies_max = 1'024;

/// A decoded transaction together with the very bytes that were signed.
struct Transaction {
    base::Bytes body_bytes;  ///< What is signed and hashed.
    TransactionBody body;    ///< `body_bytes`, decoded.
    std::vector<Signature> signatures;
    std::optional<BatchPath> batch;  ///< There if and only if a signature is over it.
};

/// The canonical bytes of a body. CHECKs that `chain_id` has its form.
[[nodiscard]] base::Bytes encode(const TransactionBody& body);
/// The canonical bytes of the envelope around `tx.body_bytes`.
[[nodiscard]] base::Bytes encode(const Transaction& tx);

/// Parses untrusted bytes. Errors: `too_large`; `undecodable` (cut short, or no message);
/// `not_canonical` (unknown fields, another encoding); `malleable_signature` (s in the upper half);
/// `bad_batch` (a path that does not fit its index and size); `malformed` for the rest: wrong
/// lengths, unknown enumerators, no action, 0 or more than 4 signatures, two by one signer.
[[nodiscard]] base::Result<Transaction> decode_transaction(base::ByteView envelope);
[[nodiscard]] base::Result<TransactionBody> decode_body(base::ByteView body_bytes);

/// SHA-512 of the body.
[[nodiscard]] TxId id_of(const Transaction& tx);
[[nodiscard]] TxId id_of_body(base::ByteView body_bytes);
/// SHA-512/256 of the body: how another body names this transaction.
[[nodiscard]] Hash256 body_ref(base::ByteView body_bytes);
/// "report", "grant_consent", ...: the action's name in the schema.
[[nodiscard]] std::string_view name_of(const Action& action);

}  // namespace wire
