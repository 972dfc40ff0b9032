// SPDX-License-Identifier: Apache-2.0
#include "contracts/difficulty.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "crypto/hash.h"

namespace contracts {

using base::ErrorCode;
using base::fail;

namespace {

/// 320 bits in 32-bit limbs, the lowest first: a target times a 64-bit number.
using Wide = std::array<std::uint64_t, 10>;

Wide wide(const wire::Hash256& number) {
    Wide out{};
    for (std::size_t i = 0; i < 8; ++i) {
        out[i] = base::read_u32(base::ByteView(number.bytes).subspan(28 - 4 * i, 4));
    }
    return out;
}

/// Saturates at 2^256 - 1.
wire::Hash256 narrow(const Wide& number) {
    wire::Hash256 out;
    if (number[8] != 0 || number[9] != 0) {
        out.bytes.fill(0xff);
        return out;
    }
    base::Bytes bytes;
    for (std::size_t i = 8; i-- > 0;) {
        base::append_u32(bytes, static_cast<std::uint32_t>(number[i]));
    }
    std::ranges::copy(bytes, out.bytes.begin());
    return out;
}

Wide times(const Wide& number, std::uint32_t factor) {
    Wide out{};
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
        const std::uint64_t sum = number[i] * factor + carry;
        out[i] = sum & 0xffff'ffffU;
        carry = sum >> 32U;
    }
    return out;
}

Wide divided(const Wide& number, std::uint32_t divisor) {
    Wide out{};
    std::uint64_t rest = 0;
    for (std::size_t i = out.size(); i-- > 0;) {
        const std::uint64_t part = rest << 32U | number[i];
        out[i] = part / divisor;
        rest = part % divisor;
    }
    return out;
}

/// A period may last weeks; in units of this many milliseconds both times fit 32 bits.
std::uint64_t unit_of(std::uint64_t longest_ms) {
    return longest_ms / 0xffff'ffffU + 1;
}

}  // namespace

wire::Hash256 target_of_bits(std::uint32_t bits) {
    CHECK(bits <= 255);
    wire::Hash256 target;
    target.bytes.fill(0xff);
    for (std::uint32_t i = 0; i < bits / 8; ++i) target.bytes[i] = 0;
    target.bytes[bits / 8] = static_cast<std::uint8_t>(0xffU >> bits % 8);
    return target;
}

wire::Hash256 retargeted(const wire::Hash256& target, std::chrono::milliseconds taken,
                         std::chrono::milliseconds planned) {
    CHECK(planned.count() > 0);
    const auto plan = static_cast<std::uint64_t>(planned.count());
    const auto took = static_cast<std::uint64_t>(std::max<std::int64_t>(taken.count(), 0));
    const std::uint64_t bounded = std::clamp(took, plan / 4, plan * 4);
    const std::uint64_t unit = unit_of(plan * 4);
    const auto factor = static_cast<std::uint32_t>(bounded / unit);
    const auto divisor = static_cast<std::uint32_t>(std::max<std::uint64_t>(plan / unit, 1));
    auto next = narrow(divided(times(wide(target), factor), divisor));
    if (next.is_zero()) next.bytes.back() = 1;
    return next;
}

wire::Hash256 work_hash(base::ByteView header_bytes, std::uint64_t nonce) {
    base::Bytes number;
    base::append_u64(number, nonce);
    return {crypto::sha256(crypto::sha256({header_bytes, number}))};
}

bool meets_target(base::ByteView header_bytes, std::uint64_t nonce, const wire::Hash256& target) {
    return work_hash(header_bytes, nonce) <= target;
}

void begin_difficulty(state::Overlay& overlay, const wire::Genesis& genesis) {
    const state::DifficultyRecord record{.target = target_of_bits(genesis.policy.difficulty_bits),
                                         .period_start = genesis.time,
                                         .blocks = 0};
    overlay.put(state::difficulty(), encode(record));
}

base::Result<void> count_block(state::Overlay& overlay, const wire::ConsensusPolicy& policy,
                               base::TimePoint block_time) {
    auto record = difficulty_record(overlay);
    if (!record) return base::pass(record);
    ++record->blocks;
    if (record->blocks >= policy.retarget_blocks) {
        record->target = retargeted(record->target, block_time - record->period_start,
                                    policy.block_target * policy.retarget_blocks);
        record->period_start = block_time;
        record->blocks = 0;
    }
    overlay.put(state::difficulty(), encode(*record));
    return {};
}

base::Result<state::DifficultyRecord> difficulty_record(const state::StateView& view) {
    const auto raw = view.get(state::difficulty());
    if (!raw) return base::pass(raw);
    if (!*raw) return fail(ErrorCode::corrupted, "the state has no target of proof of work");
    auto record = state::decode_difficulty_record(**raw);
    if (!record) {
        return fail(ErrorCode::corrupted, "stored difficulty record: " + record.error().detail);
    }
    return record;
}

}  // namespace contracts
