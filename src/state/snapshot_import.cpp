// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include "base/check.h"
#include "state/internal/import_progress.h"
#include "state/internal/node_store.h"
#include "state/snapshot.h"

namespace state {
namespace {

using base::ErrorCode;
using base::fail;

/// Keys removed with one write; chosen by us.
constexpr std::size_t removed_at_once = 1'000;

base::Result<std::optional<ImportProgress>> stored_progress(const storage::KeyValueStore& store,
                                                            const wire::Hash256& snapshot) {
    const auto record = store.get(import_key());
    if (!record) return base::pass(record);
    if (!*record) return std::nullopt;
    auto progress = ImportProgress::decode(**record);
    if (!progress || progress->snapshot() != snapshot) return std::nullopt;
    return progress;
}

/// Up to `removed_at_once` keys of pages.
base::Result<storage::WriteBatch> some_pages_erased(const storage::KeyValueStore& store) {
    storage::WriteBatch batch;
    const auto begin = page_prefix();
    const auto scanned =
        store.scan(begin, storage::end_of_prefix(begin), [&](base::ByteView key, base::ByteView) {
            batch.erase({key.begin(), key.end()});
            return batch.entries().size() < removed_at_once;
        });
    if (!scanned) return base::pass(scanned);
    return batch;
}

}  // namespace

struct SnapshotImport::State {
    storage::KeyValueStore& store;
    SnapshotMetadata metadata;
    ImportProgress progress;
};

SnapshotImport::SnapshotImport(std::unique_ptr<State> state) : state_(std::move(state)) {}
SnapshotImport::~SnapshotImport() = default;

base::Result<std::unique_ptr<SnapshotImport>> SnapshotImport::begin(storage::KeyValueStore& store,
                                                                    SnapshotMetadata metadata) {
    // What the decoder would refuse is refused here too, wherever the metadata came from.
    const auto sound = decode_snapshot_metadata(encode(metadata));
    if (!sound) return base::pass(sound);
    const auto newest = newest_root(store);
    if (!newest) return base::pass(newest);
    if (*newest) {
        return fail(ErrorCode::conflict, "the store has the state of height " +
                                             std::to_string((*newest)->version) +
                                             " already; a snapshot needs an empty one");
    }
    const auto hash = hash_of(metadata);
    auto progress = stored_progress(store, hash);
    if (!progress) return base::pass(progress);
    if (!*progress) {
        // That of another snapshot, if any: it can always be done anew.
        if (auto removed = abandon(store); !removed) return base::pass(removed);
        *progress = ImportProgress(hash);
    }
    return std::unique_ptr<SnapshotImport>(new SnapshotImport(std::make_unique<State>(
        State{.store = store, .metadata = std::move(metadata), .progress = **progress})));
}

const SnapshotMetadata& SnapshotImport::metadata() const {
    return state_->metadata;
}

std::uint32_t SnapshotImport::next_chunk() const {
    return state_->progress.next_chunk();
}

base::Result<void> SnapshotImport::apply(std::uint32_t index, base::ByteView bytes) {
    const auto& metadata = state_->metadata;
    if (index < metadata.chunks.size() && index != next_chunk()) {
        return fail(ErrorCode::conflict, "snapshot: chunk " + std::to_string(index) +
                                             " is out of turn, next is chunk " +
                                             std::to_string(next_chunk()));
    }
    if (auto checked = check_snapshot_chunk(metadata, index, bytes); !checked) return checked;
    const auto chunk = decode_snapshot_chunk(bytes);
    if (!chunk) return base::pass(chunk);
    auto progress = state_->progress;
    if (chunk->height != metadata.height || chunk->index != index ||
        progress.position_of(chunk->entries.front()) != metadata.chunks[index].first) {
        return fail(ErrorCode::malformed, "snapshot: chunk " + std::to_string(index) +
                                              " does not begin as the metadata says");
    }
    storage::WriteBatch batch;
    PageWriter writer(metadata.height, batch, progress.next_page());
    for (const auto& entry : chunk->entries) {
        if (auto added = progress.add(entry, writer); !added) return added;
    }
    writer.end_page();
    progress.end_chunk(writer);
    batch.put(import_key(), progress.encode());
    if (auto written = state_->store.write(batch); !written) return written;
    state_->progress = std::move(progress);
    return {};
}

base::Result<void> SnapshotImport::finish(storage::WriteBatch& batch) {
    const auto& metadata = state_->metadata;
    if (!complete()) {
        return fail(ErrorCode::conflict,
                    "snapshot: chunk " + std::to_string(next_chunk()) + " is still missing");
    }
    auto progress = state_->progress;
    storage::WriteBatch last;
    PageWriter writer(metadata.height, last, progress.next_page());
    const auto root = progress.finish(writer);
    if (!root || root->hash != metadata.root || progress.entries() != metadata.entries) {
        if (auto removed = abandon(state_->store); !removed) return removed;
        if (!root) return base::pass(root);
        return fail(ErrorCode::malformed,
                    "snapshot: its entries do not have the root or the number that it names");
    }
    writer.finish(*root);
    for (const auto& entry : last.entries()) batch.put(entry.key, *entry.value);
    batch.erase(import_key());
    return {};
}

base::Result<void> SnapshotImport::abandon(storage::KeyValueStore& store) {
    const auto record = store.get(import_key());
    if (!record) return base::pass(record);
    if (!*record) return {};
    const auto newest = newest_root(store);
    if (!newest) return base::pass(newest);
    // With a version in the store the pages are that version's.
    while (!*newest) {
        auto pages = some_pages_erased(store);
        if (!pages) return base::pass(pages);
        if (pages->empty()) break;
        if (auto written = store.write(*pages); !written) return written;
    }
    // Last, so that what a crash leaves is still known as an import's.
    storage::WriteBatch batch;
    batch.erase(import_key());
    return store.write(batch);
}

}  // namespace state
