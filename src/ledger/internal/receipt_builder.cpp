// SPDX-License-Identifier: Apache-2.0
#include "ledger/internal/receipt_builder.h"

#include <string>
#include <variant>

#include "state/keys.h"
#include "state/values.h"
#include "wire/transaction.h"

namespace ledger {

using base::ErrorCode;
using base::fail;

namespace {

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
base::Result<wire::StateProof> prove_consent(const wire::Report& report, wire::Height height,
                                             const state::StateTree& tree) {
    const state::ConsentKey key{.patient = report.patient,
                                .grantee = report.receiver,
                                .category = report.category,
                                .purpose = wire::Purpose::treatment};
    auto newest = tree.prove(state::consent_of(key), height);
    if (!newest) return newest;
    const auto record = state::decode_consent_record(newest->value);
    if (!record) {
        return fail(ErrorCode::corrupted, "stored consent record: " + record.error().detail);
    }
    if (record->consent == report.consent) return newest;
    return tree.prove(state::replaced_consent_of(key), height);
}

}  // namespace

base::Result<wire::Receipt> build_receipt(const Place& place, const ReceiptSources& sources) {
    auto block = sources.blocks.block(place.height);
    if (!block) return base::pass(block);
    const auto& header = block->header;
    const std::size_t count = block->transactions.size();
    if (place.index >= count || header.history_size < count) {
        return fail(ErrorCode::corrupted, "the index names a transaction that block " +
                                              std::to_string(place.height) + " does not hold");
    }
    wire::Receipt receipt;
    receipt.envelope = block->transactions[place.index];
    receipt.history_index = header.history_size - count + place.index;
    auto path = sources.history.inclusion_path(receipt.history_index, header.history_size);
    if (!path) return base::pass(path);
    receipt.history_path = std::move(*path);
    receipt.header = block->header_bytes;
    receipt.seal = encode(block->seal);
    const auto tx = wire::decode_transaction(receipt.envelope);
    if (!tx) return fail(ErrorCode::corrupted, "a stored transaction: " + tx.error().detail);
    for (const auto& signature : tx->signatures) {
        auto proof = prove_key(signature.signer, place.height, sources.tree);
        if (!proof) return base::pass(proof);
        receipt.signers.push_back(std::move(*proof));
    }
    if (const auto* report = std::get_if<wire::Report>(&tx->body.action)) {
        auto leaf = sources.tree.prove(state::patient_of(report->patient), place.height);
        if (!leaf) return base::pass(leaf);
        receipt.patient_leaf = std::move(*leaf);
        auto consent = prove_consent(*report, place.height, sources.tree);
        if (!consent) return base::pass(consent);
        receipt.consent = std::move(*consent);
    }
    return receipt;
}

}  // namespace ledger
