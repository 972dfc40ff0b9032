// SPDX-License-Identifier: Apache-2.0
// For tests and the development node: makes a small chain of its own and receipts of it, with
// the encoders that the verifier itself does not need.
import { p256 } from '@noble/curves/nist.js';
import { sha512_256 } from '@noble/hashes/sha2.js';
import { concat, to_hex } from './bytes.ts';
import { merkle_inner, merkle_leaf, merkle_root, sha256, sha512, type StateProof } from './crypto.ts';
import { Message } from './protobuf.ts';
import { message } from './protobuf_write.ts';
import type { Claim, TransactionFact } from './claim_fact.ts';
import type { Trust } from './receipt.ts';
import { sealed_message } from './schema_block.ts';

export const filled = (size: number, value: number): Uint8Array => new Uint8Array(size).fill(value);

export interface Keys {
  id: Uint8Array;
  secret: Uint8Array;
  public_key: Uint8Array;
}
export function keys_of(number: number): Keys {
  const secret = sha256(Uint8Array.of(number));
  return { id: filled(16, number), secret, public_key: p256.getPublicKey(secret, false) };
}
export const sign = (bytes: Uint8Array, keys: Keys): Uint8Array =>
  p256.sign(sha512(bytes), keys.secret, { prehash: false, lowS: true });

type Leaf = readonly [Uint8Array, Uint8Array];
const bit_of = (path: Uint8Array, bit: number): number => ((path[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1;

/// The state tree of src/state/proof.h over `leaves`: its root, and the steps to each leaf.
export function state_tree(leaves: readonly Leaf[]): { root: Uint8Array; proof: (key: Uint8Array) => StateProof } {
  const nodes = leaves.map(([key, value]) => ({ path: sha256(key), key, value }));
  const steps = new Map<string, StateProof['steps']>(nodes.map((node) => [to_hex(node.key), []]));
  const build = (set: typeof nodes, bit: number): Uint8Array => {
    const [only] = set;
    if (only && set.length === 1) return sha256(concat(Uint8Array.of(0), only.path, sha256(only.value)));
    const left = set.filter((node) => bit_of(node.path, bit) === 0);
    const right = set.filter((node) => bit_of(node.path, bit) === 1);
    if (left.length === 0 || right.length === 0) return build(set, bit + 1);
    const hashes = [build(left, bit + 1), build(right, bit + 1)] as const;
    for (const node of left) steps.get(to_hex(node.key))?.push({ bit, sibling: hashes[1] });
    for (const node of right) steps.get(to_hex(node.key))?.push({ bit, sibling: hashes[0] });
    return sha256(concat(Uint8Array.of(bit + 1), hashes[0], hashes[1]));
  };
  const root = build(nodes, 0);
  const proof = (key: Uint8Array): StateProof => {
    const node = nodes.find((each) => to_hex(each.key) === to_hex(key));
    if (!node) throw new Error('no such leaf');
    return { key: node.key, value: node.value, steps: steps.get(to_hex(key)) ?? [] };
  };
  return { root, proof };
}

export const server = keys_of(1);
export const doctor = keys_of(2);
export const miner = keys_of(3);
export const program = keys_of(4);
const patient = filled(16, 9);
export const now_ms = 1_763_700_000_000;
const key_of = (keys: Keys): Uint8Array => concat(Uint8Array.of(0x6b), keys.id);
const key_record = (keys: Keys, role: number): Uint8Array =>
  message([[1, role], [2, 1], [3, keys.public_key], [4, 1], [5, 1], [6, 0]]);

/// What a test may change before everything is signed and sealed.
export interface Changes {
  by_program?: boolean;
  chain_id?: string;
  revoked_height?: number;
  until_ms?: number;
  granted_height?: number;
  personal_data?: number;
  purpose?: number;
  server_role?: number;
  report_consent?: Uint8Array;
  sealed_by?: Keys;
  /// Signed with another body in one batch.
  batch?: boolean;
}

/// An honest block of one transaction, sealed by the miner of `make_receipt`'s anchor. `parent`: the block before.
export function make_block(height: number, parent: Uint8Array | null): Uint8Array {
  const { receipt, trust } = make_receipt();
  const previous = parent ? sha512(Message.read(parent, { 1: 'bytes', 2: 'bytes', 3: 'repeated' }).bytes(1)) : trust.genesis_hash;
  const header = message([
    [1, trust.chain_id], [2, height], [3, previous], [4, merkle_root([receipt.fact.envelope])], [5, filled(32, 5)], [6, filled(32, 6)],
    [7, height], [8, now_ms], [9, miner.id],
  ]);
  const seal = message([[2, sign(sealed_message(header, { round: 0n, passed_over: 0, nonce: 0n }), miner)]]);
  return message([[1, header], [2, seal], [3, receipt.fact.envelope]]);
}

/// An honest receipt of an approved report, unless `changes` say otherwise, and its anchor.
export function make_receipt(changes: Changes = {}): { receipt: Claim & { fact: TransactionFact }; trust: Trust } {
  const chain_id = changes.chain_id ?? 'salus-test';
  const approver = changes.by_program ? program : doctor;
  const consent_ref = filled(32, 0x51);
  const consent_key = concat(Uint8Array.of(0x63), patient, approver.id, Uint8Array.of(1, changes.purpose ?? 1));
  const consent_record = message([
    [1, consent_ref], [2, now_ms - 1_000], [3, changes.until_ms ?? now_ms + 86_400_000], [4, changes.granted_height ?? 5],
    [5, changes.revoked_height ?? 0], [6, filled(32, 0x52)],
  ]);
  const own_tree = state_tree([[Uint8Array.of(0), new TextEncoder().encode('salus')], [consent_key, consent_record]]);
  const patient_key = concat(Uint8Array.of(0x70), patient);
  const tree = state_tree([
    [Uint8Array.of(0), new TextEncoder().encode('salus')],
    [key_of(server), key_record(server, changes.server_role ?? 11)],
    [key_of(doctor), key_record(doctor, 3)],
    [key_of(program), key_record(program, 13)],
    [patient_key, own_tree.root],
  ]);
  const report = message([
    [1, approver.id], [2, patient], [3, 1], [4, changes.personal_data ?? 1], [5, filled(32, 0x61)],
    [6, changes.report_consent ?? consent_ref], [7, filled(32, 0x62)], [8, concat(Uint8Array.of(1, 0x55, 0x12, 0x20), filled(32, 0x63))],
    [9, filled(32, 0x64)], [10, filled(32, 0x65)], [11, 480], [12, now_ms - 480_000], [13, now_ms],
  ]);
  const body = message([[1, chain_id], [2, server.id], [3, 7], [4, now_ms], [15, report]]);
  const neighbour = merkle_leaf(Uint8Array.of(7));
  const batch_root = merkle_inner(neighbour, merkle_leaf(body));
  const covered = changes.batch
    ? concat(new TextEncoder().encode('salus-batch-1'), batch_root, Uint8Array.of(0, 0, 0, 2))
    : body;
  const signature = (keys: Keys): Uint8Array =>
    message([[1, keys.id], [2, sign(covered, keys)], [3, changes.batch ? 1 : 0]]);
  const envelope = message([
    [1, body], [2, signature(server)], [2, signature(approver)],
    [3, changes.batch ? message([[1, 1], [2, 2], [3, neighbour]]) : ''],
  ]);
  // Five entries, ours the fourth: its path has a left, a right and a promoted neighbour.
  const leaves = [0, 1, 2, 3, 4].map((i) => (i === 3 ? merkle_leaf(envelope) : merkle_leaf(Uint8Array.of(i))));
  const at = (i: number): Uint8Array => leaves[i] as Uint8Array;
  const front = merkle_inner(at(0), at(1));
  const history_root = merkle_inner(merkle_inner(front, merkle_inner(at(2), at(3))), at(4));
  const sealer = changes.sealed_by ?? miner;
  const header = message([
    [1, chain_id], [2, 12], [3, filled(64, 0x71)], [4, filled(32, 0x72)], [5, tree.root], [6, history_root], [7, 5],
    [8, now_ms + 50], [9, miner.id],
  ]);
  const receipt = {
    header,
    seal: message([[2, sign(sealed_message(header, { round: 0n, passed_over: 0, nonce: 0n }), sealer)]]),
    fact: {
      kind: 'transaction' as const,
      envelope,
      history_index: 3,
      history_path: [at(2), front, at(4)],
      signers: [tree.proof(key_of(server)), tree.proof(key_of(approver))],
      patient_leaf: tree.proof(patient_key),
      consent: own_tree.proof(consent_key),
    },
    checkpoint: null,
  };
  const trust = {
    chain_id,
    genesis_hash: sha512(sha512_256(Uint8Array.of(1))),
    miners: [{ id: miner.id, public_key: miner.public_key }],
  };
  return { receipt, trust };
}
