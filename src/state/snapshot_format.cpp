// SPDX-License-Identifier: Apache-2.0
#include "state/snapshot_format.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "base/record.h"
#include "crypto/hash.h"

namespace state {
namespace {

using base::Bytes;
using base::ByteView;
using base::ErrorCode;
using base::fail;

constexpr std::string_view metadata_mark = "SALUSSM1";
constexpr std::string_view chunk_mark = "SALUSSC1";
/// hash 32 | main 32 | 0
constexpr std::size_t described_chunk_bytes_min = 65;
constexpr std::size_t chunk_head_bytes = 20;

std::unexpected<base::Error> malformed(const std::string& what) {
    return fail(ErrorCode::malformed, "snapshot: " + what);
}

bool begins_with(ByteView bytes, std::string_view mark) {
    return base::as_text(bytes).starts_with(mark);
}

SnapshotMetadata::Chunk take_chunk(base::RecordReader& reader) {
    SnapshotMetadata::Chunk out;
    out.hash = reader.fixed<wire::Hash256>();
    out.first.main = reader.fixed<wire::Hash256>();
    if (reader.flag()) out.first.own = reader.fixed<wire::Hash256>();
    return out;
}

/// Takes an entry from the beginning of `rest`; nothing if there is none.
std::optional<SnapshotEntry> take_entry(ByteView& rest) {
    const auto take = [&](std::size_t size) -> std::optional<ByteView> {
        if (rest.size() < size) return std::nullopt;
        const auto out = rest.first(size);
        rest = rest.subspan(size);
        return out;
    };
    const auto head = take(3);
    if (!head || (*head)[0] > 1) return std::nullopt;
    const auto key = take(base::read_u16(head->subspan(1)));
    const auto value_size = key ? take(4) : std::nullopt;
    const auto value = value_size ? take(base::read_u32(*value_size)) : std::nullopt;
    if (!value) return std::nullopt;
    return SnapshotEntry{.own = (*head)[0] == 1, .key = *key, .value = *value};
}

}  // namespace

Bytes encode(const SnapshotMetadata& metadata) {
    base::RecordWriter out;
    out.fixed(base::as_bytes(metadata_mark)).u64(metadata.height).fixed(metadata.root.view());
    out.u64(metadata.entries).u32(static_cast<std::uint32_t>(metadata.chunks.size()));
    for (const auto& chunk : metadata.chunks) {
        out.fixed(chunk.hash.view()).fixed(chunk.first.main.view());
        out.u8(chunk.first.own ? 1 : 0);
        if (chunk.first.own) out.fixed(chunk.first.own->view());
    }
    return out.take();
}

base::Result<SnapshotMetadata> decode_snapshot_metadata(ByteView bytes) {
    if (bytes.size() > snapshot_metadata_bytes_max) {
        return fail(ErrorCode::too_large, "snapshot: metadata of " + std::to_string(bytes.size()) +
                                              " bytes, above the bound");
    }
    if (!begins_with(bytes, metadata_mark)) return malformed("these bytes are no metadata");
    base::RecordReader reader(bytes.subspan(metadata_mark.size()));
    SnapshotMetadata out;
    out.height = reader.u64();
    out.root = reader.fixed<wire::Hash256>();
    out.entries = reader.u64();
    const auto count = reader.count(described_chunk_bytes_min);
    if (!reader.sound()) return malformed("the metadata ends too early");
    if (count == 0) return malformed("the metadata names no chunk");
    out.chunks.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        out.chunks.push_back(take_chunk(reader));
        const bool rises =
            i == 0 ? !out.chunks[0].first.own : out.chunks[i - 1].first < out.chunks[i].first;
        if (reader.sound() && !rises) {
            return malformed("chunk " + std::to_string(i) + " does not begin after the one before");
        }
    }
    if (!reader.complete()) return malformed("the metadata does not end with its last chunk");
    if (out.entries < count) return malformed("the metadata counts fewer entries than chunks");
    return out;
}

wire::Hash256 hash_of(const SnapshotMetadata& metadata) {
    return {crypto::sha256(encode(metadata))};
}

Bytes encode(const SnapshotChunk& chunk) {
    Bytes out(chunk_mark.begin(), chunk_mark.end());
    base::append_u64(out, chunk.height);
    base::append_u32(out, chunk.index);
    for (const auto& entry : chunk.entries) append_snapshot_entry(out, entry);
    return out;
}

void append_snapshot_entry(Bytes& out, const SnapshotEntry& entry) {
    out.push_back(entry.own ? 1 : 0);
    base::append_u16(out, static_cast<std::uint16_t>(entry.key.size()));
    base::append(out, entry.key);
    base::append_u32(out, static_cast<std::uint32_t>(entry.value.size()));
    base::append(out, entry.value);
}

base::Result<SnapshotChunk> decode_snapshot_chunk(ByteView bytes) {
    if (bytes.size() > snapshot_chunk_bytes_max) {
        return fail(ErrorCode::too_large, "snapshot: a chunk of " + std::to_string(bytes.size()) +
                                              " bytes, above the bound");
    }
    if (bytes.size() < chunk_head_bytes || !begins_with(bytes, chunk_mark)) {
        return malformed("these bytes are no chunk");
    }
    SnapshotChunk out;
    out.height = base::read_u64(bytes.subspan(8));
    out.index = base::read_u32(bytes.subspan(16));
    for (auto rest = bytes.subspan(chunk_head_bytes); !rest.empty();) {
        const auto entry = take_entry(rest);
        if (!entry) {
            return malformed("entry " + std::to_string(out.entries.size()) + " of chunk " +
                             std::to_string(out.index) + " is cut short or of no known kind");
        }
        out.entries.push_back(*entry);
    }
    if (out.entries.empty()) {
        return malformed("chunk " + std::to_string(out.index) + " holds no entry");
    }
    return out;
}

base::Result<void> check_snapshot_chunk(const SnapshotMetadata& metadata, std::uint32_t index,
                                        ByteView chunk) {
    const auto name = "chunk " + std::to_string(index);
    if (index >= metadata.chunks.size()) {
        return fail(ErrorCode::not_found, "snapshot: there is no " + name);
    }
    const wire::Hash256 hash{crypto::sha256(chunk)};
    if (hash == metadata.chunks[index].hash) return {};
    const auto other =
        std::ranges::find(metadata.chunks, hash, [](const auto& known) { return known.hash; });
    if (other != metadata.chunks.end()) {
        return malformed("chunk " + std::to_string(other - metadata.chunks.begin()) + " came as " +
                         name);
    }
    return malformed(name + " does not have the hash that the metadata names");
}

}  // namespace state
