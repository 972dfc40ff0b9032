// SPDX-License-Identifier: Apache-2.0
#include "state/tree.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "base/check.h"
#include "state/internal/node.h"
#include "state/internal/node_cache.h"
#include "state/internal/node_store.h"
#include "state/internal/prune.h"
#include "state/internal/update.h"
#include "state/internal/visit.h"
#include "state/internal/walk.h"
#include "state/keys.h"

namespace state {
namespace {

using base::Bytes;
using base::ByteView;
using base::ErrorCode;
using base::fail;

/// Held while all entries of a version are visited, 4 KiB each; chosen by us.
constexpr std::size_t visited_pages = 256;

/// Null as a value: the leaf goes. Borrows both.
Change change_of(const Bytes& key, const Bytes* value) {
    CHECK(key.size() <= std::numeric_limits<std::uint16_t>::max());
    return {.path = path_of(key), .key = &key, .value = value, .own_tree = nullptr};
}

Change sentinel() {
    static const Bytes key = sentinel_key();
    static const Bytes value = sentinel_value();
    return change_of(key, &value);
}

bool is_the_trees_own(ByteView key) {
    static const std::uint8_t patient_kind = patient_of({})[0];
    return key.empty() || key[0] == sentinel_key()[0] || key[0] == patient_kind;
}

/// What a block changes, apart by tree. Borrows the keys and values.
struct Grouped {
    std::vector<Change> main;
    std::map<wire::LedgerId, std::vector<Change>> patients;
};

Grouped group(const Changes& changes) {
    Grouped out;
    for (const auto& [key, value] : changes) {
        CHECK(!is_the_trees_own(key));
        const auto patient = patient_tree_of(key);
        (patient ? out.patients[*patient] : out.main)
            .push_back(change_of(key, value ? &*value : nullptr));
    }
    return out;
}

/// A patient's leaf as the own tree makes it.
struct PatientLeaf {
    Bytes key;
    Bytes value;
    Subtree tree;
};

/// A tree, where its parent has it.
struct Place {
    std::shared_ptr<const Node> parent;  ///< Keeps `tree` alive; null for the main tree.
    const Subtree* tree = nullptr;       ///< Null: there is none.
};

/// The tree that holds `key` or would: a patient's own, if that patient has one, or the main one.
base::Result<Place> tree_of(const Load& load, const Subtree& root, ByteView key) {
    const auto patient = patient_tree_of(key);
    if (!patient) return Place{.parent = nullptr, .tree = &root};
    const auto entry = patient_of(*patient);
    auto leaf = walk(load, root, path_of(entry), nullptr);
    if (!leaf) return base::pass(leaf);
    if (!std::ranges::equal(leaf->leaf->key, entry)) return Place{};
    CHECK(leaf->leaf->own_tree);
    return Place{.parent = std::move(leaf->node), .tree = &*leaf->leaf->own_tree};
}

base::Result<std::optional<Reached>> find(const Load& load, const Subtree& root, ByteView key,
                                          std::vector<wire::StateProofStep>* steps) {
    const auto tree = tree_of(load, root, key);
    if (!tree) return base::pass(tree);
    if (!tree->tree) return std::nullopt;
    auto reached = walk(load, *tree->tree, path_of(key), steps);
    if (!reached) return base::pass(reached);
    return std::move(*reached);
}

bool names(const std::optional<Reached>& reached, ByteView key) {
    return reached && std::ranges::equal(reached->leaf->key, key);
}

}  // namespace

struct StateTree::State {
    State(storage::KeyValueStore& store_in, Options options)
        : store(store_in), cache(store_in, options.cached_nodes_max) {}
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        cache.drop();
        if (newest) cache.clear(newest->root);
    }

    storage::KeyValueStore& store;
    /// Fills itself when it is read; the tree's value does not depend on it.
    mutable NodeCache cache;
    std::optional<RootRecord> newest;
    std::optional<RootRecord> replaced;  ///< By `newest`; without its nodes in memory.
    std::optional<RootRecord> staged;
    /// No version is older: where to look for the oldest, rather than among all that were removed.
    mutable std::atomic<wire::Height> oldest_at_least{0};

    [[nodiscard]] base::Result<std::optional<RootRecord>> find_oldest() const {
        auto oldest = first_root_from(store, oldest_at_least);
        if (oldest && *oldest) oldest_at_least = (*oldest)->version;
        return oldest;
    }

    /// Calls `read` with the root of `version` and with what loads its nodes from the store alone.
    template <class Read>
    auto read_at(wire::Height version, std::size_t pages_max, const Read& read) const
        -> decltype(read(std::declval<Load>(), std::declval<Subtree>())) {
        const auto root = root_as_of(store, version);
        if (!root) return base::pass(root);
        PageReader reader(store, pages_max);
        const Load load = [&](const Subtree& subtree) { return reader.read(subtree); };
        auto outcome = read(load, root->root);
        if (!outcome && outcome.error().code == ErrorCode::corrupted) {
            // Perhaps the version was pruned meanwhile.
            if (const auto again = root_as_of(store, version); !again) return base::pass(again);
        }
        return outcome;
    }
    base::Result<void> visit(wire::Height version, const std::optional<Position>& from,
                             const EntryVisitor& visitor) const {
        return read_at(version, visited_pages, [&](const Load& load, const Subtree& root) {
            return visit_entries(load, root, from, visitor);
        });
    }

    [[nodiscard]] base::Result<Subtree> apply(Grouped& grouped, PageWriter& writer);
    [[nodiscard]] base::Result<PatientLeaf> apply_to_patient(const wire::LedgerId& patient,
                                                             std::vector<Change>& changes,
                                                             PageWriter& writer);
};

StateTree::StateTree(std::unique_ptr<State> state) : state_(std::move(state)) {}
StateTree::~StateTree() = default;

base::Result<std::unique_ptr<StateTree>> StateTree::open(storage::KeyValueStore& store,
                                                         Options options) {
    auto newest = newest_root(store);
    if (!newest) return base::pass(newest);
    auto state = std::make_unique<State>(store, options);
    state->newest = std::move(*newest);
    return std::unique_ptr<StateTree>(new StateTree(std::move(state)));
}

bool StateTree::empty() const {
    return !state_->newest;
}

wire::Hash256 StateTree::root() const {
    CHECK(state_->newest);
    return state_->newest->root.hash;
}

wire::Height StateTree::version() const {
    CHECK(state_->newest);
    return state_->newest->version;
}

base::Result<std::optional<Bytes>> StateTree::get(ByteView key) const {
    if (!state_->newest) return std::nullopt;
    const auto reached = find(state_->cache.loader(), state_->newest->root, key, nullptr);
    if (!reached) return base::pass(reached);
    if (!names(*reached, key)) return std::nullopt;
    return bytes_of((*reached)->leaf->value);
}

/// That patient's leaf after `changes` in the own tree.
base::Result<PatientLeaf> StateTree::State::apply_to_patient(const wire::LedgerId& patient,
                                                             std::vector<Change>& changes,
                                                             PageWriter& writer) {
    auto entry = patient_of(patient);
    const Subtree* before = nullptr;
    if (newest) {
        const auto leaf = walk(cache.loader(), newest->root, path_of(entry), nullptr);
        if (!leaf) return base::pass(leaf);
        if (std::ranges::equal(leaf->leaf->key, entry)) before = &*leaf->leaf->own_tree;
    }
    if (!before) changes.push_back(sentinel());
    const auto after = Update(cache, writer).apply(before, changes);
    if (!after) return base::pass(after);
    CHECK(*after);
    const auto& root = (*after)->hash.bytes;
    return PatientLeaf{
        .key = std::move(entry), .value = Bytes(root.begin(), root.end()), .tree = **after};
}

base::Result<Subtree> StateTree::State::apply(Grouped& grouped, PageWriter& writer) {
    std::vector<PatientLeaf> leaves;  // borrowed by their changes
    leaves.reserve(grouped.patients.size());
    for (auto& [patient, changes] : grouped.patients) {
        auto leaf = apply_to_patient(patient, changes, writer);
        if (!leaf) return base::pass(leaf);
        const auto& kept = leaves.emplace_back(std::move(*leaf));
        auto change = change_of(kept.key, &kept.value);
        change.own_tree = &kept.tree;
        grouped.main.push_back(change);
    }
    if (!newest) grouped.main.push_back(sentinel());
    const auto* before = newest ? &newest->root : nullptr;
    const auto after = Update(cache, writer).apply(before, grouped.main);
    if (!after) return base::pass(after);
    CHECK(*after);
    return **after;
}

base::Result<wire::Hash256> StateTree::stage(wire::Height version, const Changes& changes,
                                             storage::WriteBatch& batch) {
    CHECK(!state_->staged);
    CHECK(!state_->newest || version > state_->newest->version);
    auto grouped = group(changes);
    PageWriter writer(version, batch);
    const auto root = state_->apply(grouped, writer);
    if (!root) {
        state_->cache.drop();
        return base::pass(root);
    }
    writer.finish(*root);
    state_->cache.hold();
    state_->staged = RootRecord{.version = version, .root = *root};
    return root->hash;
}

void StateTree::adopt() {
    CHECK(state_->staged);
    state_->replaced = std::exchange(state_->newest, std::exchange(state_->staged, std::nullopt));
    if (state_->replaced) state_->replaced->root.node = nullptr;
    state_->cache.adopt(state_->newest->root);
}

void StateTree::step_back() {
    CHECK(state_->replaced);
    drop();
    state_->cache.clear(state_->newest->root);
    state_->newest = std::exchange(state_->replaced, std::nullopt);
}

void StateTree::drop() {
    if (!state_->staged) return;
    state_->staged.reset();
    state_->cache.drop();
}

base::Result<wire::Hash256> StateTree::root_at(wire::Height version) const {
    const auto root = root_as_of(state_->store, version);
    if (!root) return base::pass(root);
    return root->root.hash;
}

base::Result<std::optional<Bytes>> StateTree::get_at(ByteView key, wire::Height version) const {
    using Value = base::Result<std::optional<Bytes>>;
    return state_->read_at(version, 1, [&](const Load& load, const Subtree& root) -> Value {
        const auto reached = find(load, root, key, nullptr);
        if (!reached) return base::pass(reached);
        if (!names(*reached, key)) return std::nullopt;
        return bytes_of((*reached)->leaf->value);
    });
}

base::Result<wire::StateProof> StateTree::prove(ByteView key, wire::Height version) const {
    using Proof = base::Result<wire::StateProof>;
    return state_->read_at(version, 1, [&](const Load& load, const Subtree& root) -> Proof {
        wire::StateProof proof;
        const auto reached = find(load, root, key, &proof.steps);
        if (!reached) return base::pass(reached);
        if (!names(*reached, key)) {
            return fail(ErrorCode::not_found, "the state of height " + std::to_string(version) +
                                                  " has no " + base::to_hex(key));
        }
        proof.key = bytes_of((*reached)->leaf->key);
        proof.value = bytes_of((*reached)->leaf->value);
        return proof;
    });
}

base::Result<AbsenceProof> StateTree::prove_absence(ByteView key, wire::Height version) const {
    using Proof = base::Result<AbsenceProof>;
    return state_->read_at(version, 1, [&](const Load& load, const Subtree& root) -> Proof {
        AbsenceProof proof;
        const auto reached = find(load, root, key, &proof.reached.steps);
        if (!reached) return base::pass(reached);
        if (!*reached) {
            return fail(ErrorCode::not_found,
                        "the patient has no tree of consents; prove the absence of that instead");
        }
        if (names(*reached, key)) {
            return fail(ErrorCode::conflict, "the state of height " + std::to_string(version) +
                                                 " does have " + base::to_hex(key));
        }
        proof.reached.key = bytes_of((*reached)->leaf->key);
        proof.reached.value = bytes_of((*reached)->leaf->value);
        return proof;
    });
}

base::Result<Neighbours> StateTree::prove_neighbours(ByteView key, wire::Height version) const {
    using Proof = base::Result<Neighbours>;
    // The same refusals.
    if (const auto absent = prove_absence(key, version); !absent) return base::pass(absent);
    return state_->read_at(version, 1, [&](const Load& load, const Subtree& root) -> Proof {
        const auto tree = tree_of(load, root, key);
        if (!tree) return base::pass(tree);
        CHECK(tree->tree);
        const auto path = path_of(key);
        auto left = walk_beside(load, *tree->tree, path, Side::before);
        if (!left) return base::pass(left);
        auto right = walk_beside(load, *tree->tree, path, Side::behind);
        if (!right) return base::pass(right);
        return Neighbours{.left = std::move(*left), .right = std::move(*right)};
    });
}

base::Result<void> StateTree::visit(wire::Height version, const EntryVisitor& visit) const {
    return state_->visit(version, std::nullopt, visit);
}

base::Result<void> StateTree::visit_from(wire::Height version, const Position& from,
                                         const EntryVisitor& visit) const {
    return state_->visit(version, from, visit);
}

base::Result<wire::Height> StateTree::oldest() const {
    const auto oldest = state_->find_oldest();
    if (!oldest) return base::pass(oldest);
    if (!*oldest) return fail(ErrorCode::not_found, "there is no state yet");
    return (*oldest)->version;
}

base::Result<StateTree::Pruned> StateTree::prune_below(wire::Height version,
                                                       std::size_t nodes_max) {
    CHECK(nodes_max > 0);
    const auto target = root_as_of(state_->store, version);
    auto oldest = state_->find_oldest();
    if (!oldest) return base::pass(oldest);
    // Below the oldest version everything is gone already.
    if (*oldest && version < (*oldest)->version) {
        return Pruned{.done = true, .oldest = (*oldest)->version};
    }
    if (!target) return base::pass(target);
    Pruning pruning(state_->store);
    storage::WriteBatch batch;
    while ((*oldest)->version < target->version && pruning.nodes() < nodes_max) {
        auto next = first_root_from(state_->store, (*oldest)->version + 1);
        if (!next) return base::pass(next);
        CHECK(*next);
        if (auto dropped = pruning.drop_difference(**oldest, **next); !dropped) {
            return base::pass(dropped);
        }
        batch.erase(root_key((*oldest)->version));
        oldest = std::move(next);
    }
    if (auto added = pruning.add_to(batch); !added) return base::pass(added);
    if (!batch.empty()) {
        if (auto written = state_->store.write(batch); !written) return base::pass(written);
    }
    return Pruned{.done = (*oldest)->version == target->version,
                  .oldest = (*oldest)->version,
                  .nodes = pruning.nodes()};
}

}  // namespace state
