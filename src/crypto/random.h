// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.h"

namespace crypto {

/// OpenSSL's generator, seeded by the kernel. Thread-safe. Ends the process if it fails.
class SystemRandom final : public base::Random {
public:
    void fill(std::span<std::uint8_t> out) override;
};

}  // namespace crypto
