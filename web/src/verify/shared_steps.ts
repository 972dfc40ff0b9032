// SPDX-License-Identifier: Apache-2.0
// Proofs of one tree meet on their way to its root; what follows from the other proofs is left out of the
// compact form: docs/formats/receipt.md, "Shared steps".
import { concat } from './bytes.ts';
import { sha256, type StateProof } from './crypto.ts';

/// Where a step has its sibling from: the proof itself (null), the step of the same bit of an earlier proof,
/// or what another proof comes to just below this bit.
export type StepSource = { readonly kind: 'step' | 'node'; readonly proof: number } | null;

const path_bits = 256;
const bit_of = (path: Uint8Array, bit: number): number => ((path[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1;
function parting_bit(a: Uint8Array, b: Uint8Array): number {
  let bit = 0;
  while (bit < path_bits && bit_of(a, bit) === bit_of(b, bit)) bit += 1;
  return bit;
}
const falls = (proof: StateProof): boolean =>
  proof.steps.every((step, i) => i === 0 || step.bit < (proof.steps[i - 1]?.bit ?? path_bits));
const step_at = (proof: StateProof | undefined, bit: number): number => proof?.steps.findIndex((step) => step.bit === bit) ?? -1;

function source_of(bit: number, mine: number, paths: readonly Uint8Array[]): StepSource {
  const parts = paths.map((path) => parting_bit(path, paths[mine] as Uint8Array));
  const earlier = parts.findIndex((at, proof) => proof < mine && at > bit);
  if (earlier >= 0) return { kind: 'step', proof: earlier };
  const other = parts.indexOf(bit);
  return other >= 0 ? { kind: 'node', proof: other } : null;
}

/// For each step of each proof, from keys and bits alone. Nothing where the bits of a proof do not fall, where
/// an earlier proof lacks a step that both must have, and where nothing is shared.
export function step_sources(proofs: readonly StateProof[]): StepSource[][] | null {
  if (!proofs.every(falls)) return null;
  const paths = proofs.map((proof) => sha256(proof.key));
  const sources = proofs.map((proof, mine) => proof.steps.map((step) => source_of(step.bit, mine, paths)));
  const missing = sources.some((of_proof, mine) =>
    of_proof.some((source, i) => source?.kind === 'step' && step_at(proofs[source.proof], proofs[mine]?.steps[i]?.bit ?? -1) < 0));
  return missing || !sources.flat().some((source) => source !== null) ? null : sources;
}

const leaf_of = (proof: StateProof): Uint8Array => sha256(concat(Uint8Array.of(0), sha256(proof.key), sha256(proof.value)));
function above(path: Uint8Array, node: Uint8Array, bit: number, sibling: Uint8Array): Uint8Array {
  const [left, right] = bit_of(path, bit) === 1 ? [sibling, node] : [node, sibling];
  return sha256(concat(Uint8Array.of(bit + 1), left, right));
}
/// What the steps of a proof lead to, whether or not they fall.
export function root_of(proof: StateProof): Uint8Array {
  const path = sha256(proof.key);
  return proof.steps.reduce((node, step) => above(path, node, step.bit, step.sibling), leaf_of(proof));
}

/// The proofs with the siblings that are not given. All climb together, the highest bit first, so that what
/// each step needs of the others is there.
export function fill_siblings(proofs: readonly StateProof[], sources: readonly (readonly StepSource[])[]): StateProof[] {
  const filled = proofs.map((proof) => ({ ...proof, steps: proof.steps.map((step) => ({ ...step })) }));
  const paths = proofs.map((proof) => sha256(proof.key));
  let nodes = proofs.map(leaf_of);
  for (let bit = path_bits - 1; bit >= 0; --bit) {
    const below = nodes;
    nodes = filled.map((proof, mine) => {
      const at = step_at(proof, bit);
      const step = proof.steps[at];
      if (!step) return below[mine] as Uint8Array;
      const source = sources[mine]?.[at] ?? null;
      const other = source ? filled[source.proof] : undefined;
      if (source?.kind === 'node') step.sibling = below[source.proof] as Uint8Array;
      if (source?.kind === 'step') step.sibling = other?.steps[step_at(other, bit)]?.sibling as Uint8Array;
      return above(paths[mine] as Uint8Array, below[mine] as Uint8Array, bit, step.sibling);
    });
  }
  return filled;
}
