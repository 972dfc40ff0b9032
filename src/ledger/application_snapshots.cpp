// SPDX-License-Identifier: Apache-2.0
// Snapshots of the newest state, restoring one, and letting go of the past.
#include <algorithm>
#include <string>

#include "base/check.h"
#include "crypto/hash.h"
#include "ledger/application.h"
#include "ledger/internal/application_state.h"
#include "ledger/internal/snapshot_frame.h"
#include "state/snapshot.h"

namespace ledger {

using base::Bytes;
using base::ErrorCode;
using base::fail;

namespace {

/// So much is let go of in one step of pruning; chosen by us.
constexpr std::size_t blocks_a_step = 64;
constexpr std::size_t nodes_a_step = 20'000;

base::Result<Snapshot> offered(wire::Height height, const Bytes& metadata) {
    const auto decoded = decode_frame_metadata(metadata);
    if (!decoded) {
        return fail(ErrorCode::corrupted, "stored snapshot: " + decoded.error().detail);
    }
    return Snapshot{.height = height,
                    .format = Snapshot::format_1,
                    .chunks = decoded->chunk_count(),
                    .hash = {crypto::sha256(metadata)},
                    .metadata = metadata};
}

base::Result<Bytes> frame_at(wire::Height height, const BlockStore& blocks,
                             const HistoryLog& history) {
    auto genesis = blocks.genesis();
    if (!genesis) return base::pass(genesis);
    if (!*genesis) return fail(ErrorCode::corrupted, "there is no genesis");
    auto block = blocks.block(height);
    if (!block) return base::pass(block);
    const auto size = block->header.history_size;
    auto peaks = history.peaks_at(size);
    if (!peaks) return base::pass(peaks);
    return encode(SnapshotFrame{.genesis = **std::move(genesis),
                                .block = *std::move(block),
                                .history = {.size = size, .peaks = *std::move(peaks)}});
}

}  // namespace

base::Result<Snapshot> Application::take_snapshot() {
    auto& state = *state_;
    const std::scoped_lock lock(state.past);
    const auto height = info().height;
    if (height == 0) return fail(ErrorCode::conflict, "there is no block yet");
    const auto frame = frame_at(height, state.blocks, *state.history);
    if (!frame) return base::pass(frame);
    auto described = state::describe_snapshot(*state.tree, height);
    if (!described) return base::pass(described);
    const Bytes metadata = encode(describe_frame(*frame, *std::move(described)));
    const auto before = state.blocks.snapshots();
    if (!before) return base::pass(before);
    storage::WriteBatch batch;
    std::size_t kept = 1;
    for (auto at = before->rbegin(); at != before->rend(); ++at) {
        if (at->first == height) continue;
        if (++kept > state.options.snapshots_kept) {
            BlockStore::stage_snapshot_removal(at->first, batch);
        }
    }
    BlockStore::stage_snapshot(height, metadata, batch);
    if (auto written = state.store.write(batch); !written) return base::pass(written);
    return offered(height, metadata);
}

base::Result<std::vector<Snapshot>> Application::list_snapshots() const {
    const auto stored = state_->blocks.snapshots();
    if (!stored) return base::pass(stored);
    std::vector<Snapshot> out;
    for (const auto& [height, metadata] : *stored) {
        auto one = offered(height, metadata);
        if (!one) return base::pass(one);
        out.push_back(*std::move(one));
    }
    return out;
}

base::Result<Bytes> Application::load_snapshot_chunk(wire::Height height, std::uint32_t format,
                                                     std::uint32_t chunk) const {
    const auto& state = *state_;
    const auto stored = state.blocks.snapshots();
    if (!stored) return base::pass(stored);
    const auto found = stored->find(height);
    if (found == stored->end() || format != Snapshot::format_1) {
        return fail(ErrorCode::not_found, "there is no such snapshot");
    }
    const auto metadata = decode_frame_metadata(found->second);
    if (!metadata) {
        return fail(ErrorCode::corrupted, "stored snapshot: " + metadata.error().detail);
    }
    if (chunk >= metadata->chunk_count()) {
        return fail(ErrorCode::not_found, "the snapshot has no chunk " + std::to_string(chunk));
    }
    const auto frame_chunks = static_cast<std::uint32_t>(metadata->chunks.size());
    if (chunk >= frame_chunks) {
        return state::snapshot_chunk(*state.tree, metadata->state, chunk - frame_chunks);
    }
    const auto frame = frame_at(height, state.blocks, *state.history);
    if (!frame) return base::pass(frame);
    const std::size_t at = std::size_t{chunk} * frame_chunk_bytes;
    if (at >= frame->size()) return fail(ErrorCode::corrupted, "the frame of a snapshot");
    const auto part = base::ByteView(*frame).subspan(at);
    const auto bytes = part.first(std::min(part.size(), frame_chunk_bytes));
    return Bytes(bytes.begin(), bytes.end());
}

base::Result<void> Application::offer_snapshot(const Snapshot& snapshot,
                                               const TrustedHeader& trusted) {
    auto& state = *state_;
    if (initialised()) return fail(ErrorCode::conflict, "this folder holds a chain already");
    state.restore.reset();
    auto begun = Restore::begin(state.store, state.verifier, snapshot, trusted);
    if (!begun) return base::pass(begun);
    state.restore = std::move(*begun);
    return {};
}

base::Result<RestoreProgress> Application::apply_snapshot_chunk(std::uint32_t chunk,
                                                                base::ByteView bytes) {
    auto& state = *state_;
    if (!state.restore) return fail(ErrorCode::conflict, "no snapshot was offered");
    auto progress = state.restore->apply(chunk, bytes);
    if (state.restore->is_over()) state.restore.reset();
    if (!progress || !progress->complete) return progress;
    state.restore.reset();
    if (auto loaded = state.load(); !loaded) return base::pass(loaded);
    return progress;
}

wire::Height retain_height(const PrunePolicy& policy, wire::Height tip) {
    if (policy.keep_blocks == 0 || tip < policy.keep_blocks) return 0;
    return tip - policy.keep_blocks + 1;
}

base::Result<Pruned> Application::prune(wire::Height retain) {
    auto& state = *state_;
    const std::scoped_lock lock(state.past);
    const auto tip = info().height;
    if (retain > tip) {
        return fail(ErrorCode::malformed,
                    "the newest block, " + std::to_string(tip) + ", is the least that stays");
    }
    const auto offers = state.blocks.snapshots();
    if (!offers) return base::pass(offers);
    if (!offers->empty()) retain = std::min(retain, offers->begin()->first);
    const auto lowest = state.blocks.prune_below(retain, blocks_a_step);
    if (!lowest) return base::pass(lowest);
    Pruned out{.done = *lowest >= retain, .first_block = *lowest, .first_state = 0};
    if (!out.done) {
        const auto oldest = state.tree->oldest();
        if (!oldest) return base::pass(oldest);
        out.first_state = *oldest;
        return out;
    }
    const auto states = state.tree->prune_below(retain, nodes_a_step);
    if (!states) return base::pass(states);
    out.done = states->done;
    out.first_state = states->oldest;
    return out;
}

}  // namespace ledger
