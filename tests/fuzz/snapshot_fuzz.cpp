// SPDX-License-Identifier: Apache-2.0
#include "state/snapshot.h"

#include "crypto/hash.h"
#include "recode.h"
#include "state/keys.h"
#include "state/tree.h"
#include "storage/memory_store.h"

namespace {

/// The root that a tree with these entries has when it is written block by block.
wire::Hash256 root_of(const state::SnapshotChunk& chunk) {
    state::Changes changes;
    for (const auto& entry : chunk.entries) {
        const auto kind = entry.key.empty() ? std::uint8_t{0} : entry.key[0];
        if (kind == state::sentinel_key()[0] || kind == state::patient_of({})[0]) continue;
        if (entry.own && !state::parse_consent_key(entry.key)) continue;
        if (!entry.own && kind == state::consent_of({})[0]) continue;
        if (!entry.own && kind == state::replaced_consent_of({})[0]) continue;
        changes.insert_or_assign({entry.key.begin(), entry.key.end()},
                                 base::Bytes(entry.value.begin(), entry.value.end()));
    }
    storage::MemoryStore store;
    const auto tree = state::StateTree::open(store).value();
    storage::WriteBatch batch;
    return tree->stage(chunk.height, changes, batch).value();
}

/// Whatever is restored makes the same chunk again; nothing else counts as state.
void restore(base::ByteView bytes, const state::SnapshotChunk& chunk) {
    state::SnapshotMetadata metadata{.height = chunk.height,
                                     .root = root_of(chunk),
                                     .entries = chunk.entries.size(),
                                     .chunks = {}};
    const state::Entry first{.patient = {}, .key = chunk.entries[0].key, .value = {}};
    metadata.chunks.push_back({.hash = {crypto::sha256(bytes)}, .first = position_of(first)});
    storage::MemoryStore store;
    const auto import = state::SnapshotImport::begin(store, metadata).value();
    storage::WriteBatch batch;
    if (import->apply(0, bytes) && import->finish(batch)) {
        CHECK(store.write(batch).has_value());
        const auto tree = state::StateTree::open(store).value();
        CHECK(state::describe_snapshot(*tree, chunk.height).value() == metadata);
        fuzz::check_same(bytes, state::snapshot_chunk(*tree, metadata, 0).value());
    } else {
        CHECK(state::StateTree::open(store).value()->empty());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const base::ByteView input(data, size);
    fuzz::recode(input, state::decode_snapshot_metadata);
    fuzz::recode(input, state::decode_snapshot_chunk);
    const auto chunk = state::decode_snapshot_chunk(input);
    if (chunk && chunk->index == 0) restore(input, *chunk);
    return 0;
}
