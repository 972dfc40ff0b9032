// SPDX-License-Identifier: Apache-2.0
// For tests alone: trees that grow by random changes beside an oracle.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <utility>

#include "base/bytes.h"
#include "base/random.h"
#include "state/internal/reference_tree.h"
#include "state/keys.h"
#include "state/tree.h"
#include "storage/memory_store.h"

namespace state::testing {

inline base::Bytes numbered_key(std::uint64_t number) {
    wire::LedgerId id;
    for (unsigned i = 0; i < 8; ++i) {
        id.bytes[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
    }
    return key_of(id);
}

inline wire::LedgerId numbered_id(std::uint8_t number) {
    wire::LedgerId id;
    id.bytes[0] = number;
    return id;
}

inline base::Bytes numbered_consent(std::uint8_t patient, std::uint8_t grantee) {
    return consent_of({.patient = numbered_id(patient),
                       .grantee = numbered_id(grantee),
                       .category = wire::Category::vital_signs,
                       .purpose = wire::Purpose::treatment});
}

inline base::Bytes value_of(std::uint64_t number) {
    base::Bytes out;
    base::append_u64(out, number);
    return out;
}

inline Changes random_changes(base::SeededRandom& random, std::size_t count, std::uint64_t keys) {
    Changes changes;
    for (std::size_t i = 0; i < count; ++i) {
        const auto key = random.below(8) == 0
                             ? numbered_consent(static_cast<std::uint8_t>(random.below(5)),
                                                static_cast<std::uint8_t>(random.below(40)))
                             : numbered_key(random.below(keys));
        if (random.below(4) == 0) {
            changes[key] = std::nullopt;
        } else {
            changes[key] = value_of(random.below(1'000));
        }
    }
    return changes;
}

/// All that the tree has in a store.
inline std::map<base::Bytes, base::Bytes> dump(const storage::KeyValueStore& store) {
    std::map<base::Bytes, base::Bytes> out;
    const base::Bytes begin{StateTree::store_prefix};
    EXPECT_TRUE(store.scan(begin, storage::end_of_prefix(begin),
                           [&](base::ByteView key, base::ByteView value) {
                               out.emplace(base::Bytes(key.begin(), key.end()),
                                           base::Bytes(value.begin(), value.end()));
                               return true;
                           }));
    return out;
}

/// A tree with its store, the oracle, and each version's changes written as the ledger writes them.
class Grown {
public:
    explicit Grown(StateTree::Options options = {}) : options_(options) { reopen(); }
    void reopen() {
        auto opened = StateTree::open(store, options_);
        ASSERT_TRUE(opened) << opened.error().detail;
        tree = std::move(*opened);
    }
    void commit(wire::Height version, const Changes& changes) {
        storage::WriteBatch batch;
        const auto root = tree->stage(version, changes, batch);
        ASSERT_TRUE(root) << root.error().detail;
        ASSERT_TRUE(store.write(batch));
        written = batch.entries();
        tree->adopt();
        ASSERT_EQ(tree->root(), *root);
        oracle.apply(changes);
    }

    storage::MemoryStore store;
    std::unique_ptr<StateTree> tree;
    ReferenceTree oracle;
    std::vector<storage::WriteBatch::Entry> written;  ///< For the newest version.

private:
    StateTree::Options options_;
};

}  // namespace state::testing
