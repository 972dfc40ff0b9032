// SPDX-License-Identifier: Apache-2.0
#include "ledger/claims.h"

#include <algorithm>
#include <string>

#include "state/values.h"
#include "wire/transaction.h"
#include "witness/attach.h"

namespace ledger {

using base::ErrorCode;
using base::fail;

namespace {

base::Result<state::ConsentRecord> stored_consent(const wire::StateProof& proof) {
    auto record = state::decode_consent_record(proof.value);
    if (!record) {
        return fail(ErrorCode::corrupted, "stored consent record: " + record.error().detail);
    }
    return record;
}

base::Result<wire::Header> header_of(const wire::Claim& claim) {
    auto header = wire::decode_header(claim.header);
    if (!header) return fail(ErrorCode::corrupted, "a stored header: " + header.error().detail);
    return header;
}

/// The KeyRecord that was valid in block `height`: the newest, or the one a rotation in that very
/// block put aside.
base::Result<wire::StateProof> prove_key(const wire::LedgerId& id, wire::Height height,
                                         const state::StateTree& tree) {
    auto newest = tree.prove(state::key_of(id), height);
    if (!newest) return newest;
    const auto record = state::decode_key_record(newest->value);
    if (!record) return fail(ErrorCode::corrupted, "stored key record: " + record.error().detail);
    if (record->valid_at(height)) return newest;
    return tree.prove(state::previous_key_of(id), height);
}

/// The ConsentRecord that a report of block `height` rests on.
base::Result<wire::StateProof> prove_report_consent(const wire::Report& report, wire::Height height,
                                                    const state::StateTree& tree) {
    const state::ConsentKey key{.patient = report.patient,
                                .grantee = report.receiver,
                                .category = report.category,
                                .purpose = wire::Purpose::treatment};
    auto newest = tree.prove(state::consent_of(key), height);
    if (!newest) return newest;
    const auto record = stored_consent(*newest);
    if (!record) return base::pass(record);
    if (record->consent == report.consent) return newest;
    return tree.prove(state::replaced_consent_of(key), height);
}

/// Existence, or absence, whichever holds.
struct Found {
    std::optional<wire::StateProof> present;
    std::optional<wire::StateProof> reached;  ///< In place of the key.
};
base::Result<Found> find(base::ByteView key, wire::Height height, const state::StateTree& tree) {
    auto present = tree.prove(key, height);
    if (present) return Found{.present = std::move(*present), .reached = {}};
    if (present.error().code != ErrorCode::not_found) return base::pass(present);
    auto absent = tree.prove_absence(key, height);
    if (!absent) return base::pass(absent);
    return Found{.present = {}, .reached = std::move(absent->reached)};
}

}  // namespace

base::Result<wire::Claim> ClaimBuilder::begun(wire::Height height) const {
    auto block = sources_.blocks.block(height);
    if (!block) return base::pass(block);
    return wire::Claim{.header = std::move(block->header_bytes),
                       .seal = encode(block->seal),
                       .fact = {},
                       .checkpoint = {}};
}

base::Result<wire::Claim> ClaimBuilder::transaction(const Place& place) const {
    auto block = sources_.blocks.block(place.height);
    if (!block) return base::pass(block);
    const auto& header = block->header;
    const std::size_t count = block->transactions.size();
    if (place.index >= count || header.history_size < count) {
        return fail(ErrorCode::corrupted, "the index names a transaction that block " +
                                              std::to_string(place.height) + " does not hold");
    }
    wire::ProvenTransaction fact;
    fact.envelope = block->transactions[place.index];
    fact.history_index = header.history_size - count + place.index;
    auto path = sources_.history.inclusion_path(fact.history_index, header.history_size);
    if (!path) return base::pass(path);
    fact.history_path = std::move(*path);
    const auto tx = wire::decode_transaction(fact.envelope);
    if (!tx) return fail(ErrorCode::corrupted, "a stored transaction: " + tx.error().detail);
    for (const auto& signature : tx->signatures) {
        auto proof = prove_key(signature.signer, place.height, sources_.tree);
        if (!proof) return base::pass(proof);
        fact.signers.push_back(std::move(*proof));
    }
    if (const auto* report = std::get_if<wire::Report>(&tx->body.action)) {
        auto leaf = sources_.tree.prove(state::patient_of(report->patient), place.height);
        if (!leaf) return base::pass(leaf);
        fact.patient_leaf = std::move(*leaf);
        auto consent = prove_report_consent(*report, place.height, sources_.tree);
        if (!consent) return base::pass(consent);
        fact.consent = std::move(*consent);
    }
    return wire::Claim{.header = std::move(block->header_bytes),
                       .seal = encode(block->seal),
                       .fact = std::move(fact),
                       .checkpoint = {}};
}

base::Result<wire::Claim> ClaimBuilder::consent(const state::ConsentKey& key,
                                                wire::Height height) const {
    auto claim = begun(height);
    if (!claim) return claim;
    const auto header = header_of(*claim);
    if (!header) return base::pass(header);
    auto found = find(state::consent_of(key), height, sources_.tree);
    const bool no_patient = !found && found.error().code == ErrorCode::not_found;
    if (!found && !no_patient) return base::pass(found);
    if (no_patient || !found->present) {
        return fail(ErrorCode::consent_missing, "no such consent was ever granted");
    }
    const auto record = stored_consent(*found->present);
    if (!record) return base::pass(record);
    if (!record->stands_at(header->time)) {
        return fail(ErrorCode::consent_missing, "the consent did not stand at that block's time");
    }
    auto leaf = sources_.tree.prove(state::patient_of(key.patient), height);
    if (!leaf) return base::pass(leaf);
    claim->fact = wire::ProvenConsent{.patient_leaf = std::move(*leaf),
                                      .consent = std::move(*found->present)};
    return claim;
}

base::Result<wire::UncoveredReader> ClaimBuilder::uncovered_reader(const state::ConsentKey& key,
                                                                   const wire::Claim& claim,
                                                                   wire::Height height) const {
    const auto header = header_of(claim);
    if (!header) return base::pass(header);
    auto found = find(state::consent_of(key), height, sources_.tree);
    if (!found) return base::pass(found);
    wire::UncoveredReader out{.id = key.grantee,
                              .absence = std::move(found->reached),
                              .record = std::move(found->present)};
    if (!out.record) return out;
    const auto record = stored_consent(*out.record);
    if (!record) return base::pass(record);
    if (record->stands_at(header->time)) {
        return fail(ErrorCode::conflict, "a consent stood for " + base::to_hex(key.grantee.view()));
    }
    return out;
}

base::Result<wire::Claim> ClaimBuilder::no_consent(const Uncovered& uncovered,
                                                   wire::Height height) const {
    std::vector<wire::LedgerId> readers(uncovered.readers.begin(), uncovered.readers.end());
    std::ranges::sort(readers);
    const bool twins = std::ranges::adjacent_find(readers) != readers.end();
    if (readers.empty() || readers.size() > wire::uncovered_readers_max || twins) {
        return fail(
            ErrorCode::malformed,
            "name 1 to " + std::to_string(wire::uncovered_readers_max) + " different readers");
    }
    auto claim = begun(height);
    if (!claim) return claim;
    wire::ProvenNoConsent fact{.patient = uncovered.patient,
                               .category = uncovered.category,
                               .purpose = uncovered.purpose,
                               .patient_leaf = {},
                               .patient_absence = {},
                               .readers = {}};
    auto leaf = find(state::patient_of(uncovered.patient), height, sources_.tree);
    if (!leaf) return base::pass(leaf);
    fact.patient_leaf = std::move(leaf->present);
    fact.patient_absence = std::move(leaf->reached);
    for (const auto& reader : readers) {
        if (!fact.patient_leaf) {
            fact.readers.push_back({.id = reader, .absence = {}, .record = {}});
            continue;
        }
        auto one = uncovered_reader({.patient = uncovered.patient,
                                     .grantee = reader,
                                     .category = uncovered.category,
                                     .purpose = uncovered.purpose},
                                    *claim, height);
        if (!one) return base::pass(one);
        fact.readers.push_back(std::move(*one));
    }
    claim->fact = std::move(fact);
    return claim;
}

base::Result<wire::Claim> ClaimBuilder::key_destroyed(const wire::ContentId& content_id,
                                                      const wire::LedgerId& patient,
                                                      wire::Height height) const {
    auto claim = begun(height);
    if (!claim) return claim;
    auto tombstone = sources_.tree.prove(state::tombstone_of(content_id), height);
    if (!tombstone) return base::pass(tombstone);
    const auto record = state::decode_tombstone(tombstone->value);
    if (!record) return fail(ErrorCode::corrupted, "stored tombstone: " + record.error().detail);
    if (!patient.is_zero() && record->patient != patient) {
        return fail(ErrorCode::not_found, "no key of this patient's record was destroyed there");
    }
    claim->fact =
        wire::ProvenKeyDestroyed{.content_id = content_id, .tombstone = std::move(*tombstone)};
    return claim;
}

base::Result<void> ClaimBuilder::attach(wire::Claim& claim, std::string_view note_text) const {
    return witness::attach_checkpoint(
        claim, note_text, [this](std::uint64_t old_size, std::uint64_t new_size) {
            return sources_.history.consistency_path(old_size, new_size);
        });
}

}  // namespace ledger
