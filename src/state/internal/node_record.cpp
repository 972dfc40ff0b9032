// SPDX-License-Identifier: Apache-2.0
#include "state/internal/node_record.h"

#include "state/keys.h"
#include "state/proof.h"

namespace state {
namespace {

using base::Bytes;
using base::ByteView;

constexpr std::uint8_t inner_record = 1;
constexpr std::uint8_t leaf_record = 2;
constexpr std::uint8_t leaf_with_tree_record = 3;
constexpr std::size_t ref_bytes = 16;
constexpr std::size_t hash_bytes = wire::Hash256::size_bytes;

void append_ref(Bytes& out, const NodeRef& ref) {
    base::append_u64(out, ref.version);
    base::append_u32(out, ref.page);
    base::append_u32(out, ref.offset);
}

void append_content(Bytes& out, const Leaf& leaf) {
    out.push_back(leaf.own_tree ? leaf_with_tree_record : leaf_record);
    base::append_u16(out, static_cast<std::uint16_t>(leaf.key.size()));
    base::append(out, leaf.key);
    base::append_u32(out, static_cast<std::uint32_t>(leaf.value.size()));
    base::append(out, leaf.value);
    if (leaf.own_tree) append_ref(out, leaf.own_tree->ref);
}

void append_content(Bytes& out, const Inner& inner) {
    out.push_back(inner_record);
    out.push_back(inner.bit);
    base::append(out, inner.prefix.view().first((inner.bit + 7U) / 8));
    for (const auto& side : inner.sides) append_subtree(out, side);
}

/// Takes records apart; once something is missing, `ok` stays false and zeros come out.
class Cursor {
public:
    explicit Cursor(ByteView bytes) : bytes_(bytes), size_(bytes.size()) {}
    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] std::size_t taken() const { return size_ - bytes_.size(); }
    ByteView take(std::size_t size) {
        if (!ok_ || bytes_.size() < size) {
            ok_ = false;
            return {};
        }
        const auto out = bytes_.first(size);
        bytes_ = bytes_.subspan(size);
        return out;
    }
    std::uint8_t u8() {
        const auto at = take(1);
        return ok_ ? at[0] : std::uint8_t{0};
    }
    std::uint16_t u16() {
        const auto at = take(2);
        return ok_ ? base::read_u16(at) : std::uint16_t{0};
    }
    std::uint32_t u32() {
        const auto at = take(4);
        return ok_ ? base::read_u32(at) : 0;
    }
    NodeRef ref() {
        const auto at = take(ref_bytes);
        if (!ok_) return {};
        return {.version = base::read_u64(at),
                .page = base::read_u32(at.subspan(8)),
                .offset = base::read_u32(at.subspan(12))};
    }
    wire::Hash256 hash() {
        const auto at = take(hash_bytes);
        return ok_ ? *wire::Hash256::from(at) : wire::Hash256{};
    }

private:
    ByteView bytes_;
    std::size_t size_;
    bool ok_ = true;
};

Subtree take_subtree(Cursor& cursor) {
    Subtree out;
    out.ref = cursor.ref();
    out.hash = cursor.hash();
    return out;
}

/// Only 'p' | patient has, and always.
bool has_own_tree(ByteView key) {
    static const std::uint8_t patient_kind = patient_of({})[0];
    return !key.empty() && key[0] == patient_kind;
}

std::optional<Inner> take_inner(Cursor& cursor) {
    Inner inner;
    inner.bit = cursor.u8();
    const auto prefix = cursor.take((inner.bit + 7U) / 8);
    std::copy(prefix.begin(), prefix.end(), inner.prefix.bytes.begin());
    for (auto& side : inner.sides) side = take_subtree(cursor);
    if (!cursor.ok() || inner.bit == 255) return std::nullopt;
    return inner;
}

std::optional<Leaf> take_leaf(Cursor& cursor, bool with_tree) {
    Leaf leaf;
    const auto key = cursor.take(cursor.u16());
    const auto value = cursor.take(cursor.u32());
    leaf.key.assign(key.begin(), key.end());
    leaf.value.assign(value.begin(), value.end());
    if (with_tree) {
        const auto root = wire::Hash256::from(leaf.value);
        if (!root) return std::nullopt;
        leaf.own_tree = Subtree{.hash = *root, .ref = cursor.ref(), .node = nullptr};
    }
    if (!cursor.ok() || with_tree != has_own_tree(leaf.key)) return std::nullopt;
    leaf.path = path_of(leaf.key);
    return leaf;
}

}  // namespace

void append_record(Bytes& out, const Node& node) {
    std::visit([&](const auto& content) { append_content(out, content); }, node.content);
}

std::size_t record_bytes(const Node& node) {
    if (const auto* inner = std::get_if<Inner>(&node.content)) {
        return 2 + (inner->bit + 7U) / 8 + 2 * subtree_bytes;
    }
    const auto& leaf = std::get<Leaf>(node.content);
    return 7 + leaf.key.size() + leaf.value.size() + (leaf.own_tree ? ref_bytes : 0);
}

std::optional<Node> take_record(ByteView bytes) {
    Cursor cursor(bytes);
    const auto kind = cursor.u8();
    if (kind == inner_record) {
        if (auto inner = take_inner(cursor)) return Node{.content = std::move(*inner)};
    } else if (kind == leaf_record || kind == leaf_with_tree_record) {
        if (auto leaf = take_leaf(cursor, kind == leaf_with_tree_record)) {
            return Node{.content = std::move(*leaf)};
        }
    }
    return std::nullopt;
}

std::optional<std::size_t> record_bytes(ByteView bytes) {
    Cursor cursor(bytes);
    const auto kind = cursor.u8();
    if (kind == inner_record) {
        cursor.take((cursor.u8() + 7U) / 8 + 2 * subtree_bytes);
    } else if (kind == leaf_record || kind == leaf_with_tree_record) {
        cursor.take(cursor.u16());
        cursor.take(cursor.u32());
        if (kind == leaf_with_tree_record) cursor.take(ref_bytes);
    } else {
        return std::nullopt;
    }
    if (!cursor.ok()) return std::nullopt;
    return cursor.taken();
}

void append_subtree(Bytes& out, const Subtree& subtree) {
    append_ref(out, subtree.ref);
    base::append(out, subtree.hash.view());
}

std::optional<Subtree> decode_subtree(ByteView bytes) {
    if (bytes.size() != subtree_bytes) return std::nullopt;
    Cursor cursor(bytes);
    return take_subtree(cursor);
}

}  // namespace state
