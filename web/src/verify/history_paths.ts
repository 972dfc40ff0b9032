// SPDX-License-Identifier: Apache-2.0
// A log is made of complete trees, one for each bit of its size. Their roots stand on the path of a leaf and on
// that from the log to a later one: what the two say of each other is left out of the compact form.
// Source: docs/formats/receipt.md, "What follows from the rest".
import { inclusion_root, merkle_inner } from './crypto.ts';

/// A leaf of a log of `size` entries that is the beginning of one of `later`.
export interface HistoryPlace {
  index: bigint;
  size: bigint;
  later: bigint;
}
export interface Paths {
  path: Uint8Array[];
  onward: Uint8Array[];
}

/// Where in the path onward the roots of the complete trees stand, the smallest first, and how long it is.
/// Source: RFC 9162 section 2.1.4.2; those are what is hashed into fr.
function roots_on_the_way({ size, later }: HistoryPlace): { roots: number[]; length: number } {
  let fn = size - 1n;
  let sn = later - 1n;
  let length = 1;
  const roots = [0];
  while ((fn & 1n) === 1n) {
    fn >>= 1n;
    sn >>= 1n;
  }
  for (; sn !== 0n; ++length) {
    if ((fn & 1n) === 1n || fn === sn) {
      roots.push(length);
      while ((fn & 1n) === 0n && fn !== 0n) {
        fn >>= 1n;
        sn >>= 1n;
      }
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  return { roots, length };
}

/// The complete tree that the leaf stands in: its level, the leaf's index in it, and how many trees are smaller.
function own_tree({ index, size }: HistoryPlace): { level: number; within: bigint; rank: number } {
  let within = index;
  for (let level = size.toString(2).length - 1; ; --level) {
    const leaves = 1n << BigInt(level);
    if ((size & leaves) === 0n) continue;
    if (within < leaves) return { level, within, rank: (size & (leaves - 1n)).toString(2).replaceAll('0', '').length };
    within -= leaves;
  }
}
const applies = ({ index, size, later }: HistoryPlace): boolean => index < size && size < later && (size & (size - 1n)) !== 0n;

/// Nothing where the log is one complete tree, or the paths have not the lengths of this place.
export function cut_paths(place: HistoryPlace, { path, onward }: Paths): Paths | null {
  if (!applies(place)) return null;
  const { level, rank } = own_tree(place);
  const { roots, length } = roots_on_the_way(place);
  if (onward.length !== length || path.length < level) return null;
  return { path: path.slice(0, level), onward: onward.filter((_, i) => i !== roots[rank]) };
}
/// The way back; nothing where the paths have not the lengths that cut_paths leaves.
export function fill_paths(place: HistoryPlace, leaf: Uint8Array, { path, onward }: Paths): Paths | null {
  if (!applies(place)) return null;
  const { level, within, rank } = own_tree(place);
  const { roots, length } = roots_on_the_way(place);
  if (onward.length + 1 !== length || path.length !== level) return null;
  const own = inclusion_root(leaf, within, 1n << BigInt(level), path);
  const at = roots[rank];
  if (!own || at === undefined) return null;
  const whole = [...onward.slice(0, at), own, ...onward.slice(at)];
  const trees = roots.map((root) => whole[root] as Uint8Array);
  const smaller = trees.slice(0, rank);
  const behind = smaller.slice(1).reduce<Uint8Array | undefined>((right, tree) => right && merkle_inner(tree, right), smaller[0]);
  return { path: [...path, ...(behind ? [behind] : []), ...trees.slice(rank + 1)], onward: whole };
}
