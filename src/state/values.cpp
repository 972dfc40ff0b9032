// SPDX-License-Identifier: Apache-2.0
#include "state/values.h"

#include <algorithm>
#include <limits>
#include <string>

#include "base/check.h"
#include "salus/v1/state.pb.h"

namespace state {
namespace {

using base::Bytes;
using base::ByteView;
using base::ErrorCode;
using base::fail;

/// Protobuf keeps the order of fields and leaves zeros out, so equal records give equal bytes.
template <class Message>
Bytes serialised(const Message& message) {
    Bytes out(message.ByteSizeLong());
    CHECK(message.SerializeToArray(out.data(), static_cast<int>(out.size())));
    return out;
}

/// No record comes near this; it keeps sizes within protobuf's int.
constexpr std::size_t record_bytes_max = 4'096;

template <class Message>
bool parse(ByteView bytes, Message& message) {
    return bytes.size() <= record_bytes_max &&
           message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

/// Protobuf carries unknown fields along, so it is the record that must give the same bytes again.
template <class Record>
base::Result<Record> canonical(const Record& record, ByteView bytes, const char* name) {
    const Bytes again = encode(record);
    if (!std::ranges::equal(again, bytes)) {
        return fail(ErrorCode::malformed, std::string(name) + " is not in its canonical encoding");
    }
    return record;
}

template <class Fixed>
bool take(const std::string& field, Fixed& out) {
    const auto taken = Fixed::from(base::as_bytes(field));
    if (taken) out = *taken;
    return taken.has_value();
}

bool take_time(std::uint64_t ms, base::TimePoint& out) {
    if (ms > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return false;
    out = base::from_unix_ms(static_cast<std::int64_t>(ms));
    return true;
}

std::uint64_t ms_of(base::TimePoint time) {
    const auto ms = base::to_unix_ms(time);
    CHECK(ms >= 0);
    return static_cast<std::uint64_t>(ms);
}

template <class Fixed>
std::string text(const Fixed& fixed) {
    return std::string(base::as_text(fixed.view()));
}

}  // namespace

Bytes encode(const KeyRecord& record) {
    salus::v1::KeyRecord message;
    message.set_role(static_cast<std::uint32_t>(record.role));
    message.set_scheme(static_cast<std::uint32_t>(record.scheme));
    message.set_public_key(text(record.public_key));
    message.set_custody(static_cast<std::uint32_t>(record.custody));
    message.set_valid_from_height(record.valid_from);
    message.set_valid_until_height(record.valid_until);
    return serialised(message);
}

base::Result<KeyRecord> decode_key_record(ByteView bytes) {
    salus::v1::KeyRecord message;
    KeyRecord record;
    if (!parse(bytes, message) || !wire::is_role(message.role()) ||
        !wire::is_scheme(message.scheme()) || !wire::is_custody(message.custody()) ||
        !take(message.public_key(), record.public_key)) {
        return fail(ErrorCode::malformed, "not a key record");
    }
    record.role = static_cast<wire::Role>(message.role());
    record.scheme = static_cast<wire::SignatureScheme>(message.scheme());
    record.custody = static_cast<wire::Custody>(message.custody());
    record.valid_from = message.valid_from_height();
    record.valid_until = message.valid_until_height();
    return canonical(record, bytes, "key record");
}

Bytes encode(const ConsentRecord& record) {
    salus::v1::ConsentRecord message;
    message.set_consent(text(record.consent));
    message.set_from_ms(ms_of(record.from));
    message.set_until_ms(ms_of(record.until));
    message.set_granted_height(record.granted_height);
    message.set_revoked_height(record.revoked_height);
    message.set_token_key_hash(text(record.token_key_hash));
    return serialised(message);
}

base::Result<ConsentRecord> decode_consent_record(ByteView bytes) {
    salus::v1::ConsentRecord message;
    ConsentRecord record;
    if (!parse(bytes, message) || !take(message.consent(), record.consent) ||
        !take_time(message.from_ms(), record.from) ||
        !take_time(message.until_ms(), record.until) ||
        !take(message.token_key_hash(), record.token_key_hash)) {
        return fail(ErrorCode::malformed, "not a consent record");
    }
    record.granted_height = message.granted_height();
    record.revoked_height = message.revoked_height();
    return canonical(record, bytes, "consent record");
}

Bytes encode(const MiningRecord& record) {
    salus::v1::MiningRecord message;
    message.set_round(record.round);
    message.set_next(record.next);
    message.set_registered(record.registered);
    return serialised(message);
}

base::Result<MiningRecord> decode_mining_record(ByteView bytes) {
    salus::v1::MiningRecord message;
    if (!parse(bytes, message)) return fail(ErrorCode::malformed, "not a mining record");
    const MiningRecord record{
        .round = message.round(), .next = message.next(), .registered = message.registered()};
    return canonical(record, bytes, "mining record");
}

Bytes encode(const SequenceRecord& record) {
    salus::v1::SequenceRecord message;
    message.set_highest(record.highest_);
    message.set_window(std::string(base::as_text(record.used_)));
    return serialised(message);
}

base::Result<SequenceRecord> decode_sequence_record(ByteView bytes) {
    salus::v1::SequenceRecord message;
    if (!parse(bytes, message) || message.window().size() > SequenceRecord::window / 8 ||
        (!message.window().empty() && message.window().back() == 0)) {
        return fail(ErrorCode::malformed, "not a sequence record");
    }
    SequenceRecord record;
    record.highest_ = message.highest();
    const auto window = base::as_bytes(message.window());
    record.used_.assign(window.begin(), window.end());
    return canonical(record, bytes, "sequence record");
}

Bytes encode_miner_index(std::uint64_t index) {
    Bytes out;
    base::append_u64(out, index);
    return out;
}

base::Result<std::uint64_t> decode_miner_index(ByteView bytes) {
    if (bytes.size() != 8) return fail(ErrorCode::malformed, "a miner's index has 8 bytes");
    return base::read_u64(bytes);
}

}  // namespace state
