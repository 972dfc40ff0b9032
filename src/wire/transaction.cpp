// SPDX-License-Identifier: Apache-2.0
#include "wire/transaction.h"

#include <algorithm>

#include "base/check.h"
#include "crypto/ecdsa.h"
#include "crypto/hash.h"
#include "salus/v1/transaction.pb.h"
#include "wire/batch.h"
#include "wire/internal/codec.h"

namespace wire {
namespace {

namespace pb = salus::v1;
using internal::FieldChecker;
using internal::text;
using internal::unix_ms;

constexpr std::size_t signatures_max = 4;
constexpr std::size_t evidence_part_bytes_max = 4'096;  // a header has about 330, a seal of 7 700
/// How a report says whether it carries personal data; 0 would be a field left out.
constexpr std::uint32_t no_personal_data = 1;
constexpr std::uint32_t some_personal_data = 2;

/// Writes the action into the body; one overload for each action.
struct ActionWriter {
    pb::TransactionBody& body;

    void operator()(const Enrol& action) const {
        auto& out = *body.mutable_enrol();
        out.set_subject(text(action.subject));
        out.set_role(static_cast<std::uint32_t>(action.role));
        out.set_scheme(static_cast<std::uint32_t>(action.scheme));
        out.set_public_key(text(action.public_key));
        out.set_custody(static_cast<std::uint32_t>(action.custody));
    }
    void operator()(const RotateKey& action) const {
        auto& out = *body.mutable_rotate_key();
        out.set_public_key(text(action.public_key));
        out.set_custody(static_cast<std::uint32_t>(action.custody));
    }
    void operator()(const RevokeKey& action) const {
        body.mutable_revoke_key()->set_subject(text(action.subject));
    }
    void operator()(const GrantConsent& action) const {
        auto& out = *body.mutable_grant_consent();
        out.set_grantee(text(action.grantee));
        out.set_category(static_cast<std::uint32_t>(action.category));
        out.set_purpose(static_cast<std::uint32_t>(action.purpose));
        out.set_from_ms(unix_ms(action.from));
        out.set_until_ms(unix_ms(action.until));
        out.set_token_key_hash(text(action.token_key_hash));
    }
    void operator()(const RevokeConsent& action) const {
        body.mutable_revoke_consent()->set_consent(text(action.consent));
    }
    void operator()(const Report& action) const {
        auto& out = *body.mutable_report();
        out.set_receiver(text(action.receiver));
        out.set_patient(text(action.patient));
        out.set_category(static_cast<std::uint32_t>(action.category));
        out.set_personal_data(action.personal_data ? some_personal_data : no_personal_data);
        out.set_header_hash(text(action.header_hash));
        out.set_consent(text(action.consent));
        out.set_patient_token(text(action.patient_token));
        out.set_content_id(text(action.content_id));
        out.set_content_hash(text(action.content_hash));
        out.set_readings_root(text(action.readings_root));
        out.set_reading_count(action.reading_count);
        out.set_period_start_ms(unix_ms(action.period_start));
        out.set_period_end_ms(unix_ms(action.period_end));
    }
    void operator()(const ChangeMining& action) const {
        auto& out = *body.mutable_change_mining();
        out.set_subject(text(action.subject));
        out.set_standing(static_cast<std::uint32_t>(action.standing));
    }
    void operator()(const Evidence& action) const {
        auto& out = *body.mutable_evidence();
        out.set_header_a(action.header_a.data(), action.header_a.size());
        out.set_seal_a(action.seal_a.data(), action.seal_a.size());
        out.set_header_b(action.header_b.data(), action.header_b.size());
        out.set_seal_b(action.seal_b.data(), action.seal_b.size());
    }
    void operator()(const DestroyKey& action) const {
        auto& out = *body.mutable_destroy_key();
        out.set_patient(text(action.patient));
        out.set_content_id(text(action.content_id));
    }
    void operator()(const ScheduleUpgrade& action) const {
        auto& out = *body.mutable_schedule_upgrade();
        out.set_version(action.version);
        out.set_height(action.height);
    }
    void operator()(const Certify& action) const {
        auto& out = *body.mutable_certify();
        out.set_record_hash(text(action.record_hash));
        out.set_event(static_cast<std::uint32_t>(action.event));
    }
};

Enrol read(const pb::Enrol& in, FieldChecker& check) {
    return {
        .subject = check.fixed<LedgerId>(in.subject(), "enrol.subject"),
        .role = check.enumerator<Role>(in.role(), is_role, "enrol.role"),
        .scheme = check.enumerator<SignatureScheme>(in.scheme(), is_scheme, "enrol.scheme"),
        .public_key = check.fixed<PublicKeyBytes>(in.public_key(), "enrol.public_key"),
        .custody = check.enumerator<Custody>(in.custody(), is_custody, "enrol.custody"),
    };
}
RotateKey read(const pb::RotateKey& in, FieldChecker& check) {
    return {
        .public_key = check.fixed<PublicKeyBytes>(in.public_key(), "rotate_key.public_key"),
        .custody = check.enumerator<Custody>(in.custody(), is_custody, "rotate_key.custody"),
    };
}
RevokeKey read(const pb::RevokeKey& in, FieldChecker& check) {
    return {.subject = check.fixed<LedgerId>(in.subject(), "revoke_key.subject")};
}
GrantConsent read(const pb::GrantConsent& in, FieldChecker& check) {
    return {
        .grantee = check.fixed<LedgerId>(in.grantee(), "grant_consent.grantee"),
        .category =
            check.enumerator<Category>(in.category(), is_category, "grant_consent.category"),
        .purpose = check.enumerator<Purpose>(in.purpose(), is_purpose, "grant_consent.purpose"),
        .from = check.time(in.from_ms(), "grant_consent.from_ms"),
        .until = check.time(in.until_ms(), "grant_consent.until_ms"),
        .token_key_hash = check.fixed<Hash256>(in.token_key_hash(), "grant_consent.token_key_hash"),
    };
}
RevokeConsent read(const pb::RevokeConsent& in, FieldChecker& check) {
    return {.consent = check.fixed<Hash256>(in.consent(), "revoke_consent.consent")};
}
Report read(const pb::Report& in, FieldChecker& check) {
    check.require(
        in.personal_data() == no_personal_data || in.personal_data() == some_personal_data,
        "report.personal_data is neither 1 (no) nor 2 (yes)");
    return {
        .receiver = check.fixed<LedgerId>(in.receiver(), "report.receiver"),
        .patient = check.fixed<LedgerId>(in.patient(), "report.patient"),
        .category = check.enumerator<Category>(in.category(), is_category, "report.category"),
        .personal_data = in.personal_data() == some_personal_data,
        .header_hash = check.fixed<Hash256>(in.header_hash(), "report.header_hash"),
        .consent = check.fixed<Hash256>(in.consent(), "report.consent"),
        .patient_token = check.fixed<Hash256>(in.patient_token(), "report.patient_token"),
        .content_id = check.fixed<ContentId>(in.content_id(), "report.content_id"),
        .content_hash = check.fixed<Hash256>(in.content_hash(), "report.content_hash"),
        .readings_root = check.fixed<Hash256>(in.readings_root(), "report.readings_root"),
        .reading_count = in.reading_count(),
        .period_start = check.time(in.period_start_ms(), "report.period_start_ms"),
        .period_end = check.time(in.period_end_ms(), "report.period_end_ms"),
    };
}
ChangeMining read(const pb::ChangeMining& in, FieldChecker& check) {
    return {
        .subject = check.fixed<LedgerId>(in.subject(), "change_mining.subject"),
        .standing =
            check.enumerator<MinerStanding>(in.standing(), is_standing, "change_mining.standing"),
    };
}
Evidence read(const pb::Evidence& in, FieldChecker& check) {
    const auto part = [&check](const std::string& raw) {
        check.require(!raw.empty() && raw.size() <= evidence_part_bytes_max,
                      "a header or seal of evidence is empty or above 4 KiB");
        const auto bytes = base::as_bytes(raw);
        return base::Bytes(bytes.begin(), bytes.end());
    };
    return {.header_a = part(in.header_a()),
            .seal_a = part(in.seal_a()),
            .header_b = part(in.header_b()),
            .seal_b = part(in.seal_b())};
}
DestroyKey read(const pb::DestroyKey& in, FieldChecker& check) {
    return {.patient = check.fixed<LedgerId>(in.patient(), "destroy_key.patient"),
            .content_id = check.fixed<ContentId>(in.content_id(), "destroy_key.content_id")};
}
ScheduleUpgrade read(const pb::ScheduleUpgrade& in, FieldChecker& /*check*/) {
    return {.version = in.version(), .height = in.height()};
}
Certify read(const pb::Certify& in, FieldChecker& check) {
    return {.record_hash = check.fixed<Hash256>(in.record_hash(), "certify.record_hash"),
            .event = check.enumerator<CertificationEvent>(in.event(), is_certification_event,
                                                          "certify.event")};
}

Action read_action(const pb::TransactionBody& body, FieldChecker& check) {
    switch (body.action_case()) {
        case pb::TransactionBody::kEnrol:
            return read(body.enrol(), check);
        case pb::TransactionBody::kRotateKey:
            return read(body.rotate_key(), check);
        case pb::TransactionBody::kRevokeKey:
            return read(body.revoke_key(), check);
        case pb::TransactionBody::kGrantConsent:
            return read(body.grant_consent(), check);
        case pb::TransactionBody::kRevokeConsent:
            return read(body.revoke_consent(), check);
        case pb::TransactionBody::kReport:
            return read(body.report(), check);
        case pb::TransactionBody::kChangeMining:
            return read(body.change_mining(), check);
        case pb::TransactionBody::kEvidence:
            return read(body.evidence(), check);
        case pb::TransactionBody::kDestroyKey:
            return read(body.destroy_key(), check);
        case pb::TransactionBody::kScheduleUpgrade:
            return read(body.schedule_upgrade(), check);
        case pb::TransactionBody::kCertify:
            return read(body.certify(), check);
        case pb::TransactionBody::ACTION_NOT_SET:
            break;
    }
    check.require(false, "no action that is known here");
    return {};
}

void write(const BatchPath& batch, pb::BatchPath& out) {
    out.set_index(batch.index);
    out.set_size(batch.size);
    for (const auto& node : batch.path) out.add_path(text(node));
}

BatchPath read(const pb::BatchPath& in, FieldChecker& check) {
    BatchPath out{.index = in.index(), .size = in.size(), .path = {}};
    for (const auto& node : in.path()) {
        out.path.push_back(check.fixed<Hash256>(node, "batch.path"));
    }
    return out;
}

base::Result<void> check_scalars(const std::vector<Signature>& signatures) {
    const bool low = std::ranges::all_of(
        signatures, [](const Signature& one) { return crypto::is_low_s(one.value.view()); });
    if (low) return {};
    return base::fail(base::ErrorCode::malleable_signature,
                      "transaction: a signature's r or s is out of range, or its s is in the upper "
                      "half of the order; submit it normalised");
}

void check_signatures(const std::vector<Signature>& signatures, const LedgerId& sender,
                      FieldChecker& check) {
    check.require(!signatures.empty(), "no signature");
    bool sender_signs = false;
    for (std::size_t i = 0; i < signatures.size(); ++i) {
        sender_signs = sender_signs || signatures[i].signer == sender;
        for (std::size_t k = 0; k < i; ++k) {
            check.require(signatures[i].signer != signatures[k].signer,
                          "two signatures by one signer");
        }
    }
    check.require(sender_signs, "the sender is not among the signers");
}

}  // namespace

base::Bytes encode(const TransactionBody& body) {
    CHECK(is_chain_id(body.chain_id));
    pb::TransactionBody out;
    out.set_chain_id(body.chain_id);
    out.set_sender(text(body.sender));
    out.set_sequence(body.sequence);
    out.set_timestamp_ms(unix_ms(body.timestamp));
    std::visit(ActionWriter{out}, body.action);
    return internal::serialise(out);
}

base::Bytes encode(const Transaction& tx) {
    pb::Transaction out;
    out.set_body(tx.body_bytes.data(), tx.body_bytes.size());
    for (const auto& signature : tx.signatures) {
        auto& added = *out.add_signatures();
        added.set_signer(text(signature.signer));
        added.set_value(text(signature.value));
        added.set_over_batch(signature.over_batch);
    }
    if (tx.batch) write(*tx.batch, *out.mutable_batch());
    return internal::serialise(out);
}

base::Result<TransactionBody> decode_body(base::ByteView body_bytes) {
    constexpr std::string_view what = "transaction body";
    if (body_bytes.size() > transaction_bytes_max) {
        return internal::above_bound(what, body_bytes.size(), transaction_bytes_max);
    }
    pb::TransactionBody in;
    if (!internal::parse(body_bytes, in)) return internal::not_protobuf(what);
    FieldChecker check(what);
    check.require(is_chain_id(in.chain_id()), "chain_id is not 1 to 32 of [a-z0-9-]");
    TransactionBody out{
        .chain_id = in.chain_id(),
        .sender = check.fixed<LedgerId>(in.sender(), "sender"),
        .sequence = in.sequence(),
        .timestamp = check.time(in.timestamp_ms(), "timestamp_ms"),
        .action = read_action(in, check),
    };
    if (!check.ok()) return check.failure();
    if (!internal::same(encode(out), body_bytes)) return internal::not_canonical(what);
    return out;
}

base::Result<Transaction> decode_transaction(base::ByteView envelope) {
    constexpr std::string_view what = "transaction";
    if (envelope.size() > transaction_bytes_max) {
        return internal::above_bound(what, envelope.size(), transaction_bytes_max);
    }
    pb::Transaction in;
    if (!internal::parse(envelope, in)) return internal::not_protobuf(what);
    const auto raw_body = base::as_bytes(in.body());
    auto body = decode_body(raw_body);
    if (!body) return base::pass(body);

    FieldChecker check(what);
    if (static_cast<std::size_t>(in.signatures_size()) > signatures_max) {
        check.require(false, "more than 4 signatures");
        return check.failure();
    }
    Transaction out{.body_bytes = {raw_body.begin(), raw_body.end()},
                    .body = *std::move(body),
                    .signatures = {},
                    .batch = {}};
    for (const auto& signature : in.signatures()) {
        out.signatures.push_back(
            {.signer = check.fixed<LedgerId>(signature.signer(), "signature.signer"),
             .value = check.fixed<SignatureBytes>(signature.value(), "signature.value"),
             .over_batch = signature.over_batch()});
    }
    if (in.has_batch()) out.batch = read(in.batch(), check);
    check_signatures(out.signatures, out.body.sender, check);
    const bool over_batch = std::ranges::any_of(out.signatures, &Signature::over_batch);
    check.require(over_batch == out.batch.has_value(),
                  over_batch ? "a signature over a batch without its path"
                             : "the path of a batch that no signature is over");
    if (!check.ok()) return check.failure();
    if (auto scalars = check_scalars(out.signatures); !scalars) return base::pass(scalars);
    if (out.batch) {
        if (auto fits = check_batch(*out.batch); !fits) return base::pass(fits);
    }
    if (!internal::same(encode(out), envelope)) return internal::not_canonical(what);
    return out;
}

TxId id_of(const Transaction& tx) {
    return id_of_body(tx.body_bytes);
}
TxId id_of_body(base::ByteView body_bytes) {
    return TxId{crypto::sha512(body_bytes)};
}
Hash256 body_ref(base::ByteView body_bytes) {
    return Hash256{crypto::sha512_256(body_bytes)};
}

std::string_view name_of(const Action& action) {
    constexpr std::array<std::string_view, std::variant_size_v<Action>> names = {
        "enrol",          "rotate_key",       "revoke_key",    "grant_consent",
        "revoke_consent", "report",           "change_mining", "evidence",
        "destroy_key",    "schedule_upgrade", "certify"};
    return names[action.index()];
}

}  // namespace wire
