// SPDX-License-Identifier: Apache-2.0
#include "contracts/evidence.h"

#include "base/check.h"
#include "contracts/authenticity.h"
#include "contracts/mining.h"
#include "crypto/ecdsa.h"
#include "wire/block.h"

namespace contracts {

using base::ErrorCode;
using base::fail;

namespace {

/// One of the two, decoded.
struct Sealed {
    wire::Header header;
    wire::Seal seal;
};

base::Result<Sealed> decode(base::ByteView header_bytes, base::ByteView seal_bytes) {
    auto header = wire::decode_header(header_bytes);
    if (!header) return base::pass(header);
    auto seal = wire::decode_seal(seal_bytes);
    if (!seal) return base::pass(seal);
    return Sealed{.header = *std::move(header), .seal = *std::move(seal)};
}

/// The key of `id` at `height`: the newest, or the one before.
base::Result<state::KeyRecord> key_at(const state::StateView& view, const wire::LedgerId& id,
                                      wire::Height height) {
    for (const auto& place : {state::key_of(id), state::previous_key_of(id)}) {
        const auto raw = view.get(place);
        if (!raw) return base::pass(raw);
        if (!*raw) continue;
        auto record = state::decode_key_record(**raw);
        if (!record) return fail(ErrorCode::corrupted, "stored key: " + record.error().detail);
        if (record->valid_at(height)) return record;
    }
    return fail(ErrorCode::key_not_valid, "no key is known that the miner had at that height");
}

bool is_sealed_by(const state::KeyRecord& key, base::ByteView header_bytes,
                  const wire::Seal& seal) {
    const auto point = crypto::EcdsaPublicKey::decode(key.public_key.view());
    return point && point->verify(wire::sealed_message(header_bytes, seal), seal.signature.view());
}

}  // namespace

base::Result<void> EvidenceContract::check_form(const wire::Evidence& action,
                                                const wire::TransactionBody& body) {
    const auto a = decode(action.header_a, action.seal_a);
    if (!a) return base::pass(a);
    const auto b = decode(action.header_b, action.seal_b);
    if (!b) return base::pass(b);
    if (action.header_a == action.header_b) {
        return fail(ErrorCode::malformed, "evidence needs two different headers");
    }
    if (a->header.chain_id != body.chain_id || b->header.chain_id != body.chain_id) {
        return fail(ErrorCode::wrong_chain, "the evidence is of another chain");
    }
    if (a->header.height != b->header.height || a->header.miner != b->header.miner) {
        return fail(ErrorCode::malformed, "the headers are not of one height and one miner");
    }
    return {};
}

base::Result<void> EvidenceContract::check_state(const wire::Evidence& action,
                                                 const Request& request,
                                                 const state::StateView& view,
                                                 const BlockContext& block) {
    if (auto signer = check_sole_signer(request, block, std::nullopt); !signer) return signer;
    const auto a = decode(action.header_a, action.seal_a);
    if (!a) return base::pass(a);
    const auto b = decode(action.header_b, action.seal_b);
    if (!b) return base::pass(b);
    const auto& miner = a->header.miner;
    const auto registered = find_miner(view, miner);
    if (!registered) return base::pass(registered);
    if (!*registered) return fail(ErrorCode::not_found, "no miner is registered under this id");
    const auto known = view.get(state::evidence_of(miner, a->header.height));
    if (!known) return base::pass(known);
    if (*known) return fail(ErrorCode::conflict, "this is known already");
    const auto key = key_at(view, miner, a->header.height);
    if (!key) return base::pass(key);
    if (!is_sealed_by(*key, action.header_a, a->seal) ||
        !is_sealed_by(*key, action.header_b, b->seal)) {
        return fail(ErrorCode::bad_signature, "a seal is not the miner's own; it proves nothing");
    }
    return {};
}

base::Result<void> EvidenceContract::apply(const wire::Evidence& action, const Request& request,
                                           state::Overlay& overlay, const BlockContext& block) {
    const auto header = wire::decode_header(action.header_a);
    CHECK(header.has_value());
    const state::EvidenceRecord record{.reference = request.body_ref, .height = block.height};
    overlay.put(state::evidence_of(header->miner, header->height), encode(record));
    const auto miner = find_miner(overlay, header->miner);
    if (!miner) return base::pass(miner);
    CHECK(miner->has_value());
    if ((*miner)->record.standing != wire::MinerStanding::active) return {};
    const auto mining = mining_record(overlay);
    if (!mining) return base::pass(mining);
    if (mining->active == 1) return {};
    return unlink_miner(overlay, **miner, wire::MinerStanding::suspended);
}

}  // namespace contracts
