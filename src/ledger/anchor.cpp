// SPDX-License-Identifier: Apache-2.0
#include "ledger/anchor.h"

#include <algorithm>
#include <vector>

#include "chain/mining.h"
#include "chain/queries.h"

namespace ledger {
namespace {

using base::ErrorCode;
using base::Result;
using wire::Height;
using Miner = wire::Trust::Miner;

/// All that ever joined, as the state after one block has them.
struct Standing {
    wire::LedgerId id;
    bool active = false;
    wire::PublicKeyBytes public_key;
    Height since = 1;  ///< The first block that it may seal or approve as it stands now.
};

Result<std::vector<Standing>> standings_at(const Application& application, Height height) {
    const auto raw = application.query(chain::path::mining, {}, height);
    if (!raw) return base::pass(raw);
    const auto mining = chain::encoding::decode_mining_view(*raw);
    if (!mining) return base::pass(mining);
    std::vector<Standing> out;
    for (const auto& miner : mining->miners) {
        Standing one{.id = miner.id,
                     .active = miner.standing == wire::MinerStanding::active,
                     .public_key = {}};
        if (one.active) {
            const auto key_bytes = application.query(chain::path::key, miner.id.view(), height);
            if (!key_bytes) return base::pass(key_bytes);
            const auto key = chain::encoding::decode_key_view(*key_bytes);
            if (!key) return base::pass(key);
            one.public_key = key->public_key;
            // A block changes who may act in the next one.
            const Height linked = miner.joined_height == 0 ? 1 : miner.joined_height + 1;
            one.since = std::max({Height{1}, linked, key->valid_from});
        }
        out.push_back(one);
    }
    return out;
}

/// Its newest time; null if it has none.
Miner* newest_of(wire::Trust& trust, const wire::LedgerId& id) {
    Miner* out = nullptr;
    for (auto& miner : trust.miners) {
        if (miner.id == id && (out == nullptr || miner.from > out->from)) out = &miner;
    }
    return out;
}

/// Whether the state after `height` has a miner otherwise than the anchor has it from the next
/// block on. What the anchor says of a time before its newest word on the miner is settled.
bool is_behind(const Miner* newest, const Standing& now, Height height) {
    if (newest == nullptr) return now.active;
    const bool open = newest->until == 0;
    if (height + 1 < (open ? newest->from : newest->until)) return false;
    if (!now.active || !open) return now.active != open;
    return newest->public_key != now.public_key || newest->from < now.since;
}

bool is_behind(wire::Trust& trust, const std::vector<Standing>& standings, Height height) {
    return std::ranges::any_of(standings, [&](const Standing& one) {
        return is_behind(newest_of(trust, one.id), one, height);
    });
}

/// What the state after `height` has otherwise is so from the next block on.
void apply(wire::Trust& trust, const std::vector<Standing>& standings, Height height) {
    for (const auto& now : standings) {
        auto* const newest = newest_of(trust, now.id);
        if (!is_behind(newest, now, height)) continue;
        if (newest != nullptr && newest->until == 0) newest->until = height + 1;
        if (!now.active) continue;
        trust.miners.push_back(
            {.id = now.id, .public_key = now.public_key, .from = height + 1, .until = 0});
    }
}

/// The first height whose state `trust` does not have: between a state that is not behind or not
/// kept (`below`) and one that is (`above`). Once behind, always behind: a miner that comes back
/// has a later place in the order.
Result<Height> first_behind(wire::Trust& trust, const Application& application, Height above) {
    Height below = 0;
    while (above - below > 1) {
        const Height middle = below + (above - below) / 2;
        const auto standings = standings_at(application, middle);
        const bool kept = standings || standings.error().code != ErrorCode::not_found;
        if (kept && !standings) return base::pass(standings);
        (kept && is_behind(trust, *standings, middle) ? above : below) = middle;
    }
    return above;
}

}  // namespace

Result<bool> update_anchor(wire::Trust& trust, const Application& application) {
    const auto tip = application.info();
    if (trust.chain_id != tip.chain_id) {
        return base::fail(ErrorCode::wrong_chain, "the anchor is of chain \"" + trust.chain_id +
                                                      "\", this is \"" + tip.chain_id + "\"");
    }
    if (tip.height == 0) return false;
    const auto newest = standings_at(application, tip.height);
    if (!newest) return base::pass(newest);
    bool changed = false;
    while (is_behind(trust, *newest, tip.height)) {
        const auto height = first_behind(trust, application, tip.height);
        if (!height) return base::pass(height);
        const auto standings = standings_at(application, *height);
        if (!standings) return base::pass(standings);
        apply(trust, *standings, *height);
        changed = true;
    }
    return changed;
}

}  // namespace ledger
