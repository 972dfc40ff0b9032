// SPDX-License-Identifier: Apache-2.0
#include "ledger/block_store.h"

#include <string>

#include "base/check.h"
#include "ledger/internal/block_keys.h"

namespace ledger {

using base::Bytes;
using base::ErrorCode;
using base::fail;

namespace {

Bytes number_bytes(std::uint64_t number) {
    Bytes out;
    out.reserve(8);
    base::append_u64(out, number);
    return out;
}
std::unexpected<base::Error> corrupted(const std::string& what) {
    return fail(ErrorCode::corrupted, "stored " + what + " does not decode");
}

/// The number stored under `key`, of 8 bytes; nothing if there is none.
base::Result<std::optional<std::uint64_t>> number_at(const storage::KeyValueStore& store,
                                                     const Bytes& key) {
    const auto raw = store.get(key);
    if (!raw) return base::pass(raw);
    if (!*raw) return std::optional<std::uint64_t>{};
    if ((*raw)->size() != 8) return corrupted("number");
    return std::optional{base::read_u64(**raw)};
}

void stage_tip(const BlockStore::Tip& tip, storage::WriteBatch& batch) {
    Bytes value = number_bytes(tip.height);
    base::append(value, tip.hash.view());
    batch.put(block_key(block_kind::tip, base::ByteView{}), std::move(value));
}

}  // namespace

base::Result<std::optional<wire::Genesis>> BlockStore::genesis() const {
    const auto raw = store_.get(block_key(block_kind::genesis, base::ByteView{}));
    if (!raw) return base::pass(raw);
    if (!*raw) return std::optional<wire::Genesis>{};
    auto genesis = wire::decode_genesis(**raw);
    if (!genesis) return fail(ErrorCode::corrupted, "genesis: " + genesis.error().detail);
    return std::optional{std::move(*genesis)};
}

base::Result<std::optional<BlockStore::Tip>> BlockStore::tip() const {
    const auto raw = store_.get(block_key(block_kind::tip, base::ByteView{}));
    if (!raw) return base::pass(raw);
    if (!*raw) return std::optional<Tip>{};
    const base::ByteView bytes = **raw;
    if (bytes.size() != 8 + wire::HeaderHash::size_bytes) return corrupted("tip");
    return std::optional{
        Tip{.height = base::read_u64(bytes), .hash = *wire::HeaderHash::from(bytes.subspan(8))}};
}

base::Result<wire::Block> BlockStore::block(wire::Height height) const {
    const auto raw = store_.get(block_key(block_kind::block, height));
    if (!raw) return base::pass(raw);
    if (!*raw) return missing(height);
    auto block = wire::decode_block(**raw);
    if (!block) {
        return fail(ErrorCode::corrupted,
                    "block " + std::to_string(height) + ": " + block.error().detail);
    }
    if (block->header.height != height) {
        return fail(ErrorCode::corrupted, "block " + std::to_string(height) +
                                              ": its header says height " +
                                              std::to_string(block->header.height));
    }
    return block;
}

std::unexpected<base::Error> BlockStore::missing(wire::Height height) const {
    const std::string block = "block " + std::to_string(height);
    const auto from = beginning();
    if (!from) return base::pass(from);
    if (height != 0 && height < from->snapshot) {
        return fail(ErrorCode::not_found, block +
                                              " lies before this replica's snapshot of height " +
                                              std::to_string(from->snapshot));
    }
    if (height != 0 && height < from->lowest) {
        return fail(ErrorCode::not_found,
                    block + " is pruned; the lowest one kept is " + std::to_string(from->lowest));
    }
    return fail(ErrorCode::not_found, "there is no " + block);
}

base::Result<std::optional<Place>> BlockStore::place_of(const wire::TxId& id) const {
    const auto raw = store_.get(block_key(block_kind::place, id.view()));
    if (!raw) return base::pass(raw);
    if (!*raw) return std::optional<Place>{};
    const base::ByteView bytes = **raw;
    if (bytes.size() != 12) return corrupted("place of a transaction");
    return std::optional{
        Place{.height = base::read_u64(bytes), .index = base::read_u32(bytes.subspan(8))}};
}

base::Result<std::optional<Place>> BlockStore::place_of_ref(const wire::Hash256& body_ref) const {
    const auto raw = store_.get(block_key(block_kind::reference, body_ref.view()));
    if (!raw) return base::pass(raw);
    if (!*raw) return std::optional<Place>{};
    const base::ByteView bytes = **raw;
    if (bytes.size() != 12) return corrupted("place of a transaction");
    return std::optional{
        Place{.height = base::read_u64(bytes), .index = base::read_u32(bytes.subspan(8))}};
}

base::Result<std::optional<wire::Height>> BlockStore::height_of(
    const wire::HeaderHash& header) const {
    return number_at(store_, block_key(block_kind::header, header.view()));
}

void BlockStore::stage_genesis(const wire::Genesis& genesis, storage::WriteBatch& batch) {
    const Bytes bytes = encode(genesis);
    batch.put(block_key(block_kind::genesis, base::ByteView{}), bytes);
    const auto hash = wire::hash_of(genesis);
    batch.put(block_key(block_kind::header, hash.view()), number_bytes(0));
    stage_tip({.height = 0, .hash = hash}, batch);
}

void BlockStore::stage(const wire::Block& block, std::span<const TxNames> names,
                       storage::WriteBatch& batch) {
    CHECK(names.size() == block.transactions.size());
    const auto height = block.header.height;
    batch.put(block_key(block_kind::block, height), encode(block));
    for (std::uint32_t index = 0; index < names.size(); ++index) {
        Bytes place = number_bytes(height);
        base::append_u32(place, index);
        if (names[index].grant)
            batch.put(block_key(block_kind::reference, names[index].body_ref.view()), place);
        batch.put(block_key(block_kind::place, names[index].id.view()), std::move(place));
    }
    const auto hash = wire::hash_of_header(block.header_bytes);
    batch.put(block_key(block_kind::header, hash.view()), number_bytes(height));
    stage_tip({.height = height, .hash = hash}, batch);
}

}  // namespace ledger
