// SPDX-License-Identifier: Apache-2.0
#include "wire/internal/left_out.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/hash.h"
#include "crypto/merkle.h"
#include "wire/block.h"
#include "wire/internal/history_paths.h"
#include "wire/internal/shared_steps.h"

namespace wire::internal {
namespace {

constexpr std::uint8_t state_root_tag = 0x2a;  // field 5, bytes
constexpr std::uint8_t history_root_tag = 0x32;
constexpr std::uint8_t root_length = Hash256::size_bytes;
constexpr std::size_t root_field_bytes = 2 + Hash256::size_bytes;

const ProvenTransaction* transaction_of(const Claim& claim) {
    return std::get_if<ProvenTransaction>(&claim.fact);
}

/// A proof of the block's own state.
const StateProof* main_proof_of(const Claim& claim) {
    struct Finder {
        const StateProof* operator()(const ProvenTransaction& fact) const {
            return fact.signers.empty() ? nullptr : &fact.signers.front();
        }
        const StateProof* operator()(const ProvenConsent& fact) const { return &fact.patient_leaf; }
        const StateProof* operator()(const ProvenNoConsent& fact) const {
            if (fact.patient_leaf) return &*fact.patient_leaf;
            return fact.patient_absence ? &*fact.patient_absence : nullptr;
        }
        const StateProof* operator()(const ProvenKeyDestroyed& fact) const {
            return &fact.tombstone;
        }
    };
    return std::visit(Finder{}, claim.fact);
}

/// Where the field of the state root begins in a canonical header.
std::size_t state_root_at(base::ByteView header) {
    std::size_t at = 0;
    while (at < header.size() && header[at] != state_root_tag) {
        const bool number = (header[at] & 7U) == 0;
        ++at;
        if (!number) {
            at += 1U + header[at];  // no field before it is longer than 127 bytes
            continue;
        }
        while ((header[at] & 0x80U) != 0) ++at;
        ++at;
    }
    return at;
}

base::Bytes header_with(const ShortClaim& in, const Hash256& state_root,
                        const std::optional<Hash256>& history_root) {
    auto out = in.claim.header;
    const auto add = [&](std::uint8_t tag, const Hash256& root) {
        out.push_back(tag);
        out.push_back(root_length);
        out.insert(out.end(), root.bytes.begin(), root.bytes.end());
    };
    add(state_root_tag, state_root);
    if (history_root) add(history_root_tag, *history_root);
    out.insert(out.end(), in.header_rest.begin(), in.header_rest.end());
    return out;
}

// RFC 4648 section 4, of which section 5 is another spelling.
std::string to_base64(base::ByteView bytes) {
    auto out = base::to_base64url(bytes);
    std::ranges::replace(out, '-', '+');
    std::ranges::replace(out, '_', '/');
    out.append((4 - out.size() % 4) % 4, '=');
    return out;
}
std::optional<base::Bytes> from_base64(std::string_view text) {
    std::string plain(text.substr(0, text.find('=')));
    std::ranges::replace(plain, '+', '-');
    std::ranges::replace(plain, '/', '_');
    return base::from_base64url(plain);
}

/// The text of the checkpoint's note: docs/formats/checkpoint.md.
std::string note_text(const ShortClaim& in, const Header& header, base::ByteView header_bytes,
                      const crypto::Digest32& root) {
    const auto size = in.checkpoint_size == 0 ? header.history_size : in.checkpoint_size;
    const auto height = in.checkpoint_height == 0 ? header.height : in.checkpoint_height;
    const auto own = hash_of_header(header_bytes);
    const base::ByteView hash = in.checkpoint_header.empty() ? own.view() : in.checkpoint_header;
    return "salus/" + header.chain_id + '\n' + std::to_string(size) + '\n' + to_base64(root) +
           "\nheader " + std::to_string(height) + ' ' + to_base64(hash) + '\n';
}

std::vector<crypto::Digest32> digests_of(const std::vector<Hash256>& path) {
    std::vector<crypto::Digest32> out;
    out.reserve(path.size());
    for (const auto& hash : path) out.push_back(hash.bytes);
    return out;
}

bool restore_paths(Claim& claim, const ShortClaim& in, const Header& header) {
    auto* fact = std::get_if<ProvenTransaction>(&claim.fact);
    if (fact == nullptr || !claim.checkpoint) return false;
    const HistoryPlace place{.index = fact->history_index,
                             .size = header.history_size,
                             .later_size = in.checkpoint_size};
    return fill_paths(place, crypto::merkle_leaf(fact->envelope), fact->history_path,
                      claim.checkpoint->path);
}

/// The header's history root, as the path of a transaction leads to it.
std::optional<Hash256> led_to(const ProvenTransaction& fact, std::uint64_t size) {
    const auto root =
        crypto::merkle_root_from(crypto::merkle_leaf(fact.envelope), fact.history_index, size,
                                 digests_of(fact.history_path));
    if (!root) return std::nullopt;
    return Hash256{*root};
}

bool restore_note(Claim& claim, const ShortClaim& in, const Header& header) {
    const auto later = in.checkpoint_size == 0 ? header.history_size : in.checkpoint_size;
    const auto root = crypto::merkle_consistency_root(
        header.history_size, header.history_root.bytes, later, digests_of(claim.checkpoint->path));
    if (!root) return false;
    claim.checkpoint->note = note_text(in, header, claim.header, *root) + in.signatures;
    return true;
}

/// Leaves the note's text out; false where it is not of the form that follows.
bool cut_note(ShortClaim& out, const Header& header) {
    std::string_view rest = out.claim.checkpoint->note;
    const auto end = rest.find("\n\n");
    if (end == std::string_view::npos) return false;
    out.signatures = rest.substr(end + 1);
    rest = rest.substr(0, end);
    std::array<std::string_view, 4> lines;
    for (auto& line : lines) {
        line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    }
    const auto number = [](std::string_view text) {
        std::uint64_t value = 0;
        (void)std::from_chars(text.data(), text.data() + text.size(), value);
        return value;
    };
    const auto space = lines[3].rfind(' ');
    constexpr std::string_view word = "header ";
    if (space == std::string_view::npos || !lines[3].starts_with(word)) return false;
    const auto hash = from_base64(lines[3].substr(space + 1));
    if (!hash) return false;
    const auto size = number(lines[1]);
    const auto height = number(lines[3].substr(word.size()));
    if (size != header.history_size) out.checkpoint_size = size;
    if (height != header.height) out.checkpoint_height = height;
    if (!std::ranges::equal(*hash, hash_of_header(out.claim.header).bytes)) {
        out.checkpoint_header = *hash;
    }
    out.claim.checkpoint->note.clear();
    return true;
}

void cut_header(ShortClaim& out) {
    auto& header = out.claim.header;
    const auto at = static_cast<std::ptrdiff_t>(state_root_at(header));
    const std::size_t roots = transaction_of(out.claim) == nullptr ? 1 : 2;
    const auto rest = at + static_cast<std::ptrdiff_t>(roots * root_field_bytes);
    out.header_rest.assign(header.begin() + rest, header.end());
    header.erase(header.begin() + at, header.end());
}

bool cut_paths(ShortClaim& out, const Header& header) {
    auto* fact = std::get_if<ProvenTransaction>(&out.claim.fact);
    if (fact == nullptr || out.checkpoint_size == 0) return false;
    out.one_path = leave_out_of_paths({.index = fact->history_index,
                                       .size = header.history_size,
                                       .later_size = out.checkpoint_size},
                                      fact->history_path, out.claim.checkpoint->path);
    return out.one_path;
}

}  // namespace

std::optional<Claim> restore(const ShortClaim& in) {
    auto out = in.claim;
    const bool cut = !in.header_rest.empty();
    const bool cut_note = !in.signatures.empty();
    if (!cut && !cut_note && !in.one_path) return out;
    const auto* proof = main_proof_of(in.claim);
    if (proof == nullptr || (cut_note && (!out.checkpoint || !out.checkpoint->note.empty()))) {
        return std::nullopt;
    }
    const auto state_root = cut ? root_of(*proof) : Hash256{};
    const bool of_transaction = transaction_of(out) != nullptr;
    const auto history_root = of_transaction ? std::optional<Hash256>(Hash256{}) : std::nullopt;
    if (cut) out.header = header_with(in, state_root, history_root);
    auto header = decode_header(out.header);
    if (!header || (in.one_path && !restore_paths(out, in, *header))) return std::nullopt;
    if (cut && of_transaction) {
        const auto root = led_to(*transaction_of(out), header->history_size);
        if (!root) return std::nullopt;
        header->history_root = *root;
        out.header = header_with(in, state_root, root);
    }
    if (cut_note && !restore_note(out, in, *header)) return std::nullopt;
    return out;
}

ShortClaim shorten(const Claim& claim) {
    ShortClaim out{.claim = claim, .header_rest = {}, .signatures = {}, .checkpoint_header = {}};
    const auto header = decode_header(claim.header);
    if (!header) return out;
    const auto keep = [&](const auto& cut) {
        auto next = out;
        if (cut(next) && restore(next) == claim) out = std::move(next);
    };
    if (claim.checkpoint) {
        keep([&](ShortClaim& next) { return cut_note(next, *header); });
        if (!out.signatures.empty()) {
            keep([&](ShortClaim& next) { return cut_paths(next, *header); });
        }
    }
    keep([](ShortClaim& next) {
        cut_header(next);
        return true;
    });
    return out;
}

}  // namespace wire::internal
