// SPDX-License-Identifier: Apache-2.0
#include "contracts/genesis.h"

#include <string>

#include "contracts/authenticity.h"
#include "contracts/difficulty.h"
#include "contracts/key_registry.h"
#include "contracts/mining.h"

namespace contracts {

using base::ErrorCode;
using base::fail;

namespace {

base::Result<void> check_member(const wire::Member& member, const state::Overlay& overlay,
                                bool demo) {
    if (auto subject = check_subject(member.id); !subject) return subject;
    if (auto key = check_key(member.public_key); !key) return key;
    const auto taken = key_record_of(overlay, member.id);
    if (!taken) return base::pass(taken);
    if (*taken) return fail(ErrorCode::malformed, "its id is there twice");
    if (member.role == wire::Role::demo_program && !demo) {
        return fail(ErrorCode::malformed, "a demo_program needs a demo genesis");
    }
    return check_key_is_new(overlay, member.public_key);
}

base::Result<void> add_member(state::Overlay& overlay, const wire::Member& member) {
    const state::KeyRecord record{.role = member.role,
                                  .scheme = member.scheme,
                                  .public_key = member.public_key,
                                  .custody = member.custody,
                                  .valid_from = 0,
                                  .valid_until = 0};
    put_key(overlay, member.id, record);
    if (member.role != wire::Role::miner) return {};
    return register_miner(overlay, member.id, 0);
}

base::Result<void> check_can_go_on(const wire::Genesis& genesis) {
    bool administrator = false;
    bool miner = false;
    for (const auto& member : genesis.members) {
        administrator = administrator || member.role == wire::Role::administrator;
        miner = miner || member.role == wire::Role::miner;
    }
    if (!administrator) return fail(ErrorCode::malformed, "the genesis has no administrator");
    if (!miner) return fail(ErrorCode::malformed, "the genesis has no miner");
    return {};
}

}  // namespace

base::Result<void> apply_genesis(state::Overlay& overlay, const wire::Genesis& genesis) {
    if (auto live = check_can_go_on(genesis); !live) return live;
    for (std::size_t i = 0; i < genesis.members.size(); ++i) {
        const auto& member = genesis.members[i];
        if (auto form = check_member(member, overlay, genesis.demo); !form) {
            return fail(form.error().code,
                        "genesis member " + std::to_string(i) + ": " + form.error().detail);
        }
        if (auto added = add_member(overlay, member); !added) return added;
    }
    overlay.put(state::schema(), encode(state::SchemaRecord{.version = 1}));
    const auto hash = wire::hash_of(genesis);
    overlay.put(state::genesis_hash(), base::Bytes(hash.bytes.begin(), hash.bytes.end()));
    if (genesis.policy.engine == wire::EngineKind::proof_of_work) {
        begin_difficulty(overlay, genesis);
    }
    return {};
}

}  // namespace contracts
