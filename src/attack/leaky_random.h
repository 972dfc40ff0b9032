// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"
#include "crypto/secret.h"
#include "crypto/x25519.h"

namespace attack {

/// Keeps what is drawn: a generator whose output leaks.
class LeakyRandom final : public base::Random {
public:
    /// Borrows `source`.
    explicit LeakyRandom(base::Random& source) : source_(source) {}
    void fill(std::span<std::uint8_t> out) override {
        source_.fill(out);
        if (auto secret = crypto::Secret32::from(out)) leaked_.push_back(*std::move(secret));
    }
    /// The private key of a public one that was on the wire.
    [[nodiscard]] std::optional<crypto::X25519PrivateKey> key_of(base::ByteView public_key) const {
        for (const auto& secret : leaked_) {
            auto key = crypto::X25519PrivateKey::from_bytes(secret);
            if (std::ranges::equal(key.public_key(), public_key)) return key;
        }
        return std::nullopt;
    }

private:
    base::Random& source_;
    std::vector<crypto::Secret32> leaked_;
};

}  // namespace attack
