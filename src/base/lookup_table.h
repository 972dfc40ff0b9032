// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace base {

/// Spreads byte strings of any kind that no stranger chooses freely.
struct BytesHash {
    std::size_t operator()(ByteView bytes) const {
        std::uint64_t hash = bytes.size();
        while (!bytes.empty()) {
            std::uint64_t word = 0;
            const std::size_t taken = bytes.size() < sizeof word ? bytes.size() : sizeof word;
            std::memcpy(&word, bytes.data(), taken);
            hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;  // 2^64 over the golden ratio, odd
            hash ^= hash >> 32;
            bytes = bytes.subspan(taken);
        }
        return hash;
    }
};
struct BytesEqual {
    bool operator()(ByteView a, ByteView b) const {
        return a.size() == b.size() &&
               (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
    }
};

/// A map that is only ever asked for one key: it has no order and cannot be walked through, so that
/// nothing can come to depend on one. Pointers into it hold until the next `put` or `erase`.
///
/// Open addressing with linear probing, at most half full; an erased place is filled from behind,
/// so that a search ends at the first empty place.
template <class Key, class Value, class Hash = FixedBytesHash<Key>, class Equal = std::equal_to<>>
class LookupTable {
public:
    [[nodiscard]] std::size_t size() const { return size_; }

    template <class Asked>
    [[nodiscard]] const Value* find(const Asked& key) const {
        if (size_ == 0) return nullptr;
        const auto& slot = slots_[place_of(key)];
        return slot ? &slot->second : nullptr;
    }

    /// Whether the key is new; an old value is replaced.
    bool put(Key key, Value value) {
        if (2 * (size_ + 1) > slots_.size()) grow();
        auto& slot = slots_[place_of(key)];
        const bool added = !slot;
        slot.emplace(std::move(key), std::move(value));
        if (added) ++size_;
        return added;
    }

    template <class Asked>
    void erase(const Asked& key) {
        if (size_ == 0) return;
        std::size_t gap = place_of(key);
        if (!slots_[gap]) return;
        --size_;
        for (std::size_t at = next(gap); slots_[at]; at = next(at)) {
            // What stands at `at` may fill the gap unless its search begins after the gap.
            const std::size_t begin = first_place_of(slots_[at]->first);
            if (((at - begin) & mask()) < ((at - gap) & mask())) continue;
            slots_[gap] = std::move(slots_[at]);
            gap = at;
        }
        slots_[gap].reset();
    }

    void clear() {
        slots_.clear();
        size_ = 0;
    }

private:
    static constexpr std::size_t slots_min = 16;

    [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }
    [[nodiscard]] std::size_t next(std::size_t at) const { return (at + 1) & mask(); }
    template <class Asked>
    [[nodiscard]] std::size_t first_place_of(const Asked& key) const {
        // The upper bits of the product depend on all bits of the hash.
        const std::uint64_t spread = std::uint64_t{Hash{}(key)} * 0x9e3779b97f4a7c15ULL;
        return spread >> (64 - std::countr_zero(slots_.size()));
    }
    /// Where the key stands, or the empty place where it would.
    template <class Asked>
    [[nodiscard]] std::size_t place_of(const Asked& key) const {
        std::size_t at = first_place_of(key);
        while (slots_[at] && !Equal{}(slots_[at]->first, key)) at = next(at);
        return at;
    }
    void grow() {
        std::vector<Slot> old(slots_.empty() ? slots_min : 2 * slots_.size());
        old.swap(slots_);
        for (auto& slot : old) {
            if (slot) slots_[place_of(slot->first)] = std::move(slot);
        }
    }

    using Slot = std::optional<std::pair<Key, Value>>;
    std::vector<Slot> slots_;  ///< None, or a power of two.
    std::size_t size_ = 0;
};

}  // namespace base
