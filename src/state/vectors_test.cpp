// SPDX-License-Identifier: Apache-2.0
// Goal: other implementations (the web's verifier, ICS-23's libraries) can be held against ours.
// Method: tests/vectors/state_proofs.json must be what the tree gives today, byte for byte. To
// write it anew after a deliberate change of the format, run this test with SALUS_WRITE_VECTORS=1.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "base/check.h"
#include "state/keys.h"
#include "state/tree.h"
#include "storage/memory_store.h"

namespace state {
namespace {

using base::Bytes;

std::string hex(base::ByteView bytes) {
    return "\"" + base::to_hex(bytes) + "\"";
}

std::string json_of(const wire::StateProof& proof) {
    std::string out =
        "{\"key\":" + hex(proof.key) + ",\"value\":" + hex(proof.value) + ",\"steps\":[";
    for (std::size_t i = 0; i < proof.steps.size(); ++i) {
        if (i > 0) out += ",";
        out += "[" + std::to_string(proof.steps[i].bit) + "," + hex(proof.steps[i].sibling.view()) +
               "]";
    }
    return out + "]}";
}

Bytes key(std::uint8_t number) {
    wire::LedgerId id;
    id.bytes.fill(number);
    return key_of(id);
}

/// Thirty present keys and twenty absent ones; beside each absence its neighbours in the order of
/// SHA-256(key), which ICS-23 asks for.
std::string vectors() {
    storage::MemoryStore store;
    const auto tree = StateTree::open(store).value();
    Changes changes;
    std::map<wire::Hash256, Bytes> by_path{{path_of(sentinel_key()), sentinel_key()}};
    for (std::uint8_t i = 0; i < 30; ++i) {
        changes[key(i)] = Bytes(i + 1U, i);
        by_path[path_of(key(i))] = key(i);
    }
    storage::WriteBatch batch;
    CHECK(tree->stage(0, changes, batch).has_value());
    CHECK(store.write(batch).has_value());
    tree->adopt();
    std::string out = "{\n\"root\":" + hex(tree->root().view()) + ",\n\"existence\":[\n";
    for (std::uint8_t i = 0; i < 30; ++i) {
        out += (i > 0 ? ",\n" : "") + json_of(tree->prove(key(i), 0).value());
    }
    out += "\n],\n\"absence\":[\n";
    for (std::uint8_t i = 30; i < 50; ++i) {
        const auto next = by_path.upper_bound(path_of(key(i)));
        const auto neighbour = [&](bool exists, auto at) {
            return exists ? json_of(tree->prove(at->second, 0).value()) : std::string("null");
        };
        out +=
            (i > 30 ? ",\n" : "") + std::string("{\"key\":") + hex(key(i)) +
            ",\"reached\":" + json_of(tree->prove_absence(key(i), 0)->reached) + ",\"left\":" +
            neighbour(next != by_path.begin(), next != by_path.begin() ? std::prev(next) : next) +
            ",\"right\":" + neighbour(next != by_path.end(), next) + "}";
    }
    return out + "\n]\n}\n";
}

TEST(StateVectors, AreWhatTheTreeGives) {
    const std::string file = SALUS_SOURCE_DIR "/tests/vectors/state_proofs.json";
    const auto expected = vectors();
    if (std::getenv("SALUS_WRITE_VECTORS") != nullptr) std::ofstream(file) << expected;
    std::ifstream in(file);
    std::ostringstream found;
    found << in.rdbuf();
    EXPECT_EQ(found.str(), expected);
}

}  // namespace
}  // namespace state
