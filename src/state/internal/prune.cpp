// SPDX-License-Identifier: Apache-2.0
#include "state/internal/prune.h"

#include <algorithm>

namespace state {
namespace {

using base::Bytes;
using base::ByteView;

/// Calls `visit` for each subtree that the node refers to, until one fails.
template <class Visit>
base::Result<void> each_below(const Node& node, const Visit& visit) {
    if (const auto* inner = std::get_if<Inner>(&node.content)) {
        auto left = visit(inner->sides[0]);
        return left ? visit(inner->sides[1]) : left;
    }
    const auto& leaf = std::get<Leaf>(node.content);
    if (leaf.own_tree) return visit(*leaf.own_tree);
    return {};
}

}  // namespace

base::Result<void> Pruning::keep_below(const Subtree& at, wire::Height older, Kept& kept) {
    if (at.ref.version <= older) {
        kept.push_back(at.ref);
        return {};
    }
    const auto node = reader_.read(at);
    if (!node) return base::pass(node);
    return each_below(**node, [&](const Subtree& below) { return keep_below(below, older, kept); });
}

base::Result<void> Pruning::drop_all_but(const Kept& kept, const Subtree& at) {
    if (std::ranges::binary_search(kept, at.ref)) return {};
    const auto node = reader_.read(at);
    if (!node) return base::pass(node);
    dropped_[{.version = at.ref.version, .page = at.ref.page}].push_back(at.ref.offset);
    ++nodes_;
    return each_below(**node, [&](const Subtree& below) { return drop_all_but(kept, below); });
}

base::Result<void> Pruning::drop_difference(const RootRecord& older, const RootRecord& newer) {
    Kept kept;
    if (auto found = keep_below(newer.root, older.version, kept); !found) return found;
    std::ranges::sort(kept);
    return drop_all_but(kept, older.root);
}

base::Result<bool> Pruning::add_dropped_before(const PageId& id, Offsets& dropped) {
    const auto stored = store_.get(dropped_key(id));
    if (!stored) return base::pass(stored);
    if (*stored) {
        if ((*stored)->size() % 4 != 0) return damaged(id);
        for (ByteView rest = **stored; !rest.empty(); rest = rest.subspan(4)) {
            dropped.push_back(base::read_u32(rest));
        }
    }
    std::ranges::sort(dropped);
    return stored->has_value();
}

base::Result<void> Pruning::thin(const PageId& id, Offsets& dropped, storage::WriteBatch& batch) {
    const auto before = add_dropped_before(id, dropped);
    if (!before) return base::pass(before);
    const auto page = store_.get(page_key(id));
    if (!page) return base::pass(page);
    if (!*page) return damaged(id);
    auto records = records_of(**page);
    if (!records) return damaged(id);
    std::erase_if(*records, [&](const PlacedRecord& record) {
        return std::ranges::binary_search(dropped, record.offset);
    });
    auto thinned = thinned_page(*records);
    if (!records->empty() && thinned.size() > (*page)->size() / 2) {
        Bytes offsets;
        for (const auto offset : dropped) base::append_u32(offsets, offset);
        batch.put(dropped_key(id), std::move(offsets));
        return {};
    }
    if (*before) batch.erase(dropped_key(id));
    if (records->empty()) {
        batch.erase(page_key(id));
    } else {
        batch.put(page_key(id), std::move(thinned));
    }
    return {};
}

base::Result<void> Pruning::add_to(storage::WriteBatch& batch) {
    for (auto& [id, dropped] : dropped_) {
        if (auto thinned = thin(id, dropped, batch); !thinned) return thinned;
    }
    return {};
}

}  // namespace state
