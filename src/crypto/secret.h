// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "crypto/key_wrap.h"

namespace crypto {

/// N secret bytes: wiped when they go, never copied by accident, compared in constant time.
template <std::size_t N>
class Secret {
public:
    static constexpr std::size_t size_bytes = N;

    Secret() = default;
    // Out of line: inlined into an optional, g++ 12 takes the bytes for uninitialised.
    [[gnu::noinline]] ~Secret() { wipe(bytes_); }
    [[gnu::noinline]] Secret(Secret&& other) noexcept : bytes_(other.bytes_) { wipe(other.bytes_); }
    Secret& operator=(Secret&& other) noexcept {
        if (this != &other) {
            bytes_ = other.bytes_;
            wipe(other.bytes_);
        }
        return *this;
    }
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;

    /// Nothing if `raw` is not exactly N bytes. `raw` stays the caller's to wipe.
    [[nodiscard]] static std::optional<Secret> from(base::ByteView raw) {
        if (raw.size() != N) return std::nullopt;
        std::optional<Secret> out(std::in_place);
        std::ranges::copy(raw, out->bytes_.begin());
        return out;
    }
    [[nodiscard]] static Secret draw(base::Random& random) {
        Secret out;
        random.fill(out.bytes_);
        return out;
    }

    /// The one way to copy.
    [[nodiscard]] Secret clone() const {
        Secret out;
        out.bytes_ = bytes_;
        return out;
    }
    [[nodiscard]] base::ByteView view() const { return bytes_; }
    [[nodiscard]] std::span<std::uint8_t, N> writable() { return bytes_; }

    friend bool operator==(const Secret& a, const Secret& b) {
        return equal_constant_time(a.bytes_, b.bytes_);
    }

private:
    std::array<std::uint8_t, N> bytes_{};
};

using Secret32 = Secret<32>;

}  // namespace crypto
