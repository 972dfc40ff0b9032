// SPDX-License-Identifier: Apache-2.0
#include "contracts/destroy_key.h"

#include "contracts/authenticity.h"

namespace contracts {

using base::ErrorCode;
using base::fail;

base::Result<std::optional<state::Tombstone>> tombstone_of(const state::StateView& view,
                                                           const wire::ContentId& content_id) {
    const auto raw = view.get(state::tombstone_of(content_id));
    if (!raw) return base::pass(raw);
    if (!*raw) return std::optional<state::Tombstone>{};
    auto record = state::decode_tombstone(**raw);
    if (!record) return fail(ErrorCode::corrupted, "stored tombstone: " + record.error().detail);
    return std::optional{*record};
}

base::Result<void> DestroyKeyContract::check_form(const wire::DestroyKey& action,
                                                  const wire::TransactionBody& body) {
    if (action.patient == body.sender) {
        return fail(ErrorCode::malformed, "cloud server and patient are two");
    }
    if (action.content_id.is_zero()) {
        return fail(ErrorCode::malformed, "a content id of zeros names nothing");
    }
    return {};
}

base::Result<void> DestroyKeyContract::check_state(const wire::DestroyKey& action,
                                                   const Request& request,
                                                   const state::StateView& view,
                                                   const BlockContext& block) {
    if (auto authentic = check_authentic(request, block); !authentic) return authentic;
    const auto* sender = signer_of(request, request.body.sender);
    const auto* patient = signer_of(request, action.patient);
    if (sender->key->role != wire::Role::cloud_server) {
        return fail(ErrorCode::not_authorised, "only a cloud server may say that a key is gone");
    }
    if (patient == nullptr || patient->key->role != wire::Role::patient) {
        return fail(ErrorCode::not_authorised, "the patient's signature is missing");
    }
    if (request.signers.size() != 2) {
        return fail(ErrorCode::not_authorised, "only cloud server and patient may sign this");
    }
    const auto before = tombstone_of(view, action.content_id);
    if (!before) return base::pass(before);
    if (*before) return fail(ErrorCode::conflict, "this key is destroyed already");
    return {};
}

base::Result<void> DestroyKeyContract::apply(const wire::DestroyKey& action, const Request& request,
                                             state::Overlay& overlay, const BlockContext& block) {
    const state::Tombstone record{.patient = action.patient,
                                  .cloud_server = request.body.sender,
                                  .reference = request.body_ref,
                                  .height = block.height};
    overlay.put(state::tombstone_of(action.content_id), encode(record));
    return {};
}

}  // namespace contracts
