// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/check.h"

namespace fuzz {

/// Whatever a decoder accepts must encode to the same bytes again; anything else ends the process,
/// which the fuzzer reports together with the input.
inline void check_same(base::ByteView input, base::ByteView again) {
    CHECK(input.size() == again.size());
    CHECK(std::equal(input.begin(), input.end(), again.begin()));
}

template <class Decode>
void recode(base::ByteView input, Decode decode) {
    if (const auto decoded = decode(input)) check_same(input, encode(*decoded));
}

}  // namespace fuzz
