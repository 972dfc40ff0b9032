// SPDX-License-Identifier: Apache-2.0
// Questions to committed state; docs/formats/queries.md has the paths and encodings.
#include <string>

#include "base/check.h"
#include "chain/queries.h"
#include "contracts/authenticity.h"
#include "contracts/certify.h"
#include "contracts/consent.h"
#include "ledger/application.h"
#include "ledger/claims.h"
#include "ledger/internal/application_state.h"
#include "ledger/internal/mining_queries.h"

namespace ledger {

using base::Bytes;
using base::ErrorCode;
using base::fail;
namespace encoding = chain::encoding;

namespace {

base::Result<Bytes> query_consent(const state::StateView& view, base::ByteView data) {
    const auto question = encoding::decode_consent_question(data);
    if (!question) return base::pass(question);
    const contracts::Access access{
        .patient = question->patient, .category = question->category, .purpose = question->purpose};
    const auto standing = contracts::find_standing(view, access, question->readers, question->at);
    if (!standing) return base::pass(standing);
    return encoding::encode(chain::StandingConsent{.consent = standing->record.consent,
                                                   .grantee = standing->grantee,
                                                   .from = standing->record.from,
                                                   .until = standing->record.until});
}

base::Result<Bytes> query_key(const state::StateView& view, base::ByteView data) {
    const auto id = wire::LedgerId::from(data);
    if (!id) return fail(ErrorCode::malformed, "an id has 16 bytes");
    const auto key = contracts::key_record_of(view, *id);
    if (!key) return base::pass(key);
    if (!*key) return fail(ErrorCode::not_found, "nobody is enrolled under this id");
    return encoding::encode(chain::KeyView{.role = (*key)->role,
                                           .custody = (*key)->custody,
                                           .public_key = (*key)->public_key,
                                           .valid_from = (*key)->valid_from,
                                           .valid_until = (*key)->valid_until});
}

base::Result<Bytes> query_certification(const state::StateView& view, base::ByteView data) {
    const auto hash = wire::Hash256::from(data);
    if (!hash) return fail(ErrorCode::malformed, "the hash of a record has 32 bytes");
    const auto record = contracts::certification_of(view, *hash);
    if (!record) return base::pass(record);
    if (!*record) return fail(ErrorCode::not_found, "no record of this hash was certified");
    return encoding::encode(
        chain::CertificationView{.certifier = (*record)->certifier,
                                 .certified_height = (*record)->certified_height,
                                 .revoked_height = (*record)->revoked_height});
}

base::Result<Place> place_in(base::Result<std::optional<Place>> found) {
    if (!found) return base::pass(found);
    if (!*found) return fail(ErrorCode::not_found, "no block holds this transaction");
    return **found;
}

base::Result<Bytes> encoded(const base::Result<wire::Claim>& claim) {
    if (!claim) return base::pass(claim);
    return wire::encode(*claim);
}

base::Result<Bytes> query_claim(const ClaimSources& sources, wire::Height newest,
                                base::ByteView data) {
    const auto question = encoding::decode_claim_question(data);
    if (!question) return base::pass(question);
    const auto height = question->height == 0 ? newest : question->height;
    const ClaimBuilder builder(sources);
    switch (question->kind) {
        case chain::ClaimKind::consent:
            return encoded(builder.consent({.patient = question->patient,
                                            .grantee = question->readers.front(),
                                            .category = question->category,
                                            .purpose = question->purpose},
                                           height));
        case chain::ClaimKind::no_consent:
            return encoded(builder.no_consent({.patient = question->patient,
                                               .category = question->category,
                                               .purpose = question->purpose,
                                               .readers = question->readers},
                                              height));
        case chain::ClaimKind::key_destroyed:
            break;
    }
    return encoded(builder.key_destroyed(question->content_id, question->patient, height));
}

base::Result<Bytes> encoded_place(const base::Result<Place>& place) {
    if (!place) return base::pass(place);
    return encoding::encode(chain::TxPlace{.height = place->height, .index = place->index});
}

}  // namespace

base::Result<Bytes> Application::query(std::string_view path, base::ByteView data,
                                       wire::Height height) const {
    const auto& state = *state_;
    CHECK(initialised());
    const Info tip = info();
    if (height > tip.height) {
        return fail(ErrorCode::not_found, "there is no block " + std::to_string(height) + " yet");
    }
    const VersionView view(*state.tree, height == 0 ? tip.height : height);
    if (path == chain::path::consent) return query_consent(view, data);
    if (path == chain::path::key) return query_key(view, data);
    if (path == chain::path::certification) return query_certification(view, data);
    if (path == chain::path::mining) {
        if (!data.empty()) return fail(ErrorCode::malformed, "this question takes no data");
        return query_mining(view, tip.policy);
    }
    if (height != 0) {
        return fail(ErrorCode::malformed, "only the state is asked as of a height");
    }
    if (path == chain::path::fairness) {
        return query_fairness(data, {.blocks = state.blocks, .tree = *state.tree, .tip = tip});
    }
    if (path == chain::path::transaction || path == chain::path::receipt) {
        const auto id = wire::TxId::from(data);
        if (!id) return fail(ErrorCode::malformed, "a transaction's id has 64 bytes");
        const auto place = place_in(state.blocks.place_of(*id));
        if (path == chain::path::transaction) return encoded_place(place);
        if (!place) return base::pass(place);
        const ClaimBuilder builder({state.blocks, *state.tree, *state.history});
        return encoded(builder.transaction(*place));
    }
    if (path == chain::path::claim) {
        return query_claim({state.blocks, *state.tree, *state.history}, tip.height, data);
    }
    if (path == chain::path::reference) {
        const auto ref = wire::Hash256::from(data);
        if (!ref) return fail(ErrorCode::malformed, "a reference has 32 bytes");
        return encoded_place(place_in(state.blocks.place_of_ref(*ref)));
    }
    if (path == chain::path::consistency) {
        const auto sizes = encoding::decode_log_sizes(data);
        if (!sizes) return base::pass(sizes);
        const auto hashes = state.history->consistency_path(sizes->from, sizes->to);
        if (!hashes) return base::pass(hashes);
        return encoding::encode(*hashes);
    }
    return fail(ErrorCode::not_found, "the ledger knows no question \"" + std::string(path) + "\"");
}

}  // namespace ledger
