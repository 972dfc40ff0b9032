// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"
#include "salus/v1/receipt.pb.h"
#include "wire/claim.h"
#include "wire/internal/claim_bounds.h"
#include "wire/internal/codec.h"
#include "wire/internal/left_out.h"
#include "wire/internal/packing.h"
#include "wire/internal/shared_steps.h"

namespace wire {
namespace {

namespace pb = salus::v1;
using internal::FieldChecker;
using internal::SiblingFrom;
using internal::StepSource;
using internal::StepSources;
using internal::text;

constexpr std::string_view what = "receipt";

std::string joined(const std::vector<Hash256>& path) {
    std::string out;
    out.reserve(path.size() * Hash256::size_bytes);
    for (const auto& hash : path) out += base::as_text(hash.view());
    return out;
}
/// `sources`: the siblings that follow from other proofs are left out.
void write(const StateProof& proof, pb::StateProof& out,
           const std::vector<StepSource>* sources = nullptr) {
    out.set_key(proof.key.data(), proof.key.size());
    out.set_value(proof.value.data(), proof.value.size());
    for (std::size_t i = 0; i < proof.steps.size(); ++i) {
        *out.mutable_bits() += static_cast<char>(proof.steps[i].bit);
        if (sources != nullptr && (*sources)[i].from != SiblingFrom::itself) continue;
        *out.mutable_siblings() += base::as_text(proof.steps[i].sibling.view());
    }
}

/// Those of the main tree: the signers' keys, then the patient's leaf.
std::vector<StateProof> main_proofs_of(const ProvenTransaction& fact) {
    auto out = fact.signers;
    if (fact.patient_leaf) out.push_back(*fact.patient_leaf);
    return out;
}
/// Whether the value of the patient's leaf is what the consent's proof leads to.
bool leads_to_leaf(const ProvenTransaction& fact) {
    return fact.patient_leaf && fact.consent &&
           std::ranges::equal(fact.patient_leaf->value, internal::root_of(*fact.consent).view());
}
/// Nothing where the steps of these proofs are not shared, as far as they should be.
std::optional<StepSources> shared_steps_of(const ProvenTransaction& fact) {
    const bool no_value = fact.patient_leaf && fact.patient_leaf->value.empty();
    if (no_value && fact.consent) return std::nullopt;  // it would read as left out
    const auto proofs = main_proofs_of(fact);
    const auto sources = internal::step_sources(proofs);
    if (!sources) return std::nullopt;
    auto filled = proofs;
    internal::fill_siblings(filled, *sources);
    if (filled != proofs) return std::nullopt;
    return sources;
}

struct FactWriter {
    pb::Claim& claim;
    const StepSources* shared = nullptr;  ///< Of the proofs of a transaction.

    void operator()(const ProvenTransaction& fact) const {
        auto& out = *claim.mutable_transaction();
        out.set_envelope(fact.envelope.data(), fact.envelope.size());
        out.set_history_index(fact.history_index);
        out.set_history_path(joined(fact.history_path));
        const auto of = [&](std::size_t i) { return shared == nullptr ? nullptr : &(*shared)[i]; };
        for (std::size_t i = 0; i < fact.signers.size(); ++i) {
            write(fact.signers[i], *out.add_signers(), of(i));
        }
        if (fact.patient_leaf) {
            write(*fact.patient_leaf, *out.mutable_patient_leaf(), of(fact.signers.size()));
        }
        if (fact.consent) write(*fact.consent, *out.mutable_consent());
        if (shared == nullptr) return;
        out.set_shared_steps(1);
        if (leads_to_leaf(fact)) out.mutable_patient_leaf()->clear_value();
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
/// Its steps with bits alone, and the siblings that are given.
struct OpenProof {
    StateProof proof;
    std::vector<Hash256> siblings;
};
OpenProof read_open(const pb::StateProof& in, FieldChecker& check) {
    OpenProof out{
        .proof = {.key = bytes_of(in.key()), .value = bytes_of(in.value()), .steps = {}},
        .siblings = read_path(in.siblings(), internal::state_steps_max,
                              "the siblings of a proof are not 0 to 256 times 32 bytes", check)};
    check.require(!out.proof.key.empty(), "a proof without a key");
    check.require(in.bits().size() <= internal::state_steps_max, "a proof has at most 256 bits");
    if (!check.ok()) return out;
    for (const char bit : in.bits()) {
        out.proof.steps.push_back({.bit = static_cast<std::uint8_t>(bit), .sibling = {}});
    }
    return out;
}
/// Each given sibling in its step. `sources`: nothing where all are given.
void put_siblings(OpenProof& open, const std::vector<StepSource>* sources, FieldChecker& check) {
    std::size_t next = 0;
    for (std::size_t i = 0; i < open.proof.steps.size(); ++i) {
        if (sources != nullptr && (*sources)[i].from != SiblingFrom::itself) continue;
        if (next < open.siblings.size()) open.proof.steps[i].sibling = open.siblings[next];
        ++next;
    }
    check.require(next == open.siblings.size(), "a proof has as many bits as siblings");
}
StateProof read(const pb::StateProof& in, FieldChecker& check) {
    auto open = read_open(in, check);
    put_siblings(open, nullptr, check);
    return std::move(open.proof);
}
/// `in` is the field where `present`, and a default otherwise.
std::optional<StateProof> read(bool present, const pb::StateProof& in, FieldChecker& check) {
    if (!present) return std::nullopt;
    return read(in, check);
}

/// With what a transaction's proofs of the main tree leave to each other.
std::vector<StateProof> read_main_proofs(const pb::ProvenTransaction& in,
                                         const std::optional<StateProof>& consent,
                                         FieldChecker& check) {
    std::vector<OpenProof> open;
    for (const auto& proof : in.signers()) open.push_back(read_open(proof, check));
    if (in.has_patient_leaf()) open.push_back(read_open(in.patient_leaf(), check));
    std::vector<StateProof> out;
    for (const auto& one : open) out.push_back(one.proof);
    std::optional<StepSources> sources;
    if (in.shared_steps() != 0) {
        sources = internal::step_sources(out);
        check.require(in.shared_steps() == 1 && sources, "its proofs share no steps");
        if (!check.ok()) return out;
    }
    for (std::size_t i = 0; i < open.size(); ++i) {
        put_siblings(open[i], sources ? &(*sources)[i] : nullptr, check);
        out[i] = std::move(open[i].proof);
    }
    if (!check.ok() || !sources) return out;
    if (in.has_patient_leaf() && consent && out.back().value.empty()) {
        const auto root = internal::root_of(*consent);
        out.back().value.assign(root.bytes.begin(), root.bytes.end());
    }
    internal::fill_siblings(out, *sources);
    return out;
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
        .patient_leaf = {},
        .consent = read(in.has_consent(), in.consent(), check)};
    if (!check.ok()) return out;
    out.signers = read_main_proofs(in, out.consent, check);
    if (!in.has_patient_leaf()) return out;
    out.patient_leaf = std::move(out.signers.back());
    out.signers.pop_back();
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

pb::Claim message_of(const Claim& claim, const StepSources* shared) {
    pb::Claim out;
    out.set_header(claim.header.data(), claim.header.size());
    out.set_seal(claim.seal.data(), claim.seal.size());
    std::visit(FactWriter{out, shared}, claim.fact);
    if (claim.checkpoint) {
        out.mutable_checkpoint()->set_note(claim.checkpoint->note);
        out.mutable_checkpoint()->set_path(joined(claim.checkpoint->path));
    }
    return out;
}
/// What is packed: with shared steps where the proofs of a transaction have some.
pb::Claim shared_message_of(const Claim& claim) {
    std::optional<StepSources> shared;
    if (const auto* fact = std::get_if<ProvenTransaction>(&claim.fact)) {
        shared = shared_steps_of(*fact);
    }
    return message_of(claim, shared ? &*shared : nullptr);
}

/// Those that the message holds.
std::vector<pb::StateProof*> proofs_of(pb::Claim& claim) {
    std::vector<pb::StateProof*> out;
    const auto add = [&](pb::StateProof& proof) { out.push_back(&proof); };
    if (claim.has_transaction()) {
        auto& fact = *claim.mutable_transaction();
        for (auto& proof : *fact.mutable_signers()) add(proof);
        if (fact.has_patient_leaf()) add(*fact.mutable_patient_leaf());
        if (fact.has_consent()) add(*fact.mutable_consent());
    } else if (claim.has_consent()) {
        auto& fact = *claim.mutable_consent();
        if (fact.has_patient_leaf()) add(*fact.mutable_patient_leaf());
        if (fact.has_consent()) add(*fact.mutable_consent());
    } else if (claim.has_no_consent()) {
        auto& fact = *claim.mutable_no_consent();
        if (fact.has_patient_leaf()) add(*fact.mutable_patient_leaf());
        if (fact.has_patient_absence()) add(*fact.mutable_patient_absence());
        for (auto& reader : *fact.mutable_readers()) {
            if (reader.has_absence()) add(*reader.mutable_absence());
            if (reader.has_record()) add(*reader.mutable_record());
        }
    } else if (claim.has_key_destroyed() && claim.key_destroyed().has_tombstone()) {
        add(*claim.mutable_key_destroyed()->mutable_tombstone());
    }
    return out;
}
/// Bits that end in r - 1, r - 2, ..., 0 are written without these, with r beside.
void cut_run(pb::StateProof& proof) {
    auto& bits = *proof.mutable_bits();
    std::uint32_t run = 0;
    while (run < bits.size() && static_cast<std::uint8_t>(bits[bits.size() - 1 - run]) == run) {
        ++run;
    }
    bits.resize(bits.size() - run);
    proof.set_run(run);
}
bool restore_run(pb::StateProof& proof) {
    if (proof.bits().size() + proof.run() > internal::state_steps_max) return false;
    for (auto left = proof.run(); left > 0; --left) {
        *proof.mutable_bits() += static_cast<char>(left - 1);
    }
    proof.clear_run();
    return true;
}

/// Version 4 before it is packed.
base::Bytes short_message_of(const Claim& claim) {
    const auto cut = internal::shorten(claim);
    // The steps that are shared are found in whole proofs, which a short claim has.
    auto out = shared_message_of(cut.claim);
    for (auto* proof : proofs_of(out)) cut_run(*proof);
    out.set_header_rest(cut.header_rest.data(), cut.header_rest.size());
    if (cut.claim.checkpoint) {
        auto& link = *out.mutable_checkpoint();
        link.set_size(cut.checkpoint_size);
        link.set_height(cut.checkpoint_height);
        link.set_header_hash(cut.checkpoint_header.data(), cut.checkpoint_header.size());
        link.set_signatures(cut.signatures);
        link.set_one_path(cut.one_path ? 1 : 0);
    }
    return internal::serialise(out);
}

/// `note`: whether a checkpoint has one.
base::Result<Claim> claim_of(const pb::Claim& in, std::uint32_t version, bool note) {
    FieldChecker check(what);
    check.require(in.version() == version, "its version is none of 2 to 4");
    Claim out{.header = bytes_of(in.header()),
              .seal = bytes_of(in.seal()),
              .fact = read_fact(in, check),
              .checkpoint = {}};
    if (in.has_checkpoint()) {
        check.require(in.checkpoint().note().empty() != note, "a checkpoint without a note");
        out.checkpoint = CheckpointLink{
            .note = in.checkpoint().note(),
            .path = read_path(in.checkpoint().path(), internal::consistency_steps_max,
                              "the checkpoint's path is not 0 to 128 times 32 bytes", check)};
    }
    if (!check.ok()) return check.failure();
    return out;
}

base::Result<Claim> plain_claim_of(base::ByteView message) {
    pb::Claim in;
    if (!internal::parse(message, in)) return internal::not_protobuf(what);
    auto claim = claim_of(in, internal::claim_version_plain, true);
    if (claim && !internal::same(encode_plain(*claim), message)) {
        return internal::not_canonical(what);
    }
    return claim;
}
base::Result<Claim> packed_claim_of(base::ByteView message) {
    pb::Claim in;
    if (!internal::parse(message, in)) return internal::not_protobuf(what);
    auto claim = claim_of(in, 0, true);
    if (claim && !internal::same(internal::serialise(shared_message_of(*claim)), message)) {
        return internal::not_canonical(what);
    }
    return claim;
}
base::Result<Claim> short_claim_of(base::ByteView message) {
    pb::Claim in;
    if (!internal::parse(message, in)) return internal::not_protobuf(what);
    for (auto* proof : proofs_of(in)) {
        if (!restore_run(*proof)) {
            return base::fail(base::ErrorCode::malformed, "receipt: a proof has at most 256 bits");
        }
    }
    auto cut = claim_of(in, 0, in.checkpoint().signatures().empty());
    if (!cut) return cut;
    const auto& link = in.checkpoint();
    auto claim = internal::restore({.claim = *std::move(cut),
                                    .header_rest = bytes_of(in.header_rest()),
                                    .signatures = link.signatures(),
                                    .checkpoint_size = link.size(),
                                    .checkpoint_height = link.height(),
                                    .checkpoint_header = bytes_of(link.header_hash()),
                                    .one_path = link.one_path() == 1});
    if (!claim || !internal::same(short_message_of(*claim), message)) {
        return internal::not_canonical(what);
    }
    return *std::move(claim);
}

base::Bytes packed(base::ByteView message, std::uint8_t version) {
    auto out = internal::pack(message);
    out.insert(out.begin(), version);
    return out;
}

}  // namespace

base::Bytes encode_plain(const Claim& claim) {
    auto out = message_of(claim, nullptr);
    out.set_version(internal::claim_version_plain);
    return internal::serialise(out);
}

base::Bytes encode_packed(const Claim& claim) {
    const auto message = internal::serialise(shared_message_of(claim));
    if (message.size() > claim_bytes_max) return encode_plain(claim);
    return packed(message, internal::claim_version_packed);
}

base::Bytes encode(const Claim& claim) {
    const auto message = short_message_of(claim);
    if (message.size() > claim_bytes_max) return encode_plain(claim);
    return packed(message, internal::claim_version_short);
}

base::Result<Claim> decode_claim(base::ByteView bytes) {
    if (bytes.size() > claim_bytes_max) {
        return internal::above_bound(what, bytes.size(), claim_bytes_max);
    }
    const auto version = bytes.empty() ? std::uint8_t{0} : bytes.front();
    const bool is_packed = version == internal::claim_version_packed;
    if (!is_packed && version != internal::claim_version_short) return plain_claim_of(bytes);
    const auto message = internal::unpack(bytes.subspan(1), claim_bytes_max);
    if (!message) return internal::not_canonical(what);
    return is_packed ? packed_claim_of(*message) : short_claim_of(*message);
}

}  // namespace wire
