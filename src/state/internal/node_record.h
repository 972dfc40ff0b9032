// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>

#include "base/bytes.h"
#include "state/internal/node.h"

namespace state {

/// A node as bytes. All numbers are big-endian.
///
///   inner: 1 | bit 1 | prefix, (bit + 7) / 8 | left ref 16, hash 32 | right ref 16, hash 32
///   leaf:  2 | key length 2 | key | value length 4 | value
///   leaf with a tree of its own: 3 | as a leaf | ref 16     (its hash is the value)
void append_record(base::Bytes& out, const Node& node);
/// How many bytes that takes.
[[nodiscard]] std::size_t record_bytes(const Node& node);
/// The node whose record is at the beginning of `bytes`; nothing if there is none.
[[nodiscard]] std::optional<Node> take_record(base::ByteView bytes);
/// The length of that record; nothing if there is none.
[[nodiscard]] std::optional<std::size_t> record_bytes(base::ByteView bytes);

/// ref 16 (version 8, page 4, offset 4) | hash 32
inline constexpr std::size_t subtree_bytes = 48;
void append_subtree(base::Bytes& out, const Subtree& subtree);
/// Nothing unless `bytes` has exactly that size.
[[nodiscard]] std::optional<Subtree> decode_subtree(base::ByteView bytes);

}  // namespace state
