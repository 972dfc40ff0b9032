// SPDX-License-Identifier: Apache-2.0
// Proofs of the state tree. Goal: whatever a forger does with the parts of an honest proof, no root
// proves that a key is there and that it is not. Method: the input writes a proof, whose root is
// computed; then it cuts, repeats and alters the parts into proofs of absence of the same key under
// that root.
#include <fuzzer/FuzzedDataProvider.h>

#include <vector>

#include "base/check.h"
#include "crypto/hash.h"
#include "state/proof.h"

namespace {

wire::Hash256 hash_from(FuzzedDataProvider& input) {
    wire::Hash256 out;
    input.ConsumeData(out.bytes.data(), out.bytes.size());
    return out;
}

wire::StateProof proof_from(FuzzedDataProvider& input) {
    wire::StateProof proof;
    proof.key = input.ConsumeBytes<std::uint8_t>(input.ConsumeIntegralInRange<std::size_t>(0, 40));
    proof.value =
        input.ConsumeBytes<std::uint8_t>(input.ConsumeIntegralInRange<std::size_t>(0, 40));
    const auto count = input.ConsumeIntegralInRange<std::size_t>(0, 8);
    for (std::size_t i = 0; i < count; ++i) {
        proof.steps.push_back({.bit = input.ConsumeIntegralInRange<std::uint8_t>(0, 255),
                               .sibling = hash_from(input)});
    }
    return proof;
}

/// Where the steps lead, whatever their order; nothing if one of them can be in no tree.
std::optional<wire::Hash256> root_of(const wire::StateProof& proof) {
    const auto path = state::path_of(proof.key);
    auto hash = state::leaf_hash(path, proof.value);
    for (const auto& step : proof.steps) {
        if (step.bit == 255) return std::nullopt;
        hash = state::bit_of(path, step.bit) == 0 ? state::inner_hash(step.bit, hash, step.sibling)
                                                  : state::inner_hash(step.bit, step.sibling, hash);
    }
    return hash;
}

/// The honest proof's parts, put together otherwise.
wire::StateProof forged(const wire::StateProof& honest, FuzzedDataProvider& input) {
    auto proof = honest;
    if (input.ConsumeBool()) proof.key = input.ConsumeBytes<std::uint8_t>(8);
    if (input.ConsumeBool()) proof.value = input.ConsumeBytes<std::uint8_t>(8);
    const auto changes = input.ConsumeIntegralInRange<std::size_t>(0, 4);
    for (std::size_t i = 0; i < changes && !proof.steps.empty(); ++i) {
        const auto at = input.ConsumeIntegralInRange<std::size_t>(0, proof.steps.size() - 1);
        const auto place = proof.steps.begin() + static_cast<std::ptrdiff_t>(at);
        switch (input.ConsumeIntegralInRange<int>(0, 3)) {
            case 0:
                proof.steps.erase(place);
                break;
            case 1:
                proof.steps.insert(place, proof.steps[at]);
                break;
            case 2:
                place->bit = input.ConsumeIntegral<std::uint8_t>();
                break;
            default:
                place->sibling = state::leaf_hash(state::path_of(proof.key), proof.value);
        }
    }
    return proof;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    FuzzedDataProvider input(data, size);
    const auto honest = proof_from(input);
    const auto root = root_of(honest);
    if (!root || !state::verify_existence(*root, honest)) return 0;
    while (input.remaining_bytes() > 0) {
        const auto other = forged(honest, input);
        CHECK(!state::verify_absence(*root, honest.key, {.reached = other}));
        // Of one key there is one value.
        if (other.key == honest.key && state::verify_existence(*root, other)) {
            CHECK(other.value == honest.value);
        }
    }
    return 0;
}
