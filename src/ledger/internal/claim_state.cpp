// SPDX-License-Identifier: Apache-2.0
// What receipts about the state are checked for: a consent that stood, none that did, a key that is
// destroyed.
#include <algorithm>

#include "ledger/internal/claim_check.h"
#include "ledger/internal/words.h"
#include "state/keys.h"
#include "state/proof.h"

namespace ledger {

using base::ErrorCode;
using base::fail;

namespace {

/// The error of a proof, with what it was to prove before it.
std::unexpected<base::Error> failed(const base::Result<void>& proven, const std::string& what) {
    return fail(proven.error().code, what + ": " + proven.error().detail);
}

}  // namespace

base::Result<wire::Hash256> ClaimCheck::own_root(const wire::LedgerId& patient,
                                                 const wire::StateProof& leaf) const {
    if (leaf.key != state::patient_of(patient)) {
        return fail(ErrorCode::conflict, "the proof is of another patient's consents");
    }
    if (const auto proven = state::verify_existence(header_->state_root, leaf); !proven) {
        return failed(proven, "the patient's consents");
    }
    const auto root = wire::Hash256::from(leaf.value);
    if (!root) {
        return fail(ErrorCode::malformed, "the root of the patient's consents has not 32 bytes");
    }
    return *root;
}

Finding ClaimCheck::consent() {
    const auto& claim = fact<wire::ProvenConsent>();
    const auto key = state::parse_consent_key(claim.consent.key);
    if (!key || claim.consent.key != state::consent_of(*key)) {
        return fail(ErrorCode::malformed, "the proof is of no consent");
    }
    const auto root = own_root(key->patient, claim.patient_leaf);
    if (!root) return base::pass(root);
    if (const auto proven = state::verify_existence(*root, claim.consent); !proven) {
        return failed(proven, "the consent");
    }
    const auto record = state::decode_consent_record(claim.consent.value);
    if (!record) return base::pass(record);
    if (record->granted_height > header_->height) {
        return fail(ErrorCode::malformed, "the consent was granted after this block");
    }
    if (record->revoked_height != 0) {
        return fail(ErrorCode::consent_missing, "the consent had been withdrawn");
    }
    if (!record->stands_at(header_->time)) {
        return fail(ErrorCode::consent_missing,
                    "the consent was not in force when the block was "
                    "made");
    }
    consent_key_ = *key;
    consent_ = *record;
    return "the consent stood, from " + words_of(record->from) + " until " +
           words_of(record->until);
}

base::Result<void> ClaimCheck::check_uncovered(const wire::UncoveredReader& reader,
                                               const wire::Hash256& own_root) const {
    const auto& claim = fact<wire::ProvenNoConsent>();
    const std::string whose = "reader " + base::to_hex(reader.id.view());
    const auto key = state::consent_of({.patient = claim.patient,
                                        .grantee = reader.id,
                                        .category = claim.category,
                                        .purpose = claim.purpose});
    if (reader.absence.has_value() == reader.record.has_value()) {
        return fail(ErrorCode::malformed, whose + ": neither an absence nor a record, or both");
    }
    if (reader.absence) {
        const auto absent = state::verify_absence(own_root, key, {*reader.absence});
        return absent ? base::Result<void>() : failed(absent, whose);
    }
    if (reader.record->key != key) {
        return fail(ErrorCode::conflict, whose + ": the record is of another consent");
    }
    if (const auto proven = state::verify_existence(own_root, *reader.record); !proven) {
        return failed(proven, whose);
    }
    const auto record = state::decode_consent_record(reader.record->value);
    if (!record) return base::pass(record);
    if (record->stands_at(header_->time)) {
        return fail(ErrorCode::conflict, whose + ": the consent stood when the block was made");
    }
    return {};
}

Finding ClaimCheck::absence() {
    const auto& claim = fact<wire::ProvenNoConsent>();
    for (std::size_t i = 1; i < claim.readers.size(); ++i) {
        if (claim.readers[i - 1].id >= claim.readers[i].id) {
            return fail(ErrorCode::malformed, "the readers do not rise, or one stands there twice");
        }
    }
    if (claim.patient_leaf.has_value() == claim.patient_absence.has_value()) {
        return fail(ErrorCode::malformed, "neither the patient's leaf nor its absence, or both");
    }
    if (claim.patient_absence) {
        const auto absent = state::verify_absence(
            header_->state_root, state::patient_of(claim.patient), {*claim.patient_absence});
        if (!absent) return failed(absent, "the patient's consents");
        const auto said = [](const auto& reader) { return reader.absence || reader.record; };
        if (std::ranges::any_of(claim.readers, said)) {
            return fail(ErrorCode::malformed, "proofs of consents that no leaf leads to");
        }
        return "this patient had never granted any consent";
    }
    const auto root = own_root(claim.patient, *claim.patient_leaf);
    if (!root) return base::pass(root);
    for (const auto& reader : claim.readers) {
        if (const auto checked = check_uncovered(reader, *root); !checked) {
            return base::pass(checked);
        }
    }
    const auto never = std::ranges::count_if(
        claim.readers, [](const auto& reader) { return reader.absence.has_value(); });
    return std::to_string(never) + " of the " + std::to_string(claim.readers.size()) +
           " ids never had one, the others none that stood";
}

Finding ClaimCheck::tombstone() {
    const auto& claim = fact<wire::ProvenKeyDestroyed>();
    if (claim.tombstone.key != state::tombstone_of(claim.content_id)) {
        return fail(ErrorCode::conflict, "the proof is of another vault object");
    }
    if (const auto proven = state::verify_existence(header_->state_root, claim.tombstone);
        !proven) {
        return failed(proven, "the tombstone");
    }
    const auto record = state::decode_tombstone(claim.tombstone.value);
    if (!record) return base::pass(record);
    if (record->height > header_->height) {
        return fail(ErrorCode::malformed, "the key was destroyed after this block");
    }
    tombstone_ = *record;
    return "the key was destroyed in block " + std::to_string(record->height);
}

}  // namespace ledger
