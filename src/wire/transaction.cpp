// SPDX-License-Identifier: Apache-2.0
#include "wire/transaction.h"

#include <algorithm>
#include <bit>
#include <optional>

#include "base/check.h"
#include "crypto/ecdsa.h"
#include "crypto/hash.h"
#include "salus/v1/transaction.pb.h"
#include "wire/batch.h"
#include "wire/internal/canonical_fields.h"
#include "wire/internal/codec.h"

namespace wire {
namespace {

namespace pb = salus::v1;
using internal::CanonicalFields;
using internal::FieldChecker;
using internal::fields;
using internal::MessageForm;
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

Action read_enrol(const CanonicalFields& in, FieldChecker& check) {
    using Field = pb::Enrol;
    return Enrol{
        .subject = check.fixed<LedgerId>(in.bytes(Field::kSubjectFieldNumber), "enrol.subject"),
        .role = check.enumerator<Role>(in.number32(Field::kRoleFieldNumber), is_role, "enrol.role"),
        .scheme = check.enumerator<SignatureScheme>(in.number32(Field::kSchemeFieldNumber),
                                                    is_scheme, "enrol.scheme"),
        .public_key =
            check.fixed<PublicKeyBytes>(in.bytes(Field::kPublicKeyFieldNumber), "enrol.public_key"),
        .custody = check.enumerator<Custody>(in.number32(Field::kCustodyFieldNumber), is_custody,
                                             "enrol.custody"),
    };
}

Action read_rotate_key(const CanonicalFields& in, FieldChecker& check) {
    using Field = pb::RotateKey;
    return RotateKey{
        .public_key = check.fixed<PublicKeyBytes>(in.bytes(Field::kPublicKeyFieldNumber),
                                                  "rotate_key.public_key"),
        .custody = check.enumerator<Custody>(in.number32(Field::kCustodyFieldNumber), is_custody,
                                             "rotate_key.custody"),
    };
}

Action read_revoke_key(const CanonicalFields& in, FieldChecker& check) {
    using Field = pb::RevokeKey;
    return RevokeKey{.subject = check.fixed<LedgerId>(in.bytes(Field::kSubjectFieldNumber),
                                                      "revoke_key.subject")};
}

Action read_grant_consent(const CanonicalFields& in, FieldChecker& check) {
    using Field = pb::GrantConsent;
    return GrantConsent{
        .grantee =
            check.fixed<LedgerId>(in.bytes(Field::kGranteeFieldNumber), "grant_consent.grantee"),
        .category = check.enumerator<Category>(in.number32(Field::kCategoryFieldNumber),
                                               is_category, "grant_consent.category"),
        .purpose = check.enumerator<Purpose>(in.number32(Field::kPurposeFieldNumber), is_purpose,
                                             "grant_consent.purpose"),
        .from = check.time(in.number(Field::kFromMsFieldNumber), "grant_consent.from_ms"),
        .until = check.time(in.number(Field::kUntilMsFieldNumber), "grant_consent.until_ms"),
        .token_key_hash = check.fixed<Hash256>(in.bytes(Field::kTokenKeyHashFieldNumber),
                                               "grant_consent.token_key_hash"),
    };
}

Action read_revoke_consent(const CanonicalFields& in, FieldChecker& check) {
    using Field = pb::RevokeConsent;
    return RevokeConsent{.consent = check.fixed<Hash256>(in.bytes(Field::kConsentFieldNumber),
                                                         "revoke_consent.consent")};
}

Action read_report(const CanonicalFields& in, FieldChecker& check) {
    using Field = pb::Report;
    check.require(in.number32(Field::kPersonalDataFieldNumber) == no_personal_data ||
                      in.number32(Field::kPersonalDataFieldNumber) == some_personal_data,
                  "report.personal_data is neither 1 (no) nor 2 (yes)");
    return Report{
        .receiver = check.fixed<LedgerId>(in.bytes(Field::kReceiverFieldNumber), "report.receiver"),
        .patient = check.fixed<LedgerId>(in.bytes(Field::kPatientFieldNumber), "report.patient"),
        .category = check.enumerator<Category>(in.number32(Field::kCategoryFieldNumber),
                                               is_category, "report.category"),
        .personal_data = in.number32(Field::kPersonalDataFieldNumber) == some_personal_data,
        .header_hash =
            check.fixed<Hash256>(in.bytes(Field::kHeaderHashFieldNumber), "report.header_hash"),
        .consent = check.fixed<Hash256>(in.bytes(Field::kConsentFieldNumber), "report.consent"),
        .patient_token =
            check.fixed<Hash256>(in.bytes(Field::kPatientTokenFieldNumber), "report.patient_token"),
        .content_id =
            check.fixed<ContentId>(in.bytes(Field::kContentIdFieldNumber), "report.content_id"),
        .content_hash =
            check.fixed<Hash256>(in.bytes(Field::kContentHashFieldNumber), "report.content_hash"),
        .readings_root =
            check.fixed<Hash256>(in.bytes(Field::kReadingsRootFieldNumber), "report.readings_root"),
        .reading_count = in.number32(Field::kReadingCountFieldNumber),
        .period_start =
            check.time(in.number(Field::kPeriodStartMsFieldNumber), "report.period_start_ms"),
        .period_end = check.time(in.number(Field::kPeriodEndMsFieldNumber), "report.period_end_ms"),
    };
}

Action read_change_mining(const CanonicalFields& in, FieldChecker& check) {
    using Field = pb::ChangeMining;
    return ChangeMining{
        .subject =
            check.fixed<LedgerId>(in.bytes(Field::kSubjectFieldNumber), "change_mining.subject"),
        .standing = check.enumerator<MinerStanding>(in.number32(Field::kStandingFieldNumber),
                                                    is_standing, "change_mining.standing"),
    };
}

Action read_evidence(const CanonicalFields& in, FieldChecker& check) {
    using Field = pb::Evidence;
    const auto part = [&check](base::ByteView raw) {
        check.require(!raw.empty() && raw.size() <= evidence_part_bytes_max,
                      "a header or seal of evidence is empty or above 4 KiB");
        return base::Bytes(raw.begin(), raw.end());
    };
    return Evidence{.header_a = part(in.bytes(Field::kHeaderAFieldNumber)),
                    .seal_a = part(in.bytes(Field::kSealAFieldNumber)),
                    .header_b = part(in.bytes(Field::kHeaderBFieldNumber)),
                    .seal_b = part(in.bytes(Field::kSealBFieldNumber))};
}

Action read_destroy_key(const CanonicalFields& in, FieldChecker& check) {
    using Field = pb::DestroyKey;
    return DestroyKey{.patient = check.fixed<LedgerId>(in.bytes(Field::kPatientFieldNumber),
                                                       "destroy_key.patient"),
                      .content_id = check.fixed<ContentId>(in.bytes(Field::kContentIdFieldNumber),
                                                           "destroy_key.content_id")};
}

Action read_schedule_upgrade(const CanonicalFields& in, FieldChecker& /*check*/) {
    using Field = pb::ScheduleUpgrade;
    return ScheduleUpgrade{.version = in.number32(Field::kVersionFieldNumber),
                           .height = in.number(Field::kHeightFieldNumber)};
}

Action read_certify(const CanonicalFields& in, FieldChecker& check) {
    using Field = pb::Certify;
    return Certify{
        .record_hash =
            check.fixed<Hash256>(in.bytes(Field::kRecordHashFieldNumber), "certify.record_hash"),
        .event = check.enumerator<CertificationEvent>(in.number32(Field::kEventFieldNumber),
                                                      is_certification_event, "certify.event")};
}

/// How each action is written and read; the numbers are those of transaction.proto.
struct ActionForm {
    int field;  ///< Of the body.
    MessageForm form;
    Action (*read)(const CanonicalFields& in, FieldChecker& check);
};
constexpr std::array<ActionForm, std::variant_size_v<Action>> action_forms = {{
    {pb::TransactionBody::kEnrolFieldNumber,
     {.bytes = fields({1, 4}), .numbers32 = fields({2, 3, 5})},
     read_enrol},
    {pb::TransactionBody::kRotateKeyFieldNumber,
     {.bytes = fields({1}), .numbers32 = fields({2})},
     read_rotate_key},
    {pb::TransactionBody::kRevokeKeyFieldNumber, {.bytes = fields({1})}, read_revoke_key},
    {pb::TransactionBody::kGrantConsentFieldNumber,
     {.bytes = fields({1, 6}), .numbers = fields({4, 5}), .numbers32 = fields({2, 3})},
     read_grant_consent},
    {pb::TransactionBody::kRevokeConsentFieldNumber, {.bytes = fields({1})}, read_revoke_consent},
    {pb::TransactionBody::kReportFieldNumber,
     {.bytes = fields({1, 2, 5, 6, 7, 8, 9, 10}),
      .numbers = fields({12, 13}),
      .numbers32 = fields({3, 4, 11})},
     read_report},
    {pb::TransactionBody::kChangeMiningFieldNumber,
     {.bytes = fields({1}), .numbers32 = fields({2})},
     read_change_mining},
    {pb::TransactionBody::kEvidenceFieldNumber, {.bytes = fields({1, 2, 3, 4})}, read_evidence},
    {pb::TransactionBody::kDestroyKeyFieldNumber, {.bytes = fields({1, 2})}, read_destroy_key},
    {pb::TransactionBody::kScheduleUpgradeFieldNumber,
     {.numbers = fields({2}), .numbers32 = fields({1})},
     read_schedule_upgrade},
    {pb::TransactionBody::kCertifyFieldNumber,
     {.bytes = fields({1}), .numbers32 = fields({2})},
     read_certify},
}};
constexpr std::uint32_t action_fields = [] {
    std::uint32_t set = 0;
    for (const auto& form : action_forms) set |= fields({form.field});
    return set;
}();
constexpr MessageForm body_form{.bytes = fields({pb::TransactionBody::kChainIdFieldNumber,
                                                 pb::TransactionBody::kSenderFieldNumber}),
                                .numbers = fields({pb::TransactionBody::kSequenceFieldNumber,
                                                   pb::TransactionBody::kTimestampMsFieldNumber}),
                                .messages = action_fields};
constexpr MessageForm envelope_form{.bytes = fields({pb::Transaction::kBodyFieldNumber}),
                                    .messages = fields({pb::Transaction::kBatchFieldNumber}),
                                    .repeated = fields({pb::Transaction::kSignaturesFieldNumber})};
constexpr MessageForm signature_form{
    .bytes = fields({pb::Signature::kSignerFieldNumber, pb::Signature::kValueFieldNumber}),
    .flags = fields({pb::Signature::kOverBatchFieldNumber})};
constexpr MessageForm batch_form{
    .numbers32 = fields({pb::BatchPath::kIndexFieldNumber, pb::BatchPath::kSizeFieldNumber}),
    .repeated = fields({pb::BatchPath::kPathFieldNumber})};

/// Of the body's action; of several the last, as protobuf has it. Null: none that is known here.
const ActionForm* form_of_action(const CanonicalFields& body) {
    const ActionForm* found = nullptr;
    for (const auto& form : action_forms) {
        if (body.has(form.field)) found = &form;
    }
    return found;
}

void write(const BatchPath& batch, pb::BatchPath& out) {
    out.set_index(batch.index);
    out.set_size(batch.size);
    for (const auto& node : batch.path) out.add_path(text(node));
}

BatchPath read_batch(const CanonicalFields& in, FieldChecker& check) {
    BatchPath out{.index = in.number32(pb::BatchPath::kIndexFieldNumber),
                  .size = in.number32(pb::BatchPath::kSizeFieldNumber),
                  .path = {}};
    out.path.reserve(in.repeated().size());
    for (const auto node : in.repeated()) {
        out.path.push_back(check.fixed<Hash256>(node, "batch.path"));
    }
    return out;
}

/// The parts of an envelope, each read where it stands. Of signatures beyond `signatures_max` only
/// the form is looked at: what reads one takes some 600 bytes, and an envelope has room for 30,000.
struct EnvelopeFields {
    explicit EnvelopeFields(base::ByteView envelope) : outer(envelope, envelope_form) {
        signatures.reserve(std::min<std::size_t>(outer.repeated().size(), signatures_max));
        for (const auto part : outer.repeated()) {
            CanonicalFields one(part, signature_form);
            others_whole = others_whole && one.whole();
            if (signatures.size() < signatures_max) signatures.push_back(std::move(one));
        }
        const int batch_field = pb::Transaction::kBatchFieldNumber;
        if (outer.has(batch_field)) batch.emplace(outer.bytes(batch_field), batch_form);
    }
    [[nodiscard]] bool whole() const { return others_whole && all(&CanonicalFields::whole); }
    [[nodiscard]] bool canonical() const { return all(&CanonicalFields::canonical); }
    CanonicalFields outer;
    std::vector<CanonicalFields> signatures;
    std::optional<CanonicalFields> batch;
    bool others_whole = true;

private:
    [[nodiscard]] bool all(bool (CanonicalFields::*says)() const) const {
        return (outer.*says)() && (!batch || ((*batch).*says)()) &&
               std::ranges::all_of(signatures, says);
    }
};

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
    using Field = pb::TransactionBody;
    const CanonicalFields in(body_bytes, body_form);
    const auto* const form = form_of_action(in);
    const CanonicalFields action = form == nullptr
                                       ? CanonicalFields({}, {})
                                       : CanonicalFields(in.bytes(form->field), form->form);
    if (!in.whole() || !action.whole()) return internal::not_protobuf(what);
    FieldChecker check(what);
    const auto chain_id = base::as_text(in.bytes(Field::kChainIdFieldNumber));
    check.require(is_chain_id(chain_id), "chain_id is not 1 to 32 of [a-z0-9-]");
    TransactionBody out{
        .chain_id = std::string(chain_id),
        .sender = check.fixed<LedgerId>(in.bytes(Field::kSenderFieldNumber), "sender"),
        .sequence = in.number(Field::kSequenceFieldNumber),
        .timestamp = check.time(in.number(Field::kTimestampMsFieldNumber), "timestamp_ms"),
        .action = {},
    };
    check.require(form != nullptr, "no action that is known here");
    if (form != nullptr) out.action = form->read(action, check);
    if (!check.ok()) return check.failure();
    const bool one_action = std::has_single_bit(in.present() & action_fields);
    if (!one_action || !in.canonical() || !action.canonical()) return internal::not_canonical(what);
    return out;
}

base::Result<Transaction> decode_transaction(base::ByteView envelope) {
    constexpr std::string_view what = "transaction";
    if (envelope.size() > transaction_bytes_max) {
        return internal::above_bound(what, envelope.size(), transaction_bytes_max);
    }
    const EnvelopeFields in(envelope);
    if (!in.whole()) return internal::not_protobuf(what);
    const auto raw_body = in.outer.bytes(pb::Transaction::kBodyFieldNumber);
    auto body = decode_body(raw_body);
    if (!body) return base::pass(body);

    FieldChecker check(what);
    if (in.outer.repeated().size() > signatures_max) {
        check.require(false, "more than 4 signatures");
        return check.failure();
    }
    Transaction out{.body_bytes = {raw_body.begin(), raw_body.end()},
                    .body = *std::move(body),
                    .signatures = {},
                    .batch = {}};
    out.signatures.reserve(in.signatures.size());
    for (const auto& signature : in.signatures) {
        using Field = pb::Signature;
        out.signatures.push_back(
            {.signer = check.fixed<LedgerId>(signature.bytes(Field::kSignerFieldNumber),
                                             "signature.signer"),
             .value = check.fixed<SignatureBytes>(signature.bytes(Field::kValueFieldNumber),
                                                  "signature.value"),
             .over_batch = signature.flag(Field::kOverBatchFieldNumber)});
    }
    if (in.batch) out.batch = read_batch(*in.batch, check);
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
    if (!in.canonical()) return internal::not_canonical(what);
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
