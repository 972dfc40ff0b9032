// SPDX-License-Identifier: Apache-2.0
#include "readmodel/internal/rows.h"

#include <algorithm>
#include <limits>

namespace readmodel {
namespace {

std::unexpected<base::Error> unreadable(std::string_view kind) {
    return base::fail(base::ErrorCode::corrupted,
                      "a stored " + std::string(kind) + " row does not read");
}

template <class Row>
base::Result<Row> finished(const RowReader& reader, Row row, std::string_view kind) {
    if (!reader.done()) return unreadable(kind);
    return row;
}

}  // namespace

base::ByteView RowReader::take(std::size_t count) {
    if (rest_.size() < count) {
        ok_ = false;
        rest_ = {};
        return {};
    }
    const auto out = rest_.first(count);
    rest_ = rest_.subspan(count);
    return out;
}
std::uint8_t RowReader::u8() {
    const auto at = take(1);
    return at.empty() ? std::uint8_t{0} : at[0];
}
std::uint16_t RowReader::u16() {
    const auto at = take(2);
    return at.empty() ? std::uint16_t{0} : base::read_u16(at);
}
std::uint32_t RowReader::u32() {
    const auto at = take(4);
    return at.empty() ? 0U : base::read_u32(at);
}
std::uint64_t RowReader::u64() {
    const auto at = take(8);
    return at.empty() ? 0U : base::read_u64(at);
}
std::string RowReader::text() {
    const auto size = u16();
    return std::string(base::as_text(take(size)));
}

void append_text(base::Bytes& out, std::string_view text) {
    const auto kept = text.substr(0, std::numeric_limits<std::uint16_t>::max());
    base::append_u16(out, static_cast<std::uint16_t>(kept.size()));
    base::append(out, base::as_bytes(kept));
}

base::Bytes encode(const BlockRow& row) {
    base::Bytes out;
    base::append_u64(out, row.height);
    base::append(out, row.hash.view());
    append_time(out, row.time);
    base::append(out, row.miner.view());
    base::append_u64(out, row.round);
    base::append_u32(out, row.transactions);
    return out;
}

base::Result<BlockRow> decode_block_row(base::ByteView bytes) {
    RowReader reader(bytes);
    BlockRow row;
    row.height = reader.u64();
    row.hash = reader.fixed<wire::HeaderHash>();
    row.time = reader.time();
    row.miner = reader.fixed<wire::LedgerId>();
    row.round = reader.u64();
    row.transactions = reader.u32();
    return finished(reader, row, "block");
}

base::Bytes encode(const ConsentRow& row) {
    base::Bytes out;
    base::append(out, row.ref.view());
    base::append(out, row.transaction.view());
    base::append(out, row.patient.view());
    base::append(out, row.grantee.view());
    out.push_back(static_cast<std::uint8_t>(row.category));
    out.push_back(static_cast<std::uint8_t>(row.purpose));
    append_time(out, row.from);
    append_time(out, row.until);
    base::append_u64(out, row.granted_height);
    base::append_u64(out, row.ended_height.value_or(0));  // no block has height 0
    return out;
}

base::Result<ConsentRow> decode_consent_row(base::ByteView bytes) {
    RowReader reader(bytes);
    ConsentRow row;
    row.ref = reader.fixed<wire::Hash256>();
    row.transaction = reader.fixed<wire::TxId>();
    row.patient = reader.fixed<wire::LedgerId>();
    row.grantee = reader.fixed<wire::LedgerId>();
    const auto category = reader.u8();
    const auto purpose = reader.u8();
    row.from = reader.time();
    row.until = reader.time();
    row.granted_height = reader.u64();
    if (const auto ended = reader.u64(); ended != 0) row.ended_height = ended;
    if (!wire::is_category(category) || !wire::is_purpose(purpose)) return unreadable("consent");
    row.category = static_cast<wire::Category>(category);
    row.purpose = static_cast<wire::Purpose>(purpose);
    return finished(reader, row, "consent");
}

base::Bytes encode(const TransactionRow& row) {
    base::Bytes out;
    base::append(out, row.id.view());
    base::append_u64(out, row.height);
    base::append_u32(out, row.index);
    return out;
}

base::Result<TransactionRow> decode_transaction_row(base::ByteView bytes) {
    RowReader reader(bytes);
    TransactionRow row;
    row.id = reader.fixed<wire::TxId>();
    row.height = reader.u64();
    row.index = reader.u32();
    return finished(reader, row, "transaction");
}

base::Bytes encode(const Access& access) {
    base::Bytes out;
    append_time(out, access.time);
    base::append(out, access.actor.view());
    out.push_back(static_cast<std::uint8_t>(access.role));
    base::append(out, access.patient.view());
    out.push_back(access.allowed ? 1 : 0);
    append_text(out, access.action);
    append_text(out, access.what);
    append_text(out, access.basis);
    return out;
}

base::Result<Access> decode_access(base::ByteView bytes) {
    RowReader reader(bytes);
    Access access;
    access.time = reader.time();
    access.actor = reader.fixed<wire::LedgerId>();
    const auto role = reader.u8();
    access.patient = reader.fixed<wire::LedgerId>();
    const auto allowed = reader.u8();
    access.action = reader.text();
    access.what = reader.text();
    access.basis = reader.text();
    if (!wire::is_role(role) || allowed > 1) return unreadable("access");
    access.role = static_cast<wire::Role>(role);
    access.allowed = allowed == 1;
    return finished(reader, std::move(access), "access");
}

base::Bytes encode(const RefusedOperation& refusal) {
    base::Bytes out;
    append_time(out, refusal.time);
    out.push_back(refusal.actor ? 1 : 0);
    base::append(out, refusal.actor.value_or(wire::LedgerId{}).view());
    append_text(out, refusal.action);
    base::append_u16(out, static_cast<std::uint16_t>(refusal.code));
    return out;
}

base::Result<RefusedOperation> decode_refusal(base::ByteView bytes) {
    RowReader reader(bytes);
    RefusedOperation refusal;
    refusal.time = reader.time();
    const bool known = reader.u8() != 0;
    const auto actor = reader.fixed<wire::LedgerId>();
    if (known) refusal.actor = actor;
    refusal.action = reader.text();
    refusal.code = static_cast<base::ErrorCode>(reader.u16());
    return finished(reader, std::move(refusal), "refusal");
}

}  // namespace readmodel
