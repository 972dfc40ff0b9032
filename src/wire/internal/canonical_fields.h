// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"

namespace wire::internal {

/// Field numbers as a set of bits; below `CanonicalFields::fields_max`.
constexpr std::uint32_t fields(std::initializer_list<int> numbers) {
    std::uint32_t set = 0;
    for (const int number : numbers) set |= std::uint32_t{1} << static_cast<unsigned>(number);
    return set;
}

class FieldReader;

/// The fields that a message of our schemas has, by the way they are written.
struct MessageForm {
    std::uint32_t bytes = 0;
    std::uint32_t numbers = 0;    ///< uint64
    std::uint32_t numbers32 = 0;  ///< uint32
    std::uint32_t flags = 0;      ///< bool
    std::uint32_t messages = 0;   ///< One each.
    std::uint32_t repeated = 0;   ///< `bytes` or messages, any number of them; one such field.
};

/// A protobuf message read where it stands, and whether these are the very bytes that protobuf
/// writes for it: fields in the order of their numbers, each once, none at its default, no number
/// longer than need be, nothing unknown. Other bytes are read as well as possible, so that errors
/// can name the field. Made for what a ledger decodes all day: parsing with protobuf's own classes
/// and writing anew to compare cost a fifth of everything that is done for a transaction beside
/// verifying it. Source: protobuf encoding specification. Borrows the bytes.
class CanonicalFields {
public:
    static constexpr int fields_max = 24;

    CanonicalFields(base::ByteView message, const MessageForm& form);

    /// False: not one whole protobuf message. Fields are then those before the trouble.
    [[nodiscard]] bool whole() const { return whole_; }
    [[nodiscard]] bool canonical() const { return canonical_; }

    /// Empty if the field is absent.
    [[nodiscard]] base::ByteView bytes(int field) const {
        return views_[static_cast<std::size_t>(field)];
    }
    /// 0 if the field is absent.
    [[nodiscard]] std::uint64_t number(int field) const {
        return numbers_[static_cast<std::size_t>(field)];
    }
    [[nodiscard]] std::uint32_t number32(int field) const {
        return static_cast<std::uint32_t>(number(field));
    }
    [[nodiscard]] bool flag(int field) const { return number(field) != 0; }
    [[nodiscard]] bool has(int field) const {
        return (present_ >> static_cast<unsigned>(field) & 1U) != 0;
    }
    /// Those that are there, as a set of bits.
    [[nodiscard]] std::uint32_t present() const { return present_; }
    [[nodiscard]] std::span<const base::ByteView> repeated() const { return repeated_; }

private:
    void take(std::uint32_t field, std::uint32_t wire_type, FieldReader& reader,
              const MessageForm& form);
    void take_number(std::uint32_t field, std::uint64_t value, const MessageForm& form);
    void take_bytes(std::uint32_t field, base::ByteView value, const MessageForm& form);

    bool whole_ = true;
    bool canonical_ = true;
    std::uint32_t present_ = 0;
    std::array<base::ByteView, fields_max> views_{};
    std::array<std::uint64_t, fields_max> numbers_{};
    std::vector<base::ByteView> repeated_;
};

}  // namespace wire::internal
