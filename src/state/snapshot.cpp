// SPDX-License-Identifier: Apache-2.0
#include "state/snapshot.h"

#include <string>
#include <utility>

#include "crypto/hash.h"

namespace state {
namespace {

using base::Bytes;
using base::ErrorCode;
using base::fail;

SnapshotEntry snapshot_entry(const Entry& entry) {
    return {.own = entry.patient.has_value(), .key = entry.key, .value = entry.value};
}

/// Fills chunks one after another.
class Cutter {
public:
    Cutter(wire::Height height, std::uint32_t index) : height_(height), index_(index) { begin(); }

    /// False if it does not fit the chunk any more. CHECKs nothing: an entry too large for any
    /// chunk never fits.
    bool add(const Entry& entry) {
        const auto size = chunk_.size();
        append_snapshot_entry(chunk_, snapshot_entry(entry));
        if (chunk_.size() <= snapshot_chunk_bytes_max) return true;
        chunk_.resize(size);
        return false;
    }
    [[nodiscard]] bool empty() const { return chunk_.size() == head_; }
    /// The chunk; the next one begins.
    Bytes take() {
        Bytes out = std::move(chunk_);
        ++index_;
        begin();
        return out;
    }

private:
    void begin() {
        chunk_ = encode(SnapshotChunk{.height = height_, .index = index_, .entries = {}});
        head_ = chunk_.size();
    }
    wire::Height height_;
    std::uint32_t index_;
    Bytes chunk_;
    std::size_t head_ = 0;
};

}  // namespace

base::Result<SnapshotMetadata> describe_snapshot(const StateTree& tree, wire::Height height) {
    const auto root = tree.root_at(height);
    if (!root) return base::pass(root);
    SnapshotMetadata out{.height = height, .root = *root, .entries = 0, .chunks = {}};
    Cutter cutter(height, 0);
    const auto end_chunk = [&] { out.chunks.back().hash = {crypto::sha256(cutter.take())}; };
    bool too_large = false;
    const auto visited = tree.visit(height, [&](const Entry& entry) {
        ++out.entries;
        if (!cutter.empty() && cutter.add(entry)) return true;
        if (!cutter.empty()) end_chunk();
        out.chunks.push_back({.hash = {}, .first = position_of(entry)});
        too_large = !cutter.add(entry);
        return !too_large;
    });
    if (!visited) return base::pass(visited);
    if (!too_large) end_chunk();
    if (too_large || encode(out).size() > snapshot_metadata_bytes_max) {
        return fail(ErrorCode::too_large, "the state of height " + std::to_string(height) +
                                              " is above the bounds of a snapshot");
    }
    return out;
}

base::Result<Bytes> snapshot_chunk(const StateTree& tree, const SnapshotMetadata& metadata,
                                   std::uint32_t index) {
    if (index >= metadata.chunks.size()) {
        return fail(ErrorCode::not_found, "snapshot: there is no chunk " + std::to_string(index));
    }
    Cutter cutter(metadata.height, index);
    const auto visited = tree.visit_from(metadata.height, metadata.chunks[index].first,
                                         [&](const Entry& entry) { return cutter.add(entry); });
    if (!visited) return base::pass(visited);
    auto chunk = cutter.take();
    if (const auto checked = check_snapshot_chunk(metadata, index, chunk); !checked) {
        return fail(ErrorCode::corrupted, "this metadata is not that of the state of height " +
                                              std::to_string(metadata.height) + ": " +
                                              checked.error().detail);
    }
    return chunk;
}

}  // namespace state
