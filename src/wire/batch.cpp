// SPDX-License-Identifier: Apache-2.0
#include "wire/batch.h"

#include "base/check.h"
#include "crypto/merkle.h"

namespace wire {
namespace {

std::vector<crypto::Digest32> digests(const std::vector<Hash256>& path) {
    std::vector<crypto::Digest32> out;
    out.reserve(path.size());
    for (const auto& node : path) out.push_back(node.bytes);
    return out;
}

}  // namespace

Hash256 batch_root(const Transaction& tx) {
    CHECK(tx.batch.has_value());
    const auto root = crypto::merkle_root_from(crypto::merkle_leaf(tx.body_bytes), tx.batch->index,
                                               tx.batch->size, digests(tx.batch->path));
    CHECK(root.has_value());
    return {*root};
}

base::Bytes batch_message(const Hash256& root, std::uint32_t size) {
    base::Bytes out;
    base::append(out, base::as_bytes("salus-batch-1"));
    base::append(out, root.view());
    base::append_u32(out, size);
    return out;
}

base::Bytes signed_message(const Transaction& tx, std::size_t index) {
    CHECK(index < tx.signatures.size());
    if (!tx.signatures[index].over_batch) return tx.body_bytes;
    return batch_message(batch_root(tx), tx.batch->size);
}

BatchTree batch_tree(std::span<const base::Bytes> bodies) {
    CHECK(!bodies.empty() && bodies.size() <= batch_bodies_max);
    std::vector<crypto::Digest32> leaves;
    leaves.reserve(bodies.size());
    for (const auto& body : bodies) leaves.push_back(crypto::merkle_leaf(body));
    BatchTree out{.root = {crypto::merkle_root(leaves)}, .paths = {}};
    out.paths.reserve(bodies.size());
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        BatchPath path{.index = static_cast<std::uint32_t>(i),
                       .size = static_cast<std::uint32_t>(bodies.size()),
                       .path = {}};
        for (const auto& node : crypto::merkle_path(leaves, i)) path.path.push_back({node});
        out.paths.push_back(std::move(path));
    }
    return out;
}

base::Result<void> check_batch(const BatchPath& batch) {
    const bool fits = batch.size >= 1 && batch.size <= batch_bodies_max &&
                      batch.index < batch.size &&
                      batch.path.size() == crypto::merkle_path_length(batch.index, batch.size);
    if (fits) return {};
    return base::fail(base::ErrorCode::bad_batch,
                      "transaction: the batch's path does not fit place " +
                          std::to_string(batch.index) + " of " + std::to_string(batch.size));
}

}  // namespace wire
