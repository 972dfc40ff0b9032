// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <charconv>

#include "ledger/verify_chain.h"
#include "storage/files.h"

namespace ledger {

using base::ErrorCode;
using base::fail;

namespace {

constexpr std::size_t checkpoint_bytes_max = 1'024;

/// The rest of the next line after `name` and a space; nothing if the line is another.
std::optional<std::string_view> take_line(std::string_view& text, std::string_view name) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != ' ') {
        return std::nullopt;
    }
    return line.substr(name.size() + 1);
}

std::unexpected<base::Error> bad_line(int number, std::string_view wanted) {
    return fail(ErrorCode::malformed, "checkpoint, line " + std::to_string(number) +
                                          ": it must be \"" + std::string(wanted) + "\"");
}

}  // namespace

std::string to_text(const Checkpoint& checkpoint) {
    return "chain " + checkpoint.chain_id + "\nheight " + std::to_string(checkpoint.height) +
           "\nheader " + base::to_hex(checkpoint.header_hash.view()) + "\n";
}

base::Result<Checkpoint> checkpoint_from_text(std::string_view text) {
    const auto whole = text;
    Checkpoint out;
    const auto chain = take_line(text, "chain");
    if (!chain || chain->empty()) return bad_line(1, "chain ID");
    out.chain_id = std::string(*chain);
    const auto height = take_line(text, "height");
    if (!height) return bad_line(2, "height NUMBER");
    const auto [end, error] =
        std::from_chars(height->data(), height->data() + height->size(), out.height);
    if (error != std::errc() || end != height->data() + height->size()) {
        return bad_line(2, "height NUMBER");
    }
    const auto header = take_line(text, "header");
    const auto hash = header ? base::fixed_from_hex<wire::HeaderHash>(*header) : std::nullopt;
    if (!hash) return bad_line(3, "header 128 HEX DIGITS");
    out.header_hash = *hash;
    if (to_text(out) != whole) {
        return fail(ErrorCode::malformed, "checkpoint: it must have three lines and nothing else");
    }
    return out;
}

base::Result<void> write_checkpoint(const std::filesystem::path& file,
                                    const Checkpoint& checkpoint) {
    return storage::write_file_synced(file, base::as_bytes(to_text(checkpoint)));
}

base::Result<Checkpoint> read_checkpoint(const std::filesystem::path& file) {
    const auto bytes = storage::read_file(file, checkpoint_bytes_max);
    if (!bytes) return base::pass(bytes);
    return checkpoint_from_text(base::as_text(*bytes));
}

}  // namespace ledger
