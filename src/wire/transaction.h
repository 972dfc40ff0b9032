// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
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
using Action = std::variant<Enrol, RotateKey, RevokeKey, GrantConsent, RevokeConsent, Report>;

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
    friend bool operator==(const Signature&, const Signature&) = default;
};

/// A decoded transaction together with the very bytes that were signed.
struct Transaction {
    base::Bytes body_bytes;  ///< What is signed and hashed.
    TransactionBody body;    ///< `body_bytes`, decoded.
    std::vector<Signature> signatures;
};

/// The canonical bytes of a body. CHECKs that `chain_id` has its form.
[[nodiscard]] base::Bytes encode(const TransactionBody& body);
/// The canonical bytes of the envelope around `tx.body_bytes`.
[[nodiscard]] base::Bytes encode(const Transaction& tx);

/// Parses untrusted bytes. Errors: `too_large`; `malformed` for anything that is not canonical:
/// unknown fields, wrong lengths, unknown enumerators, no action, 0 or more than 4 signatures, two
/// by one signer, or bytes that do not re-serialise to themselves.
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
