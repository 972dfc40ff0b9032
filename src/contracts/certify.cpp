// SPDX-License-Identifier: Apache-2.0
#include "contracts/certify.h"

#include "base/check.h"
#include "contracts/authenticity.h"

namespace contracts {

using base::ErrorCode;
using base::fail;
using state::CertificationRecord;

base::Result<std::optional<CertificationRecord>> certification_of(
    const state::StateView& view, const wire::Hash256& record_hash) {
    const auto raw = view.get(state::certification_of(record_hash));
    if (!raw) return base::pass(raw);
    if (!*raw) return std::optional<CertificationRecord>{};
    auto record = state::decode_certification_record(**raw);
    if (!record) {
        return fail(ErrorCode::corrupted, "stored certification: " + record.error().detail);
    }
    return std::optional{*record};
}

base::Result<void> CertifyContract::check_form(const wire::Certify& action,
                                               const wire::TransactionBody& /*body*/) {
    if (action.record_hash.is_zero()) {
        return fail(ErrorCode::malformed, "a hash of zeros is no record's");
    }
    return {};
}

base::Result<void> CertifyContract::check_state(const wire::Certify& action, const Request& request,
                                                const state::StateView& view,
                                                const BlockContext& block) {
    if (auto signer = check_sole_signer(request, block, {}); !signer) return signer;
    const auto role = signer_of(request, request.body.sender)->key->role;
    if (role != wire::Role::key_generator && role != wire::Role::administrator) {
        return fail(ErrorCode::not_authorised, "only a key generator or administrator certifies");
    }
    const auto before = certification_of(view, action.record_hash);
    if (!before) return base::pass(before);
    if (action.event == wire::CertificationEvent::certified) {
        if (*before) return fail(ErrorCode::conflict, "this record is certified already");
        return {};
    }
    if (!*before) return fail(ErrorCode::not_found, "no record of this hash was certified");
    if ((*before)->certifier != request.body.sender && role != wire::Role::administrator) {
        return fail(ErrorCode::not_authorised, "another key generator certified this record");
    }
    if ((*before)->revoked_height != 0) {
        return fail(ErrorCode::conflict, "this record is revoked already");
    }
    return {};
}

base::Result<void> CertifyContract::apply(const wire::Certify& action, const Request& request,
                                          state::Overlay& overlay, const BlockContext& block) {
    CertificationRecord record{.certifier = request.body.sender, .certified_height = block.height};
    if (action.event == wire::CertificationEvent::revoked) {
        const auto before = certification_of(overlay, action.record_hash);
        if (!before) return base::pass(before);
        CHECK(before->has_value());
        record = **before;
        record.revoked_height = block.height;
    }
    overlay.put(state::certification_of(action.record_hash), encode(record));
    return {};
}

}  // namespace contracts
