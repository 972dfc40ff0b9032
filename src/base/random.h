// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>
#include <span>

#include "base/bytes.h"

namespace base {

/// Where random bytes come from. `crypto::SystemRandom` is the one for keys and ids.
class Random {
public:
    virtual ~Random() = default;
    virtual void fill(std::span<std::uint8_t> out) = 0;
};

template <class Fixed>
[[nodiscard]] Fixed draw(Random& random) {
    Fixed out;
    random.fill(out.bytes);
    return out;
}

/// Repeatable bytes for simulation and tests; never for keys that protect anything.
class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
    void fill(std::span<std::uint8_t> out) override {
        for (auto& byte : out) byte = static_cast<std::uint8_t>(engine_());
    }
    /// Uniform in [0, bound). `bound` > 0; the bias for bounds far below 2^64 is of no account
    /// here.
    [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }

private:
    std::mt19937_64 engine_;
};

}  // namespace base
