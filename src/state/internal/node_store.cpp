// SPDX-License-Identifier: Apache-2.0
#include "state/internal/node_store.h"

#include <string>

#include "base/check.h"
#include "state/keys.h"
#include "state/tree.h"

namespace state {
namespace {

using base::Bytes;
using base::ByteView;
using base::ErrorCode;
using base::fail;

constexpr std::uint8_t page_kind = 'p';
constexpr std::uint8_t root_kind = 'r';
constexpr std::uint8_t inner_record = 1;
constexpr std::uint8_t leaf_record = 2;
constexpr std::uint8_t leaf_with_tree_record = 3;
constexpr std::size_t ref_bytes = 16;
constexpr std::size_t hash_bytes = wire::Hash256::size_bytes;

Bytes page_key(wire::Height version, std::uint32_t page) {
    Bytes key{StateTree::store_prefix, page_kind};
    base::append_u64(key, version);
    base::append_u32(key, page);
    return key;
}

Bytes root_key(wire::Height version) {
    Bytes key{StateTree::store_prefix, root_kind};
    base::append_u64(key, version);
    return key;
}

void append_ref(Bytes& out, const NodeRef& ref) {
    base::append_u64(out, ref.version);
    base::append_u32(out, ref.page);
    base::append_u32(out, ref.offset);
}

void append_subtree(Bytes& out, const Subtree& subtree) {
    append_ref(out, subtree.ref);
    base::append(out, subtree.hash.view());
}

void append_record(Bytes& out, const Leaf& leaf) {
    out.push_back(leaf.own_tree ? leaf_with_tree_record : leaf_record);
    base::append_u16(out, static_cast<std::uint16_t>(leaf.key.size()));
    base::append(out, leaf.key);
    base::append_u32(out, static_cast<std::uint32_t>(leaf.value.size()));
    base::append(out, leaf.value);
    if (leaf.own_tree) append_ref(out, leaf.own_tree->ref);
}

void append_record(Bytes& out, const Inner& inner) {
    out.push_back(inner_record);
    out.push_back(inner.bit);
    base::append(out, inner.prefix.view().first((inner.bit + 7U) / 8));
    for (const auto& side : inner.sides) append_subtree(out, side);
}

/// Takes records apart; once something is missing, `ok` stays false and zeros come out.
class Cursor {
public:
    explicit Cursor(ByteView bytes) : bytes_(bytes) {}
    [[nodiscard]] bool ok() const { return ok_; }
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
    [[nodiscard]] bool at_end() const { return bytes_.empty(); }

private:
    ByteView bytes_;
    bool ok_ = true;
};

Subtree take_subtree(Cursor& cursor) {
    Subtree out;
    out.ref = cursor.ref();
    out.hash = cursor.hash();
    return out;
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

/// Only 'p' | patient has, and always.
bool has_own_tree(ByteView key) {
    return !key.empty() && key[0] == patient_of({})[0];
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

std::shared_ptr<const Node> take_node(ByteView record) {
    Cursor cursor(record);
    const auto kind = cursor.u8();
    if (kind == inner_record) {
        if (auto inner = take_inner(cursor)) {
            return std::make_shared<const Node>(Node{.content = std::move(*inner)});
        }
    } else if (kind == leaf_record || kind == leaf_with_tree_record) {
        if (auto leaf = take_leaf(cursor, kind == leaf_with_tree_record)) {
            return std::make_shared<const Node>(Node{.content = std::move(*leaf)});
        }
    }
    return nullptr;
}

base::Result<RootRecord> decode_root(ByteView key, ByteView value) {
    Cursor cursor(value);
    RootRecord out;
    out.root = take_subtree(cursor);
    if (key.size() != 10 || !cursor.ok() || !cursor.at_end()) {
        return fail(ErrorCode::corrupted, "a root record of the state tree is damaged");
    }
    out.version = base::read_u64(key.subspan(2));
    return out;
}

/// The newest root record whose key is below `end`.
base::Result<std::optional<RootRecord>> last_root_before(const storage::KeyValueStore& store,
                                                         ByteView end) {
    std::optional<base::Result<RootRecord>> found;
    const auto scanned = store.scan_reverse(root_key(0), end, [&](ByteView key, ByteView value) {
        found = decode_root(key, value);
        return false;
    });
    if (!scanned) return base::pass(scanned);
    if (!found) return std::nullopt;
    if (!*found) return base::pass(*found);
    return std::optional(std::move(**found));
}

}  // namespace

Subtree PageWriter::add(Node node) {
    Bytes record;
    record.reserve(160);
    std::visit([&](const auto& content) { append_record(record, content); }, node.content);
    if (!page_.empty() && page_.size() + record.size() > page_bytes) flush();
    Subtree out;
    out.hash = hash_of(node);
    out.ref = {.version = version_,
               .page = page_number_,
               .offset = static_cast<std::uint32_t>(page_.size())};
    base::append(page_, record);
    ++nodes_;
    out.node = std::make_shared<const Node>(std::move(node));
    return out;
}

void PageWriter::flush() {
    batch_.put(page_key(version_, page_number_), std::move(page_));
    page_ = Bytes();
    page_.reserve(page_bytes);
    ++page_number_;
}

void PageWriter::finish(const Subtree& root) {
    if (!page_.empty()) flush();
    Bytes record;
    append_subtree(record, root);
    batch_.put(root_key(version_), std::move(record));
}

base::Result<std::shared_ptr<const Node>> PageReader::read(const Subtree& subtree) {
    const auto& ref = subtree.ref;
    const auto damaged = [&] {
        return fail(ErrorCode::corrupted, "state tree: page " + std::to_string(ref.page) +
                                              " of version " + std::to_string(ref.version) +
                                              " is missing or damaged");
    };
    const std::pair wanted(ref.version, ref.page);
    if (loaded_ != wanted) {
        auto page = store_.get(page_key(ref.version, ref.page));
        if (!page) return base::pass(page);
        if (!*page) return damaged();
        page_ = std::move(**page);
        loaded_ = wanted;
    }
    if (ref.offset >= page_.size()) return damaged();
    auto node = take_node(ByteView(page_).subspan(ref.offset));
    if (!node || hash_of(*node) != subtree.hash) return damaged();
    return node;
}

base::Result<std::optional<RootRecord>> newest_root(const storage::KeyValueStore& store) {
    const Bytes prefix{StateTree::store_prefix, root_kind};
    return last_root_before(store, storage::end_of_prefix(prefix));
}

base::Result<RootRecord> root_as_of(const storage::KeyValueStore& store, wire::Height version) {
    // A version mostly has its own record: every block changes whose turn it is to mine.
    const auto key = root_key(version);
    const auto exact = store.get(key);
    if (!exact) return base::pass(exact);
    if (*exact) return decode_root(key, **exact);
    const auto newest = newest_root(store);
    if (!newest) return base::pass(newest);
    if (!*newest || (*newest)->version < version) {
        return fail(ErrorCode::not_found,
                    "there is no state of height " + std::to_string(version) + " yet");
    }
    auto before = last_root_before(store, key);
    if (!before) return base::pass(before);
    if (!*before) {
        return fail(ErrorCode::not_found, "there is no state of height " + std::to_string(version));
    }
    return std::move(**before);
}

}  // namespace state
