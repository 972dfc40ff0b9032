// SPDX-License-Identifier: Apache-2.0
#include "contracts/authenticity.h"

#include <string>

namespace contracts {

using base::ErrorCode;
using base::fail;

const SignerState* signer_of(const Request& request, const wire::LedgerId& id) {
    for (const auto& signer : request.signers) {
        if (signer.id == id) return &signer;
    }
    return nullptr;
}

base::Result<void> check_authentic(const Request& request, const BlockContext& block) {
    for (const auto& signer : request.signers) {
        const auto who = [&signer] { return base::to_hex(signer.id.view()); };
        if (!signer.key) {
            return fail(ErrorCode::unknown_signer,
                        "no key is registered for signer " + who() + "; enrol it first");
        }
        if (!signer.key->valid_at(block.height)) {
            return fail(ErrorCode::key_not_valid, "the key of signer " + who() +
                                                      " is revoked or not valid yet at height " +
                                                      std::to_string(block.height));
        }
        if (!signer.verified) {
            return fail(ErrorCode::bad_signature,
                        "the signature by " + who() + " does not verify; sign the body again");
        }
    }
    if (signer_of(request, request.body.sender) == nullptr) {
        return fail(ErrorCode::not_authorised, "the sender's own signature is missing");
    }
    return {};
}

base::Result<void> check_sole_signer(const Request& request, const BlockContext& block,
                                     std::optional<wire::Role> role) {
    if (auto authentic = check_authentic(request, block); !authentic) return authentic;
    if (request.signers.size() != 1) {
        return fail(ErrorCode::not_authorised, "only the sender may sign this");
    }
    const auto& signer = request.signers.front();
    if (role && signer.key->role != *role) {
        return fail(ErrorCode::not_authorised, "a " + std::string(name_of(signer.key->role)) +
                                                   " may not do this, a " +
                                                   std::string(name_of(*role)) + " must");
    }
    return {};
}

base::Result<std::optional<state::KeyRecord>> key_record_of(const state::StateView& view,
                                                            const wire::LedgerId& id) {
    const auto raw = view.get(state::key_of(id));
    if (!raw) return base::pass(raw);
    if (!*raw) return std::optional<state::KeyRecord>{};
    auto record = state::decode_key_record(**raw);
    if (!record) {
        return fail(ErrorCode::corrupted, "stored key record: " + record.error().detail);
    }
    return std::optional{*record};
}

}  // namespace contracts
