// SPDX-License-Identifier: Apache-2.0
#include "state/proof.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/check.h"
#include "crypto/hash.h"

namespace state {
namespace {

using base::ErrorCode;
using base::fail;

constexpr std::uint8_t leaf_prefix = 0;
/// The last bit whose prefix byte, bit + 1, is not above 255.
constexpr unsigned bit_max = 254;

/// The root that `proof` leads to, its turns taken from the bits of `path`.
base::Result<wire::Hash256> climb(const wire::StateProof& proof, const wire::Hash256& path) {
    wire::Hash256 hash = leaf_hash(path, proof.value);
    unsigned bit_below = bit_max + 1;
    for (std::size_t i = 0; i < proof.steps.size(); ++i) {
        const auto& step = proof.steps[i];
        if (step.bit >= bit_below) {
            return fail(ErrorCode::malformed,
                        "state proof: the bits do not fall at step " + std::to_string(i));
        }
        bit_below = step.bit;
        hash = bit_of(path, step.bit) == 0 ? inner_hash(step.bit, hash, step.sibling)
                                           : inner_hash(step.bit, step.sibling, hash);
    }
    return hash;
}

base::Result<void> lead_to(const wire::Hash256& root, const wire::StateProof& proof,
                           const wire::Hash256& path) {
    const auto reached = climb(proof, path);
    if (!reached) return base::pass(reached);
    if (*reached != root) {
        return fail(ErrorCode::wrong_root, "state proof: it does not lead to this root");
    }
    return {};
}

}  // namespace

wire::Hash256 path_of(base::ByteView key) {
    return {crypto::sha256(key)};
}

wire::Hash256 leaf_hash(const wire::Hash256& path, base::ByteView value) {
    std::array<std::uint8_t, 65> input{};
    input[0] = leaf_prefix;
    std::ranges::copy(path.bytes, input.begin() + 1);
    std::ranges::copy(crypto::sha256(value), input.begin() + 33);
    return {crypto::sha256(input)};
}

wire::Hash256 inner_hash(unsigned bit, const wire::Hash256& left, const wire::Hash256& right) {
    CHECK(bit <= bit_max);
    std::array<std::uint8_t, 65> input{};
    input[0] = static_cast<std::uint8_t>(bit + 1);
    std::ranges::copy(left.bytes, input.begin() + 1);
    std::ranges::copy(right.bytes, input.begin() + 33);
    return {crypto::sha256(input)};
}

base::Result<void> verify_existence(const wire::Hash256& root, const wire::StateProof& proof) {
    return lead_to(root, proof, path_of(proof.key));
}

base::Result<void> verify_absence(const wire::Hash256& root, base::ByteView key,
                                  const AbsenceProof& absence) {
    const auto& reached = absence.reached;
    const auto reached_path = path_of(reached.key);
    const auto path = path_of(key);
    if (path == reached_path) {
        return fail(ErrorCode::malformed, "absence proof: the leaf it reaches is the key itself");
    }
    for (std::size_t i = 0; i < reached.steps.size(); ++i) {
        const auto bit = reached.steps[i].bit;
        if (bit_of(path, bit) != bit_of(reached_path, bit)) {
            return fail(ErrorCode::malformed, "absence proof: step " + std::to_string(i) +
                                                  " turns off the way of the key");
        }
    }
    return lead_to(root, reached, reached_path);
}

}  // namespace state
