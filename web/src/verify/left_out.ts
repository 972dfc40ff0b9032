// SPDX-License-Identifier: Apache-2.0
// What version 4 of a receipt's compact form leaves out, because it follows from the rest of the receipt.
// Source: docs/formats/receipt.md, "What follows from the rest".
import { concat, equal, from_base64, to_base64 } from './bytes.ts';
import type { Claim, Fact } from './claim_fact.ts';
import { consistency_root, inclusion_root, merkle_leaf, sha512, type StateProof } from './crypto.ts';
import { cut_paths, fill_paths } from './history_paths.ts';
import { Malformed } from './protobuf.ts';
import { read_header, type Header } from './schema_block.ts';
import { root_of } from './shared_steps.ts';

/// The claim without what is left out, and what tells the way back; empty, 0 or false: nothing, or as the header.
export interface ShortClaim {
  claim: Claim;
  /// The header from behind what is left out of it; the claim's ends before.
  header_rest: Uint8Array;
  /// The signature lines of the note, which is empty itself.
  signatures: Uint8Array;
  size: bigint;
  height: bigint;
  header_hash: Uint8Array;
  one_path: boolean;
}
const none = new Uint8Array();
export const whole_claim = (claim: Claim): ShortClaim =>
  ({ claim, header_rest: none, signatures: none, size: 0n, height: 0n, header_hash: none, one_path: false });

const text = (words: string): Uint8Array => new TextEncoder().encode(words);
function header_of(bytes: Uint8Array): Header | null {
  try {
    return read_header(bytes);
  } catch (fault) {
    if (fault instanceof Malformed) return null;
    throw fault;
  }
}
/// A proof of the block's own state.
function main_proof_of(fact: Fact): StateProof | null {
  switch (fact.kind) {
    case 'transaction':
      return fact.signers[0] ?? null;
    case 'consent':
      return fact.patient_leaf;
    case 'no_consent':
      return fact.patient_leaf ?? fact.patient_absence;
    case 'key_destroyed':
      return fact.tombstone;
  }
}

const root_field = (tag: number, root: Uint8Array): Uint8Array => concat(Uint8Array.of(tag, 32), root);
const state_root_tag = 0x2a;
const history_root_tag = 0x32;
const assembled = (short: ShortClaim, state_root: Uint8Array, history_root: Uint8Array | null): Uint8Array =>
  concat(
    short.claim.header, root_field(state_root_tag, state_root),
    history_root ? root_field(history_root_tag, history_root) : none, short.header_rest,
  );

function note_of(short: ShortClaim, header: Header, header_bytes: Uint8Array, root: Uint8Array): Uint8Array {
  const hash = short.header_hash.length > 0 ? short.header_hash : sha512(header_bytes);
  const lines = [
    `salus/${header.chain_id}`, short.size || header.history_size, to_base64(root),
    `header ${short.height || header.height} ${to_base64(hash)}`,
  ];
  return concat(text(lines.map((line) => `${line}\n`).join('')), short.signatures);
}

/// Nothing where what is left out does not follow.
export function restore(short: ShortClaim): Claim | null {
  const { claim, header_rest, signatures, one_path } = short;
  const cut = header_rest.length > 0;
  if (!cut && signatures.length === 0 && !one_path) return claim;
  const proof = main_proof_of(claim.fact);
  let { fact, checkpoint: link, header: header_bytes } = claim;
  if (!proof) return null;
  const state_root = root_of(proof);
  if (cut) header_bytes = assembled(short, state_root, fact.kind === 'transaction' ? new Uint8Array(32) : null);
  const header = header_of(header_bytes);
  if (!header) return null;
  if (one_path) {
    if (fact.kind !== 'transaction' || !link) return null;
    const place = { index: BigInt(fact.history_index), size: header.history_size, later: short.size };
    const paths = fill_paths(place, merkle_leaf(fact.envelope), { path: fact.history_path, onward: link.path });
    if (!paths) return null;
    fact = { ...fact, history_path: paths.path };
    link = { ...link, path: paths.onward };
  }
  if (cut && fact.kind === 'transaction') {
    const root = inclusion_root(merkle_leaf(fact.envelope), BigInt(fact.history_index), header.history_size, fact.history_path);
    if (!root) return null;
    header.history_root = root;
    header_bytes = assembled(short, state_root, root);
  }
  if (signatures.length > 0) {
    if (!link) return null;
    const root = consistency_root(header.history_size, header.history_root, short.size || header.history_size, link.path);
    if (!root) return null;
    link = { ...link, note: note_of(short, header, header_bytes, root) };
  }
  return { ...claim, header: header_bytes, fact, checkpoint: link };
}

function without_note(short: ShortClaim, header: Header): ShortClaim | null {
  const { claim } = short;
  if (!claim.checkpoint) return null;
  const note = claim.checkpoint.note;
  const end = note.findIndex((byte, i) => byte === 10 && note[i + 1] === 10);
  const found = /^[^\n]*\n([0-9]{1,20})\n[^\n]*\nheader ([0-9]{1,20}) ([^ \n]+)$/.exec(String.fromCharCode(...note.slice(0, Math.max(end, 0))));
  const hash = from_base64(found?.[3] ?? '');
  if (!found || !hash) return null;
  const size = BigInt(found[1] ?? '');
  const height = BigInt(found[2] ?? '');
  return {
    ...short,
    claim: { ...claim, checkpoint: { ...claim.checkpoint, note: none } },
    signatures: note.slice(end + 1),
    size: size === header.history_size ? 0n : size,
    height: height === header.height ? 0n : height,
    header_hash: equal(hash, sha512(claim.header)) ? none : hash,
  };
}
function without_shared_path(short: ShortClaim, header: Header): ShortClaim | null {
  const { fact, checkpoint: link } = short.claim;
  if (fact.kind !== 'transaction' || !link || short.signatures.length === 0 || short.size === 0n) return null;
  const place = { index: BigInt(fact.history_index), size: header.history_size, later: short.size };
  const paths = cut_paths(place, { path: fact.history_path, onward: link.path });
  if (!paths) return null;
  const claim = { ...short.claim, fact: { ...fact, history_path: paths.path }, checkpoint: { ...link, path: paths.onward } };
  return { ...short, claim, one_path: true };
}
function without_roots(short: ShortClaim): ShortClaim {
  const { header, fact } = short.claim;
  const byte = (i: number): number => header[i] ?? 0;
  let at = 0;
  while (byte(at) !== state_root_tag) {
    const number = (byte(at) & 7) === 0;
    at += 1;
    if (number) while (byte(at) & 0x80) at += 1;
    at += number ? 1 : 1 + byte(at);
  }
  const rest = at + 34 * (fact.kind === 'transaction' ? 2 : 1);
  return { ...short, claim: { ...short.claim, header: header.slice(0, at) }, header_rest: header.slice(rest) };
}

const same_path = (a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean =>
  a.length === b.length && a.every((hash, i) => equal(hash, b[i] as Uint8Array));
/// As far as restore() changes it.
function same(a: Claim, b: Claim): boolean {
  const path_of = (fact: Fact): Uint8Array[] => (fact.kind === 'transaction' ? fact.history_path : []);
  return (
    equal(a.header, b.header) && same_path(path_of(a.fact), path_of(b.fact)) &&
    equal(a.checkpoint?.note ?? none, b.checkpoint?.note ?? none) && same_path(a.checkpoint?.path ?? [], b.checkpoint?.path ?? [])
  );
}

/// Leaves out all that restore() brings back.
export function shorten(claim: Claim): ShortClaim {
  let short = whole_claim(claim);
  const header = header_of(claim.header);
  if (!header) return short;
  for (const cut of [without_note, without_shared_path, without_roots]) {
    const next = cut(short, header);
    const back = next && restore(next);
    if (next && back && same(back, claim)) short = next;
  }
  return short;
}
