// SPDX-License-Identifier: Apache-2.0
// Makes proofs of existence and absence from random trees, and each of them altered, and says of
// each whether our verifier accepts it. One JSON object a line; tests/ics23/README.md names the
// members. usage: make_cases SEED [--few]   (--few: smaller trees, and not every byte altered)
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/random.h"
#include "state/keys.h"
#include "state/neighbours.h"
#include "state/proof.h"
#include "state/tree.h"
#include "storage/memory_store.h"

namespace {

using base::Bytes;
using wire::Hash256;
using wire::StateProof;

struct Existence {
    Hash256 root;
    Bytes key;
    Bytes value;
    StateProof proof;
};
struct Absence {
    Hash256 root;
    Bytes key;
    StateProof reached;  ///< Our own proof.
    state::Neighbours neighbours;
};

bool holds(const Existence& one) {
    return one.proof.key == one.key && one.proof.value == one.value &&
           state::verify_existence(one.root, one.proof).has_value();
}
bool holds(const Absence& one) {
    return state::verify_absence(one.root, one.key, {.reached = one.reached}).has_value() &&
           state::verify_neighbours(one.root, one.key, one.neighbours).has_value();
}

std::string hex(base::ByteView bytes) {
    return "\"" + base::to_hex(bytes) + "\"";
}

std::string json(const StateProof& proof) {
    std::string out =
        "{\"key\":" + hex(proof.key) + ",\"value\":" + hex(proof.value) + ",\"steps\":[";
    for (std::size_t i = 0; i < proof.steps.size(); ++i) {
        out += (i > 0 ? ",[" : "[") + std::to_string(proof.steps[i].bit) + "," +
               hex(proof.steps[i].sibling.view()) + "]";
    }
    return out + "]}";
}
std::string json(const std::optional<StateProof>& proof) {
    return proof ? json(*proof) : "null";
}
std::string json(const Existence& one) {
    return "\"kind\":\"existence\",\"root\":" + hex(one.root.view()) + ",\"key\":" + hex(one.key) +
           ",\"value\":" + hex(one.value) + ",\"proof\":" + json(one.proof);
}
std::string json(const Absence& one) {
    return "\"kind\":\"absence\",\"root\":" + hex(one.root.view()) + ",\"key\":" + hex(one.key) +
           ",\"reached\":" + json(one.reached) + ",\"left\":" + json(one.neighbours.left) +
           ",\"right\":" + json(one.neighbours.right);
}

enum class Expected : std::uint8_t {
    accepted,
    refused,
    /// Refused by rules of ours that ICS-23 does not have: a tree that no honest writer makes.
    refused_by_us
};

template <class Case>
void print(const std::string& name, const Case& one, Expected expected) {
    const bool accepted = holds(one);
    CHECK(accepted == (expected == Expected::accepted));
    std::printf("{\"name\":\"%s\",%s,\"stricter\":%s,\"salus\":%s}\n", name.c_str(),
                json(one).c_str(), expected == Expected::refused_by_us ? "true" : "false",
                accepted ? "true" : "false");
}
template <class Case>
void print_refused(const std::string& name, const Case& one) {
    print(name, one, Expected::refused);
}

/// Calls `change` with a copy of each of the bytes that is altered, and its name.
class Alterations {
public:
    explicit Alterations(bool every_byte) : every_byte_(every_byte) {}

    void of_bytes(const std::string& name, std::span<const std::uint8_t> bytes,
                  const std::function<void(const std::string&, std::size_t)>& change) const {
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            if (!every_byte_ && i != 0 && i + 1 != bytes.size()) continue;
            change(name + ", byte " + std::to_string(i), i);
        }
    }
    /// Every altered form of a proof.
    void of_proof(const StateProof& proof,
                  const std::function<void(const std::string&, const StateProof&)>& tried) const {
        const auto with = [&](const std::string& name, const auto& change) {
            auto altered = proof;
            change(altered);
            tried(name, altered);
        };
        of_bytes("key", proof.key, [&](const std::string& name, std::size_t i) {
            with(name, [&](StateProof& p) { p.key[i] ^= 1; });
        });
        of_bytes("value", proof.value, [&](const std::string& name, std::size_t i) {
            with(name, [&](StateProof& p) { p.value[i] ^= 0x80; });
        });
        with("value longer", [](StateProof& p) { p.value.push_back(0); });
        with("value shorter", [](StateProof& p) { p.value.pop_back(); });
        for (std::size_t s = 0; s < proof.steps.size(); ++s) of_step(proof, s, tried);
        if (proof.steps.empty()) return;
        with("first step left out", [](StateProof& p) { p.steps.erase(p.steps.begin()); });
        with("last step left out", [](StateProof& p) { p.steps.pop_back(); });
        with("a step twice", [](StateProof& p) { p.steps.push_back(p.steps.back()); });
        with("a step more", [](StateProof& p) {
            p.steps.insert(p.steps.begin(), {.bit = 254, .sibling = p.steps[0].sibling});
        });
    }

private:
    void of_step(const StateProof& proof, std::size_t s,
                 const std::function<void(const std::string&, const StateProof&)>& tried) const {
        const auto name = "step " + std::to_string(s);
        for (const unsigned change : {1U, 2U, 0x80U, 0xffU}) {
            auto altered = proof;
            altered.steps[s].bit = static_cast<std::uint8_t>(altered.steps[s].bit ^ change);
            tried(name + ", bit ^ " + std::to_string(change), altered);
        }
        auto no_bit = proof;
        no_bit.steps[s].bit = 255;
        tried(name + ", bit 255", no_bit);
        of_bytes(name + ", sibling", proof.steps[s].sibling.view(),
                 [&](const std::string& where, std::size_t i) {
                     auto altered = proof;
                     altered.steps[s].sibling.bytes[i] ^= 4;
                     tried(where, altered);
                 });
        if (s == 0) return;
        auto swapped = proof;
        std::swap(swapped.steps[s - 1], swapped.steps[s]);
        tried(name + " before its turn", swapped);
    }
    bool every_byte_;
};

void print_altered(const Alterations& alterations, const std::string& name, const Existence& good) {
    alterations.of_proof(good.proof, [&](const std::string& what, const StateProof& proof) {
        print_refused(name + ": " + what, Existence{good.root, good.key, good.value, proof});
    });
    // The same alteration in what is asked for: the claim and the proof agree with each other.
    alterations.of_bytes("key asked for", good.key, [&](const std::string& what, std::size_t i) {
        auto other = good;
        other.key[i] ^= 1;
        print_refused(name + ": " + what, other);
        other.proof.key = other.key;
        print_refused(name + ": " + what + " and in the proof", other);
    });
    alterations.of_bytes("value asked for", good.value,
                         [&](const std::string& what, std::size_t i) {
                             auto other = good;
                             other.value[i] ^= 1;
                             print_refused(name + ": " + what, other);
                             other.proof.value = other.value;
                             print_refused(name + ": " + what + " and in the proof", other);
                         });
    alterations.of_bytes("root", good.root.view(), [&](const std::string& what, std::size_t i) {
        auto other = good;
        other.root.bytes[i] ^= 1;
        print_refused(name + ": " + what, other);
    });
}

void print_altered(const Alterations& alterations, const std::string& name, const Absence& good) {
    for (auto side : {&state::Neighbours::left, &state::Neighbours::right}) {
        const auto& proof = good.neighbours.*side;
        const std::string which = side == &state::Neighbours::left ? "left " : "right ";
        if (!proof) continue;
        // Where the leaf that our proof reaches is this neighbour, it is altered alike.
        const bool reached = good.reached == *proof;
        alterations.of_proof(*proof, [&](const std::string& what, const StateProof& altered) {
            auto other = good;
            other.neighbours.*side = altered;
            if (reached) other.reached = altered;
            print_refused(name + ": " + which + what, other);
        });
        auto other = good;
        (other.neighbours.*side).reset();
        print_refused(name + ": " + which + "left out", other);
        other = good;
        other.key = proof->key;
        print_refused(name + ": " + which + "key asked for", other);
    }
    auto other = good;
    std::swap(other.neighbours.left, other.neighbours.right);
    print_refused(name + ": neighbours exchanged", other);
    other = good;
    other.neighbours = {};
    print_refused(name + ": no neighbour at all", other);
    alterations.of_bytes("root", good.root.view(), [&](const std::string& what, std::size_t i) {
        other = good;
        other.root.bytes[i] ^= 1;
        print_refused(name + ": " + what, other);
    });
}

/// Some keys, a third of them consents of three patients, and a tree that holds most of them.
class Grown {
public:
    Grown(base::SeededRandom& random, std::size_t leaves)
        : tree(state::StateTree::open(store_).value()) {
        for (std::size_t i = 0; i < 2 * leaves; ++i) keys_.push_back(draw_key(random));
        state::Changes changes;
        for (std::size_t i = 0; i < leaves; ++i) {
            Bytes value(1 + random.below(40));
            random.fill(value);
            changes[keys_[i]] = value;
        }
        storage::WriteBatch batch;
        CHECK(tree->stage(1, changes, batch).has_value());
        CHECK(store_.write(batch).has_value());
        tree->adopt();
        keys_.push_back(state::sentinel_key());
    }
    [[nodiscard]] const std::vector<Bytes>& keys() const { return keys_; }
    /// The root under which the key's proofs hold; nothing if that patient has no tree.
    [[nodiscard]] std::optional<Hash256> root_for(const Bytes& key) const {
        const auto patient = state::patient_tree_of(key);
        if (!patient) return tree->root();
        const auto root = tree->get(state::patient_of(*patient)).value();
        return root ? Hash256::from(*root) : std::nullopt;
    }

private:
    static Bytes draw_key(base::SeededRandom& random) {
        wire::LedgerId patient;
        patient.bytes[0] = static_cast<std::uint8_t>(random.below(3));
        if (random.below(3) != 0) return state::key_of(base::draw<wire::LedgerId>(random));
        return state::consent_of({.patient = patient,
                                  .grantee = base::draw<wire::LedgerId>(random),
                                  .category = wire::Category::vital_signs,
                                  .purpose = wire::Purpose::treatment});
    }
    storage::MemoryStore store_;
    std::vector<Bytes> keys_;

public:
    std::unique_ptr<state::StateTree> tree;
};

/// Which of a tree's cases are altered: the first of each kind.
void print_tree(const Alterations& alterations, const std::string& name, const Grown& grown) {
    bool altered_existence = false;
    bool altered_absence = false;
    const Existence* other = nullptr;
    std::optional<Existence> last;
    for (std::size_t i = 0; i < grown.keys().size(); ++i) {
        const auto& key = grown.keys()[i];
        const auto root = grown.root_for(key);
        if (!root) continue;
        const auto label = name + ", key " + std::to_string(i);
        if (const auto proof = grown.tree->prove(key, 1)) {
            const Existence good{*root, key, proof->value, *proof};
            print(label, good, Expected::accepted);
            if (!altered_existence) print_altered(alterations, label, good);
            altered_existence = true;
            if (other) {
                print_refused(label + ": another leaf's proof",
                              Existence{good.root, key, good.value, other->proof});
            }
            last = good;
            other = &*last;
            continue;
        }
        const Absence good{*root, key, grown.tree->prove_absence(key, 1)->reached,
                           grown.tree->prove_neighbours(key, 1).value()};
        print(label, good, Expected::accepted);
        if (!altered_absence && good.neighbours.left && good.neighbours.right) {
            print_altered(alterations, label, good);
            altered_absence = true;
        }
    }
}

Bytes key_with_first_bit(base::SeededRandom& random, unsigned bit) {
    for (;;) {
        auto key = state::key_of(base::draw<wire::LedgerId>(random));
        if (state::bit_of(state::path_of(key), 0) == bit) return key;
    }
}

/// Trees that no honest writer makes.
void print_crafted(base::SeededRandom& random) {
    const Bytes value{1, 2, 3};
    const auto key = key_with_first_bit(random, 0);
    const auto leaf = state::leaf_hash(state::path_of(key), value);
    const auto sibling = base::draw<Hash256>(random);
    const auto proof = [&](std::vector<wire::StateProofStep> steps) {
        return StateProof{.key = key, .value = value, .steps = std::move(steps)};
    };
    print("crafted: the leaf where its bit says",
          Existence{state::inner_hash(0, leaf, sibling), key, value, proof({{0, sibling}})},
          Expected::accepted);
    print_refused("crafted: a misplaced leaf", Existence{state::inner_hash(0, sibling, leaf), key,
                                                         value, proof({{0, sibling}})});
    print_refused("crafted: a leaf as an inner node's side",
                  Existence{leaf, key, value, proof({{0, sibling}})});
    const auto climb = [&](const std::vector<wire::StateProofStep>& steps) {
        auto hash = leaf;
        for (const auto& step : steps) {
            hash = state::bit_of(state::path_of(key), step.bit) == 0
                       ? state::inner_hash(step.bit, hash, step.sibling)
                       : state::inner_hash(step.bit, step.sibling, hash);
        }
        return hash;
    };
    const std::vector<wire::StateProofStep> rising{{3, sibling}, {7, sibling}};
    print("crafted: bits that rise", Existence{climb(rising), key, value, proof(rising)},
          Expected::refused_by_us);
    const std::vector<wire::StateProofStep> twice{{3, sibling}, {3, sibling}};
    print("crafted: a bit twice", Existence{climb(twice), key, value, proof(twice)},
          Expected::refused_by_us);
}

}  // namespace

int main(int count, char** words) {
    std::uint64_t seed = 0;
    if (count < 2) return 2;
    const std::string_view number = words[1];
    if (std::from_chars(number.data(), number.data() + number.size(), seed).ec != std::errc()) {
        return 2;
    }
    const bool few = count > 2 && std::string_view(words[2]) == "--few";
    base::SeededRandom random(seed);
    const Alterations alterations(!few);
    for (const std::size_t leaves : {0U, 1U, 2U, 5U, few ? 12U : 60U, few ? 0U : 400U}) {
        print_tree(alterations, "tree of " + std::to_string(leaves), Grown(random, leaves));
    }
    print_crafted(random);
    return 0;
}
