// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "askg/credentials.h"
#include "base/bytes.h"
#include "storage/key_value_store.h"

namespace attack {

// What was stolen, opened by the thief: docs/formats/askg.md once more, written for somebody who
// has the files and the key that opens them. It shares no code with askg, so that what askg would
// not show of its files is seen here too.

/// Every value that stands in a key generator's store, one after another. Nothing if `unlock_key`
/// does not open them.
[[nodiscard]] std::optional<base::Bytes> open_generator(const storage::KeyValueStore& store,
                                                        const crypto::Secret32& unlock_key);
/// The table of a cloud server. Nothing if it is not sealed for it.
[[nodiscard]] std::optional<base::Bytes> open_table(const askg::CloudServerGrant& server,
                                                    base::ByteView sealed);

/// A secret that a dump may hold, or must not.
struct Named {
    std::string_view name;
    base::Bytes bytes;
};
[[nodiscard]] bool holds(base::ByteView dump, base::ByteView secret);
/// The names of those that stand in `dump`, with commas.
[[nodiscard]] std::string found_in(base::ByteView dump, const std::vector<Named>& secrets);

}  // namespace attack
