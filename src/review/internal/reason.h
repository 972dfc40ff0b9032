// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/error.h"

namespace review::internal {

inline constexpr std::size_t reason_characters_max = 500;
/// Why a doctor refused a report: 1 to 500 characters of UTF-8, no control characters but line ends
/// and tabs, and not blank. Errors: `malformed` naming what is wrong.
[[nodiscard]] base::Result<void> check_reason(std::string_view reason);

}  // namespace review::internal
