// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_proofs.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "base/check.h"
#include "base/random.h"
#include "state/keys.h"
#include "state/proof.h"
#include "state/tree.h"
#include "storage/rocks_store.h"

namespace cli {
namespace {

using base::Bytes;
using base::Result;
using Steady = std::chrono::steady_clock;

/// Versions that are written at once: nobody waits for them here.
constexpr std::uint64_t versions_a_write = 1'000;
constexpr std::size_t proofs_of_a_kind = 5'000;
constexpr std::size_t value_bytes = 96;  // about a KeyRecord's
constexpr std::uint64_t blocks_a_consent = 10;
constexpr std::uint64_t consents_a_patient = 10;

wire::LedgerId numbered_id(std::uint64_t kind, std::uint64_t number) {
    base::SeededRandom random(kind << 56 | number);
    return base::draw<wire::LedgerId>(random);
}

wire::LedgerId patient_of_block(std::uint64_t block) {
    return numbered_id(1, block / (blocks_a_consent * consents_a_patient));
}

bool grants(std::uint64_t block) {
    return block % blocks_a_consent == 0;
}

Bytes consent_key(const wire::LedgerId& patient, const wire::LedgerId& grantee) {
    return state::consent_of({.patient = patient,
                              .grantee = grantee,
                              .category = wire::Category::vital_signs,
                              .purpose = wire::Purpose::treatment});
}

/// The key that a block adds.
Bytes key_of_block(std::uint64_t block) {
    if (grants(block)) return consent_key(patient_of_block(block), numbered_id(2, block));
    return state::key_of(numbered_id(0, block));
}

Result<void> grow(storage::KeyValueStore& store, std::uint64_t blocks,
                  const std::function<void(wire::Height)>& on_block) {
    // All nodes stay in memory: only what is made of them is measured.
    auto tree = state::StateTree::open(store, {.cached_nodes_max = 3 * blocks + 1'000});
    if (!tree) return base::pass(tree);
    storage::WriteBatch batch;
    for (wire::Height block = 0; block < blocks; ++block) {
        Bytes value(value_bytes);
        base::SeededRandom(block).fill(value);
        const auto root = (*tree)->stage(block, {{key_of_block(block), value}}, batch);
        if (!root) return base::pass(root);
        (*tree)->adopt();
        if (batch.entries().size() < 2 * versions_a_write && block + 1 < blocks) continue;
        if (auto written = store.write(batch); !written) return written;
        batch = {};
        if (on_block) on_block(block);
    }
    return {};
}

double us_since(Steady::time_point begin) {
    return std::chrono::duration<double, std::micro>(Steady::now() - begin).count();
}

double quantile(std::vector<double>& values, double part) {
    const auto at = static_cast<std::size_t>(part * static_cast<double>(values.size() - 1));
    std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(at));
    return values[at];
}

/// Times many proofs of one kind. `make` gives a proof, `holds` verifies it.
template <class Make, class Holds>
Result<ProofTimes> measure(std::string what, const Make& make, const Holds& holds) {
    std::vector<double> made;
    std::vector<double> verified;
    base::SeededRandom random(7);
    for (std::size_t i = 0; i < proofs_of_a_kind; ++i) {
        const auto number = random.below(~std::uint64_t{0});
        const auto begin = Steady::now();
        const auto proof = make(number);
        made.push_back(us_since(begin));
        if (!proof) return base::pass(proof);
        const auto again = Steady::now();
        const bool good = holds(*proof);
        verified.push_back(us_since(again));
        CHECK(good);
    }
    return ProofTimes{.what = std::move(what),
                      .made_us_p50 = quantile(made, 0.5),
                      .made_us_p99 = quantile(made, 0.99),
                      .verified_us_p50 = quantile(verified, 0.5),
                      .verified_us_p99 = quantile(verified, 0.99)};
}

/// A key's proof with the root that it must lead to.
struct Existence {
    wire::Hash256 root;
    wire::StateProof proof;
};
struct Absence {
    wire::Hash256 root;
    Bytes key;
    state::AbsenceProof proof;
};
/// The patient's leaf under the state root, then the consent under that leaf's value.
struct Consent {
    Existence leaf;
    wire::StateProof consent;
};

class Prover {
public:
    Prover(const state::StateTree& tree, std::uint64_t blocks) : tree_(tree), blocks_(blocks) {}

    Result<ProofTimes> existence(std::string what, bool past) const {
        return measure(
            std::move(what),
            [&](std::uint64_t number) {
                const auto block = ordinary(number % blocks_);
                return prove(key_of_block(block),
                             past ? block + (number >> 32) % (blocks_ - block) : blocks_ - 1);
            },
            holds);
    }
    Result<ProofTimes> absence() const {
        return measure(
            "absence",
            [&](std::uint64_t number) -> Result<Absence> {
                auto key = state::key_of(numbered_id(3, number));
                auto proof = tree_.prove_absence(key, blocks_ - 1);
                if (!proof) return base::pass(proof);
                return Absence{tree_.root(), std::move(key), std::move(*proof)};
            },
            [](const Absence& one) {
                return state::verify_absence(one.root, one.key, one.proof).has_value();
            });
    }
    Result<ProofTimes> consent() const {
        return measure(
            "a consent, with its patient's leaf",
            [&](std::uint64_t number) -> Result<Consent> {
                const auto block = number % blocks_ / blocks_a_consent * blocks_a_consent;
                auto leaf = prove(state::patient_of(patient_of_block(block)), blocks_ - 1);
                if (!leaf) return base::pass(leaf);
                auto consent = tree_.prove(key_of_block(block), blocks_ - 1);
                if (!consent) return base::pass(consent);
                return Consent{std::move(*leaf), std::move(*consent)};
            },
            [](const Consent& one) {
                const auto root = wire::Hash256::from(one.leaf.proof.value);
                return holds(one.leaf) && root && state::verify_existence(*root, one.consent);
            });
    }
    Result<ProofTimes> no_consent() const {
        return measure(
            "no consent, with its patient's leaf",
            [&](std::uint64_t number) -> Result<std::pair<Existence, Absence>> {
                const auto patient = patient_of_block(number % blocks_);
                auto leaf = prove(state::patient_of(patient), blocks_ - 1);
                if (!leaf) return base::pass(leaf);
                auto key = consent_key(patient, numbered_id(4, number));
                auto proof = tree_.prove_absence(key, blocks_ - 1);
                if (!proof) return base::pass(proof);
                const auto root = *wire::Hash256::from(leaf->proof.value);
                return std::pair(std::move(*leaf),
                                 Absence{root, std::move(key), std::move(*proof)});
            },
            [](const std::pair<Existence, Absence>& one) {
                const auto& absence = one.second;
                return holds(one.first) &&
                       state::verify_absence(absence.root, absence.key, absence.proof);
            });
    }

private:
    /// A block that added a key of the main tree: the one named or the one after.
    static std::uint64_t ordinary(std::uint64_t block) { return grants(block) ? block + 1 : block; }
    static bool holds(const Existence& one) {
        return state::verify_existence(one.root, one.proof).has_value();
    }
    Result<Existence> prove(const Bytes& key, wire::Height height) const {
        auto root = tree_.root_at(height);
        if (!root) return base::pass(root);
        auto proof = tree_.prove(key, height);
        if (!proof) return base::pass(proof);
        return Existence{*root, std::move(*proof)};
    }
    const state::StateTree& tree_;
    std::uint64_t blocks_;
};

}  // namespace

Result<ProofsBench> run_proofs_bench(const std::filesystem::path& folder, std::uint64_t blocks,
                                     const std::function<void(wire::Height)>& on_block) {
    // Whole patients, so that each block up to the last is what its number says.
    const auto patient_blocks = blocks_a_consent * consents_a_patient;
    ProofsBench bench{
        .blocks = std::max(blocks / patient_blocks, std::uint64_t{1}) * patient_blocks,
        .proofs = {}};
    {
        const auto store = storage::RocksStore::open(folder);
        if (!store) return base::pass(store);
        if (auto grown = grow(**store, bench.blocks, on_block); !grown) return base::pass(grown);
    }
    const auto store = storage::RocksStore::open(folder);
    if (!store) return base::pass(store);
    const auto tree = state::StateTree::open(**store);
    if (!tree) return base::pass(tree);
    const Prover prover(**tree, bench.blocks);
    for (auto& one : {prover.existence("existence", false),
                      prover.existence("existence at a past height", true), prover.absence(),
                      prover.consent(), prover.no_consent()}) {
        if (!one) return base::pass(one);
        bench.proofs.push_back(*one);
    }
    return bench;
}

}  // namespace cli
