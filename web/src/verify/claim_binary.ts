// SPDX-License-Identifier: Apache-2.0
// The compact form of a receipt: proto/salus/v1/receipt.proto, docs/formats/receipt.md.
import { concat, equal } from './bytes.ts';
import {
  consistency_steps_max,
  history_steps_max,
  readers_max,
  signers_max,
  state_steps_max,
  type CheckpointLink,
  type Claim,
  type ConsentFact,
  type Fact,
  type KeyDestroyedFact,
  type NoConsentFact,
  type TransactionFact,
} from './claim_fact.ts';
import type { StateProof } from './crypto.ts';
import { restore, shorten, whole_claim, type ShortClaim } from './left_out.ts';
import { pack, unpack } from './packing.ts';
import { Malformed, Message, type Schema } from './protobuf.ts';
import { message } from './protobuf_write.ts';
import { category_names, purpose_names } from './schema.ts';
import { fill_siblings, root_of, step_sources, type StepSource } from './shared_steps.ts';

const plain_version = 2n;
/// The first byte of those that are packed; the plain one begins with another. The last is written.
const packed_version = 3;
const short_version = 4;
const message_bytes_max = 64 * 1024;

const proof_schema: Schema = { 1: 'bytes', 2: 'bytes', 3: 'bytes', 4: 'bytes', 5: 'number' };
const transaction_schema: Schema = { 1: 'bytes', 2: 'number', 3: 'bytes', 4: 'repeated', 5: 'bytes', 6: 'bytes', 7: 'number' };
const reader_schema: Schema = { 1: 'bytes', 2: 'bytes', 3: 'bytes' };
const no_consent_schema: Schema = { 1: 'bytes', 2: 'number', 3: 'number', 4: 'bytes', 5: 'bytes', 6: 'repeated' };
const pair_schema: Schema = { 1: 'bytes', 2: 'bytes' };
const link_schema: Schema = { 1: 'bytes', 2: 'bytes', 3: 'number', 4: 'number', 5: 'bytes', 6: 'bytes', 7: 'number' };
const claim_schema: Schema = {
  1: 'number', 2: 'bytes', 3: 'bytes', 4: 'bytes', 5: 'bytes', 6: 'bytes', 7: 'bytes', 8: 'bytes', 9: 'bytes',
};

function split(bytes: Uint8Array, what: string, max: number): Uint8Array[] {
  if (bytes.length % 32 !== 0 || bytes.length / 32 > max) throw new Malformed(`${what} is not 0 to ${max} times 32 bytes`);
  return Array.from({ length: bytes.length / 32 }, (_, i) => bytes.slice(32 * i, 32 * i + 32));
}
/// Its steps without siblings, and those that are given.
interface OpenProof {
  readonly proof: StateProof;
  readonly siblings: readonly Uint8Array[];
}
function read_open(bytes: Uint8Array): OpenProof {
  const message = Message.read(bytes, proof_schema);
  const run = message.number(5);
  if (run > BigInt(state_steps_max)) throw new Malformed('a proof has more than 256 bits');
  const bits = Uint8Array.of(...message.bytes(3), ...Array.from({ length: Number(run) }, (_, i) => Number(run) - 1 - i));
  if (!message.has(1)) throw new Malformed('a proof has no key');
  if (bits.length > state_steps_max) throw new Malformed('a proof has more than 256 bits');
  const sibling = new Uint8Array(32);
  return {
    proof: { key: message.bytes(1), value: message.bytes(2), steps: Array.from(bits, (bit) => ({ bit, sibling })) },
    siblings: split(message.bytes(4), 'the siblings of a proof', state_steps_max),
  };
}
/// Each given sibling in its step. `sources`: nothing where all are given.
function put_siblings({ proof, siblings }: OpenProof, sources: readonly StepSource[] | null): StateProof {
  let next = 0;
  const steps = proof.steps.map((step, i) => {
    if (sources?.[i]) return step;
    next += 1;
    return { bit: step.bit, sibling: siblings[next - 1] ?? step.sibling };
  });
  if (next !== siblings.length) throw new Malformed('a proof has not as many bits as siblings');
  return { ...proof, steps };
}
const read_proof = (bytes: Uint8Array): StateProof => put_siblings(read_open(bytes), null);
const read_optional_proof = (message: Message, field: number): StateProof | null =>
  message.has(field) ? read_proof(message.bytes(field)) : null;

/// The proofs of the main tree (the signers' keys, then the patient's leaf), with what they leave to each other.
function read_main_proofs(message: Message, consent: StateProof | null): StateProof[] {
  const open = message.items(4).map(read_open);
  if (message.has(5)) open.push(read_open(message.bytes(5)));
  if (!message.has(7)) return open.map((one) => put_siblings(one, null));
  const sources = step_sources(open.map((one) => one.proof));
  if (message.number(7) !== 1n || !sources) throw new Malformed('its proofs share no steps');
  const proofs = open.map((one, i) => put_siblings(one, sources[i] ?? null));
  const leaf = message.has(5) ? proofs.at(-1) : undefined;
  if (leaf && consent && leaf.value.length === 0) proofs[proofs.length - 1] = { ...leaf, value: root_of(consent) };
  return fill_siblings(proofs, sources);
}

function read_transaction_fact(bytes: Uint8Array): TransactionFact {
  const message = Message.read(bytes, transaction_schema);
  const index = message.number(2);
  const signers = message.items(4).length;
  if (index > BigInt(Number.MAX_SAFE_INTEGER)) throw new Malformed('history_index is above 2^53 - 1');
  if (signers < 1 || signers > signers_max) throw new Malformed('it has not 1 to 4 signers');
  const consent = read_optional_proof(message, 6);
  const proofs = read_main_proofs(message, consent);
  return {
    kind: 'transaction',
    envelope: message.bytes(1),
    history_index: Number(index),
    history_path: split(message.bytes(3), 'history_path', history_steps_max),
    signers: proofs.slice(0, signers),
    patient_leaf: proofs[signers] ?? null,
    consent,
  };
}
function read_consent_fact(bytes: Uint8Array): ConsentFact {
  const message = Message.read(bytes, pair_schema);
  return { kind: 'consent', patient_leaf: read_proof(message.bytes(1)), consent: read_proof(message.bytes(2)) };
}
function read_no_consent_fact(bytes: Uint8Array): NoConsentFact {
  const message = Message.read(bytes, no_consent_schema);
  const readers = message.items(6);
  if (readers.length < 1 || readers.length > readers_max) throw new Malformed('it has not 1 to 16 readers');
  return {
    kind: 'no_consent',
    patient: message.fixed(1, 16),
    category: message.one_of(2, category_names.length - 1),
    purpose: message.one_of(3, purpose_names.length - 1),
    patient_leaf: read_optional_proof(message, 4),
    patient_absence: read_optional_proof(message, 5),
    readers: readers.map((item) => {
      const reader = Message.read(item, reader_schema);
      return { id: reader.fixed(1, 16), absence: read_optional_proof(reader, 2), record: read_optional_proof(reader, 3) };
    }),
  };
}
function read_key_destroyed_fact(bytes: Uint8Array): KeyDestroyedFact {
  const message = Message.read(bytes, pair_schema);
  return { kind: 'key_destroyed', content_id: message.fixed(1, 36), tombstone: read_proof(message.bytes(2)) };
}
const fact_readers = [
  [4, read_transaction_fact],
  [5, read_consent_fact],
  [6, read_no_consent_fact],
  [7, read_key_destroyed_fact],
] as const;

function read_message(bytes: Uint8Array, version: bigint): ShortClaim {
  const message = Message.read(bytes, claim_schema);
  if (message.number(1) !== version) throw new Malformed('its version is none of 2 to 4');
  const present = fact_readers.filter(([field]) => message.has(field));
  const [only] = present;
  if (!only || present.length !== 1) throw new Malformed('it has not exactly one fact');
  let checkpoint: CheckpointLink | null = null;
  const link = Message.read(message.bytes(8), link_schema);
  if (message.has(8)) {
    if (link.has(1) === link.has(6)) throw new Malformed('a checkpoint has no note');
    checkpoint = { note: link.bytes(1), path: split(link.bytes(2), "the checkpoint's path", consistency_steps_max) };
  }
  return {
    claim: { header: message.bytes(2), seal: message.bytes(3), fact: only[1](message.bytes(only[0])), checkpoint },
    header_rest: message.bytes(9),
    signatures: link.bytes(6),
    size: link.number(3),
    height: link.number(4),
    header_hash: link.bytes(5),
    one_path: link.number(7) === 1n,
  };
}

/// Version 2, which is plain, or 3 or 4, which are packed. Throws Malformed.
export function read_binary(bytes: Uint8Array): Claim {
  const version = bytes[0];
  if (version !== packed_version && version !== short_version) {
    const { claim } = read_message(bytes, plain_version);
    if (!equal(write_plain(claim), bytes)) throw new Malformed('it leaves something out');
    return claim;
  }
  const unpacked = unpack(bytes.subarray(1), message_bytes_max);
  if (!unpacked) throw new Malformed('its bytes are not packed in the one way');
  const short = read_message(unpacked, 0n);
  const is_short = version === short_version;
  const claim = is_short ? restore(short) : short.claim;
  if (!claim || !equal(is_short ? short_message(claim) : packed_message(claim), unpacked)) {
    throw new Malformed('it leaves out too much or too little');
  }
  return claim;
}

/// Nothing where the proofs of a transaction do not share steps, as far as they should.
function shared_steps_of(fact: Fact): StepSource[][] | null {
  if (fact.kind !== 'transaction') return null;
  const { patient_leaf, consent } = fact;
  if (patient_leaf && consent && patient_leaf.value.length === 0) return null; // it would read as left out
  const proofs = patient_leaf ? [...fact.signers, patient_leaf] : fact.signers;
  const sources = step_sources(proofs);
  if (!sources) return null;
  const filled = fill_siblings(proofs, sources);
  const follow = proofs.every(({ steps }, i) => steps.every(({ sibling }, j) => {
    const step = filled[i]?.steps[j];
    return step !== undefined && equal(step.sibling, sibling);
  }));
  return follow ? sources : null;
}

/// How the proofs of a message are written.
interface Writing {
  /// Of each main proof: the siblings that follow from other proofs, which are left out.
  readonly shared: readonly (readonly StepSource[])[] | null;
  /// Whether bits that end in r - 1, r - 2, ..., 0 are written without these, with r beside.
  readonly runs: boolean;
}
const run_of = (steps: StateProof['steps']): number => {
  let run = 0;
  while (run < steps.length && steps[steps.length - 1 - run]?.bit === run) run += 1;
  return run;
};
function write_proof(proof: StateProof | null, { runs }: Writing, sources: readonly StepSource[] | null = null): Uint8Array {
  if (!proof) return new Uint8Array();
  const { key, value, steps } = proof;
  const given = steps.filter((_, i) => !sources?.[i]);
  const run = runs ? run_of(steps) : 0;
  const bits = steps.slice(0, steps.length - run).map((step) => step.bit);
  return message([[1, key], [2, value], [3, Uint8Array.from(bits)], [4, concat(...given.map((step) => step.sibling))], [5, run]]);
}
function write_transaction(fact: TransactionFact, writing: Writing): Uint8Array {
  const { patient_leaf: leaf, consent } = fact;
  const { shared } = writing;
  const signers = fact.signers.map((proof, i) => [4, write_proof(proof, writing, shared?.[i])] as const);
  const follows = shared && leaf && consent && equal(leaf.value, root_of(consent));
  const written = follows ? { ...leaf, value: new Uint8Array() } : leaf;
  return message([
    [1, fact.envelope], [2, fact.history_index], [3, concat(...fact.history_path)], ...signers,
    [5, write_proof(written, writing, shared?.[fact.signers.length])], [6, write_proof(consent, writing)], [7, shared ? 1 : 0],
  ]);
}
function write_fact(fact: Fact, writing: Writing): readonly [number, Uint8Array] {
  const write = (proof: StateProof | null): Uint8Array => write_proof(proof, writing);
  switch (fact.kind) {
    case 'transaction':
      return [4, write_transaction(fact, writing)];
    case 'consent':
      return [5, message([[1, write(fact.patient_leaf)], [2, write(fact.consent)]])];
    case 'no_consent': {
      const readers = fact.readers.map(
        ({ id, absence, record }) => [6, message([[1, id], [2, write(absence)], [3, write(record)]])] as const,
      );
      return [6, message([
        [1, fact.patient], [2, fact.category], [3, fact.purpose], [4, write(fact.patient_leaf)],
        [5, write(fact.patient_absence)], ...readers,
      ])];
    }
    case 'key_destroyed':
      return [7, message([[1, fact.content_id], [2, write(fact.tombstone)]])];
  }
}

function write_message(short: ShortClaim, writing: Writing): Uint8Array {
  const { claim } = short;
  const { checkpoint: link } = claim;
  return message([
    [2, claim.header], [3, claim.seal], write_fact(claim.fact, writing),
    [8, link ? message([
      [1, link.note], [2, concat(...link.path)], [3, short.size], [4, short.height], [5, short.header_hash],
      [6, short.signatures], [7, short.one_path ? 1 : 0],
    ]) : ''],
    [9, short.header_rest],
  ]);
}
const packed_message = (claim: Claim): Uint8Array =>
  write_message(whole_claim(claim), { shared: shared_steps_of(claim.fact), runs: false });
const short_message = (claim: Claim): Uint8Array => write_message(shorten(claim), { shared: shared_steps_of(claim.fact), runs: true });
export const write_binary = (claim: Claim): Uint8Array => concat(Uint8Array.of(short_version), pack(short_message(claim)));
/// Version 2, still read.
export const write_plain = (claim: Claim): Uint8Array =>
  concat(message([[1, plain_version]]), write_message(whole_claim(claim), { shared: null, runs: false }));
