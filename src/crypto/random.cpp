// SPDX-License-Identifier: Apache-2.0
#include "crypto/random.h"

#include <openssl/rand.h>

#include "base/check.h"

namespace crypto {

void SystemRandom::fill(std::span<std::uint8_t> out) {
    if (out.empty()) return;
    CHECK(RAND_bytes_ex(nullptr, out.data(), out.size(), 0) == 1);
}

}  // namespace crypto
