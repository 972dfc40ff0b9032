// SPDX-License-Identifier: Apache-2.0
#include "review/internal/approval.h"

#include <array>
#include <variant>

#include "base/check.h"
#include "chain/queries.h"
#include "review/internal/assembly.h"
#include "review/report_content.h"

namespace review::internal {

using base::ErrorCode;

base::Result<Approval::Basis> Approval::basis(const wire::LedgerId& patient,
                                              const wire::LedgerId& reader) const {
    const auto standing =
        chain::standing_consent(parts_.blocks, {.patient = patient,
                                                .readers = {reader},
                                                .category = wire::Category::vital_signs,
                                                .purpose = wire::Purpose::treatment,
                                                .at = parts_.clock.now()});
    if (!standing) return base::pass(standing);
    const auto place = chain::place_of_ref(parts_.blocks, standing->consent);
    if (!place) return base::pass(place);
    const auto block = parts_.blocks.block(place->height);
    if (!block) return base::pass(block);
    if (place->index < block->transactions.size()) {
        const auto tx = wire::decode_transaction(block->transactions[place->index]);
        if (!tx) return base::pass(tx);
        if (const auto* grant = std::get_if<wire::GrantConsent>(&tx->body.action)) {
            return Basis{standing->consent, grant->token_key_hash};
        }
    }
    return base::fail(ErrorCode::corrupted, "the block of a consent does not hold it");
}

base::Result<SealedContent> Approval::seal(const Record& record,
                                           const wire::LedgerId& reader) const {
    const auto& view = record.view;
    if (record.sealed) {
        const auto entitled = parts_.vault.entitle(record.sealed->content_id, view.patient, reader);
        if (!entitled) return base::pass(entitled);
        return *record.sealed;
    }
    auto readings = readings_of(parts_.series, view.patient, record.cut);
    if (!readings) return base::pass(readings);
    const auto key = parts_.vault.new_record_key();
    const auto root = root_of(*readings, key.leaf_salt);
    const auto content = encode(ReportContent{.patient = view.patient,
                                              .doctor = view.doctor,
                                              .period_start = view.period_start,
                                              .period_end = view.period_end,
                                              .readings = std::move(*readings),
                                              .alarms = view.alarms});
    const std::array entitled{view.patient, reader};
    const auto sealed = parts_.vault.put(key, content, entitled);
    if (!sealed) return base::pass(sealed);
    return SealedContent{.content_id = sealed->content_id,
                         .content_hash = sealed->content_hash,
                         .readings_root = root};
}

base::Result<Approval::Signed> Approval::sign(const Record& record, const Basis& basis,
                                              const wire::Signer& doctor) const {
    CHECK(record.sealed.has_value());
    const auto& view = record.view;
    const auto token =
        parts_.consent_keys.token(basis.token_key_hash, record.sealed->readings_root);
    if (!token && token.error().code == ErrorCode::not_found) {
        return base::fail(ErrorCode::consent_missing, token.error().detail);
    }
    if (!token) return base::pass(token);
    const auto last_block = parts_.blocks.block(parts_.blocks.height());
    if (!last_block) return base::pass(last_block);
    const auto sequence = parts_.next_sequence();
    if (!sequence) return base::pass(sequence);
    const wire::Report report{.receiver = doctor.id(),
                              .patient = view.patient,
                              .category = wire::Category::vital_signs,
                              .personal_data = false,
                              .header_hash = wire::header_ref(last_block->header_bytes),
                              .consent = basis.consent,
                              .patient_token = *token,
                              .content_id = record.sealed->content_id,
                              .content_hash = record.sealed->content_hash,
                              .readings_root = record.sealed->readings_root,
                              .reading_count = view.reading_count,
                              .period_start = view.period_start,
                              .period_end = view.period_end};
    const wire::TransactionBody body{.chain_id = chain_id_,
                                     .sender = parts_.cloud_server.id(),
                                     .sequence = *sequence,
                                     .timestamp = parts_.clock.now(),
                                     .action = report};
    const std::array<const wire::Signer*, 2> signers{&parts_.cloud_server, &doctor};
    auto envelope = wire::sign_transaction(body, signers);
    if (!envelope) return base::pass(envelope);
    return Signed{wire::id_of_body(wire::encode(body)), std::move(*envelope)};
}

}  // namespace review::internal
