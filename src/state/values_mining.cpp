// SPDX-License-Identifier: Apache-2.0
#include "salus/v1/state.pb.h"
#include "state/internal/record_codec.h"
#include "state/values.h"

namespace state {
namespace {

using base::Bytes;
using base::ByteView;
using base::ErrorCode;
using base::fail;
using internal::canonical;
using internal::ms_of;
using internal::parse;
using internal::serialised;
using internal::take;
using internal::take_time;
using internal::text;

/// Protobuf leaves zeros out, so "none" is 0 and everything else stands one higher.
std::uint64_t plus_one(const std::optional<std::uint64_t>& number) {
    return number ? *number + 1 : 0;
}
std::optional<std::uint64_t> minus_one(std::uint64_t stored) {
    if (stored == 0) return std::nullopt;
    return stored - 1;
}

}  // namespace

Bytes encode(const MiningRecord& record) {
    salus::v1::MiningRecord message;
    message.set_round(record.round);
    message.set_next(plus_one(record.next));
    message.set_head(plus_one(record.head));
    message.set_tail(plus_one(record.tail));
    message.set_registered(record.registered);
    message.set_active(record.active);
    message.set_kept_head(plus_one(record.kept_head));
    message.set_kept_tail(plus_one(record.kept_tail));
    return serialised(message);
}

base::Result<MiningRecord> decode_mining_record(ByteView bytes) {
    salus::v1::MiningRecord message;
    if (!parse(bytes, message)) return fail(ErrorCode::malformed, "not a mining record");
    const MiningRecord record{.round = message.round(),
                              .next = minus_one(message.next()),
                              .head = minus_one(message.head()),
                              .tail = minus_one(message.tail()),
                              .registered = message.registered(),
                              .active = message.active(),
                              .kept_head = minus_one(message.kept_head()),
                              .kept_tail = minus_one(message.kept_tail())};
    return canonical(record, bytes, "mining record");
}

Bytes encode(const MinerRecord& record) {
    salus::v1::MinerRecord message;
    message.set_id(text(record.id));
    message.set_standing(static_cast<std::uint32_t>(record.standing));
    message.set_joined_height(record.joined_height);
    message.set_turns(record.turns);
    message.set_forfeits(record.forfeits);
    message.set_last_round(plus_one(record.last_round));
    message.set_ended_round(plus_one(record.ended_round));
    message.set_previous(plus_one(record.previous));
    message.set_next(plus_one(record.next));
    message.set_kept_previous(plus_one(record.kept_previous));
    message.set_kept_next(plus_one(record.kept_next));
    message.set_passes(record.passes);
    return serialised(message);
}

base::Result<MinerRecord> decode_miner_record(ByteView bytes) {
    salus::v1::MinerRecord message;
    MinerRecord record;
    if (!parse(bytes, message) || !take(message.id(), record.id) ||
        !wire::is_standing(message.standing())) {
        return fail(ErrorCode::malformed, "not a miner's record");
    }
    record.standing = static_cast<wire::MinerStanding>(message.standing());
    record.joined_height = message.joined_height();
    record.turns = message.turns();
    record.forfeits = message.forfeits();
    record.last_round = minus_one(message.last_round());
    record.ended_round = minus_one(message.ended_round());
    record.previous = minus_one(message.previous());
    record.next = minus_one(message.next());
    record.kept_previous = minus_one(message.kept_previous());
    record.kept_next = minus_one(message.kept_next());
    record.passes = message.passes();
    return canonical(record, bytes, "miner's record");
}

Bytes encode(const DifficultyRecord& record) {
    salus::v1::DifficultyRecord message;
    message.set_target(text(record.target));
    message.set_period_start_ms(ms_of(record.period_start));
    message.set_blocks(record.blocks);
    return serialised(message);
}

base::Result<DifficultyRecord> decode_difficulty_record(ByteView bytes) {
    salus::v1::DifficultyRecord message;
    DifficultyRecord record;
    if (!parse(bytes, message) || !take(message.target(), record.target) ||
        !take_time(message.period_start_ms(), record.period_start)) {
        return fail(ErrorCode::malformed, "not a difficulty record");
    }
    record.blocks = message.blocks();
    return canonical(record, bytes, "difficulty record");
}

Bytes encode_miner_index(std::uint64_t index) {
    return encode_height(index);
}

base::Result<std::uint64_t> decode_miner_index(ByteView bytes) {
    if (bytes.size() != 8) return fail(ErrorCode::malformed, "a miner's index has 8 bytes");
    return base::read_u64(bytes);
}

}  // namespace state
