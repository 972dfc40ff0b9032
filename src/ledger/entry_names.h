// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/bytes.h"

namespace ledger {

/// "block 17", "a page of the state of height 17", ...: what an entry of the ledger's store is, by
/// its key.
[[nodiscard]] std::string name_of_entry(base::ByteView key);

}  // namespace ledger
