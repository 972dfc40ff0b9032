// SPDX-License-Identifier: Apache-2.0
#include "contracts/key_registry.h"

#include <string>

#include "base/check.h"
#include "contracts/authenticity.h"
#include "contracts/change_mining.h"
#include "contracts/mining.h"
#include "crypto/ecdsa.h"

namespace contracts {

using base::ErrorCode;
using base::fail;

base::Result<void> check_subject(const wire::LedgerId& subject) {
    if (subject.is_zero()) return fail(ErrorCode::malformed, "an id of zeros names nobody");
    return {};
}

base::Result<void> check_key(const wire::PublicKeyBytes& key) {
    if (!crypto::EcdsaPublicKey::decode(key.view())) {
        return fail(ErrorCode::bad_key, "the public key is not a point of P-256");
    }
    return {};
}

base::Result<void> check_key_is_new(const state::StateView& view, const wire::PublicKeyBytes& key) {
    const auto owner = view.get(state::owner_of_key(key));
    if (!owner) return base::pass(owner);
    if (*owner) {
        return fail(ErrorCode::duplicate_key,
                    "this public key is or was an identity's already; make a fresh one");
    }
    return {};
}

void put_key(state::Overlay& overlay, const wire::LedgerId& id, const state::KeyRecord& record) {
    overlay.put(state::key_of(id), encode(record));
    overlay.put(state::owner_of_key(record.public_key),
                base::Bytes(id.bytes.begin(), id.bytes.end()));
}

base::Result<void> EnrolContract::check_form(const wire::Enrol& action,
                                             const wire::TransactionBody&) {
    if (auto subject = check_subject(action.subject); !subject) return subject;
    return check_key(action.public_key);
}

base::Result<void> EnrolContract::check_state(const wire::Enrol& action, const Request& request,
                                              const state::StateView& view,
                                              const BlockContext& block) {
    if (auto signer = check_sole_signer(request, block, wire::Role::administrator); !signer) {
        return signer;
    }
    if (action.role == wire::Role::demo_program && !block.demo) {
        return fail(ErrorCode::not_authorised,
                    "programs approve only on a chain whose genesis says demo");
    }
    const auto taken = key_record_of(view, action.subject);
    if (!taken) return base::pass(taken);
    if (*taken) return fail(ErrorCode::conflict, "this id is enrolled already; draw another one");
    return check_key_is_new(view, action.public_key);
}

base::Result<void> EnrolContract::apply(const wire::Enrol& action, const Request&,
                                        state::Overlay& overlay, const BlockContext& block) {
    const state::KeyRecord record{.role = action.role,
                                  .scheme = action.scheme,
                                  .public_key = action.public_key,
                                  .custody = action.custody,
                                  .valid_from = block.height + 1,
                                  .valid_until = 0};
    put_key(overlay, action.subject, record);
    if (action.role != wire::Role::miner) return {};
    return register_miner(overlay, action.subject, block.height);
}

base::Result<void> RotateKeyContract::check_form(const wire::RotateKey& action,
                                                 const wire::TransactionBody&) {
    return check_key(action.public_key);
}

base::Result<void> RotateKeyContract::check_state(const wire::RotateKey& action,
                                                  const Request& request,
                                                  const state::StateView& view,
                                                  const BlockContext& block) {
    if (auto signer = check_sole_signer(request, block, std::nullopt); !signer) return signer;
    const auto record = key_record_of(view, request.body.sender);
    if (!record) return base::pass(record);
    // The signer's key was valid before this block, so anything else was done within it.
    if (!*record || (*record)->valid_until != 0 || (*record)->valid_from > block.height) {
        return fail(ErrorCode::conflict,
                    "this key was rotated or revoked in this very block; read it again");
    }
    if ((*record)->public_key == action.public_key) {
        return fail(ErrorCode::conflict, "the new key is the old one");
    }
    return check_key_is_new(view, action.public_key);
}

base::Result<void> RotateKeyContract::apply(const wire::RotateKey& action, const Request& request,
                                            state::Overlay& overlay, const BlockContext& block) {
    const auto& sender = request.body.sender;
    auto record = key_record_of(overlay, sender);
    if (!record) return base::pass(record);
    CHECK(record->has_value());
    state::KeyRecord old = **record;
    old.valid_until = block.height + 1;
    overlay.put(state::previous_key_of(sender), encode(old));
    const state::KeyRecord fresh{.role = old.role,
                                 .scheme = old.scheme,
                                 .public_key = action.public_key,
                                 .custody = action.custody,
                                 .valid_from = block.height + 1,
                                 .valid_until = 0};
    put_key(overlay, sender, fresh);
    return {};
}

base::Result<void> RevokeKeyContract::check_form(const wire::RevokeKey& action,
                                                 const wire::TransactionBody&) {
    return check_subject(action.subject);
}

base::Result<void> RevokeKeyContract::check_state(const wire::RevokeKey& action,
                                                  const Request& request,
                                                  const state::StateView& view,
                                                  const BlockContext& block) {
    if (auto signer = check_sole_signer(request, block, std::nullopt); !signer) return signer;
    const auto role = request.signers.front().key->role;
    const bool own = action.subject == request.body.sender;
    if (!own && role != wire::Role::administrator) {
        return fail(ErrorCode::not_authorised,
                    "only an administrator may revoke the key of somebody else");
    }
    if (own && role == wire::Role::administrator) {
        return fail(ErrorCode::not_authorised,
                    "an administrator's key is revoked by another administrator, or rotated");
    }
    // Two administrators who revoke each other in one block: only the first succeeds.
    const auto sender = key_record_of(view, request.body.sender);
    if (!sender) return base::pass(sender);
    if (!*sender || (*sender)->valid_until != 0) {
        return fail(ErrorCode::key_not_valid, "the sender's key was revoked in this very block");
    }
    const auto record = key_record_of(view, action.subject);
    if (!record) return base::pass(record);
    if (!*record) return fail(ErrorCode::not_found, "nobody is enrolled under this id");
    if ((*record)->valid_until != 0) return fail(ErrorCode::conflict, "the key is revoked already");
    if ((*record)->role != wire::Role::miner) return {};
    const auto miner = find_miner(view, action.subject);
    if (!miner) return base::pass(miner);
    if (!*miner || (*miner)->record.standing != wire::MinerStanding::active) return {};
    return check_another_is_active(view);
}

base::Result<void> RevokeKeyContract::apply(const wire::RevokeKey& action, const Request&,
                                            state::Overlay& overlay, const BlockContext& block) {
    auto record = key_record_of(overlay, action.subject);
    if (!record) return base::pass(record);
    CHECK(record->has_value());
    (*record)->valid_until = block.height + 1;
    overlay.put(state::key_of(action.subject), encode(**record));
    const auto miner = find_miner(overlay, action.subject);
    if (!miner) return base::pass(miner);
    if (!*miner || (*miner)->record.standing != wire::MinerStanding::active) return {};
    return unlink_miner(overlay, **miner, wire::MinerStanding::left);
}

}  // namespace contracts
