// SPDX-License-Identifier: Apache-2.0
#include "consensus/electorate.h"

#include <algorithm>
#include <set>
#include <string>

#include "chain/mining.h"
#include "chain/queries.h"
#include "ledger/quorum.h"

namespace consensus {

using base::ErrorCode;
using base::fail;

base::Result<Electorate> Electorate::of(const ledger::Application& application) {
    const auto raw = application.query(chain::path::mining, {});
    if (!raw) return base::pass(raw);
    const auto mining = chain::encoding::decode_mining_view(*raw);
    if (!mining) return base::pass(mining);
    Electorate out;
    for (const auto& miner : mining->miners) {
        if (miner.standing != wire::MinerStanding::active) continue;
        const auto key_bytes = application.query(chain::path::key, miner.id.view());
        if (!key_bytes) return base::pass(key_bytes);
        const auto key = chain::encoding::decode_key_view(*key_bytes);
        if (!key) return base::pass(key);
        out.miners_.push_back({.id = miner.id, .public_key = key->public_key});
    }
    out.needed_ =
        static_cast<std::uint32_t>(ledger::approvals_needed(mining->quorum, out.miners_.size()));
    return out;
}

const Electorate::Miner* Electorate::find(const wire::LedgerId& id) const {
    const auto at = std::ranges::find(miners_, id, &Miner::id);
    return at == miners_.end() ? nullptr : &*at;
}

base::Result<void> Electorate::check(crypto::SignatureVerifier& verifier,
                                     const wire::LedgerId& signer, base::ByteView message,
                                     const wire::SignatureBytes& signature) const {
    const auto* miner = find(signer);
    if (miner == nullptr) {
        return fail(ErrorCode::bad_signature,
                    base::to_hex(signer.view()) + " is no active miner of this chain");
    }
    const crypto::SignatureCheck check{
        .public_key = miner->public_key.view(), .message = message, .signature = signature.view()};
    if (verifier.verify({&check, 1}).front()) return {};
    return fail(ErrorCode::bad_signature,
                "not the signature of miner " + base::to_hex(signer.view()));
}

base::Result<void> Electorate::check(crypto::SignatureVerifier& verifier, const wire::Block& block,
                                     const Certificate& certificate) const {
    if (certificate.block != name_of(block)) {
        return fail(ErrorCode::conflict, "the certificate is of another block");
    }
    std::set<wire::LedgerId> voters;
    for (const auto& vote : certificate.votes) voters.insert(vote.miner);
    if (voters.size() != certificate.votes.size() || voters.size() < needed_) {
        return fail(ErrorCode::conflict, "a certificate of " + std::to_string(voters.size()) +
                                             " voters, where " + std::to_string(needed_) +
                                             " are needed");
    }
    const auto message = vote_message(block, certificate.attempt);
    for (const auto& vote : certificate.votes) {
        if (auto good = check(verifier, vote.miner, message, vote.signature); !good) return good;
    }
    return {};
}

}  // namespace consensus
