// SPDX-License-Identifier: Apache-2.0
#include "state/internal/import_progress.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/record.h"
#include "state/keys.h"
#include "state/proof.h"

namespace state {
namespace {

using base::Bytes;
using base::ByteView;

Leaf leaf_of(ByteView key, ByteView value) {
    return {.path = path_of(key),
            .key = LeafBytes(key.begin(), key.end()),
            .value = LeafBytes(value.begin(), value.end()),
            .own_tree = std::nullopt};
}

bool is_of_kind(ByteView key, const Bytes& example) {
    return !key.empty() && key[0] == example[0];
}

/// Whether callers may write `key` to the main tree, or it is the sentinel.
bool belongs_to_main_tree(ByteView key) {
    return !key.empty() && !is_of_kind(key, consent_of({})) &&
           !is_of_kind(key, replaced_consent_of({}));
}

bool belongs_to_tree_of(const wire::LedgerId& patient, ByteView key) {
    if (std::ranges::equal(key, sentinel_key())) return true;
    const auto consent = parse_consent_key(key);
    return consent && consent->patient == patient;
}

std::optional<wire::LedgerId> patient_named_by(ByteView key) {
    return is_of_kind(key, patient_of({})) ? wire::LedgerId::from(key.subspan(1)) : std::nullopt;
}

bool is_behind(const TreeBuilder& tree, const wire::Hash256& path) {
    return tree.empty() || tree.last_path() < path;
}

}  // namespace

std::unexpected<base::Error> ImportProgress::refused(const std::string& why) const {
    return base::fail(base::ErrorCode::malformed,
                      "snapshot: entry " + std::to_string(entries_) + " " + why);
}

std::optional<Position> ImportProgress::position_of(const SnapshotEntry& entry) const {
    const auto path = path_of(entry.key);
    if (!entry.own) return Position{.main = path, .own = std::nullopt};
    if (!owner_) return std::nullopt;
    return Position{.main = path_of(owner_->key), .own = path};
}

base::Result<void> ImportProgress::add_own(const SnapshotEntry& entry, PageWriter& writer) {
    if (!owner_) return refused("is of a patient's own tree, and no patient's leaf is before it");
    if (!belongs_to_tree_of(*patient_named_by(owner_->key), entry.key)) {
        return refused("cannot stand in that patient's own tree");
    }
    auto leaf = leaf_of(entry.key, entry.value);
    if (!is_behind(owner_->tree, leaf.path)) return refused("is out of order");
    owner_->tree.add(std::move(leaf), writer);
    ++entries_;
    return {};
}

base::Result<void> ImportProgress::end_owner(PageWriter& writer) {
    if (!owner_) return {};
    auto owner = std::move(*owner_);
    owner_.reset();
    if (owner.tree.empty()) return refused("comes where a patient's own tree is missing");
    auto leaf = leaf_of(owner.key, owner.value);
    leaf.own_tree = owner.tree.finish(writer);
    if (!std::ranges::equal(leaf.own_tree->hash.bytes, owner.value)) {
        return refused("comes after a patient's own tree that has another root than its leaf says");
    }
    main_.add(std::move(leaf), writer);
    return {};
}

base::Result<void> ImportProgress::add(const SnapshotEntry& entry, PageWriter& writer) {
    if (entry.own) return add_own(entry, writer);
    if (auto ended = end_owner(writer); !ended) return ended;
    if (!belongs_to_main_tree(entry.key)) return refused("cannot stand in the main tree");
    auto leaf = leaf_of(entry.key, entry.value);
    if (!is_behind(main_, leaf.path)) return refused("is out of order");
    if (is_of_kind(entry.key, patient_of({}))) {
        if (!patient_named_by(entry.key) || entry.value.size() != wire::Hash256::size_bytes) {
            return refused("is no patient's leaf");
        }
        owner_ = {.key = Bytes(entry.key.begin(), entry.key.end()),
                  .value = Bytes(entry.value.begin(), entry.value.end()),
                  .tree = {}};
    } else {
        main_.add(std::move(leaf), writer);
    }
    ++entries_;
    return {};
}

void ImportProgress::end_chunk(const PageWriter& writer) {
    ++next_chunk_;
    next_page_ = writer.next_page();
}

base::Result<Subtree> ImportProgress::finish(PageWriter& writer) {
    if (auto ended = end_owner(writer); !ended) return base::pass(ended);
    return main_.finish(writer);
}

Bytes ImportProgress::encode() const {
    base::RecordWriter out;
    out.fixed(snapshot_.view()).u32(next_chunk_).u32(next_page_).u64(entries_);
    out.bytes(main_.encode()).u8(owner_ ? 1 : 0);
    if (owner_) out.bytes(owner_->key).bytes(owner_->value).bytes(owner_->tree.encode());
    return out.take();
}

std::optional<ImportProgress> ImportProgress::decode(ByteView bytes) {
    base::RecordReader reader(bytes);
    ImportProgress out(reader.fixed<wire::Hash256>());
    out.next_chunk_ = reader.u32();
    out.next_page_ = reader.u32();
    out.entries_ = reader.u64();
    auto main = TreeBuilder::decode(reader.bytes());
    if (!main) return std::nullopt;
    out.main_ = std::move(*main);
    if (reader.flag()) {
        Owner owner{.key = reader.bytes(), .value = reader.bytes(), .tree = {}};
        auto tree = TreeBuilder::decode(reader.bytes());
        if (!tree || !patient_named_by(owner.key)) return std::nullopt;
        owner.tree = std::move(*tree);
        out.owner_ = std::move(owner);
    }
    if (!reader.complete()) return std::nullopt;
    return out;
}

}  // namespace state
