// SPDX-License-Identifier: Apache-2.0
// What a receipt says, in one sentence for people. It is true only as far as the verdict is.
#include <algorithm>
#include <variant>

#include "ledger/internal/claim_check.h"
#include "ledger/internal/words.h"

namespace ledger {
namespace {

/// Names of the schema read as words: "vital signs".
std::string spoken(std::string_view name) {
    std::string out(name);
    std::ranges::replace(out, '_', ' ');
    return out;
}

struct ActionWords {
    const wire::Transaction& tx;
    bool by_program;

    std::string operator()(const wire::Report& report) const {
        return "report " + short_of(wire::id_of(tx)) + " about patient " +
               short_of(report.patient) + ", on " + std::to_string(report.reading_count) +
               " readings from " + words_of(report.period_start) + " to " +
               words_of(report.period_end) + ", was approved by " +
               (by_program ? "program " : "doctor ") + short_of(report.receiver);
    }
    std::string operator()(const wire::DestroyKey& destroy) const {
        return "the key of vault object " + base::to_hex(destroy.content_id.view()) +
               " was destroyed, and patient " + short_of(destroy.patient) + " signed it";
    }
    std::string operator()(const wire::GrantConsent& grant) const {
        return "patient " + short_of(tx.body.sender) + " let " + short_of(grant.grantee) + " see " +
               spoken(name_of(grant.category)) + " for " + spoken(name_of(grant.purpose)) +
               " from " + words_of(grant.from) + " until " + words_of(grant.until);
    }
    std::string operator()(const wire::RevokeConsent& revoke) const {
        return "patient " + short_of(tx.body.sender) + " withdrew consent " +
               short_of(revoke.consent);
    }
    std::string operator()(const wire::Certify& certify) const {
        return "the record of a static key with hash " + short_of(certify.record_hash) + " was " +
               spoken(name_of(certify.event)) + " by " + short_of(tx.body.sender);
    }
    template <class Other>
    std::string operator()(const Other&) const {
        return spoken(name_of(tx.body.action)) + " by " + short_of(tx.body.sender) +
               " was accepted";
    }
};

struct FactWords {
    const wire::Header& header;
    const std::optional<wire::Transaction>& tx;
    bool by_program;
    const std::optional<state::ConsentKey>& key;
    const std::optional<state::ConsentRecord>& consent;
    const std::optional<state::Tombstone>& tombstone;

    [[nodiscard]] std::string when() const {
        return "at " + words_of(header.time) + " (block " + std::to_string(header.height) + ")";
    }
    std::string operator()(const wire::ProvenTransaction&) const {
        return std::visit(ActionWords{*tx, by_program}, tx->body.action) + ", " + when();
    }
    std::string operator()(const wire::ProvenConsent&) const {
        return when() + " " + short_of(key->grantee) + " was allowed to see " +
               spoken(name_of(key->category)) + " of patient " + short_of(key->patient) + " for " +
               spoken(name_of(key->purpose)) + ": consent " + short_of(consent->consent) +
               ", granted in block " + std::to_string(consent->granted_height) + ", stood until " +
               words_of(consent->until);
    }
    std::string operator()(const wire::ProvenNoConsent& claim) const {
        std::string ids;
        for (const auto& reader : claim.readers) {
            ids += (ids.empty() ? "" : ", ") + base::to_hex(reader.id.view());
        }
        return when() + " no consent of patient " + short_of(claim.patient) + " let any of [" +
               ids + "] see " + spoken(name_of(claim.category)) + " for " +
               spoken(name_of(claim.purpose));
    }
    std::string operator()(const wire::ProvenKeyDestroyed& claim) const {
        return "the key of vault object " + base::to_hex(claim.content_id.view()) +
               " was destroyed in block " + std::to_string(tombstone->height) + ", and patient " +
               short_of(tombstone->patient) + " signed it; so it stands " + when();
    }
};

}  // namespace

std::string ClaimCheck::says() const {
    return std::visit(FactWords{.header = *header_,
                                .tx = tx_,
                                .by_program = by_program_,
                                .key = consent_key_,
                                .consent = consent_,
                                .tombstone = tombstone_},
                      claim_.fact);
}

}  // namespace ledger
