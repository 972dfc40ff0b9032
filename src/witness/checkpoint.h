// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "crypto/hash.h"
#include "wire/block.h"
#include "wire/ids.h"

namespace witness {

/// The block whose header has the checkpoint's size and root as `history_size` and `history_root`.
struct HeaderBinding {
    wire::Height height = 0;
    wire::HeaderHash hash;  ///< SHA-512 of the header's bytes.
    friend bool operator==(const HeaderBinding&, const HeaderBinding&) = default;
};

/// How many transactions a log held, and their Merkle root: the text of a note in the form of
/// c2sp.org/tlog-checkpoint.
struct Checkpoint {
    std::string origin;
    std::uint64_t size = 0;
    crypto::Digest32 root{};
    std::vector<std::string> extensions;  ///< Opaque, each a line without its newline.
    friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

inline constexpr std::size_t extensions_max = 16;  // chosen by us

/// Reads untrusted bytes, of any log; what it accepts `encode` writes again byte for byte.
/// Errors: `malformed` naming the line, `too_large` for more than 16 extension lines.
[[nodiscard]] base::Result<Checkpoint> decode_checkpoint(std::string_view note_text);
/// CHECKs that origin and extensions are lines.
[[nodiscard]] std::string encode(const Checkpoint& checkpoint);

/// "salus/<chain id>": the name of a chain's log and of the key that signs its checkpoints.
[[nodiscard]] std::string origin_of(std::string_view chain_id);
/// The checkpoint of the log as it was after this block: `header <height> <base64 of the hash>` is
/// its one extension line.
[[nodiscard]] Checkpoint checkpoint_of(const wire::Header& header, const wire::HeaderHash& hash);
/// What the extension line `header ...` says. Errors: `malformed` where it is missing, stands there
/// twice or has another form.
[[nodiscard]] base::Result<HeaderBinding> header_of(const Checkpoint& checkpoint);

/// For people: "<size> transactions with root <hexadecimal>".
[[nodiscard]] std::string words_of(const Checkpoint& checkpoint);

}  // namespace witness
