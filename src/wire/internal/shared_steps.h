// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "wire/receipt.h"

namespace wire::internal {

/// Proofs of one tree meet on their way to its root: where two part, each one's sibling is the
/// other's node, and above that they go the same way. What so follows from the other proofs is left
/// out of a receipt's compact form. Source: docs/formats/receipt.md, "Shared steps".
enum class SiblingFrom : std::uint8_t {
    itself,     ///< Given.
    same_step,  ///< The step of the same bit of an earlier proof.
    node,       ///< What another proof comes to just below this bit.
};
struct StepSource {
    SiblingFrom from = SiblingFrom::itself;
    std::size_t proof = 0;  ///< Which other.
};
/// For each step of each proof.
using StepSources = std::vector<std::vector<StepSource>>;

/// From keys and bits alone. Nothing where the bits of a proof do not fall, where an earlier proof
/// lacks a step that both must have, and where nothing is shared.
[[nodiscard]] std::optional<StepSources> step_sources(std::span<const StateProof> proofs);
/// Puts in the siblings that are not given. CHECKs that `sources` is of these proofs.
void fill_siblings(std::span<StateProof> proofs, const StepSources& sources);
/// What the steps of a proof lead to, whether or not they fall.
[[nodiscard]] Hash256 root_of(const StateProof& proof);

}  // namespace wire::internal
