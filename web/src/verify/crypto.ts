// SPDX-License-Identifier: Apache-2.0
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256 } from '@noble/curves/nist.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { concat, equal } from './bytes.ts';

export { sha256, sha512 };

/// ECDSA P-256 over SHA-512 of `message`; r|s of 64 bytes, s in the lower half. A key that is no point
/// of the curve verifies nothing.
export function verify_signature(message: Uint8Array, signature: Uint8Array, public_key: Uint8Array): boolean {
  if (signature.length !== 64 || public_key.length !== 65 || public_key[0] !== 4) return false;
  try {
    return p256.verify(signature, sha512(message), public_key, { prehash: false, lowS: true, format: 'compact' });
  } catch {
    // noble throws for a key or a signature out of range: that is a "no".
    return false;
  }
}

/// Whether r|s has both in range and s in the lower half of the order.
export function is_low_s(signature: Uint8Array): boolean {
  try {
    return signature.length === 64 && !p256.Signature.fromBytes(signature, 'compact').hasHighS();
  } catch {
    // noble throws for numbers out of range.
    return false;
  }
}

const leaf_prefix = Uint8Array.of(0);
const inner_prefix = Uint8Array.of(1);

/// Source: RFC 9162 section 2.1.1.
export const merkle_leaf = (entry: Uint8Array): Uint8Array => sha256(concat(leaf_prefix, entry));
export const merkle_inner = (left: Uint8Array, right: Uint8Array): Uint8Array => sha256(concat(inner_prefix, left, right));

/// The root of the tree over all entries. Source: RFC 9162 section 2.1.1: the left side is the largest power of
/// two below the number of entries.
export function merkle_root(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length === 0) return sha256(new Uint8Array());
  let level = entries.map(merkle_leaf);
  while (level.length > 1) {
    const above: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const left = level[i] as Uint8Array;
      const right = level[i + 1];
      above.push(right ? merkle_inner(left, right) : left);
    }
    level = above;
  }
  return level[0] as Uint8Array;
}

/// The root that `path` leads to from the leaf at `index` of `size`; nothing unless that place has a path of
/// this length. Source: RFC 9162 section 2.1.3.2, verifying an inclusion proof; its letters.
export function inclusion_root(leaf: Uint8Array, index: bigint, size: bigint, path: readonly Uint8Array[]): Uint8Array | null {
  if (index >= size) return null;
  let fn = index;
  let sn = size - 1n;
  let r = leaf;
  for (const p of path) {
    if (sn === 0n) return null;
    if ((fn & 1n) === 1n || fn === sn) {
      r = merkle_inner(p, r);
      while ((fn & 1n) === 0n && fn !== 0n) {
        fn >>= 1n;
        sn >>= 1n;
      }
    } else {
      r = merkle_inner(r, p);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  return sn === 0n ? r : null;
}
export function verify_inclusion(
  leaf: Uint8Array,
  index: bigint,
  size: bigint,
  path: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  const reached = inclusion_root(leaf, index, size, path);
  return reached !== null && equal(reached, root);
}
/// How many nodes the path of that leaf has. `index` < `size`.
export function path_length(index: bigint, size: bigint): number {
  let length = 0;
  let fn = index;
  for (let sn = size - 1n; sn !== 0n; sn >>= 1n) {
    if ((fn & 1n) === 1n || fn !== sn) length += 1;
    fn >>= 1n;
  }
  return length;
}

/// The root of the log of `new_size` leaves that `path` leads to from that of its beginning; nothing where it
/// does not begin so. Source: RFC 9162 section 2.1.4.2, verifying a consistency proof; its letters.
export function consistency_root(
  old_size: bigint,
  old_root: Uint8Array,
  new_size: bigint,
  path: readonly Uint8Array[],
): Uint8Array | null {
  if (old_size === 0n || old_size > new_size || (path.length === 0) !== (old_size === new_size)) return null;
  if (path.length === 0) return old_root;
  let fn = old_size - 1n;
  let sn = new_size - 1n;
  while ((fn & 1n) === 1n) {
    fn >>= 1n;
    sn >>= 1n;
  }
  // Where the old tree is complete, its root starts the path without standing in it.
  const whole = (old_size & (old_size - 1n)) === 0n ? [old_root, ...path] : path;
  const [first, ...rest] = whole;
  if (!first) return null;
  let fr = first;
  let sr = first;
  for (const c of rest) {
    if (sn === 0n) return null;
    if ((fn & 1n) === 1n || fn === sn) {
      fr = merkle_inner(c, fr);
      sr = merkle_inner(c, sr);
      while ((fn & 1n) === 0n && fn !== 0n) {
        fn >>= 1n;
        sn >>= 1n;
      }
    } else {
      sr = merkle_inner(sr, c);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  return sn === 0n && equal(fr, old_root) ? sr : null;
}

/// Whether the log of `old_size` leaves is the beginning of that of `new_size`.
export function verify_consistency(
  old_size: bigint,
  old_root: Uint8Array,
  new_size: bigint,
  new_root: Uint8Array,
  path: readonly Uint8Array[],
): boolean {
  if (old_size === 0n && new_size !== 0n) return path.length === 0 && equal(old_root, sha256(new Uint8Array()));
  if (old_size === new_size) return path.length === 0 && equal(old_root, new_root);
  const reached = consistency_root(old_size, old_root, new_size, path);
  return reached !== null && equal(reached, new_root);
}

export interface StateStep {
  bit: number;
  sibling: Uint8Array;
}
export interface StateProof {
  key: Uint8Array;
  value: Uint8Array;
  steps: StateStep[];
}
// The last bit whose prefix byte, bit + 1, is not above 255.
const state_bit_max = 254;

/// Whether the steps fall in `bit` from leaf to root and lead, with the turns of the key's own bits, to
/// `root`. The shape is that of src/state/proof.h. Returns what is wrong, or nothing.
export function state_proof_fault(root: Uint8Array, proof: StateProof): string | null {
  const path = sha256(proof.key);
  let hash = sha256(concat(leaf_prefix, path, sha256(proof.value)));
  let bit_below = state_bit_max + 1;
  for (const [at, step] of proof.steps.entries()) {
    if (step.bit >= bit_below) return `the bits do not fall at step ${at}`;
    bit_below = step.bit;
    const turn = ((path[step.bit >> 3] ?? 0) >> (7 - (step.bit & 7))) & 1;
    const prefix = Uint8Array.of(step.bit + 1);
    hash = turn === 0 ? sha256(concat(prefix, hash, step.sibling)) : sha256(concat(prefix, step.sibling, hash));
  }
  return equal(hash, root) ? null : 'it does not lead to this root';
}

/// Whether `reached`, another leaf, is the one that the bits of `key` lead to: were the key present, its
/// leaf would stand on this way. Returns what is wrong, or nothing.
export function absence_fault(root: Uint8Array, key: Uint8Array, reached: StateProof): string | null {
  const path = sha256(key);
  const reached_path = sha256(reached.key);
  if (equal(path, reached_path)) return 'the leaf it reaches is the key itself';
  const turn = (of: Uint8Array, bit: number): number => ((of[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1;
  const off = reached.steps.findIndex((step) => turn(path, step.bit) !== turn(reached_path, step.bit));
  if (off >= 0) return `step ${off} turns off the way of the key`;
  return state_proof_fault(root, reached);
}

/// Ed25519 as RFC 8032 has it, nothing looser. A key or signature out of range verifies nothing.
export function verify_ed25519(message: Uint8Array, signature: Uint8Array, public_key: Uint8Array): boolean {
  if (signature.length !== 64 || public_key.length !== 32) return false;
  try {
    return ed25519.verify(signature, message, public_key, { zip215: false });
  } catch {
    // noble throws for keys and signatures that are no points: that is a "no".
    return false;
  }
}
