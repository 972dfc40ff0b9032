// SPDX-License-Identifier: Apache-2.0
#include "wire/internal/shared_steps.h"

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "crypto/hash.h"

namespace wire::internal {
namespace {

using crypto::Digest32;

constexpr unsigned path_bits = 256;

/// The first bit in which the two differ.
unsigned parting_bit(const Digest32& a, const Digest32& b) {
    for (unsigned i = 0; i < a.size(); ++i) {
        const auto differs = static_cast<std::uint8_t>(a[i] ^ b[i]);
        if (differs != 0) return 8 * i + static_cast<unsigned>(std::countl_zero(differs));
    }
    return path_bits;
}

bool fall(const std::vector<StateProofStep>& steps) {
    const auto rises = [](const auto& a, const auto& b) { return a.bit <= b.bit; };
    return std::ranges::adjacent_find(steps, rises) == steps.end();
}

std::vector<Digest32> paths_of(std::span<const StateProof> proofs) {
    std::vector<Digest32> out;
    for (const auto& proof : proofs) out.push_back(crypto::sha256(proof.key));
    return out;
}

/// Of the step of `bit` of the proof `mine`.
StepSource source_of(unsigned bit, std::size_t mine, const std::vector<Digest32>& paths) {
    StepSource out;
    for (std::size_t i = 0; i < paths.size(); ++i) {
        const auto parts_at = parting_bit(paths[mine], paths[i]);
        if (i < mine && parts_at > bit) return {.from = SiblingFrom::same_step, .proof = i};
        const bool first = out.from == SiblingFrom::itself;
        if (first && parts_at == bit) out = {.from = SiblingFrom::node, .proof = i};
    }
    return out;
}

const StateProofStep* step_of(const StateProof& proof, unsigned bit) {
    const auto found = std::ranges::find(proof.steps, bit, &StateProofStep::bit);
    return found == proof.steps.end() ? nullptr : &*found;
}

/// What a proof has come to, from its leaf upwards.
struct Climb {
    Digest32 path;
    Digest32 node;
    std::size_t next = 0;  ///< The step to be taken.
};

Climb begin(const StateProof& proof) {
    constexpr std::uint8_t leaf_prefix = 0;
    const auto path = crypto::sha256(proof.key);
    return {.path = path,
            .node = crypto::sha256({{&leaf_prefix, 1}, path, crypto::sha256(proof.value)})};
}
void climb(Climb& at, const StateProofStep& step) {
    const auto prefix = static_cast<std::uint8_t>(step.bit + 1);
    const bool right = (at.path[step.bit / 8] >> (7 - step.bit % 8) & 1U) != 0;
    const base::ByteView node = at.node;
    const base::ByteView sibling = step.sibling.bytes;
    at.node = crypto::sha256({{&prefix, 1}, right ? sibling : node, right ? node : sibling});
    ++at.next;
}

}  // namespace

std::optional<StepSources> step_sources(std::span<const StateProof> proofs) {
    const auto paths = paths_of(proofs);
    StepSources out(proofs.size());
    bool shared = false;
    for (std::size_t i = 0; i < proofs.size(); ++i) {
        if (!fall(proofs[i].steps)) return std::nullopt;
        for (const auto& step : proofs[i].steps) {
            const auto source = source_of(step.bit, i, paths);
            out[i].push_back(source);
            if (source.from == SiblingFrom::itself) continue;
            shared = true;
            const bool same = source.from == SiblingFrom::same_step;
            if (same && step_of(proofs[source.proof], step.bit) == nullptr) return std::nullopt;
        }
    }
    if (!shared) return std::nullopt;
    return out;
}

// All proofs climb together, the highest bit first, so that what each step needs of the others is
// there.
void fill_siblings(std::span<StateProof> proofs, const StepSources& sources) {
    CHECK(proofs.size() == sources.size());
    std::vector<Climb> climbs;
    for (const auto& proof : proofs) climbs.push_back(begin(proof));
    const auto stands_before = [&](std::size_t i, unsigned bit) {
        return climbs[i].next < proofs[i].steps.size() &&
               proofs[i].steps[climbs[i].next].bit == bit;
    };
    for (unsigned bit = path_bits; bit-- > 0;) {
        for (std::size_t i = 0; i < proofs.size(); ++i) {
            if (!stands_before(i, bit)) continue;
            auto& sibling = proofs[i].steps[climbs[i].next].sibling;
            const auto& source = sources[i][climbs[i].next];
            if (source.from == SiblingFrom::node) sibling.bytes = climbs[source.proof].node;
            if (source.from == SiblingFrom::same_step) {
                sibling = step_of(proofs[source.proof], bit)->sibling;
            }
        }
        for (std::size_t i = 0; i < proofs.size(); ++i) {
            if (stands_before(i, bit)) climb(climbs[i], proofs[i].steps[climbs[i].next]);
        }
    }
}

Hash256 root_of(const StateProof& proof) {
    auto at = begin(proof);
    for (const auto& step : proof.steps) climb(at, step);
    return {at.node};
}

}  // namespace wire::internal
