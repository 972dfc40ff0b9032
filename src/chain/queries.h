// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "chain/block_source.h"
#include "chain/mining.h"
#include "wire/claim.h"
#include "wire/ids.h"

namespace chain {

/// The questions that the ledger answers; docs/formats/queries.md has what goes in and out.
namespace path {
inline constexpr std::string_view consent = "consent";
inline constexpr std::string_view key = "key";
inline constexpr std::string_view certification = "certification";
inline constexpr std::string_view mining = "mining";
inline constexpr std::string_view fairness = "fairness";
inline constexpr std::string_view transaction = "transaction";
inline constexpr std::string_view reference = "reference";
inline constexpr std::string_view receipt = "receipt";
inline constexpr std::string_view claim = "claim";
inline constexpr std::string_view consistency = "consistency";
}  // namespace path

/// Typed forms of the queries that the ledger answers, so that no caller encodes one by hand. All
/// ask committed state through `BlockSource::query`; the rules themselves are the contracts'.

/// The grant that lets any of `readers` (a person, and organisations it belongs to) see `category`
/// of `patient` for `purpose` at `at`. Errors: `consent_missing` if none stands.
struct StandingConsent {
    wire::Hash256 consent;  ///< body_ref of the granting transaction.
    wire::LedgerId grantee;
    base::TimePoint from;
    base::TimePoint until;
};
struct ConsentQuestion {
    wire::LedgerId patient;
    std::vector<wire::LedgerId> readers;
    wire::Category category{};
    wire::Purpose purpose{};
    base::TimePoint at;
};
[[nodiscard]] base::Result<StandingConsent> standing_consent(const BlockSource& source,
                                                             const ConsentQuestion& question);

/// Registered key of `id`. Errors: `not_found`.
struct KeyView {
    wire::Role role{};
    wire::Custody custody{};
    wire::PublicKeyBytes public_key;
    wire::Height valid_from = 0;
    wire::Height valid_until = 0;  ///< Exclusive; 0: no end.
};
[[nodiscard]] base::Result<KeyView> key_of(const BlockSource& source, const wire::LedgerId& id);

/// What a key generator said of the record of a static key that hashes to `record_hash`.
/// Errors: `not_found` if none certified it.
struct CertificationView {
    wire::LedgerId certifier;
    wire::Height certified_height = 0;
    wire::Height revoked_height = 0;  ///< 0: stands.
};
[[nodiscard]] base::Result<CertificationView> certification_of(const BlockSource& source,
                                                               const wire::Hash256& record_hash);

/// Where a transaction is. Errors: `not_found`.
struct TxPlace {
    wire::Height height = 0;
    std::uint32_t index = 0;
};
[[nodiscard]] base::Result<TxPlace> place_of(const BlockSource& source, const wire::TxId& id);
/// Where the grant of consent is that a body names by its body_ref; other transactions are named by
/// none. Errors: `not_found`.
[[nodiscard]] base::Result<TxPlace> place_of_ref(const BlockSource& source,
                                                 const wire::Hash256& body_ref);

/// The receipt of a committed transaction. Errors: `not_found`.
[[nodiscard]] base::Result<wire::Claim> receipt_of(const BlockSource& source, const wire::TxId& id);

/// A receipt about the state as of a block.
enum class ClaimKind : std::uint8_t { consent = 1, no_consent = 2, key_destroyed = 3 };
struct ClaimQuestion {
    ClaimKind kind{};
    wire::Height height = 0;  ///< 0: the newest block.
    /// Of `key_destroyed`: whose record it must be; zeros: anybody's.
    wire::LedgerId patient;
    /// Of `consent` (one reader) and `no_consent` (1 to 16).
    wire::Category category = wire::Category::vital_signs;
    wire::Purpose purpose = wire::Purpose::treatment;
    std::vector<wire::LedgerId> readers;
    wire::ContentId content_id;  ///< Of `key_destroyed`.
};
/// Errors: `not_found` (no such block, its state is pruned, or the key is not destroyed);
/// `consent_missing` (there was no such consent), `conflict` (there was one), `malformed`.
[[nodiscard]] base::Result<wire::Claim> claim_of(const BlockSource& source,
                                                 const ClaimQuestion& question);

/// That the history log of `from` transactions is the beginning of that of `to`: the path of RFC
/// 9162 section 2.1.4.1. Errors: `not_found` unless from <= to <= the log's size.
struct LogSizes {
    std::uint64_t from = 0;
    std::uint64_t to = 0;
};
[[nodiscard]] base::Result<std::vector<wire::Hash256>> consistency_of(const BlockSource& source,
                                                                      const LogSizes& sizes);

/// The encodings both sides use; the ledger's query handler decodes with these.
namespace encoding {
[[nodiscard]] base::Bytes encode(const ConsentQuestion& question);
[[nodiscard]] base::Result<ConsentQuestion> decode_consent_question(base::ByteView bytes);
[[nodiscard]] base::Bytes encode(const StandingConsent& consent);
[[nodiscard]] base::Result<StandingConsent> decode_standing_consent(base::ByteView bytes);
[[nodiscard]] base::Bytes encode(const KeyView& key);
[[nodiscard]] base::Result<KeyView> decode_key_view(base::ByteView bytes);
[[nodiscard]] base::Bytes encode(const CertificationView& certification);
[[nodiscard]] base::Result<CertificationView> decode_certification_view(base::ByteView bytes);
[[nodiscard]] base::Bytes encode(const TxPlace& place);
[[nodiscard]] base::Result<TxPlace> decode_tx_place(base::ByteView bytes);
[[nodiscard]] base::Bytes encode(const ClaimQuestion& question);
[[nodiscard]] base::Result<ClaimQuestion> decode_claim_question(base::ByteView bytes);
[[nodiscard]] base::Bytes encode(const LogSizes& sizes);
[[nodiscard]] base::Result<LogSizes> decode_log_sizes(base::ByteView bytes);
[[nodiscard]] base::Bytes encode(const std::vector<wire::Hash256>& path);
[[nodiscard]] base::Result<std::vector<wire::Hash256>> decode_path(base::ByteView bytes);
}  // namespace encoding

}  // namespace chain
