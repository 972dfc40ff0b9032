// SPDX-License-Identifier: Apache-2.0
// What the receipt of a transaction is checked for besides.
#include <variant>

#include "crypto/merkle.h"
#include "ledger/internal/claim_check.h"
#include "ledger/internal/words.h"
#include "state/keys.h"
#include "state/proof.h"
#include "wire/batch.h"

namespace ledger {

using base::ErrorCode;
using base::fail;
using wire::Role;

const state::KeyRecord* ClaimCheck::key_of(const wire::LedgerId& id) const {
    for (std::size_t i = 0; i < tx_->signatures.size(); ++i) {
        if (tx_->signatures[i].signer == id) return &keys_[i];
    }
    return nullptr;
}

Finding ClaimCheck::envelope() {
    auto decoded = wire::decode_transaction(fact<wire::ProvenTransaction>().envelope);
    if (!decoded)
        return fail(decoded.error().code,
                    "the transaction does not decode: " + decoded.error().detail);
    tx_ = std::move(*decoded);
    return "a transaction in its canonical form: " + std::string(name_of(tx_->body.action)) +
           ", id " + base::to_hex(wire::id_of(*tx_).view());
}

Finding ClaimCheck::keys() {
    const auto& signatures = tx_->signatures;
    if (fact<wire::ProvenTransaction>().signers.size() != signatures.size()) {
        return fail(ErrorCode::malformed,
                    "there are " + std::to_string(signatures.size()) + " signatures and " +
                        std::to_string(fact<wire::ProvenTransaction>().signers.size()) +
                        " proofs of keys");
    }
    std::string words = "registered keys:";
    for (std::size_t i = 0; i < signatures.size(); ++i) {
        const auto& proof = fact<wire::ProvenTransaction>().signers[i];
        const auto& signer = signatures[i].signer;
        const std::string whose = "the key of signer " + base::to_hex(signer.view());
        if (proof.key != state::key_of(signer) && proof.key != state::previous_key_of(signer)) {
            return fail(ErrorCode::conflict, "proof " + std::to_string(i) + " is not of " + whose);
        }
        if (const auto proven = state::verify_existence(header_->state_root, proof); !proven) {
            return fail(proven.error().code, whose + ": " + proven.error().detail);
        }
        const auto record = state::decode_key_record(proof.value);
        if (!record) return fail(record.error().code, whose + ": " + record.error().detail);
        if (!record->valid_at(header_->height)) {
            return fail(ErrorCode::key_not_valid,
                        whose + " was not valid at block " + std::to_string(header_->height));
        }
        words += (i == 0 ? " " : ", ") + std::string(name_of(record->role)) +
                 " (custody: " + std::string(name_of(record->custody)) + ")";
        keys_.push_back(*record);
    }
    return words;
}

Finding ClaimCheck::signatures() {
    for (std::size_t i = 0; i < keys_.size(); ++i) {
        const auto& signature = tx_->signatures[i];
        const std::string whose = "the signature of " + base::to_hex(signature.signer.view());
        const auto holds =
            check_signature({.key = keys_[i].public_key,
                             .message = wire::signed_message(*tx_, i),
                             .signature = signature.value,
                             .whose = whose,
                             .bad_key = ": its registered key is no point of the curve"});
        if (!holds) return base::pass(holds);
    }
    if (!key_of(tx_->body.sender))
        return fail(ErrorCode::not_authorised, "the sender's own signature is missing");
    return keys_.size() == 1 ? "1 signature holds"
                             : "all " + std::to_string(keys_.size()) + " signatures hold";
}

Finding ClaimCheck::report_roles(const wire::Report& report) {
    if (report.personal_data)
        return fail(ErrorCode::personal_data, "the report is marked as carrying personal data");
    if (key_of(tx_->body.sender)->role != Role::cloud_server) {
        return fail(ErrorCode::not_authorised, "the sender of the report is no cloud server");
    }
    const auto* receiver = key_of(report.receiver);
    if (!receiver)
        return fail(ErrorCode::not_authorised, "the doctor named as receiver did not sign");
    if (keys_.size() != 2)
        return fail(ErrorCode::not_authorised,
                    "others than the cloud server and the doctor signed");
    if (receiver->role == Role::demo_program) {
        by_program_ = true;
        return "sent by a cloud server, approved by a program";
    }
    if (receiver->role != Role::doctor)
        return fail(ErrorCode::not_authorised, "the receiver is no doctor");
    return "sent by a cloud server, approved by a doctor (custody of the doctor's key: " +
           std::string(name_of(receiver->custody)) + ")";
}

Finding ClaimCheck::destroyed_roles(const wire::DestroyKey& destroy) const {
    const auto* sender = key_of(tx_->body.sender);
    const auto* patient = key_of(destroy.patient);
    if (keys_.size() != 2 || sender == nullptr || sender->role != Role::cloud_server) {
        return fail(ErrorCode::not_authorised,
                    "it was not sent by a cloud server with the patient's signature beside");
    }
    if (patient == nullptr || patient->role != Role::patient) {
        return fail(ErrorCode::not_authorised, "the patient did not sign");
    }
    return "sent by a cloud server, signed by the patient";
}

Finding ClaimCheck::roles() {
    const auto& body = tx_->body;
    if (const auto* report = std::get_if<wire::Report>(&body.action)) return report_roles(*report);
    if (const auto* destroy = std::get_if<wire::DestroyKey>(&body.action)) {
        return destroyed_roles(*destroy);
    }
    if (keys_.size() != 1) return fail(ErrorCode::not_authorised, "others than the sender signed");
    const auto role = keys_.front().role;
    const auto must_be = [&](Role wanted) -> Finding {
        if (role == wanted) return "sent by a " + std::string(name_of(role));
        return fail(ErrorCode::not_authorised, "a " + std::string(name_of(role)) +
                                                   " may not send this, a " +
                                                   std::string(name_of(wanted)) + " must");
    };
    if (std::holds_alternative<wire::Enrol>(body.action)) return must_be(Role::administrator);
    if (std::holds_alternative<wire::GrantConsent>(body.action)) return must_be(Role::patient);
    if (std::holds_alternative<wire::RevokeConsent>(body.action)) return must_be(Role::patient);
    if (std::holds_alternative<wire::Certify>(body.action)) {
        return must_be(role == Role::administrator ? role : Role::key_generator);
    }
    if (const auto* revoke = std::get_if<wire::RevokeKey>(&body.action)) {
        if (revoke->subject != body.sender) return must_be(Role::administrator);
    }
    return "sent by a " + std::string(name_of(role));
}

Finding ClaimCheck::report_consent() {
    if (const auto* report = std::get_if<wire::Report>(&tx_->body.action)) {
        return consent_of(*report);
    }
    if (fact<wire::ProvenTransaction>().patient_leaf || fact<wire::ProvenTransaction>().consent) {
        return fail(ErrorCode::malformed, "proofs of a consent stand on what is no report");
    }
    return "needs no consent";
}

base::Result<state::ConsentRecord> ClaimCheck::proven_consent(const wire::Report& report,
                                                              bool& replaced) const {
    if (!fact<wire::ProvenTransaction>().patient_leaf || !fact<wire::ProvenTransaction>().consent) {
        return fail(ErrorCode::consent_missing, "the proof of the patient's consent is missing");
    }
    const auto root = own_root(report.patient, *fact<wire::ProvenTransaction>().patient_leaf);
    if (!root) return base::pass(root);
    const auto& proof = *fact<wire::ProvenTransaction>().consent;
    const state::ConsentKey wanted{.patient = report.patient,
                                   .grantee = report.receiver,
                                   .category = report.category,
                                   .purpose = wire::Purpose::treatment};
    replaced = proof.key == state::replaced_consent_of(wanted);
    if (!replaced && proof.key != state::consent_of(wanted)) {
        return fail(ErrorCode::conflict,
                    "the consent does not cover this doctor and this kind of record");
    }
    if (const auto proven = state::verify_existence(*root, proof); !proven) {
        return fail(proven.error().code, "the consent: " + proven.error().detail);
    }
    return state::decode_consent_record(proof.value);
}

Finding ClaimCheck::consent_of(const wire::Report& report) {
    bool replaced = false;
    const auto record = proven_consent(report, replaced);
    if (!record) return base::pass(record);
    if (record->consent != report.consent) {
        return fail(ErrorCode::consent_missing,
                    "the report names another consent than the one that is proven");
    }
    if (record->granted_height > header_->height) {
        return fail(ErrorCode::malformed, "the consent was granted after this block");
    }
    if (header_->time < record->from || header_->time >= record->until) {
        return fail(ErrorCode::consent_missing,
                    "the consent was not in force when the block was made");
    }
    // The proven state is that after the block: what ended within this very block may have stood
    // when the report was taken, and the contract saw to it that it did.
    const bool ended_here = record->revoked_height == header_->height;
    if ((record->revoked_height != 0 || replaced) && !ended_here) {
        return fail(ErrorCode::consent_missing, "the consent had been withdrawn");
    }
    return "the patient's consent for this doctor stood, until " + words_of(record->until) +
           (ended_here ? ", and ended within this same block" : "");
}

Finding ClaimCheck::inclusion() {
    const crypto::Digest32 leaf = crypto::merkle_leaf(fact<wire::ProvenTransaction>().envelope);
    const auto& claim = fact<wire::ProvenTransaction>();
    std::vector<crypto::Digest32> path;
    path.reserve(claim.history_path.size());
    for (const auto& hash : claim.history_path) path.push_back(hash.bytes);
    if (!crypto::verify_merkle_path(leaf, claim.history_index, header_->history_size, path,
                                    header_->history_root.bytes)) {
        return fail(ErrorCode::wrong_root,
                    "the transaction is not in the history that the block's header names");
    }
    return "transaction " + std::to_string(claim.history_index) + " of the " +
           std::to_string(header_->history_size) + " in the block's history";
}

}  // namespace ledger
