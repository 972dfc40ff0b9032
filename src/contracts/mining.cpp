// SPDX-License-Identifier: Apache-2.0
#include "contracts/mining.h"

#include <string>

#include "contracts/authenticity.h"

namespace contracts {

using base::ErrorCode;
using base::fail;

base::Result<state::MiningRecord> mining_record(const state::StateView& view) {
    const auto raw = view.get(state::mining());
    if (!raw) return base::pass(raw);
    if (!*raw) return state::MiningRecord{};
    auto record = state::decode_mining_record(**raw);
    if (!record) {
        return fail(ErrorCode::corrupted, "stored mining record: " + record.error().detail);
    }
    return record;
}

base::Result<wire::LedgerId> miner_at(const state::StateView& view, std::uint64_t index) {
    const auto raw = view.get(state::miner_at(index));
    if (!raw) return base::pass(raw);
    const auto id = *raw ? wire::LedgerId::from(**raw) : std::nullopt;
    if (!id) {
        return fail(ErrorCode::corrupted,
                    "the state names no miner at index " + std::to_string(index));
    }
    return *id;
}

base::Result<MinerTurn> turn_at(const state::StateView& view, wire::Height height) {
    const auto record = mining_record(view);
    if (!record) return base::pass(record);
    // One whole turn of the list: each registered miner is asked at most once.
    for (std::uint64_t step = 0; step < record->registered; ++step) {
        const std::uint64_t position = record->next + step;
        const std::uint64_t index = position % record->registered;
        const auto id = miner_at(view, index);
        if (!id) return base::pass(id);
        const auto key = key_record_of(view, *id);
        if (!key) return base::pass(key);
        if (*key && (*key)->valid_at(height)) {
            return MinerTurn{.miner = *id,
                             .key = **key,
                             .round = record->round + position / record->registered,
                             .index = index};
        }
    }
    return fail(ErrorCode::not_eligible, "no registered miner has a valid key; enrol a miner");
}

base::Result<void> advance_turn(state::Overlay& overlay, const MinerTurn& turn) {
    auto record = mining_record(overlay);
    if (!record) return base::pass(record);
    record->round = turn.round;
    record->next = turn.index + 1;
    if (record->next >= record->registered) {
        ++record->round;
        record->next = 0;
    }
    overlay.put(state::mining(), encode(*record));
    return {};
}

base::Result<void> register_miner(state::Overlay& overlay, const wire::LedgerId& miner) {
    auto record = mining_record(overlay);
    if (!record) return base::pass(record);
    const std::uint64_t index = record->registered++;
    overlay.put(state::mining(), encode(*record));
    overlay.put(state::miner_at(index), base::Bytes(miner.bytes.begin(), miner.bytes.end()));
    overlay.put(state::miner_index_of(miner), state::encode_miner_index(index));
    return {};
}

}  // namespace contracts
