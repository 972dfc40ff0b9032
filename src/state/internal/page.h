// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "wire/ids.h"

namespace state {

/// Pages: records of nodes of one version, found by their offset. All numbers are big-endian.
///
///   full, as it was written:    the records one after another
///   thinned, after pruning:     16 | count 4 | for each: offset in the full page 4, offset here 4
///                               (rising) | the records
///
/// A record keeps its offset of the full page for ever, so that no reference to it ever changes.

struct PageId {
    wire::Height version = 0;
    std::uint32_t page = 0;
    friend auto operator<=>(const PageId&, const PageId&) = default;
};

/// From a record's first byte to the page's end; nothing if the page has no record at `offset`.
/// A full page cannot tell where records begin; the hash of what is read there does.
[[nodiscard]] std::optional<base::ByteView> find_record(base::ByteView page, std::uint32_t offset);

struct PlacedRecord {
    std::uint32_t offset = 0;  ///< In the full page.
    base::ByteView bytes;
};
/// All records by rising offset; nothing if the page is damaged.
[[nodiscard]] std::optional<std::vector<PlacedRecord>> records_of(base::ByteView page);
[[nodiscard]] base::Bytes thinned_page(const std::vector<PlacedRecord>& records);

}  // namespace state
