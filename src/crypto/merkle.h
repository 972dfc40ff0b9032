// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "crypto/hash.h"

namespace crypto {

/// RFC 9162 section 2.1 with SHA-256: leaf 0x00 | data, node 0x01 | left | right, and the root of
/// nothing is the hash of nothing.
[[nodiscard]] Digest32 merkle_leaf(base::ByteView data);
[[nodiscard]] Digest32 merkle_node(const Digest32& left, const Digest32& right);
[[nodiscard]] Digest32 merkle_root(std::span<const Digest32> leaf_hashes);
/// RFC 9162 section 2.1.3.1. CHECKs that `index` is a leaf.
[[nodiscard]] std::vector<Digest32> merkle_path(std::span<const Digest32> leaf_hashes,
                                                std::uint64_t index);
/// RFC 9162 section 2.1.3.2: does `path` lead from the leaf at `index` to `root` of `size` leaves?
[[nodiscard]] bool verify_merkle_path(const Digest32& leaf_hash, std::uint64_t index,
                                      std::uint64_t size, std::span<const Digest32> path,
                                      const Digest32& root);
/// The root that `path` leads to from the leaf at `index` of `size`. Nothing unless index < size
/// and the path has the length that this place has.
[[nodiscard]] std::optional<Digest32> merkle_root_from(const Digest32& leaf_hash,
                                                       std::uint64_t index, std::uint64_t size,
                                                       std::span<const Digest32> path);
/// How many nodes the path of that leaf has. CHECKs index < size.
[[nodiscard]] std::size_t merkle_path_length(std::uint64_t index, std::uint64_t size);
/// RFC 9162 section 2.1.4.2: is the tree of `old_size` leaves a prefix of that of `new_size`?
[[nodiscard]] bool verify_merkle_consistency(std::uint64_t old_size, const Digest32& old_root,
                                             std::uint64_t new_size, const Digest32& new_root,
                                             std::span<const Digest32> path);
/// The new root that `path` proves, from the old one. Nothing where it does not begin with the old
/// tree, or has not the length that these sizes have.
[[nodiscard]] std::optional<Digest32> merkle_consistency_root(std::uint64_t old_size,
                                                              const Digest32& old_root,
                                                              std::uint64_t new_size,
                                                              std::span<const Digest32> path);

}  // namespace crypto
