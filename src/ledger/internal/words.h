// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/clock.h"

namespace ledger {

/// For people, without any locale: "2026-11-21 07:30:56 UTC".
[[nodiscard]] std::string words_of(base::TimePoint time);

}  // namespace ledger
