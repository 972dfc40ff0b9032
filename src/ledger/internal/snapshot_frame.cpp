// SPDX-License-Identifier: Apache-2.0
#include "ledger/internal/snapshot_frame.h"

#include <algorithm>
#include <bit>

#include "crypto/hash.h"

namespace ledger {

using base::Bytes;
using base::ByteView;
using base::ErrorCode;
using base::fail;

namespace {

constexpr std::string_view metadata_magic = "SALUSLM1";
constexpr std::string_view frame_magic = "SALUSLF1";
constexpr std::size_t hash_bytes = wire::Hash256::size_bytes;
constexpr std::size_t frame_bytes_max =
    wire::block_bytes_max + wire::genesis_bytes_max + 64 * hash_bytes + 64;

std::unexpected<base::Error> malformed(const std::string& what) {
    return fail(ErrorCode::malformed, "snapshot: " + what);
}

void append_sized(Bytes& out, ByteView part) {
    base::append_u32(out, static_cast<std::uint32_t>(part.size()));
    base::append(out, part);
}

/// Cuts `size` bytes off the front; false if there are fewer.
bool cut(ByteView& rest, std::size_t size, ByteView& out) {
    if (rest.size() < size) return false;
    out = rest.first(size);
    rest = rest.subspan(size);
    return true;
}

bool cut_sized(ByteView& rest, ByteView& out) {
    ByteView size;
    return cut(rest, 4, size) && cut(rest, base::read_u32(size), out);
}

bool cut_magic(ByteView& rest, std::string_view magic) {
    ByteView found;
    return cut(rest, magic.size(), found) && base::as_text(found) == magic;
}

std::vector<wire::Hash256> hashes_of(ByteView bytes) {
    std::vector<wire::Hash256> out;
    for (; !bytes.empty(); bytes = bytes.subspan(hash_bytes)) {
        out.push_back(*wire::Hash256::from(bytes.first(hash_bytes)));
    }
    return out;
}

}  // namespace

Bytes encode(const SnapshotFrame& frame) {
    Bytes out;
    base::append(out, base::as_bytes(frame_magic));
    append_sized(out, encode(frame.genesis));
    append_sized(out, encode(frame.block));
    base::append_u64(out, frame.history.size);
    for (const auto& peak : frame.history.peaks) base::append(out, peak.view());
    return out;
}

base::Result<SnapshotFrame> decode_snapshot_frame(ByteView bytes) {
    ByteView genesis_bytes;
    ByteView block_bytes;
    ByteView size;
    if (!cut_magic(bytes, frame_magic) || !cut_sized(bytes, genesis_bytes) ||
        !cut_sized(bytes, block_bytes) || !cut(bytes, 8, size)) {
        return malformed("the frame is cut short");
    }
    SnapshotFrame frame;
    auto genesis = wire::decode_genesis(genesis_bytes);
    if (!genesis) return base::pass(genesis);
    auto block = wire::decode_block(block_bytes);
    if (!block) return base::pass(block);
    frame.genesis = *std::move(genesis);
    frame.block = *std::move(block);
    frame.history.size = base::read_u64(size);
    const auto peaks = static_cast<std::size_t>(std::popcount(frame.history.size));
    if (bytes.size() != peaks * hash_bytes) return malformed("the peaks of the history log");
    frame.history.peaks = hashes_of(bytes);
    return frame;
}

FrameMetadata describe_frame(ByteView frame, state::SnapshotMetadata state) {
    FrameMetadata out{.frame_bytes = frame.size(), .chunks = {}, .state = std::move(state)};
    for (std::size_t at = 0; at < frame.size(); at += frame_chunk_bytes) {
        const auto size = std::min(frame_chunk_bytes, frame.size() - at);
        out.chunks.push_back({crypto::sha256(frame.subspan(at, size))});
    }
    return out;
}

Bytes encode(const FrameMetadata& metadata) {
    Bytes out;
    base::append(out, base::as_bytes(metadata_magic));
    base::append_u64(out, metadata.frame_bytes);
    base::append_u32(out, static_cast<std::uint32_t>(metadata.chunks.size()));
    for (const auto& hash : metadata.chunks) base::append(out, hash.view());
    base::append(out, encode(metadata.state));
    return out;
}

base::Result<FrameMetadata> decode_frame_metadata(ByteView bytes) {
    ByteView size;
    ByteView count;
    ByteView hashes;
    if (!cut_magic(bytes, metadata_magic) || !cut(bytes, 8, size) || !cut(bytes, 4, count)) {
        return malformed("the metadata are cut short");
    }
    FrameMetadata out{.frame_bytes = base::read_u64(size), .chunks = {}, .state = {}};
    if (out.frame_bytes == 0 || out.frame_bytes > frame_bytes_max) {
        return malformed("no frame has " + std::to_string(out.frame_bytes) + " bytes");
    }
    const auto chunks = (out.frame_bytes + frame_chunk_bytes - 1) / frame_chunk_bytes;
    if (base::read_u32(count) != chunks || !cut(bytes, chunks * hash_bytes, hashes)) {
        return malformed("the chunks of the frame");
    }
    out.chunks = hashes_of(hashes);
    auto state = state::decode_snapshot_metadata(bytes);
    if (!state) return base::pass(state);
    out.state = *std::move(state);
    return out;
}

}  // namespace ledger
