// SPDX-License-Identifier: Apache-2.0
#include "wire/internal/canonical_fields.h"

#include <limits>

#include "wire/internal/field_reader.h"

namespace wire::internal {
namespace {

constexpr bool has_bit(std::uint32_t set, std::uint32_t field) {
    return field < CanonicalFields::fields_max && (set >> field & 1U) != 0;
}

}  // namespace

CanonicalFields::CanonicalFields(base::ByteView message, const MessageForm& form) {
    FieldReader reader(message);
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

void CanonicalFields::take(std::uint32_t field, std::uint32_t wire_type, FieldReader& reader,
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
