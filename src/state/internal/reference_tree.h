// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "state/entry.h"
#include "state/keys.h"
#include "state/view.h"
#include "wire/ids.h"

namespace state {

/// The oracle of the tests: the root written down as its definition says, anew each time, bit by
/// bit and without any of the tree's code. Slow and small.
class ReferenceTree {
public:
    void apply(const Changes& changes) {
        for (const auto& [key, value] : changes) {
            const auto patient = patient_tree_of(key);
            auto& tree = patient ? patients_[*patient] : main_;
            if (tree.empty()) set(tree, sentinel_key(), sentinel_value());
            set(tree, key, value);
        }
        if (main_.empty()) set(main_, sentinel_key(), sentinel_value());
        for (const auto& [patient, tree] : patients_) {
            const auto root = root_of(tree);
            set(main_, patient_of(patient), base::Bytes(root.begin(), root.end()));
        }
    }
    [[nodiscard]] wire::Hash256 root() const { return {root_of(main_)}; }
    [[nodiscard]] std::optional<base::Bytes> get(const base::Bytes& key) const {
        const auto patient = patient_tree_of(key);
        if (patient && !patients_.contains(*patient)) return std::nullopt;
        const auto& tree = patient ? patients_.at(*patient) : main_;
        const auto found = tree.find(crypto::sha256(key));
        if (found == tree.end()) return std::nullopt;
        return found->second;
    }

    /// Every entry by its place in the order of state/entry.h.
    [[nodiscard]] std::map<Position, base::Bytes> entries() const {
        std::map<Position, base::Bytes> out;
        for (const auto& [path, value] : main_) out[{.main = {path}, .own = {}}] = value;
        for (const auto& [patient, tree] : patients_) {
            const wire::Hash256 main{crypto::sha256(patient_of(patient))};
            for (const auto& [path, value] : tree) {
                out[{.main = main, .own = wire::Hash256{path}}] = value;
            }
        }
        return out;
    }
    /// Nodes of a tree in which each inner node has two sides.
    [[nodiscard]] std::size_t nodes() const {
        std::size_t out = 2 * main_.size() - 1;
        for (const auto& [patient, tree] : patients_) out += 2 * tree.size() - 1;
        return out;
    }

private:
    using Tree = std::map<crypto::Digest32, base::Bytes>;

    static void set(Tree& tree, const base::Bytes& key, const std::optional<base::Bytes>& value) {
        if (value) {
            tree[crypto::sha256(key)] = *value;
        } else {
            tree.erase(crypto::sha256(key));
        }
    }
    static bool bit(const crypto::Digest32& path, unsigned index) {
        return (path[index / 8] & (0x80U >> (index % 8))) != 0;
    }
    static crypto::Digest32 root_of(const Tree& tree) {
        return root_of(tree.begin(), tree.end(), 0);
    }
    static crypto::Digest32 root_of(Tree::const_iterator begin, Tree::const_iterator end,
                                    unsigned index) {
        if (std::next(begin) == end) {
            const std::uint8_t prefix = 0;
            return crypto::sha256({{&prefix, 1}, begin->first, crypto::sha256(begin->second)});
        }
        auto middle = begin;
        while (middle != end && !bit(middle->first, index)) ++middle;
        if (middle == begin || middle == end) return root_of(begin, end, index + 1);
        const auto prefix = static_cast<std::uint8_t>(index + 1);
        return crypto::sha256(
            {{&prefix, 1}, root_of(begin, middle, index + 1), root_of(middle, end, index + 1)});
    }

    Tree main_;
    std::map<wire::LedgerId, Tree> patients_;
};

}  // namespace state
