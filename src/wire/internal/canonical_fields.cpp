// SPDX-License-Identifier: Apache-2.0
#include "wire/internal/canonical_fields.h"

#include <limits>

namespace wire::internal {
namespace {

// Wire types of the encoding; 3 and 4 are groups, which no schema of ours has.
constexpr std::uint32_t type_varint = 0;
constexpr std::uint32_t type_fixed64 = 1;
constexpr std::uint32_t type_bytes = 2;
constexpr std::uint32_t type_fixed32 = 5;

constexpr bool has_bit(std::uint32_t set, std::uint32_t field) {
    return field < CanonicalFields::fields_max && (set >> field & 1U) != 0;
}

}  // namespace

/// Takes the encoding's parts off the front.
class CanonicalFields::Reader {
public:
    explicit Reader(base::ByteView rest) : rest_(rest) {}

    [[nodiscard]] bool at_end() const { return rest_.empty(); }
    [[nodiscard]] bool whole() const { return whole_; }
    /// Whether every number so far was as short as can be.
    [[nodiscard]] bool shortest() const { return shortest_; }

    std::uint64_t varint() {
        constexpr std::size_t bytes_max = 10;
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < bytes_max && i < rest_.size(); ++i) {
            const std::uint64_t part = rest_[i] & 0x7FU;
            value |= part << (7 * i);
            if ((rest_[i] & 0x80U) != 0) continue;
            if (i > 0 && part == 0) shortest_ = false;
            if (i + 1 == bytes_max && part > 1) shortest_ = false;
            rest_ = rest_.subspan(i + 1);
            return value;
        }
        return fail();
    }
    base::ByteView take(std::uint64_t count) {
        if (count > rest_.size()) {
            fail();
            return {};
        }
        const auto taken = rest_.first(static_cast<std::size_t>(count));
        rest_ = rest_.subspan(taken.size());
        return taken;
    }
    std::uint64_t fail() {
        whole_ = false;
        rest_ = {};
        return 0;
    }

private:
    base::ByteView rest_;
    bool whole_ = true;
    bool shortest_ = true;
};

CanonicalFields::CanonicalFields(base::ByteView message, const MessageForm& form) {
    Reader reader(message);
    std::uint32_t last = 0;
    while (!reader.at_end()) {
        const auto key = reader.varint();
        const auto field = static_cast<std::uint32_t>(key >> 3U);
        if (key > std::numeric_limits<std::uint32_t>::max() || field == 0) reader.fail();
        if (!reader.whole()) break;
        const bool in_order = field > last || (field == last && has_bit(form.repeated, field));
        canonical_ = canonical_ && in_order;
        last = field;
        take(field, static_cast<std::uint32_t>(key & 7U), reader, form);
    }
    whole_ = reader.whole();
    canonical_ = canonical_ && whole_ && reader.shortest();
}

void CanonicalFields::take(std::uint32_t field, std::uint32_t wire_type, Reader& reader,
                           const MessageForm& form) {
    switch (wire_type) {
        case type_varint: {
            const auto value = reader.varint();
            return take_number(field, value, form);
        }
        case type_bytes: {
            const auto size = reader.varint();
            const auto value = reader.take(size);
            return take_bytes(field, value, form);
        }
        case type_fixed64:
            reader.take(sizeof(std::uint64_t));
            break;
        case type_fixed32:
            reader.take(sizeof(std::uint32_t));
            break;
        default:
            reader.fail();
    }
    canonical_ = false;  // no schema of ours has such a field
}

void CanonicalFields::take_number(std::uint32_t field, std::uint64_t value,
                                  const MessageForm& form) {
    const bool flag = has_bit(form.flags, field);
    const bool small = has_bit(form.numbers32, field);
    if (!flag && !small && !has_bit(form.numbers, field)) {
        canonical_ = false;
        return;
    }
    const auto bound = flag    ? 1U
                       : small ? std::numeric_limits<std::uint32_t>::max()
                               : std::numeric_limits<std::uint64_t>::max();
    if (value == 0 || value > bound) canonical_ = false;
    present_ |= std::uint32_t{1} << field;
    numbers_[field] = value;
}

void CanonicalFields::take_bytes(std::uint32_t field, base::ByteView value,
                                 const MessageForm& form) {
    if (has_bit(form.repeated, field)) {
        repeated_.push_back(value);
        return;
    }
    const bool bytes = has_bit(form.bytes, field);
    if ((!bytes && !has_bit(form.messages, field)) || (bytes && value.empty())) {
        canonical_ = false;
        return;
    }
    present_ |= std::uint32_t{1} << field;
    views_[field] = value;
}

}  // namespace wire::internal
