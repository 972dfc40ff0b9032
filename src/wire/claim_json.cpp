// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string>

#include "base/check.h"
#include "wire/claim.h"
#include "wire/internal/claim_bounds.h"
#include "wire/internal/codec.h"
#include "wire/internal/json_reader.h"
#include "wire/internal/json_writer.h"

namespace wire {
namespace {

namespace json = boost::json;
using internal::base64url;
using internal::json_list;
using internal::JsonReader;
using internal::quoted;
using internal::TextForm;

constexpr std::string_view claim_format = "salus-receipt-2";

std::string write(const std::vector<Hash256>& path) {
    return json_list(path, [](const Hash256& hash) { return base64url(hash.view()); });
}
std::string write(const StateProof& proof) {
    return "{\"key\":" + base64url(proof.key) + ",\"value\":" + base64url(proof.value) +
           ",\"steps\":" +
           json_list(proof.steps,
                     [](const StateProofStep& step) {
                         return "{\"bit\":" + std::to_string(step.bit) +
                                ",\"sibling\":" + base64url(step.sibling.view()) + '}';
                     }) +
           '}';
}
std::string write(const std::optional<StateProof>& proof) {
    return proof ? write(*proof) : "null";
}
std::string write(const std::optional<CheckpointLink>& checkpoint) {
    if (!checkpoint) return "null";
    return "{\"note\":" + base64url(base::as_bytes(checkpoint->note)) +
           ",\"path\":" + write(checkpoint->path) + '}';
}

/// The members of each kind, each with a comma before it.
struct FactWriter {
    std::string operator()(const ProvenTransaction& fact) const {
        return ",\"envelope\":" + base64url(fact.envelope) +
               ",\"history_index\":" + std::to_string(fact.history_index) +
               ",\"history_path\":" + write(fact.history_path) + ",\"signers\":" +
               json_list(fact.signers, [](const StateProof& proof) { return write(proof); }) +
               ",\"patient_leaf\":" + write(fact.patient_leaf) +
               ",\"consent\":" + write(fact.consent);
    }
    std::string operator()(const ProvenConsent& fact) const {
        return ",\"patient_leaf\":" + write(fact.patient_leaf) +
               ",\"consent\":" + write(fact.consent);
    }
    std::string operator()(const ProvenNoConsent& fact) const {
        CHECK(!fact.readers.empty() && fact.readers.size() <= uncovered_readers_max);
        return ",\"patient\":" + base64url(fact.patient.view()) +
               ",\"category\":" + quoted(name_of(fact.category)) +
               ",\"purpose\":" + quoted(name_of(fact.purpose)) +
               ",\"patient_leaf\":" + write(fact.patient_leaf) +
               ",\"patient_absence\":" + write(fact.patient_absence) +
               ",\"readers\":" + json_list(fact.readers, [](const UncoveredReader& reader) {
                   return "{\"id\":" + base64url(reader.id.view()) +
                          ",\"absence\":" + write(reader.absence) +
                          ",\"record\":" + write(reader.record) + '}';
               });
    }
    std::string operator()(const ProvenKeyDestroyed& fact) const {
        return ",\"content_id\":" + base64url(fact.content_id.view()) +
               ",\"tombstone\":" + write(fact.tombstone);
    }
};

std::vector<Hash256> read_path(const json::value& object, const char* name, std::size_t max,
                               JsonReader& reader) {
    std::vector<Hash256> out;
    const auto& path = reader.array(object, name);
    reader.require(path.size() <= max, name);
    for (const auto& hash : path) out.push_back(reader.fixed_of<Hash256>(hash, name));
    return out;
}
StateProof read_proof(const json::value& value, JsonReader& reader) {
    StateProof out{
        .key = reader.bytes(value, "key"), .value = reader.bytes(value, "value"), .steps = {}};
    reader.require(!out.key.empty(), "key");
    const auto& steps = reader.array(value, "steps");
    reader.require(steps.size() <= internal::state_steps_max, "steps");
    for (const auto& step : steps) {
        out.steps.push_back({.bit = static_cast<std::uint8_t>(reader.number(step, "bit", 255)),
                             .sibling = reader.fixed<Hash256>(step, "sibling")});
    }
    return out;
}
std::optional<StateProof> read_optional_proof(const json::value& object, const char* name,
                                              JsonReader& reader) {
    const auto& value = reader.member(object, name);
    if (value.is_null()) return std::nullopt;
    return read_proof(value, reader);
}

ProvenTransaction read_transaction(const json::value& claim, JsonReader& reader) {
    ProvenTransaction out;
    out.envelope = reader.bytes(claim, "envelope");
    out.history_index = reader.number(claim, "history_index", internal::json_integer_max);
    out.history_path = read_path(claim, "history_path", internal::history_steps_max, reader);
    const auto& signers = reader.array(claim, "signers");
    reader.require(!signers.empty() && signers.size() <= internal::claim_signers_max, "signers");
    for (const auto& proof : signers) out.signers.push_back(read_proof(proof, reader));
    out.patient_leaf = read_optional_proof(claim, "patient_leaf", reader);
    out.consent = read_optional_proof(claim, "consent", reader);
    return out;
}
ProvenConsent read_consent(const json::value& claim, JsonReader& reader) {
    return {.patient_leaf = read_proof(reader.member(claim, "patient_leaf"), reader),
            .consent = read_proof(reader.member(claim, "consent"), reader)};
}
ProvenNoConsent read_no_consent(const json::value& claim, JsonReader& reader) {
    ProvenNoConsent out;
    out.patient = reader.fixed<LedgerId>(claim, "patient");
    const auto category = category_from_name(reader.text(claim, "category"));
    reader.require(category.has_value(), "category");
    out.category = category.value_or(Category{});
    const auto purpose = purpose_from_name(reader.text(claim, "purpose"));
    reader.require(purpose.has_value(), "purpose");
    out.purpose = purpose.value_or(Purpose{});
    out.patient_leaf = read_optional_proof(claim, "patient_leaf", reader);
    out.patient_absence = read_optional_proof(claim, "patient_absence", reader);
    const auto& readers = reader.array(claim, "readers");
    reader.require(!readers.empty() && readers.size() <= uncovered_readers_max, "readers");
    if (!reader.ok()) return out;
    for (const auto& one : readers) {
        out.readers.push_back({.id = reader.fixed<LedgerId>(one, "id"),
                               .absence = read_optional_proof(one, "absence", reader),
                               .record = read_optional_proof(one, "record", reader)});
    }
    return out;
}
ProvenKeyDestroyed read_key_destroyed(const json::value& claim, JsonReader& reader) {
    return {.content_id = reader.fixed<ContentId>(claim, "content_id"),
            .tombstone = read_proof(reader.member(claim, "tombstone"), reader)};
}

Fact read_fact(const json::value& claim, JsonReader& reader) {
    const auto kind = reader.text(claim, "kind");
    if (kind == "transaction") return read_transaction(claim, reader);
    if (kind == "consent") return read_consent(claim, reader);
    if (kind == "no_consent") return read_no_consent(claim, reader);
    reader.require(kind == "key_destroyed", "kind");
    return read_key_destroyed(claim, reader);
}

}  // namespace

std::string to_json(const Claim& claim) {
    return "{\"format\":" + quoted(claim_format) + ",\"kind\":" + quoted(name_of(claim.fact)) +
           ",\"header\":" + base64url(claim.header) + ",\"seal\":" + base64url(claim.seal) +
           std::visit(FactWriter{}, claim.fact) + ",\"checkpoint\":" + write(claim.checkpoint) +
           "}\n";
}

base::Result<Claim> claim_from_json(std::string_view text) {
    constexpr std::string_view what = "receipt";
    if (text.size() > claim_bytes_max) {
        return internal::above_bound(what, text.size(), claim_bytes_max);
    }
    const auto parsed = JsonReader::parse(what, text);
    if (!parsed) return base::pass(parsed);
    JsonReader reader(TextForm::base64url);
    reader.require(reader.text(*parsed, "format") == claim_format, "format");
    Claim out;
    out.header = reader.bytes(*parsed, "header");
    out.seal = reader.bytes(*parsed, "seal");
    out.fact = read_fact(*parsed, reader);
    const auto& checkpoint = reader.member(*parsed, "checkpoint");
    if (!checkpoint.is_null()) {
        out.checkpoint = CheckpointLink{
            .note = std::string(base::as_text(reader.bytes(checkpoint, "note"))),
            .path = read_path(checkpoint, "path", internal::consistency_steps_max, reader)};
        reader.require(!out.checkpoint->note.empty(), "note");
    }
    if (!reader.ok()) return reader.failure(what);
    if (to_json(out) != text) return internal::not_canonical(what);
    return out;
}

}  // namespace wire
