// SPDX-License-Identifier: Apache-2.0
#include "ledger/block_store.h"

#include <string>

#include "base/check.h"

namespace ledger {

using base::Bytes;
using base::ErrorCode;
using base::fail;

namespace {

Bytes key_of(char kind, base::ByteView rest) {
    Bytes key;
    key.reserve(2 + rest.size());
    key.push_back(BlockStore::store_prefix);
    key.push_back(static_cast<std::uint8_t>(kind));
    base::append(key, rest);
    return key;
}
Bytes key_of(char kind, std::uint64_t number) {
    Bytes key;
    key.reserve(10);
    key.push_back(BlockStore::store_prefix);
    key.push_back(static_cast<std::uint8_t>(kind));
    base::append_u64(key, number);
    return key;
}
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
    batch.put(key_of('t', base::ByteView{}), std::move(value));
}

}  // namespace

base::Result<std::optional<wire::Genesis>> BlockStore::genesis() const {
    const auto raw = store_.get(key_of('g', base::ByteView{}));
    if (!raw) return base::pass(raw);
    if (!*raw) return std::optional<wire::Genesis>{};
    auto genesis = wire::decode_genesis(**raw);
    if (!genesis) return fail(ErrorCode::corrupted, "genesis: " + genesis.error().detail);
    return std::optional{std::move(*genesis)};
}

base::Result<std::optional<BlockStore::Tip>> BlockStore::tip() const {
    const auto raw = store_.get(key_of('t', base::ByteView{}));
    if (!raw) return base::pass(raw);
    if (!*raw) return std::optional<Tip>{};
    const base::ByteView bytes = **raw;
    if (bytes.size() != 8 + wire::HeaderHash::size_bytes) return corrupted("tip");
    return std::optional{
        Tip{.height = base::read_u64(bytes), .hash = *wire::HeaderHash::from(bytes.subspan(8))}};
}

base::Result<wire::Block> BlockStore::block(wire::Height height) const {
    const auto raw = store_.get(key_of('b', height));
    if (!raw) return base::pass(raw);
    if (!*raw) {
        return fail(ErrorCode::not_found, "there is no block " + std::to_string(height));
    }
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

base::Result<std::optional<Place>> BlockStore::place_of(const wire::TxId& id) const {
    const auto raw = store_.get(key_of('i', id.view()));
    if (!raw) return base::pass(raw);
    if (!*raw) return std::optional<Place>{};
    const base::ByteView bytes = **raw;
    if (bytes.size() != 12) return corrupted("place of a transaction");
    return std::optional{
        Place{.height = base::read_u64(bytes), .index = base::read_u32(bytes.subspan(8))}};
}

base::Result<std::optional<Place>> BlockStore::place_of_ref(const wire::Hash256& body_ref) const {
    const auto raw = store_.get(key_of('r', body_ref.view()));
    if (!raw) return base::pass(raw);
    if (!*raw) return std::optional<Place>{};
    const base::ByteView bytes = **raw;
    if (bytes.size() != 12) return corrupted("place of a transaction");
    return std::optional{
        Place{.height = base::read_u64(bytes), .index = base::read_u32(bytes.subspan(8))}};
}

base::Result<std::optional<wire::Height>> BlockStore::height_of(
    const wire::HeaderHash& header) const {
    return number_at(store_, key_of('h', header.view()));
}

base::Result<std::optional<wire::Height>> BlockStore::height_of_ref(
    const wire::Hash256& header_ref) const {
    return number_at(store_, key_of('f', header_ref.view()));
}

base::Result<std::optional<Bytes>> BlockStore::consent_key_of(const wire::Hash256& consent) const {
    return store_.get(key_of('c', consent.view()));
}

base::Result<std::vector<std::uint64_t>> BlockStore::mined_by(
    const std::vector<wire::LedgerId>& miners) const {
    std::vector<Bytes> keys;
    keys.reserve(miners.size());
    for (const auto& miner : miners) keys.push_back(key_of('m', miner.view()));
    const auto raw = store_.multi_get(keys);
    if (!raw) return base::pass(raw);
    std::vector<std::uint64_t> counts;
    counts.reserve(miners.size());
    for (const auto& value : *raw) {
        if (value && value->size() != 8) return corrupted("count of a miner's blocks");
        counts.push_back(value ? base::read_u64(*value) : 0);
    }
    return counts;
}

void BlockStore::stage_genesis(const wire::Genesis& genesis, storage::WriteBatch& batch) {
    const Bytes bytes = encode(genesis);
    batch.put(key_of('g', base::ByteView{}), bytes);
    batch.put(key_of('f', wire::header_ref(bytes).view()), number_bytes(0));
    const auto hash = wire::hash_of(genesis);
    batch.put(key_of('h', hash.view()), number_bytes(0));
    stage_tip({.height = 0, .hash = hash}, batch);
}

void BlockStore::stage(const wire::Block& block, std::span<const TxNames> names,
                       std::uint64_t mined_before, storage::WriteBatch& batch) {
    CHECK(names.size() == block.transactions.size());
    const auto height = block.header.height;
    batch.put(key_of('b', height), encode(block));
    for (std::uint32_t index = 0; index < names.size(); ++index) {
        Bytes place = number_bytes(height);
        base::append_u32(place, index);
        if (const auto& consent = names[index].consent_key) {
            batch.put(key_of('r', names[index].body_ref.view()), place);
            batch.put(key_of('c', names[index].body_ref.view()), *consent);
        }
        batch.put(key_of('i', names[index].id.view()), std::move(place));
    }
    const auto hash = wire::hash_of_header(block.header_bytes);
    batch.put(key_of('h', hash.view()), number_bytes(height));
    batch.put(key_of('f', wire::header_ref(block.header_bytes).view()), number_bytes(height));
    batch.put(key_of('m', block.header.miner.view()), number_bytes(mined_before + 1));
    stage_tip({.height = height, .hash = hash}, batch);
}

}  // namespace ledger
