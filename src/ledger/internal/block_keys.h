// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ledger/block_store.h"

namespace ledger {

/// The second byte of each key of BlockStore; block_store.h has the table.
namespace block_kind {
inline constexpr char genesis = 'g';
inline constexpr char tip = 't';
inline constexpr char block = 'b';
inline constexpr char place = 'i';
inline constexpr char reference = 'r';
inline constexpr char header = 'h';
}  // namespace block_kind

[[nodiscard]] inline base::Bytes block_key(char kind, base::ByteView rest) {
    base::Bytes key;
    key.reserve(2 + rest.size());
    key.push_back(BlockStore::store_prefix);
    key.push_back(static_cast<std::uint8_t>(kind));
    base::append(key, rest);
    return key;
}
[[nodiscard]] inline base::Bytes block_key(char kind, std::uint64_t number) {
    base::Bytes key;
    key.reserve(10);
    key.push_back(BlockStore::store_prefix);
    key.push_back(static_cast<std::uint8_t>(kind));
    base::append_u64(key, number);
    return key;
}

}  // namespace ledger
