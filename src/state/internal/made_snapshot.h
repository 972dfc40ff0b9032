// SPDX-License-Identifier: Apache-2.0
// For tests alone: snapshots of trees that grow by random changes.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "base/bytes.h"
#include "base/random.h"
#include "state/internal/grown_tree.h"
#include "state/snapshot.h"

namespace state::testing {

/// Values of some thousand bytes, so that a few hundred entries make some chunks.
inline Changes large_changes(base::SeededRandom& random, std::size_t count) {
    auto changes = random_changes(random, count, 800);
    for (auto& [key, value] : changes) {
        if (!value) continue;
        value->resize(3'000 + random.below(3'000));
        random.fill(*value);
    }
    return changes;
}

struct Snapshot {
    SnapshotMetadata metadata;
    std::vector<base::Bytes> chunks;
    friend bool operator==(const Snapshot&, const Snapshot&) = default;
};

inline Snapshot snapshot_of(const StateTree& tree, wire::Height height) {
    auto metadata = describe_snapshot(tree, height);
    EXPECT_TRUE(metadata) << metadata.error().detail;
    Snapshot out{.metadata = std::move(*metadata), .chunks = {}};
    for (std::uint32_t i = 0; i < out.metadata.chunks.size(); ++i) {
        auto chunk = snapshot_chunk(tree, out.metadata, i);
        EXPECT_TRUE(chunk) << chunk.error().detail;
        out.chunks.push_back(std::move(*chunk));
    }
    return out;
}

}  // namespace state::testing
