// SPDX-License-Identifier: Apache-2.0
#include "state/internal/page.h"

#include <algorithm>
#include <ranges>

#include "state/internal/node_record.h"

namespace state {
namespace {

using base::Bytes;
using base::ByteView;

/// No record's kind, so the first byte tells the two forms of a page apart.
constexpr std::uint8_t thinned_kind = 16;
constexpr std::size_t head_bytes = 5;
constexpr std::size_t place_bytes = 8;

bool is_thinned(ByteView page) {
    return !page.empty() && page[0] == thinned_kind;
}

/// The number of records of a thinned page whose table is whole.
std::optional<std::size_t> count_of(ByteView page) {
    if (page.size() < head_bytes) return std::nullopt;
    const std::size_t count = base::read_u32(page.subspan(1));
    if (count > (page.size() - head_bytes) / place_bytes) return std::nullopt;
    return count;
}

std::uint32_t offset_at(ByteView page, std::size_t index) {
    return base::read_u32(page.subspan(head_bytes + index * place_bytes));
}
std::uint32_t place_at(ByteView page, std::size_t index) {
    return base::read_u32(page.subspan(head_bytes + index * place_bytes + 4));
}

std::optional<PlacedRecord> placed(ByteView page, std::uint32_t offset, std::size_t at) {
    if (at >= page.size()) return std::nullopt;
    const auto rest = page.subspan(at);
    const auto size = record_bytes(rest);
    if (!size) return std::nullopt;
    return PlacedRecord{.offset = offset, .bytes = rest.first(*size)};
}

}  // namespace

std::optional<ByteView> find_record(ByteView page, std::uint32_t offset) {
    if (!is_thinned(page)) {
        if (offset >= page.size()) return std::nullopt;
        return page.subspan(offset);
    }
    const auto count = count_of(page);
    if (!count) return std::nullopt;
    const auto indices = std::views::iota(std::size_t{0}, *count);
    const auto found = std::ranges::lower_bound(
        indices, offset, {}, [&](std::size_t index) { return offset_at(page, index); });
    if (found == indices.end() || offset_at(page, *found) != offset) return std::nullopt;
    const auto place = place_at(page, *found);
    if (place >= page.size()) return std::nullopt;
    return page.subspan(place);
}

std::optional<std::vector<PlacedRecord>> records_of(ByteView page) {
    std::vector<PlacedRecord> out;
    if (is_thinned(page)) {
        const auto count = count_of(page);
        if (!count) return std::nullopt;
        for (std::size_t i = 0; i < *count; ++i) {
            const auto record = placed(page, offset_at(page, i), place_at(page, i));
            if (!record) return std::nullopt;
            out.push_back(*record);
        }
        return out;
    }
    for (std::size_t at = 0; at < page.size();) {
        const auto record = placed(page, static_cast<std::uint32_t>(at), at);
        if (!record) return std::nullopt;
        out.push_back(*record);
        at += record->bytes.size();
    }
    return out;
}

Bytes thinned_page(const std::vector<PlacedRecord>& records) {
    Bytes out{thinned_kind};
    base::append_u32(out, static_cast<std::uint32_t>(records.size()));
    std::size_t place = head_bytes + records.size() * place_bytes;
    for (const auto& record : records) {
        base::append_u32(out, record.offset);
        base::append_u32(out, static_cast<std::uint32_t>(place));
        place += record.bytes.size();
    }
    for (const auto& record : records) base::append(out, record.bytes);
    return out;
}

}  // namespace state
