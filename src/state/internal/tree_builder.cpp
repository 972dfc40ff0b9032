// SPDX-License-Identifier: Apache-2.0
#include "state/internal/tree_builder.h"

#include <utility>

#include "base/check.h"
#include "state/internal/node_record.h"

namespace state {
namespace {

constexpr std::uint8_t empty_mark = 255;
constexpr std::size_t pending_bytes = 1 + subtree_bytes;
constexpr std::size_t hash_bytes = wire::Hash256::size_bytes;

}  // namespace

const wire::Hash256& TreeBuilder::last_path() const {
    CHECK(!empty());
    return last_;
}

void TreeBuilder::join_down_to(std::optional<unsigned> bit, PageWriter& writer) {
    while (!pending_.empty() && (!bit || pending_.back().bit > *bit)) {
        auto left = std::move(pending_.back());
        pending_.pop_back();
        current_ = writer.add(
            {.content = Inner{.bit = left.bit,
                              .prefix = prefix_of(last_, left.bit),
                              .sides = {std::move(left.subtree), std::move(*current_)}}});
    }
}

void TreeBuilder::add(Leaf leaf, PageWriter& writer) {
    const auto path = leaf.path;
    if (!empty()) {
        CHECK(last_ < path);
        const auto bit = common_bits(last_, path);
        CHECK(bit < 255);
        join_down_to(bit, writer);
        pending_.push_back(
            {.bit = static_cast<std::uint8_t>(bit), .subtree = std::move(*current_)});
    }
    current_ = writer.add({.content = std::move(leaf)});
    last_ = path;
}

Subtree TreeBuilder::finish(PageWriter& writer) {
    CHECK(!empty());
    join_down_to(std::nullopt, writer);
    return *std::exchange(current_, std::nullopt);
}

base::Bytes TreeBuilder::encode() const {
    if (empty()) return {empty_mark};
    // Bits rise and end below 255, so there are at most 255 of them; the last value is the mark.
    CHECK(pending_.size() < empty_mark);
    base::Bytes out{static_cast<std::uint8_t>(pending_.size())};
    for (const auto& pending : pending_) {
        out.push_back(pending.bit);
        append_subtree(out, pending.subtree);
    }
    append_subtree(out, *current_);
    base::append(out, last_.view());
    return out;
}

std::optional<TreeBuilder> TreeBuilder::decode(base::ByteView bytes) {
    if (bytes.empty()) return std::nullopt;
    TreeBuilder out;
    const std::size_t count = bytes[0];
    bytes = bytes.subspan(1);
    if (count == empty_mark) return bytes.empty() ? std::optional(out) : std::nullopt;
    if (bytes.size() != count * pending_bytes + subtree_bytes + hash_bytes) return std::nullopt;
    for (std::size_t i = 0; i < count; ++i) {
        out.pending_.push_back(
            {.bit = bytes[0], .subtree = *decode_subtree(bytes.subspan(1, subtree_bytes))});
        bytes = bytes.subspan(pending_bytes);
    }
    out.current_ = decode_subtree(bytes.first(subtree_bytes));
    out.last_ = *wire::Hash256::from(bytes.subspan(subtree_bytes));
    return out;
}

}  // namespace state
