// SPDX-License-Identifier: Apache-2.0
#include "state/internal/node_store.h"

#include <string>

#include "base/check.h"
#include "state/internal/node_record.h"
#include "state/tree.h"

namespace state {
namespace {

using base::Bytes;
using base::ByteView;
using base::ErrorCode;
using base::fail;

constexpr std::uint8_t page_kind = 'p';
constexpr std::uint8_t dropped_kind = 'd';
constexpr std::uint8_t root_kind = 'r';
constexpr std::uint8_t import_kind = 'i';

Bytes key_with(std::uint8_t kind, const PageId& id) {
    Bytes key{StateTree::store_prefix, kind};
    base::append_u64(key, id.version);
    base::append_u32(key, id.page);
    return key;
}

base::Result<RootRecord> decode_root(ByteView key, ByteView value) {
    auto root = decode_subtree(value);
    if (key.size() != 10 || !root) {
        return fail(ErrorCode::corrupted, "a root record of the state tree is damaged");
    }
    return RootRecord{.version = base::read_u64(key.subspan(2)), .root = std::move(*root)};
}

Bytes roots_end() {
    return storage::end_of_prefix(Bytes{StateTree::store_prefix, root_kind});
}

/// Takes the first root record that a scan meets.
class FirstRoot {
public:
    [[nodiscard]] auto visitor() {
        return [this](ByteView key, ByteView value) {
            found_ = decode_root(key, value);
            return false;
        };
    }
    [[nodiscard]] base::Result<std::optional<RootRecord>> outcome(
        const base::Result<void>& scanned) {
        if (!scanned) return base::pass(scanned);
        if (!found_) return std::nullopt;
        if (!*found_) return base::pass(*found_);
        return std::optional(std::move(**found_));
    }

private:
    std::optional<base::Result<RootRecord>> found_;
};

/// The newest root record whose key is below `end`.
base::Result<std::optional<RootRecord>> last_root_before(const storage::KeyValueStore& store,
                                                         ByteView end) {
    FirstRoot first;
    return first.outcome(store.scan_reverse(root_key(0), end, first.visitor()));
}

}  // namespace

Bytes page_key(const PageId& id) {
    return key_with(page_kind, id);
}
Bytes dropped_key(const PageId& id) {
    return key_with(dropped_kind, id);
}
Bytes import_key() {
    return {StateTree::store_prefix, import_kind};
}
Bytes page_prefix() {
    return {StateTree::store_prefix, page_kind};
}

Bytes root_key(wire::Height version) {
    Bytes key{StateTree::store_prefix, root_kind};
    base::append_u64(key, version);
    return key;
}

Subtree PageWriter::add(const Node& node) {
    if (!page_.empty() && page_.size() + record_bytes(node) > page_bytes) end_page();
    Subtree out;
    out.hash = hash_of(node);
    out.ref = {.version = version_,
               .page = page_number_,
               .offset = static_cast<std::uint32_t>(page_.size())};
    append_record(page_, node);
    ++nodes_;
    return out;
}

void PageWriter::end_page() {
    if (page_.empty()) return;
    batch_.put(page_key({.version = version_, .page = page_number_}), std::move(page_));
    page_ = Bytes();
    page_.reserve(page_bytes);
    ++page_number_;
}

void PageWriter::finish(const Subtree& root) {
    end_page();
    Bytes record;
    append_subtree(record, root);
    batch_.put(root_key(version_), std::move(record));
}

std::unexpected<base::Error> damaged(const PageId& id) {
    return fail(ErrorCode::corrupted, "state tree: page " + std::to_string(id.page) +
                                          " of version " + std::to_string(id.version) +
                                          " is missing or damaged");
}

base::Result<Node> PageReader::read_node(const Subtree& subtree) {
    const PageId id{.version = subtree.ref.version, .page = subtree.ref.page};
    auto& kept = kept_[(id.version * 31 + id.page) % kept_.size()];
    if (kept.id != id) {
        auto page = store_.get(page_key(id));
        if (!page) return base::pass(page);
        if (!*page) return damaged(id);
        kept = {.id = id, .page = std::move(**page)};
    }
    const auto record = find_record(kept.page, subtree.ref.offset);
    if (!record) return damaged(id);
    auto node = take_record(*record);
    if (!node || hash_of(*node) != subtree.hash) return damaged(id);
    return std::move(*node);
}

base::Result<std::shared_ptr<const Node>> PageReader::read(const Subtree& subtree) {
    auto node = read_node(subtree);
    if (!node) return base::pass(node);
    return std::make_shared<const Node>(std::move(*node));
}

base::Result<std::optional<RootRecord>> newest_root(const storage::KeyValueStore& store) {
    return last_root_before(store, roots_end());
}

base::Result<std::optional<RootRecord>> first_root_from(const storage::KeyValueStore& store,
                                                        wire::Height version) {
    FirstRoot first;
    return first.outcome(store.scan(root_key(version), roots_end(), first.visitor()));
}

base::Result<RootRecord> root_as_of(const storage::KeyValueStore& store, wire::Height version) {
    // A version mostly has its own record: every block changes whose turn it is to mine.
    const auto key = root_key(version);
    const auto exact = store.get(key);
    if (!exact) return base::pass(exact);
    if (*exact) return decode_root(key, **exact);
    const auto newest = newest_root(store);
    if (!newest) return base::pass(newest);
    const auto of_height = "state of height " + std::to_string(version);
    if (!*newest || (*newest)->version < version) {
        return fail(ErrorCode::not_found, "there is no " + of_height + " yet");
    }
    auto before = last_root_before(store, key);
    if (!before) return base::pass(before);
    if (*before) return std::move(**before);
    const auto oldest = first_root_from(store, 0);
    if (!oldest) return base::pass(oldest);
    return fail(ErrorCode::not_found,
                "the " + of_height + " was pruned; the oldest kept is that of height " +
                    std::to_string(*oldest ? (*oldest)->version : (*newest)->version));
}

}  // namespace state
