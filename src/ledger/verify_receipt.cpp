// SPDX-License-Identifier: Apache-2.0
#include "ledger/verify_receipt.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <variant>

#include "crypto/ecdsa.h"
#include "crypto/merkle.h"
#include "ledger/internal/words.h"
#include "state/keys.h"
#include "state/proof.h"
#include "state/values.h"
#include "wire/batch.h"
#include "wire/block.h"
#include "wire/transaction.h"

namespace ledger {
namespace {

using base::ErrorCode;
using base::fail;
using wire::LedgerId;
using wire::Role;
/// What a step found, in words, or why the receipt fails.
using Finding = base::Result<std::string>;

std::unexpected<base::Error> refuse(std::string words) {
    return fail(ErrorCode::malformed, std::move(words));
}

/// One receipt on its way through the checks; each relies on those before it.
class ReceiptCheck {
public:
    ReceiptCheck(const wire::Receipt& receipt, const std::optional<wire::Trust>& trust)
        : receipt_(receipt), trust_(trust) {}

    Finding envelope();
    Finding header();
    Finding chain();
    Finding keys();
    Finding signatures();
    Finding roles();
    Finding consent();
    Finding inclusion();
    Finding seal();

    [[nodiscard]] bool by_program() const { return by_program_; }
    [[nodiscard]] const std::optional<wire::Transaction>& transaction() const { return tx_; }
    [[nodiscard]] const std::optional<wire::Header>& block_header() const { return header_; }

private:
    Finding report_roles(const wire::Report& report);
    [[nodiscard]] Finding destroyed_roles(const wire::DestroyKey& destroy) const;
    Finding consent_of(const wire::Report& report);
    [[nodiscard]] base::Result<state::ConsentRecord> proven_consent(const wire::Report& report,
                                                                    bool& replaced) const;
    [[nodiscard]] const state::KeyRecord* key_of(const LedgerId& id) const;
    [[nodiscard]] const wire::Trust::Miner* trusted(const LedgerId& id) const;

    const wire::Receipt& receipt_;
    const std::optional<wire::Trust>& trust_;
    std::optional<wire::Transaction> tx_;
    std::optional<wire::Header> header_;
    std::vector<state::KeyRecord> keys_;  // one a signature, in order
    bool by_program_ = false;
};

const state::KeyRecord* ReceiptCheck::key_of(const LedgerId& id) const {
    for (std::size_t i = 0; i < tx_->signatures.size(); ++i) {
        if (tx_->signatures[i].signer == id) return &keys_[i];
    }
    return nullptr;
}

const wire::Trust::Miner* ReceiptCheck::trusted(const LedgerId& id) const {
    const auto found = std::ranges::find(trust_->miners, id, &wire::Trust::Miner::id);
    return found == trust_->miners.end() ? nullptr : &*found;
}

Finding ReceiptCheck::envelope() {
    auto decoded = wire::decode_transaction(receipt_.envelope);
    if (!decoded) return refuse("the transaction does not decode: " + decoded.error().detail);
    tx_ = std::move(*decoded);
    return "a transaction in its canonical form: " + std::string(name_of(tx_->body.action)) +
           ", id " + base::to_hex(wire::id_of(*tx_).view());
}

Finding ReceiptCheck::header() {
    auto decoded = wire::decode_header(receipt_.header);
    if (!decoded) return refuse("the block's header does not decode: " + decoded.error().detail);
    header_ = std::move(*decoded);
    return "block " + std::to_string(header_->height) + " of " + words_of(header_->time) +
           ", by miner " + base::to_hex(header_->miner.view());
}

Finding ReceiptCheck::chain() {
    if (tx_->body.chain_id != header_->chain_id) {
        return refuse("the transaction was signed for chain \"" + tx_->body.chain_id +
                      "\", the block is of \"" + header_->chain_id + "\"");
    }
    if (trust_ && trust_->chain_id != header_->chain_id) {
        return refuse("the block is of chain \"" + header_->chain_id + "\", the anchor is for \"" +
                      trust_->chain_id + "\"");
    }
    return "chain \"" + header_->chain_id + "\"";
}

Finding ReceiptCheck::keys() {
    const auto& signatures = tx_->signatures;
    if (receipt_.signers.size() != signatures.size()) {
        return refuse("there are " + std::to_string(signatures.size()) + " signatures and " +
                      std::to_string(receipt_.signers.size()) + " proofs of keys");
    }
    std::string words = "registered keys:";
    for (std::size_t i = 0; i < signatures.size(); ++i) {
        const auto& proof = receipt_.signers[i];
        const auto& signer = signatures[i].signer;
        const std::string whose = "the key of signer " + base::to_hex(signer.view());
        if (proof.key != state::key_of(signer) && proof.key != state::previous_key_of(signer)) {
            return refuse("proof " + std::to_string(i) + " is not of " + whose);
        }
        if (const auto proven = state::verify_existence(header_->state_root, proof); !proven) {
            return refuse(whose + ": " + proven.error().detail);
        }
        const auto record = state::decode_key_record(proof.value);
        if (!record) return refuse(whose + ": " + record.error().detail);
        if (!record->valid_at(header_->height)) {
            return refuse(whose + " was not valid at block " + std::to_string(header_->height));
        }
        words += (i == 0 ? " " : ", ") + std::string(name_of(record->role)) +
                 " (custody: " + std::string(name_of(record->custody)) + ")";
        keys_.push_back(*record);
    }
    return words;
}

Finding ReceiptCheck::signatures() {
    for (std::size_t i = 0; i < keys_.size(); ++i) {
        const auto& signature = tx_->signatures[i];
        const std::string whose = "the signature of " + base::to_hex(signature.signer.view());
        const auto key = crypto::EcdsaPublicKey::decode(keys_[i].public_key.view());
        if (!key) return refuse(whose + ": its registered key is no point of the curve");
        if (!key->verify(wire::signed_message(*tx_, i), signature.value.view())) {
            return refuse(whose + " does not verify");
        }
    }
    if (!key_of(tx_->body.sender)) return refuse("the sender's own signature is missing");
    return keys_.size() == 1 ? "1 signature holds"
                             : "all " + std::to_string(keys_.size()) + " signatures hold";
}

Finding ReceiptCheck::report_roles(const wire::Report& report) {
    if (report.personal_data) return refuse("the report is marked as carrying personal data");
    if (key_of(tx_->body.sender)->role != Role::cloud_server) {
        return refuse("the sender of the report is no cloud server");
    }
    const auto* receiver = key_of(report.receiver);
    if (!receiver) return refuse("the doctor named as receiver did not sign");
    if (keys_.size() != 2) return refuse("others than the cloud server and the doctor signed");
    if (receiver->role == Role::demo_program) {
        by_program_ = true;
        return "sent by a cloud server, approved by a program";
    }
    if (receiver->role != Role::doctor) return refuse("the receiver is no doctor");
    return "sent by a cloud server, approved by a doctor (custody of the doctor's key: " +
           std::string(name_of(receiver->custody)) + ")";
}

Finding ReceiptCheck::destroyed_roles(const wire::DestroyKey& destroy) const {
    const auto* sender = key_of(tx_->body.sender);
    const auto* patient = key_of(destroy.patient);
    if (keys_.size() != 2 || sender == nullptr || sender->role != Role::cloud_server) {
        return refuse("it was not sent by a cloud server with the patient's signature beside");
    }
    if (patient == nullptr || patient->role != Role::patient) {
        return refuse("the patient did not sign");
    }
    return "sent by a cloud server, signed by the patient";
}

Finding ReceiptCheck::roles() {
    const auto& body = tx_->body;
    if (const auto* report = std::get_if<wire::Report>(&body.action)) return report_roles(*report);
    if (const auto* destroy = std::get_if<wire::DestroyKey>(&body.action)) {
        return destroyed_roles(*destroy);
    }
    if (keys_.size() != 1) return refuse("others than the sender signed");
    const auto role = keys_.front().role;
    const auto must_be = [&](Role wanted) -> Finding {
        if (role == wanted) return "sent by a " + std::string(name_of(role));
        return refuse("a " + std::string(name_of(role)) + " may not send this, a " +
                      std::string(name_of(wanted)) + " must");
    };
    if (std::holds_alternative<wire::Enrol>(body.action)) return must_be(Role::administrator);
    if (std::holds_alternative<wire::GrantConsent>(body.action)) return must_be(Role::patient);
    if (std::holds_alternative<wire::RevokeConsent>(body.action)) return must_be(Role::patient);
    if (const auto* revoke = std::get_if<wire::RevokeKey>(&body.action)) {
        if (revoke->subject != body.sender) return must_be(Role::administrator);
    }
    return "sent by a " + std::string(name_of(role));
}

Finding ReceiptCheck::consent() {
    if (const auto* report = std::get_if<wire::Report>(&tx_->body.action)) {
        return consent_of(*report);
    }
    if (receipt_.patient_leaf || receipt_.consent) {
        return refuse("proofs of a consent stand on what is no report");
    }
    return "needs no consent";
}

base::Result<state::ConsentRecord> ReceiptCheck::proven_consent(const wire::Report& report,
                                                                bool& replaced) const {
    if (!receipt_.patient_leaf || !receipt_.consent) {
        return refuse("the proof of the patient's consent is missing");
    }
    const auto& leaf = *receipt_.patient_leaf;
    const auto& proof = *receipt_.consent;
    if (leaf.key != state::patient_of(report.patient)) {
        return refuse("the proof is of another patient's consents");
    }
    if (const auto proven = state::verify_existence(header_->state_root, leaf); !proven) {
        return refuse("the patient's consents: " + proven.error().detail);
    }
    const auto root = wire::Hash256::from(leaf.value);
    if (!root) return refuse("the root of the patient's consents has not 32 bytes");
    const state::ConsentKey wanted{.patient = report.patient,
                                   .grantee = report.receiver,
                                   .category = report.category,
                                   .purpose = wire::Purpose::treatment};
    replaced = proof.key == state::replaced_consent_of(wanted);
    if (!replaced && proof.key != state::consent_of(wanted)) {
        return refuse("the consent does not cover this doctor and this kind of record");
    }
    if (const auto proven = state::verify_existence(*root, proof); !proven) {
        return refuse("the consent: " + proven.error().detail);
    }
    return state::decode_consent_record(proof.value);
}

Finding ReceiptCheck::consent_of(const wire::Report& report) {
    bool replaced = false;
    const auto record = proven_consent(report, replaced);
    if (!record) return base::pass(record);
    if (record->consent != report.consent) {
        return refuse("the report names another consent than the one that is proven");
    }
    if (record->granted_height > header_->height) {
        return refuse("the consent was granted after this block");
    }
    if (header_->time < record->from || header_->time >= record->until) {
        return refuse("the consent was not in force when the block was made");
    }
    // The proven state is that after the block: what ended within this very block may have stood
    // when the report was taken, and the contract saw to it that it did.
    const bool ended_here = record->revoked_height == header_->height;
    if ((record->revoked_height != 0 || replaced) && !ended_here) {
        return refuse("the consent had been withdrawn");
    }
    return "the patient's consent for this doctor stood, until " + words_of(record->until) +
           (ended_here ? ", and ended within this same block" : "");
}

Finding ReceiptCheck::inclusion() {
    const crypto::Digest32 leaf = crypto::merkle_leaf(receipt_.envelope);
    std::vector<crypto::Digest32> path;
    path.reserve(receipt_.history_path.size());
    for (const auto& hash : receipt_.history_path) path.push_back(hash.bytes);
    if (!crypto::verify_merkle_path(leaf, receipt_.history_index, header_->history_size, path,
                                    header_->history_root.bytes)) {
        return refuse("the transaction is not in the history that the block's header names");
    }
    return "transaction " + std::to_string(receipt_.history_index) + " of the " +
           std::to_string(header_->history_size) + " in the block's history";
}

Finding ReceiptCheck::seal() {
    const auto seal = wire::decode_seal(receipt_.seal);
    if (!seal) return refuse("the seal does not decode: " + seal.error().detail);
    if (!trust_) return "a seal whose keys nothing vouches for: no anchor was given";
    const auto check = [&](const LedgerId& id, const wire::SignatureBytes& signature,
                           const base::Bytes& message,
                           const std::string& what) -> base::Result<void> {
        const std::string whose = what + " by miner " + base::to_hex(id.view());
        const auto* miner = trusted(id);
        if (!miner) return refuse(whose + ": the anchor does not name this miner");
        const auto key = crypto::EcdsaPublicKey::decode(miner->public_key.view());
        if (!key) return refuse(whose + ": its key in the anchor is no point of the curve");
        if (!key->verify(message, signature.view())) {
            return refuse(whose + " does not verify");
        }
        return {};
    };
    const auto sealed = check(header_->miner, seal->signature,
                              wire::sealed_message(receipt_.header, *seal), "the seal");
    if (!sealed) return base::pass(sealed);
    const auto approval_message = wire::approval_message(receipt_.header, *seal);
    for (const auto& approval : seal->approvals) {
        auto approved = check(approval.miner, approval.signature, approval_message, "the approval");
        if (!approved) return base::pass(approved);
    }
    std::string words = "sealed by a miner that the anchor names";
    if (!seal->approvals.empty()) {
        words += ", approved by " + std::to_string(seal->approvals.size());
    }
    return words;
}

struct Step {
    const char* name;
    Finding (ReceiptCheck::*check)();
};
constexpr std::array steps{
    Step{"envelope", &ReceiptCheck::envelope},
    Step{"header", &ReceiptCheck::header},
    Step{"chain", &ReceiptCheck::chain},
    Step{"keys", &ReceiptCheck::keys},
    Step{"signatures", &ReceiptCheck::signatures},
    Step{"roles", &ReceiptCheck::roles},
    Step{"consent", &ReceiptCheck::consent},
    Step{"inclusion", &ReceiptCheck::inclusion},
    Step{"seal", &ReceiptCheck::seal},
};

std::string verdict_of(const ReceiptCheck& check, const std::optional<wire::Trust>& trust) {
    const auto& header = *check.block_header();
    const std::string program = check.by_program() ? " It was approved by a program." : "";
    if (!trust) {
        return "consistent, issuer unknown: everything in the receipt fits together, but anybody "
               "can make such a one; give the anchor (--trust) from a source you trust." +
               program;
    }
    return "verified, the issuer's word: the holder of the miner's key sealed this in block " +
           std::to_string(header.height) + " of \"" + header.chain_id +
           "\", which says that it is of " + words_of(header.time) +
           "; another history may exist, and that the chain began with genesis " +
           base::to_hex(trust->genesis_hash.view()).substr(0, 16) +
           " cannot be seen from one block." + program;
}

}  // namespace

std::string_view name_of(ReceiptStatus status) {
    switch (status) {
        case ReceiptStatus::verified:
            return "verified";
        case ReceiptStatus::issuer_unknown:
            return "issuer_unknown";
        case ReceiptStatus::failed:
            return "failed";
    }
    return "unknown";
}

ReceiptVerdict verify_receipt(const wire::Receipt& receipt,
                              const std::optional<wire::Trust>& trust) {
    ReceiptVerdict verdict;
    ReceiptCheck check(receipt, trust);
    for (const auto& step : steps) {
        auto finding = (check.*step.check)();
        const bool ok = finding.has_value();
        verdict.steps.push_back({.name = step.name,
                                 .ok = ok,
                                 .words = ok ? std::move(*finding) : finding.error().detail});
        if (check.transaction()) verdict.transaction = wire::id_of(*check.transaction());
        if (check.block_header()) verdict.height = check.block_header()->height;
        if (ok) continue;
        verdict.status = ReceiptStatus::failed;
        verdict.words = "failed at " + std::string(step.name) + ": " + verdict.steps.back().words;
        return verdict;
    }
    verdict.by_program = check.by_program();
    verdict.status = trust ? ReceiptStatus::verified : ReceiptStatus::issuer_unknown;
    verdict.words = verdict_of(check, trust);
    return verdict;
}

}  // namespace ledger
