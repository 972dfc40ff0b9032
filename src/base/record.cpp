// SPDX-License-Identifier: Apache-2.0
#include "base/record.h"

namespace base {

RecordWriter& RecordWriter::u8(std::uint8_t value) {
    out_.push_back(value);
    return *this;
}
RecordWriter& RecordWriter::u32(std::uint32_t value) {
    append_u32(out_, value);
    return *this;
}
RecordWriter& RecordWriter::u64(std::uint64_t value) {
    append_u64(out_, value);
    return *this;
}
RecordWriter& RecordWriter::i64(std::int64_t value) {
    return u64(static_cast<std::uint64_t>(value));
}
RecordWriter& RecordWriter::time(const std::optional<TimePoint>& value) {
    u8(value ? 1 : 0);
    return value ? time(*value) : *this;
}
RecordWriter& RecordWriter::fixed(ByteView bytes) {
    append(out_, bytes);
    return *this;
}
RecordWriter& RecordWriter::bytes(ByteView bytes) {
    u32(static_cast<std::uint32_t>(bytes.size()));
    return fixed(bytes);
}

ByteView RecordReader::take(std::size_t size) {
    if (broken_ || size > rest_.size()) {
        broken_ = true;
        return {};
    }
    const auto taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
}
std::uint8_t RecordReader::u8() {
    const auto at = take(1);
    return at.empty() ? std::uint8_t{0} : at[0];
}
std::uint32_t RecordReader::u32() {
    const auto at = take(4);
    return at.empty() ? 0 : read_u32(at);
}
std::uint64_t RecordReader::u64() {
    const auto at = take(8);
    return at.empty() ? 0 : read_u64(at);
}
std::optional<TimePoint> RecordReader::optional_time() {
    if (!flag()) return std::nullopt;
    return time();
}
Bytes RecordReader::bytes() {
    const auto at = take(u32());
    return {at.begin(), at.end()};
}
std::string RecordReader::text() {
    return std::string(as_text(take(u32())));
}
bool RecordReader::flag() {
    const auto value = u8();
    if (value > 1) broken_ = true;
    return value == 1;
}
std::uint32_t RecordReader::count(std::size_t element_bytes_min) {
    const auto value = u32();
    if (value > rest_.size() / element_bytes_min) broken_ = true;
    return broken_ ? 0 : value;
}

}  // namespace base
