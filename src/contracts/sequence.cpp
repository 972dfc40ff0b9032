// SPDX-License-Identifier: Apache-2.0
#include "contracts/sequence.h"

namespace contracts {

using base::ErrorCode;
using base::fail;

namespace {
base::Result<state::SequenceRecord> record_of(const state::StateView& view,
                                              const wire::LedgerId& sender) {
    const auto raw = view.get(state::sequence_of(sender));
    if (!raw) return base::pass(raw);
    if (!*raw) return state::SequenceRecord{};
    auto record = state::decode_sequence_record(**raw);
    if (!record) {
        return fail(ErrorCode::corrupted, "stored sequence record: " + record.error().detail);
    }
    return record;
}
}  // namespace

base::Result<bool> is_fresh(const state::StateView& view, const wire::TransactionBody& body) {
    const auto record = record_of(view, body.sender);
    if (!record) return base::pass(record);
    return record->is_fresh(body.sequence);
}

base::Result<void> spend_sequence(state::Overlay& overlay, const wire::TransactionBody& body) {
    auto record = record_of(overlay, body.sender);
    if (!record) return base::pass(record);
    if (!record->accept(body.sequence)) {
        return fail(ErrorCode::replayed, "sequence " + std::to_string(body.sequence) +
                                             " of this sender was used before or is too old; draw "
                                             "a new one and sign again");
    }
    overlay.put(state::sequence_of(body.sender), encode(*record));
    return {};
}

}  // namespace contracts
