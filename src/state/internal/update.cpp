// SPDX-License-Identifier: Apache-2.0
#include "state/internal/update.h"

#include <algorithm>

#include "base/check.h"
#include "state/proof.h"

namespace state {
namespace {

using ChangeSpan = std::span<Change>;

/// Both halves of sorted changes that agree before `bit`: those with a 0 there, then those with
/// a 1.
std::pair<ChangeSpan, ChangeSpan> split(ChangeSpan changes, unsigned bit) {
    const auto right = std::ranges::partition_point(
        changes, [&](const Change& change) { return bit_of(change.path, bit) == 0; });
    const auto left_size = static_cast<std::size_t>(right - changes.begin());
    return {changes.first(left_size), changes.subspan(left_size)};
}

bool same(const std::optional<Subtree>& a, const Subtree& b) {
    return a && a->ref == b.ref;
}

/// Moves the changes that fulfil `keep` to the front, in order, and returns them.
template <class Keep>
ChangeSpan filtered(ChangeSpan changes, Keep keep) {
    std::size_t kept = 0;
    for (auto& change : changes) {
        if (!keep(change)) continue;
        if (&changes[kept] != &change) changes[kept] = std::move(change);
        ++kept;
    }
    return changes.first(kept);
}

}  // namespace

base::Result<std::optional<Subtree>> Update::apply(const Subtree* at,
                                                   std::vector<Change>& changes) {
    std::ranges::sort(changes, {}, &Change::path);
    auto out = at ? apply_sorted(*at, changes) : build(changes);
    if (error_) return std::unexpected(*error_);
    return out;
}

Update::Outcome Update::apply_sorted(const Subtree& at, Span changes) {
    if (changes.empty()) return at;
    const auto node = cache_.need(at);
    if (!node) {
        error_ = node.error();
        return std::nullopt;
    }
    if (const auto* leaf = std::get_if<Leaf>(&(*node)->content)) {
        return apply_to_leaf(at, *leaf, changes);
    }
    return apply_to_inner(at, std::get<Inner>((*node)->content), changes);
}

Update::Outcome Update::apply_to_leaf(const Subtree& at, const Leaf& leaf, Span changes) {
    // The leaf takes part like a new one, unless a change names it; but it is written only once.
    for (auto& change : changes) {
        if (change.path != leaf.path) continue;
        const bool unchanged = change.value && std::ranges::equal(*change.value, leaf.value);
        if (unchanged && changes.size() == 1) return at;
        cache_.leave_out(at.node);
        return build(changes);
    }
    const auto added = filtered(changes, [](const Change& c) { return c.value != nullptr; });
    if (added.empty()) return at;
    const unsigned bit = std::min(common_bits(leaf.path, added.front().path),
                                  common_bits(leaf.path, added.back().path));
    const auto path = leaf.path;
    const auto [zeros, ones] = split(added, bit);
    const bool leaf_is_left = bit_of(path, bit) == 0;
    auto left = leaf_is_left ? apply_sorted(at, zeros) : build(zeros);
    auto right = leaf_is_left ? build(ones) : apply_sorted(at, ones);
    return join(bit, path, std::move(left), std::move(right));
}

Update::Outcome Update::apply_to_inner(const Subtree& at, const Inner& inner, Span changes) {
    // A deletion that leaves the way before this node's bit names an absent key.
    const auto real = filtered(changes, [&](const Change& change) {
        return change.value || common_bits(change.path, inner.prefix) >= inner.bit;
    });
    if (real.empty()) return at;
    const unsigned shared = std::min(common_bits(inner.prefix, real.front().path),
                                     common_bits(inner.prefix, real.back().path));
    if (shared < inner.bit) return part_above(at, inner, shared, real);

    const auto [zeros, ones] = split(real, inner.bit);
    auto left = apply_sorted(inner.sides[0], zeros);
    auto right = apply_sorted(inner.sides[1], ones);
    if (same(left, inner.sides[0]) && same(right, inner.sides[1])) return at;
    cache_.leave_out(at.node);
    return join(inner.bit, inner.prefix, std::move(left), std::move(right));
}

Update::Outcome Update::part_above(const Subtree& at, const Inner& inner, unsigned bit,
                                   Span changes) {
    const auto [zeros, ones] = split(changes, bit);
    const bool old_is_left = bit_of(inner.prefix, bit) == 0;
    auto left = old_is_left ? apply_to_inner(at, inner, zeros) : build(zeros);
    auto right = old_is_left ? build(ones) : apply_to_inner(at, inner, ones);
    return join(bit, inner.prefix, std::move(left), std::move(right));
}

Update::Outcome Update::build(Span changes) {
    const auto added = filtered(changes, [](const Change& c) { return c.value != nullptr; });
    if (added.empty()) return std::nullopt;
    if (added.size() == 1) {
        const auto& change = added.front();
        const auto own = [&](const base::Bytes& bytes) {
            return LeafBytes(bytes.begin(), bytes.end(), cache_.memory());
        };
        return add({.content = Leaf{.path = change.path,
                                    .key = own(*change.key),
                                    .value = own(*change.value),
                                    .own_tree = change.own_tree ? std::optional(*change.own_tree)
                                                                : std::nullopt}});
    }
    const unsigned bit = common_bits(added.front().path, added.back().path);
    const auto& path = added.front().path;
    const auto [zeros, ones] = split(added, bit);
    auto left = build(zeros);
    auto right = build(ones);
    return join(bit, path, std::move(left), std::move(right));
}

Update::Outcome Update::join(unsigned bit, const wire::Hash256& path, Outcome left, Outcome right) {
    if (error_) return std::nullopt;
    if (!left) return right;
    if (!right) return left;
    CHECK(bit < 255);
    return add({.content = Inner{.bit = static_cast<std::uint8_t>(bit),
                                 .prefix = prefix_of(path, bit),
                                 .sides = {*left, *right}}});
}

Subtree Update::add(Node&& node) {
    auto out = writer_.add(node);
    out.node = cache_.keep(std::move(node));
    return out;
}

}  // namespace state
