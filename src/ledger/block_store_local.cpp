// SPDX-License-Identifier: Apache-2.0
// What a replica does with its past: where its blocks begin, and which snapshots it offers.
#include <algorithm>

#include "ledger/block_store.h"
#include "ledger/internal/block_keys.h"
#include "wire/transaction.h"

namespace ledger {

using base::Bytes;
using base::ErrorCode;
using base::fail;

namespace {

constexpr char beginning_kind = 'b';
constexpr char snapshot_kind = 's';

Bytes local_key(char kind) {
    return {BlockStore::local_prefix, static_cast<std::uint8_t>(kind)};
}
Bytes local_key(char kind, std::uint64_t number) {
    Bytes key = local_key(kind);
    base::append_u64(key, number);
    return key;
}

/// All under which a block is stored and found.
base::Result<void> stage_removal(const wire::Block& block, storage::WriteBatch& batch) {
    for (const auto& envelope : block.transactions) {
        const auto tx = wire::decode_transaction(envelope);
        if (!tx) return fail(ErrorCode::corrupted, "a stored transaction: " + tx.error().detail);
        batch.erase(block_key(block_kind::place, wire::id_of(*tx).view()));
        if (std::holds_alternative<wire::GrantConsent>(tx->body.action)) {
            batch.erase(block_key(block_kind::reference, wire::body_ref(tx->body_bytes).view()));
        }
    }
    batch.erase(block_key(block_kind::header, wire::hash_of_header(block.header_bytes).view()));
    batch.erase(block_key(block_kind::block, block.header.height));
    return {};
}

}  // namespace

base::Result<BlockStore::Beginning> BlockStore::beginning() const {
    const auto raw = store_.get(local_key(beginning_kind));
    if (!raw) return base::pass(raw);
    if (!*raw) return Beginning{};
    if ((*raw)->size() != 16) {
        return fail(ErrorCode::corrupted, "stored beginning of the blocks does not decode");
    }
    const base::ByteView bytes = **raw;
    return Beginning{.lowest = base::read_u64(bytes), .snapshot = base::read_u64(bytes.subspan(8))};
}

void BlockStore::stage_beginning(const Beginning& beginning, storage::WriteBatch& batch) {
    Bytes value;
    value.reserve(16);
    base::append_u64(value, beginning.lowest);
    base::append_u64(value, beginning.snapshot);
    batch.put(local_key(beginning_kind), std::move(value));
}

base::Result<std::map<wire::Height, Bytes>> BlockStore::snapshots() const {
    std::map<wire::Height, Bytes> found;
    const Bytes begin = local_key(snapshot_kind);
    const auto scanned =
        store_.scan(begin, storage::end_of_prefix(begin), [&](auto key, auto value) {
            if (key.size() != 10) return true;
            found.emplace(base::read_u64(key.subspan(2)), Bytes(value.begin(), value.end()));
            return true;
        });
    if (!scanned) return base::pass(scanned);
    return found;
}

void BlockStore::stage_snapshot(wire::Height height, Bytes metadata, storage::WriteBatch& batch) {
    batch.put(local_key(snapshot_kind, height), std::move(metadata));
}

void BlockStore::stage_snapshot_removal(wire::Height height, storage::WriteBatch& batch) {
    batch.erase(local_key(snapshot_kind, height));
}

base::Result<wire::Height> BlockStore::prune_below(wire::Height retain, std::size_t blocks_max) {
    auto from = beginning();
    if (!from) return base::pass(from);
    if (from->lowest >= retain) return from->lowest;
    const auto end = std::min<wire::Height>(retain, from->lowest + blocks_max);
    storage::WriteBatch batch;
    for (wire::Height height = from->lowest; height < end; ++height) {
        const auto one = block(height);
        if (!one) return base::pass(one);
        if (auto staged = stage_removal(*one, batch); !staged) return base::pass(staged);
    }
    from->lowest = end;
    stage_beginning(*from, batch);
    if (auto written = store_.write(batch); !written) return base::pass(written);
    return end;
}

}  // namespace ledger
