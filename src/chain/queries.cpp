// SPDX-License-Identifier: Apache-2.0
#include "chain/queries.h"

#include <string>

namespace chain {

base::Result<StandingConsent> standing_consent(const BlockSource& source,
                                               const ConsentQuestion& question) {
    const auto answer = source.query(path::consent, encoding::encode(question));
    if (!answer) return base::pass(answer);
    return encoding::decode_standing_consent(*answer);
}

base::Result<KeyView> key_of(const BlockSource& source, const wire::LedgerId& id) {
    const auto answer = source.query(path::key, id.view());
    if (!answer) return base::pass(answer);
    return encoding::decode_key_view(*answer);
}

base::Result<CertificationView> certification_of(const BlockSource& source,
                                                 const wire::Hash256& record_hash) {
    const auto answer = source.query(path::certification, record_hash.view());
    if (!answer) return base::pass(answer);
    return encoding::decode_certification_view(*answer);
}

base::Result<TxPlace> place_of(const BlockSource& source, const wire::TxId& id) {
    const auto answer = source.query(path::transaction, id.view());
    if (!answer) return base::pass(answer);
    return encoding::decode_tx_place(*answer);
}

base::Result<TxPlace> place_of_ref(const BlockSource& source, const wire::Hash256& body_ref) {
    const auto answer = source.query(path::reference, body_ref.view());
    if (!answer) return base::pass(answer);
    return encoding::decode_tx_place(*answer);
}

base::Result<wire::Claim> receipt_of(const BlockSource& source, const wire::TxId& id) {
    const auto answer = source.query(path::receipt, id.view());
    if (!answer) return base::pass(answer);
    return wire::decode_claim(*answer);
}

base::Result<wire::Claim> claim_of(const BlockSource& source, const ClaimQuestion& question) {
    const auto answer = source.query(path::claim, encoding::encode(question));
    if (!answer) return base::pass(answer);
    return wire::decode_claim(*answer);
}

base::Result<std::vector<wire::Hash256>> consistency_of(const BlockSource& source,
                                                        const LogSizes& sizes) {
    const auto answer = source.query(path::consistency, encoding::encode(sizes));
    if (!answer) return base::pass(answer);
    return encoding::decode_path(*answer);
}

}  // namespace chain
