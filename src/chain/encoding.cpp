// SPDX-License-Identifier: Apache-2.0
// The encodings of docs/formats/queries.md: fixed fields one after another, big-endian; a list is
// its count in 4 bytes and then its members; nothing may follow the last field.
#include <string>

#include "chain/internal/reader.h"
#include "chain/queries.h"

namespace chain::encoding {

using base::Bytes;
using base::ByteView;
using base::ErrorCode;
using base::fail;

using internal::append_time;
using internal::malformed;
using internal::Reader;

namespace {

/// A person belongs to few organisations. Ours.
constexpr std::uint32_t readers_max = 64;
/// A consistency path has at most one hash more than a size has bits.
constexpr std::uint32_t path_hashes_max = 65;

}  // namespace

Bytes encode(const ConsentQuestion& question) {
    Bytes out;
    base::append(out, question.patient.view());
    out.push_back(static_cast<std::uint8_t>(question.category));
    out.push_back(static_cast<std::uint8_t>(question.purpose));
    append_time(out, question.at);
    base::append_u32(out, static_cast<std::uint32_t>(question.readers.size()));
    for (const auto& reader : question.readers) base::append(out, reader.view());
    return out;
}

base::Result<ConsentQuestion> decode_consent_question(ByteView bytes) {
    Reader in(bytes);
    ConsentQuestion question;
    question.patient = in.fixed<wire::LedgerId>();
    const auto category = in.u8();
    const auto purpose = in.u8();
    question.at = in.time();
    const auto count = in.u32();
    if (!wire::is_category(category) || !wire::is_purpose(purpose) || count > readers_max ||
        in.left() != std::size_t{count} * wire::LedgerId::size_bytes) {
        return malformed("question about a consent");
    }
    question.category = static_cast<wire::Category>(category);
    question.purpose = static_cast<wire::Purpose>(purpose);
    for (std::uint32_t i = 0; i < count; ++i) {
        question.readers.push_back(in.fixed<wire::LedgerId>());
    }
    if (!in.finished()) return malformed("question about a consent");
    return question;
}

Bytes encode(const StandingConsent& consent) {
    Bytes out;
    base::append(out, consent.consent.view());
    base::append(out, consent.grantee.view());
    append_time(out, consent.from);
    append_time(out, consent.until);
    return out;
}

base::Result<StandingConsent> decode_standing_consent(ByteView bytes) {
    Reader in(bytes);
    StandingConsent consent;
    consent.consent = in.fixed<wire::Hash256>();
    consent.grantee = in.fixed<wire::LedgerId>();
    consent.from = in.time();
    consent.until = in.time();
    if (!in.finished()) return malformed("standing consent");
    return consent;
}

Bytes encode(const KeyView& key) {
    Bytes out;
    out.push_back(static_cast<std::uint8_t>(key.role));
    out.push_back(static_cast<std::uint8_t>(key.custody));
    base::append(out, key.public_key.view());
    base::append_u64(out, key.valid_from);
    base::append_u64(out, key.valid_until);
    return out;
}

base::Result<KeyView> decode_key_view(ByteView bytes) {
    Reader in(bytes);
    KeyView key;
    const auto role = in.u8();
    const auto custody = in.u8();
    key.public_key = in.fixed<wire::PublicKeyBytes>();
    key.valid_from = in.u64();
    key.valid_until = in.u64();
    if (!in.finished() || !wire::is_role(role) || !wire::is_custody(custody)) {
        return malformed("key");
    }
    key.role = static_cast<wire::Role>(role);
    key.custody = static_cast<wire::Custody>(custody);
    return key;
}

Bytes encode(const CertificationView& certification) {
    Bytes out;
    base::append(out, certification.certifier.view());
    base::append_u64(out, certification.certified_height);
    base::append_u64(out, certification.revoked_height);
    return out;
}

base::Result<CertificationView> decode_certification_view(ByteView bytes) {
    Reader in(bytes);
    CertificationView certification;
    certification.certifier = in.fixed<wire::LedgerId>();
    certification.certified_height = in.u64();
    certification.revoked_height = in.u64();
    if (!in.finished()) return malformed("certification");
    return certification;
}

Bytes encode(const TxPlace& place) {
    Bytes out;
    base::append_u64(out, place.height);
    base::append_u32(out, place.index);
    return out;
}

base::Result<TxPlace> decode_tx_place(ByteView bytes) {
    Reader in(bytes);
    TxPlace place;
    place.height = in.u64();
    place.index = in.u32();
    if (!in.finished()) return malformed("place of a transaction");
    return place;
}

Bytes encode(const ClaimQuestion& question) {
    Bytes out{static_cast<std::uint8_t>(question.kind)};
    base::append_u64(out, question.height);
    if (question.kind == ClaimKind::key_destroyed) {
        base::append(out, question.content_id.view());
        base::append(out, question.patient.view());
        return out;
    }
    base::append(out, question.patient.view());
    out.push_back(static_cast<std::uint8_t>(question.category));
    out.push_back(static_cast<std::uint8_t>(question.purpose));
    base::append_u32(out, static_cast<std::uint32_t>(question.readers.size()));
    for (const auto& reader : question.readers) base::append(out, reader.view());
    return out;
}

base::Result<ClaimQuestion> decode_claim_question(ByteView bytes) {
    Reader in(bytes);
    ClaimQuestion question;
    const auto kind = in.u8();
    if (kind < 1 || kind > 3) return malformed("question for a receipt");
    question.kind = static_cast<ClaimKind>(kind);
    question.height = in.u64();
    if (question.kind == ClaimKind::key_destroyed) {
        question.content_id = in.fixed<wire::ContentId>();
        question.patient = in.fixed<wire::LedgerId>();
        if (!in.finished()) return malformed("question for a receipt");
        return question;
    }
    question.patient = in.fixed<wire::LedgerId>();
    const auto category = in.u8();
    const auto purpose = in.u8();
    const auto count = in.u32();
    const std::size_t most = question.kind == ClaimKind::consent ? 1 : wire::uncovered_readers_max;
    if (!wire::is_category(category) || !wire::is_purpose(purpose) || count == 0 || count > most) {
        return malformed("question for a receipt");
    }
    question.category = static_cast<wire::Category>(category);
    question.purpose = static_cast<wire::Purpose>(purpose);
    for (std::uint32_t i = 0; i < count; ++i) {
        question.readers.push_back(in.fixed<wire::LedgerId>());
    }
    if (!in.finished()) return malformed("question for a receipt");
    return question;
}

Bytes encode(const LogSizes& sizes) {
    Bytes out;
    base::append_u64(out, sizes.from);
    base::append_u64(out, sizes.to);
    return out;
}

base::Result<LogSizes> decode_log_sizes(ByteView bytes) {
    Reader in(bytes);
    LogSizes sizes;
    sizes.from = in.u64();
    sizes.to = in.u64();
    if (!in.finished()) return malformed("sizes of the history log");
    return sizes;
}

Bytes encode(const std::vector<wire::Hash256>& path) {
    Bytes out;
    base::append_u32(out, static_cast<std::uint32_t>(path.size()));
    for (const auto& hash : path) base::append(out, hash.view());
    return out;
}

base::Result<std::vector<wire::Hash256>> decode_path(ByteView bytes) {
    Reader in(bytes);
    const auto count = in.u32();
    if (count > path_hashes_max) return malformed("path");
    std::vector<wire::Hash256> path;
    for (std::uint32_t i = 0; i < count; ++i) path.push_back(in.fixed<wire::Hash256>());
    if (!in.finished()) return malformed("path");
    return path;
}

}  // namespace chain::encoding
