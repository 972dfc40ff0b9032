// SPDX-License-Identifier: Apache-2.0
#include "witness/checkpoint.h"

#include <algorithm>

#include "base/check.h"
#include "witness/internal/base64.h"
#include "witness/internal/text.h"

namespace witness {

using base::ErrorCode;

namespace {

constexpr std::string_view header_line = "header ";

std::unexpected<base::Error> malformed(std::string detail) {
    return base::fail(ErrorCode::malformed, "checkpoint: " + std::move(detail));
}

bool is_line(std::string_view text) {
    return !text.empty() && text.find('\n') == std::string_view::npos &&
           internal::is_note_text(text);
}

/// Nothing unless `text` is canonical base64 of just as many bytes as `out` holds.
template <class Out>
bool read_base64(std::string_view text, Out& out) {
    const auto bytes = internal::from_base64(text);
    if (!bytes || bytes->size() != out.size()) return false;
    std::ranges::copy(*bytes, out.begin());
    return true;
}

base::Result<HeaderBinding> read_header_line(std::string_view line) {
    line.remove_prefix(header_line.size());
    const auto space = line.find(' ');
    if (space == std::string_view::npos) {
        return malformed("the header line is a height, a space and the hash in base64");
    }
    const auto height = internal::parse_decimal(line.substr(0, space));
    if (!height || *height == 0) return malformed("the header's height is no decimal above 0");
    HeaderBinding out{.height = *height, .hash = {}};
    if (!read_base64(line.substr(space + 1), out.hash.bytes)) {
        return malformed("the header's hash is not the base64 of 64 bytes");
    }
    return out;
}

}  // namespace

base::Result<Checkpoint> decode_checkpoint(std::string_view rest) {
    const auto origin = internal::take_line(rest);
    if (!origin || !is_line(*origin)) return malformed("the first line, the origin, is not there");
    const auto size_line = internal::take_line(rest);
    const auto size = size_line ? internal::parse_decimal(*size_line) : std::nullopt;
    if (!size) {
        return malformed("the second line, the size, is no decimal without leading zeros");
    }
    Checkpoint out{.origin = std::string(*origin), .size = *size, .root = {}, .extensions = {}};
    const auto root_line = internal::take_line(rest);
    if (!root_line || !read_base64(*root_line, out.root)) {
        return malformed("the third line, the root, is not the base64 of 32 bytes");
    }
    while (!rest.empty()) {
        const auto line = internal::take_line(rest);
        if (!line) return malformed("the last line does not end");
        if (!is_line(*line)) return malformed("an extension line is empty");
        if (out.extensions.size() == extensions_max) {
            return base::fail(
                ErrorCode::too_large,
                "checkpoint: more than " + std::to_string(extensions_max) + " extension lines");
        }
        out.extensions.emplace_back(*line);
    }
    return out;
}

std::string encode(const Checkpoint& checkpoint) {
    CHECK(is_line(checkpoint.origin) && std::ranges::all_of(checkpoint.extensions, is_line));
    std::string out = checkpoint.origin + '\n' + std::to_string(checkpoint.size) + '\n' +
                      internal::to_base64(checkpoint.root) + '\n';
    for (const auto& line : checkpoint.extensions) out += line + '\n';
    return out;
}

std::string origin_of(std::string_view chain_id) {
    return "salus/" + std::string(chain_id);
}

Checkpoint checkpoint_of(const wire::Header& header, const wire::HeaderHash& hash) {
    return {.origin = origin_of(header.chain_id),
            .size = header.history_size,
            .root = header.history_root.bytes,
            .extensions = {std::string(header_line) + std::to_string(header.height) + ' ' +
                           internal::to_base64(hash.view())}};
}

base::Result<HeaderBinding> header_of(const Checkpoint& checkpoint) {
    const std::string* found = nullptr;
    for (const auto& line : checkpoint.extensions) {
        if (!line.starts_with(header_line)) continue;
        if (found != nullptr) return malformed("there are two header lines");
        found = &line;
    }
    if (found == nullptr) return malformed("there is no header line");
    return read_header_line(*found);
}

std::string words_of(const Checkpoint& checkpoint) {
    return std::to_string(checkpoint.size) + " transactions with root " +
           base::to_hex(checkpoint.root);
}

}  // namespace witness
