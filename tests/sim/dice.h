// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "base/check.h"
#include "base/random.h"

namespace sim {

/// The only source of chance in a history.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : random_(seed) {}

    [[nodiscard]] base::SeededRandom& random() { return random_; }
    /// Uniform in [0, bound).
    [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }
    /// Uniform in [from, to].
    [[nodiscard]] std::uint64_t between(std::uint64_t from, std::uint64_t to) {
        return from + random_.below(to - from + 1);
    }
    /// `times` in `of`, on the average.
    [[nodiscard]] bool chance(std::uint64_t times, std::uint64_t of) { return below(of) < times; }
    template <class T>
    [[nodiscard]] T& pick(std::vector<T>& from) {
        CHECK(!from.empty());
        return from[below(from.size())];
    }
    template <class T>
    [[nodiscard]] const T& pick(const std::vector<T>& from) {
        CHECK(!from.empty());
        return from[below(from.size())];
    }
    /// An index, as often as its weight says.
    [[nodiscard]] std::size_t weighted(std::initializer_list<std::uint64_t> weights) {
        std::uint64_t total = 0;
        for (const auto weight : weights) total += weight;
        std::uint64_t drawn = below(total);
        std::size_t index = 0;
        for (const auto weight : weights) {
            if (drawn < weight) break;
            drawn -= weight;
            ++index;
        }
        return index;
    }

private:
    base::SeededRandom random_;
};

}  // namespace sim
