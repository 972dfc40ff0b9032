// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "wire/ids.h"
#include "wire/transaction.h"

namespace wire {

/// Batch signatures: one signature over the root of an RFC 9162 tree (SHA-256) of up to
/// `batch_bodies_max` transaction bodies. Each transaction then carries that signature and its own
/// path, and verifies alone for ever; whoever verifies many of one batch verifies its signature
/// once.

/// Where in the tree, and under which root, this transaction stands. CHECKs that `tx.batch` is
/// there and, as decode_transaction has made sure, fits.
[[nodiscard]] Hash256 batch_root(const Transaction& tx);
/// What a signer of a batch signs: "salus-batch-1" | root | size 4, big-endian. No body begins with
/// these bytes.
[[nodiscard]] base::Bytes batch_message(const Hash256& root, std::uint32_t size);
/// The bytes that signature `index` of the transaction covers: its body, or its batch's message.
[[nodiscard]] base::Bytes signed_message(const Transaction& tx, std::size_t index);

/// One path a body, in order. CHECKs 1 to `batch_bodies_max` bodies.
struct BatchTree {
    Hash256 root;
    std::vector<BatchPath> paths;
};
[[nodiscard]] BatchTree batch_tree(std::span<const base::Bytes> bodies);

/// Errors: `bad_batch` unless 1 <= size <= `batch_bodies_max`, index < size and the path has the
/// length of that place.
[[nodiscard]] base::Result<void> check_batch(const BatchPath& batch);

}  // namespace wire
