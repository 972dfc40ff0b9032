// SPDX-License-Identifier: Apache-2.0
#include "contracts/key_registry.h"

#include <string>

#include "base/check.h"
#include "contracts/authenticity.h"
#include "contracts/mining.h"
#include "crypto/ecdsa.h"

namespace contracts {

using base::ErrorCode;
using base::fail;

namespace {

base::Result<void> check_key(const wire::PublicKeyBytes& key) {
    if (!crypto::EcdsaPublicKey::decode(key.view())) {
        return fail(ErrorCode::malformed, "the public key is not a point of P-256");
    }
    return {};
}

base::Result<void> check_subject(const wire::LedgerId& subject) {
    if (subject.is_zero()) return fail(ErrorCode::malformed, "an id of zeros names nobody");
    return {};
}

/// Errors: `conflict` if no other miner than `leaving` could mine after this block.
base::Result<void> check_miner_may_leave(const state::StateView& view,
                                         const wire::LedgerId& leaving, const BlockContext& block) {
    const auto mining = mining_record(view);
    if (!mining) return base::pass(mining);
    for (std::uint64_t index = 0; index < mining->registered; ++index) {
        const auto id = miner_at(view, index);
        if (!id) return base::pass(id);
        if (*id == leaving) continue;
        const auto key = key_record_of(view, *id);
        if (!key) return base::pass(key);
        if (*key && (*key)->valid_at(block.height + 1)) return {};
    }
    return fail(ErrorCode::conflict, "this is the last valid miner; enrol another one first");
}

}  // namespace

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
    return {};
}

base::Result<void> EnrolContract::apply(const wire::Enrol& action, const Request&,
                                        state::Overlay& overlay, const BlockContext& block) {
    const state::KeyRecord record{.role = action.role,
                                  .scheme = action.scheme,
                                  .public_key = action.public_key,
                                  .custody = action.custody,
                                  .valid_from = block.height + 1,
                                  .valid_until = 0};
    overlay.put(state::key_of(action.subject), encode(record));
    if (action.role == wire::Role::miner) return register_miner(overlay, action.subject);
    return {};
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
    return {};
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
    overlay.put(state::key_of(sender), encode(fresh));
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
    if ((*record)->role == wire::Role::miner) {
        return check_miner_may_leave(view, action.subject, block);
    }
    return {};
}

base::Result<void> RevokeKeyContract::apply(const wire::RevokeKey& action, const Request&,
                                            state::Overlay& overlay, const BlockContext& block) {
    auto record = key_record_of(overlay, action.subject);
    if (!record) return base::pass(record);
    CHECK(record->has_value());
    (*record)->valid_until = block.height + 1;
    overlay.put(state::key_of(action.subject), encode(**record));
    return {};
}

base::Result<void> apply_genesis(state::Overlay& overlay, const wire::Genesis& genesis) {
    std::size_t administrators = 0;
    std::size_t miners = 0;
    for (std::size_t i = 0; i < genesis.members.size(); ++i) {
        const auto& member = genesis.members[i];
        const std::string where = "genesis member " + std::to_string(i) + ": ";
        auto form = check_subject(member.id);
        if (form) form = check_key(member.public_key);
        if (!form) return fail(form.error().code, where + form.error().detail);
        const auto taken = key_record_of(overlay, member.id);
        if (!taken) return base::pass(taken);
        if (*taken) return fail(ErrorCode::malformed, where + "its id is there twice");
        if (member.role == wire::Role::demo_program && !genesis.demo) {
            return fail(ErrorCode::malformed, where + "a demo_program needs a demo genesis");
        }
        const state::KeyRecord record{.role = member.role,
                                      .scheme = member.scheme,
                                      .public_key = member.public_key,
                                      .custody = member.custody,
                                      .valid_from = 0,
                                      .valid_until = 0};
        overlay.put(state::key_of(member.id), encode(record));
        if (member.role == wire::Role::administrator) ++administrators;
        if (member.role != wire::Role::miner) continue;
        ++miners;
        if (auto joined = register_miner(overlay, member.id); !joined) return joined;
    }
    if (administrators == 0) return fail(ErrorCode::malformed, "the genesis has no administrator");
    if (miners == 0) return fail(ErrorCode::malformed, "the genesis has no miner");
    return {};
}

}  // namespace contracts
