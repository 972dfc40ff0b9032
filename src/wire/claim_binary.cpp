// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "base/check.h"
#include "salus/v1/receipt.pb.h"
#include "wire/claim.h"
#include "wire/internal/claim_bounds.h"
#include "wire/internal/codec.h"

namespace wire {
namespace {

namespace pb = salus::v1;
using internal::FieldChecker;
using internal::text;

std::string joined(const std::vector<Hash256>& path) {
    std::string out;
    out.reserve(path.size() * Hash256::size_bytes);
    for (const auto& hash : path) out += base::as_text(hash.view());
    return out;
}
void write(const StateProof& proof, pb::StateProof& out) {
    out.set_key(proof.key.data(), proof.key.size());
    out.set_value(proof.value.data(), proof.value.size());
    for (const auto& step : proof.steps) {
        *out.mutable_bits() += static_cast<char>(step.bit);
        *out.mutable_siblings() += base::as_text(step.sibling.view());
    }
}

struct FactWriter {
    pb::Claim& claim;

    void operator()(const ProvenTransaction& fact) const {
        auto& out = *claim.mutable_transaction();
        out.set_envelope(fact.envelope.data(), fact.envelope.size());
        out.set_history_index(fact.history_index);
        out.set_history_path(joined(fact.history_path));
        for (const auto& proof : fact.signers) write(proof, *out.add_signers());
        if (fact.patient_leaf) write(*fact.patient_leaf, *out.mutable_patient_leaf());
        if (fact.consent) write(*fact.consent, *out.mutable_consent());
    }
    void operator()(const ProvenConsent& fact) const {
        auto& out = *claim.mutable_consent();
        write(fact.patient_leaf, *out.mutable_patient_leaf());
        write(fact.consent, *out.mutable_consent());
    }
    void operator()(const ProvenNoConsent& fact) const {
        CHECK(!fact.readers.empty() && fact.readers.size() <= uncovered_readers_max);
        auto& out = *claim.mutable_no_consent();
        out.set_patient(text(fact.patient));
        out.set_category(static_cast<std::uint32_t>(fact.category));
        out.set_purpose(static_cast<std::uint32_t>(fact.purpose));
        if (fact.patient_leaf) write(*fact.patient_leaf, *out.mutable_patient_leaf());
        if (fact.patient_absence) write(*fact.patient_absence, *out.mutable_patient_absence());
        for (const auto& reader : fact.readers) {
            auto& added = *out.add_readers();
            added.set_id(text(reader.id));
            if (reader.absence) write(*reader.absence, *added.mutable_absence());
            if (reader.record) write(*reader.record, *added.mutable_record());
        }
    }
    void operator()(const ProvenKeyDestroyed& fact) const {
        auto& out = *claim.mutable_key_destroyed();
        out.set_content_id(text(fact.content_id));
        write(fact.tombstone, *out.mutable_tombstone());
    }
};

base::Bytes bytes_of(const std::string& raw) {
    const auto view = base::as_bytes(raw);
    return {view.begin(), view.end()};
}
std::vector<Hash256> read_path(const std::string& raw, std::size_t max, std::string_view field,
                               FieldChecker& check) {
    const bool whole =
        raw.size() % Hash256::size_bytes == 0 && raw.size() / Hash256::size_bytes <= max;
    check.require(whole, field);
    std::vector<Hash256> out;
    if (!whole) return out;
    for (std::size_t at = 0; at < raw.size(); at += Hash256::size_bytes) {
        const auto hash = base::as_bytes(raw).subspan(at, Hash256::size_bytes);
        out.push_back(*Hash256::from(hash));
    }
    return out;
}
StateProof read(const pb::StateProof& in, FieldChecker& check) {
    StateProof out{.key = bytes_of(in.key()), .value = bytes_of(in.value()), .steps = {}};
    check.require(!out.key.empty(), "a proof without a key");
    const auto siblings =
        read_path(in.siblings(), internal::state_steps_max,
                  "the siblings of a proof are not 0 to 256 times 32 bytes", check);
    check.require(siblings.size() == in.bits().size(), "a proof has as many bits as siblings");
    if (!check.ok()) return out;
    for (std::size_t i = 0; i < siblings.size(); ++i) {
        out.steps.push_back(
            {.bit = static_cast<std::uint8_t>(in.bits()[i]), .sibling = siblings[i]});
    }
    return out;
}
/// `in` is the field where `present`, and a default otherwise.
std::optional<StateProof> read(bool present, const pb::StateProof& in, FieldChecker& check) {
    if (!present) return std::nullopt;
    return read(in, check);
}

ProvenTransaction read(const pb::ProvenTransaction& in, FieldChecker& check) {
    check.require(in.history_index() <= internal::json_integer_max,
                  "history_index is above 2^53 - 1");
    const auto signers = static_cast<std::size_t>(in.signers_size());
    check.require(signers >= 1 && signers <= internal::claim_signers_max,
                  "it has not 1 to 4 signers");
    ProvenTransaction out{
        .envelope = bytes_of(in.envelope()),
        .history_index = in.history_index(),
        .history_path = read_path(in.history_path(), internal::history_steps_max,
                                  "history_path is not 0 to 64 times 32 bytes", check),
        .signers = {},
        .patient_leaf = read(in.has_patient_leaf(), in.patient_leaf(), check),
        .consent = read(in.has_consent(), in.consent(), check)};
    if (!check.ok()) return out;
    for (const auto& proof : in.signers()) out.signers.push_back(read(proof, check));
    return out;
}
ProvenConsent read(const pb::ProvenConsent& in, FieldChecker& check) {
    return {.patient_leaf = read(in.patient_leaf(), check), .consent = read(in.consent(), check)};
}
ProvenNoConsent read(const pb::ProvenNoConsent& in, FieldChecker& check) {
    const auto readers = static_cast<std::size_t>(in.readers_size());
    check.require(readers >= 1 && readers <= uncovered_readers_max, "it has not 1 to 16 readers");
    ProvenNoConsent out{
        .patient = check.fixed<LedgerId>(in.patient(), "patient"),
        .category = check.enumerator<Category>(in.category(), is_category, "category"),
        .purpose = check.enumerator<Purpose>(in.purpose(), is_purpose, "purpose"),
        .patient_leaf = read(in.has_patient_leaf(), in.patient_leaf(), check),
        .patient_absence = read(in.has_patient_absence(), in.patient_absence(), check),
        .readers = {}};
    if (!check.ok()) return out;
    for (const auto& reader : in.readers()) {
        out.readers.push_back({.id = check.fixed<LedgerId>(reader.id(), "reader.id"),
                               .absence = read(reader.has_absence(), reader.absence(), check),
                               .record = read(reader.has_record(), reader.record(), check)});
    }
    return out;
}
ProvenKeyDestroyed read(const pb::ProvenKeyDestroyed& in, FieldChecker& check) {
    return {.content_id = check.fixed<ContentId>(in.content_id(), "content_id"),
            .tombstone = read(in.tombstone(), check)};
}

Fact read_fact(const pb::Claim& in, FieldChecker& check) {
    switch (in.fact_case()) {
        case pb::Claim::kTransaction:
            return read(in.transaction(), check);
        case pb::Claim::kConsent:
            return read(in.consent(), check);
        case pb::Claim::kNoConsent:
            return read(in.no_consent(), check);
        case pb::Claim::kKeyDestroyed:
            return read(in.key_destroyed(), check);
        case pb::Claim::FACT_NOT_SET:
            break;
    }
    check.require(false, "no fact that is known here");
    return {};
}

}  // namespace

base::Bytes encode(const Claim& claim) {
    pb::Claim out;
    out.set_version(internal::claim_version);
    out.set_header(claim.header.data(), claim.header.size());
    out.set_seal(claim.seal.data(), claim.seal.size());
    std::visit(FactWriter{out}, claim.fact);
    if (claim.checkpoint) {
        out.mutable_checkpoint()->set_note(claim.checkpoint->note);
        out.mutable_checkpoint()->set_path(joined(claim.checkpoint->path));
    }
    return internal::serialise(out);
}

base::Result<Claim> decode_claim(base::ByteView bytes) {
    constexpr std::string_view what = "receipt";
    if (bytes.size() > claim_bytes_max) {
        return internal::above_bound(what, bytes.size(), claim_bytes_max);
    }
    pb::Claim in;
    if (!internal::parse(bytes, in)) return internal::not_protobuf(what);
    FieldChecker check(what);
    check.require(in.version() == internal::claim_version, "its version is not 2");
    Claim out{.header = bytes_of(in.header()),
              .seal = bytes_of(in.seal()),
              .fact = read_fact(in, check),
              .checkpoint = {}};
    if (in.has_checkpoint()) {
        check.require(!in.checkpoint().note().empty(), "a checkpoint without a note");
        out.checkpoint = CheckpointLink{
            .note = in.checkpoint().note(),
            .path = read_path(in.checkpoint().path(), internal::consistency_steps_max,
                              "the checkpoint's path is not 0 to 128 times 32 bytes", check)};
    }
    if (!check.ok()) return check.failure();
    if (!internal::same(encode(out), bytes)) return internal::not_canonical(what);
    return out;
}

}  // namespace wire
