// SPDX-License-Identifier: Apache-2.0
#include "state/values.h"

#include "salus/v1/state.pb.h"
#include "state/internal/record_codec.h"

namespace state {
namespace {

using base::Bytes;
using base::ByteView;
using base::ErrorCode;
using base::fail;
using internal::canonical;
using internal::ms_of;
using internal::parse;
using internal::serialised;
using internal::take;
using internal::take_time;
using internal::text;

}  // namespace

Bytes encode(const KeyRecord& record) {
    salus::v1::KeyRecord message;
    message.set_role(static_cast<std::uint32_t>(record.role));
    message.set_scheme(static_cast<std::uint32_t>(record.scheme));
    message.set_public_key(text(record.public_key));
    message.set_custody(static_cast<std::uint32_t>(record.custody));
    message.set_valid_from_height(record.valid_from);
    message.set_valid_until_height(record.valid_until);
    return serialised(message);
}

base::Result<KeyRecord> decode_key_record(ByteView bytes) {
    salus::v1::KeyRecord message;
    KeyRecord record;
    if (!parse(bytes, message) || !wire::is_role(message.role()) ||
        !wire::is_scheme(message.scheme()) || !wire::is_custody(message.custody()) ||
        !take(message.public_key(), record.public_key)) {
        return fail(ErrorCode::malformed, "not a key record");
    }
    record.role = static_cast<wire::Role>(message.role());
    record.scheme = static_cast<wire::SignatureScheme>(message.scheme());
    record.custody = static_cast<wire::Custody>(message.custody());
    record.valid_from = message.valid_from_height();
    record.valid_until = message.valid_until_height();
    return canonical(record, bytes, "key record");
}

Bytes encode(const ConsentRecord& record) {
    salus::v1::ConsentRecord message;
    message.set_consent(text(record.consent));
    message.set_from_ms(ms_of(record.from));
    message.set_until_ms(ms_of(record.until));
    message.set_granted_height(record.granted_height);
    message.set_revoked_height(record.revoked_height);
    message.set_token_key_hash(text(record.token_key_hash));
    return serialised(message);
}

base::Result<ConsentRecord> decode_consent_record(ByteView bytes) {
    salus::v1::ConsentRecord message;
    ConsentRecord record;
    if (!parse(bytes, message) || !take(message.consent(), record.consent) ||
        !take_time(message.from_ms(), record.from) ||
        !take_time(message.until_ms(), record.until) ||
        !take(message.token_key_hash(), record.token_key_hash)) {
        return fail(ErrorCode::malformed, "not a consent record");
    }
    record.granted_height = message.granted_height();
    record.revoked_height = message.revoked_height();
    return canonical(record, bytes, "consent record");
}

Bytes encode(const SequenceRecord& record) {
    salus::v1::SequenceRecord message;
    message.set_highest(record.highest_);
    message.set_window(std::string(base::as_text(record.used_)));
    return serialised(message);
}

base::Result<SequenceRecord> decode_sequence_record(ByteView bytes) {
    salus::v1::SequenceRecord message;
    if (!parse(bytes, message) || message.window().size() > SequenceRecord::window / 8 ||
        (!message.window().empty() && message.window().back() == 0)) {
        return fail(ErrorCode::malformed, "not a sequence record");
    }
    SequenceRecord record;
    record.highest_ = message.highest();
    const auto window = base::as_bytes(message.window());
    record.used_.assign(window.begin(), window.end());
    return canonical(record, bytes, "sequence record");
}

Bytes encode(const EvidenceRecord& record) {
    salus::v1::EvidenceRecord message;
    message.set_reference(text(record.reference));
    message.set_height(record.height);
    return serialised(message);
}

base::Result<EvidenceRecord> decode_evidence_record(ByteView bytes) {
    salus::v1::EvidenceRecord message;
    EvidenceRecord record;
    if (!parse(bytes, message) || !take(message.reference(), record.reference)) {
        return fail(ErrorCode::malformed, "not an evidence record");
    }
    record.height = message.height();
    return canonical(record, bytes, "evidence record");
}

Bytes encode(const Tombstone& record) {
    salus::v1::Tombstone message;
    message.set_patient(text(record.patient));
    message.set_cloud_server(text(record.cloud_server));
    message.set_reference(text(record.reference));
    message.set_height(record.height);
    return serialised(message);
}

base::Result<Tombstone> decode_tombstone(ByteView bytes) {
    salus::v1::Tombstone message;
    Tombstone record;
    if (!parse(bytes, message) || !take(message.patient(), record.patient) ||
        !take(message.cloud_server(), record.cloud_server) ||
        !take(message.reference(), record.reference)) {
        return fail(ErrorCode::malformed, "not a tombstone");
    }
    record.height = message.height();
    return canonical(record, bytes, "tombstone");
}

Bytes encode(const CertificationRecord& record) {
    salus::v1::CertificationRecord message;
    message.set_certifier(text(record.certifier));
    message.set_certified_height(record.certified_height);
    message.set_revoked_height(record.revoked_height);
    return serialised(message);
}

base::Result<CertificationRecord> decode_certification_record(ByteView bytes) {
    salus::v1::CertificationRecord message;
    CertificationRecord record;
    if (!parse(bytes, message) || !take(message.certifier(), record.certifier)) {
        return fail(ErrorCode::malformed, "not a certification record");
    }
    record.certified_height = message.certified_height();
    record.revoked_height = message.revoked_height();
    return canonical(record, bytes, "certification record");
}

Bytes encode(const SchemaRecord& record) {
    salus::v1::SchemaRecord message;
    message.set_version(record.version);
    message.set_next_version(record.next_version);
    message.set_upgrade_height(record.upgrade_height);
    return serialised(message);
}

base::Result<SchemaRecord> decode_schema_record(ByteView bytes) {
    salus::v1::SchemaRecord message;
    if (!parse(bytes, message)) return fail(ErrorCode::malformed, "not a schema record");
    const SchemaRecord record{.version = message.version(),
                              .next_version = message.next_version(),
                              .upgrade_height = message.upgrade_height()};
    return canonical(record, bytes, "schema record");
}

Bytes encode_height(wire::Height height) {
    Bytes out;
    base::append_u64(out, height);
    return out;
}

base::Result<wire::Height> decode_height(ByteView bytes) {
    if (bytes.size() != 8) return fail(ErrorCode::malformed, "a height has 8 bytes");
    return base::read_u64(bytes);
}

Bytes encode(const HeaderSlot& slot) {
    Bytes out;
    out.reserve(wire::Hash256::size_bytes + 8);
    base::append(out, slot.ref.view());
    base::append_u64(out, slot.height);
    return out;
}

base::Result<HeaderSlot> decode_header_slot(ByteView bytes) {
    constexpr auto ref_bytes = wire::Hash256::size_bytes;
    if (bytes.size() != ref_bytes + 8) {
        return fail(ErrorCode::malformed, "a slot of a header has 40 bytes");
    }
    return HeaderSlot{.ref = *wire::Hash256::from(bytes.first(ref_bytes)),
                      .height = base::read_u64(bytes.subspan(ref_bytes))};
}

}  // namespace state
