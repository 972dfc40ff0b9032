// SPDX-License-Identifier: Apache-2.0
// The compact form of a receipt: proto/salus/v1/receipt.proto, docs/formats/receipt.md.
import { concat } from './bytes.ts';
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
import { Malformed, Message, type Schema } from './protobuf.ts';
import { message } from './protobuf_write.ts';
import { category_names, purpose_names } from './schema.ts';

const version = 2n;

const proof_schema: Schema = { 1: 'bytes', 2: 'bytes', 3: 'bytes', 4: 'bytes' };
const transaction_schema: Schema = { 1: 'bytes', 2: 'number', 3: 'bytes', 4: 'repeated', 5: 'bytes', 6: 'bytes' };
const reader_schema: Schema = { 1: 'bytes', 2: 'bytes', 3: 'bytes' };
const no_consent_schema: Schema = { 1: 'bytes', 2: 'number', 3: 'number', 4: 'bytes', 5: 'bytes', 6: 'repeated' };
const pair_schema: Schema = { 1: 'bytes', 2: 'bytes' };
const claim_schema: Schema = {
  1: 'number', 2: 'bytes', 3: 'bytes', 4: 'bytes', 5: 'bytes', 6: 'bytes', 7: 'bytes', 8: 'bytes',
};

function split(bytes: Uint8Array, what: string, max: number): Uint8Array[] {
  if (bytes.length % 32 !== 0 || bytes.length / 32 > max) throw new Malformed(`${what} is not 0 to ${max} times 32 bytes`);
  return Array.from({ length: bytes.length / 32 }, (_, i) => bytes.slice(32 * i, 32 * i + 32));
}
function read_proof(bytes: Uint8Array): StateProof {
  const message = Message.read(bytes, proof_schema);
  const bits = message.bytes(3);
  const siblings = split(message.bytes(4), 'the siblings of a proof', state_steps_max);
  if (!message.has(1)) throw new Malformed('a proof has no key');
  if (bits.length !== siblings.length) throw new Malformed('a proof has not as many bits as siblings');
  return {
    key: message.bytes(1),
    value: message.bytes(2),
    steps: siblings.map((sibling, i) => ({ bit: bits[i] ?? 0, sibling })),
  };
}
const read_optional_proof = (message: Message, field: number): StateProof | null =>
  message.has(field) ? read_proof(message.bytes(field)) : null;

function read_transaction_fact(bytes: Uint8Array): TransactionFact {
  const message = Message.read(bytes, transaction_schema);
  const index = message.number(2);
  const signers = message.items(4);
  if (index > BigInt(Number.MAX_SAFE_INTEGER)) throw new Malformed('history_index is above 2^53 - 1');
  if (signers.length < 1 || signers.length > signers_max) throw new Malformed('it has not 1 to 4 signers');
  return {
    kind: 'transaction',
    envelope: message.bytes(1),
    history_index: Number(index),
    history_path: split(message.bytes(3), 'history_path', history_steps_max),
    signers: signers.map(read_proof),
    patient_leaf: read_optional_proof(message, 5),
    consent: read_optional_proof(message, 6),
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

/// Throws Malformed.
export function read_binary(bytes: Uint8Array): Claim {
  const message = Message.read(bytes, claim_schema);
  if (message.number(1) !== version) throw new Malformed('its version is not 2');
  const present = fact_readers.filter(([field]) => message.has(field));
  const [only] = present;
  if (!only || present.length !== 1) throw new Malformed('it has not exactly one fact');
  let checkpoint: CheckpointLink | null = null;
  if (message.has(8)) {
    const link = Message.read(message.bytes(8), pair_schema);
    if (!link.has(1)) throw new Malformed('a checkpoint has no note');
    checkpoint = { note: link.bytes(1), path: split(link.bytes(2), "the checkpoint's path", consistency_steps_max) };
  }
  return { header: message.bytes(2), seal: message.bytes(3), fact: only[1](message.bytes(only[0])), checkpoint };
}

function write_proof(proof: StateProof | null): Uint8Array {
  if (!proof) return new Uint8Array();
  const { key, value, steps } = proof;
  return message([
    [1, key], [2, value], [3, Uint8Array.from(steps, (step) => step.bit)], [4, concat(...steps.map((step) => step.sibling))],
  ]);
}
function write_fact(fact: Fact): readonly [number, Uint8Array] {
  switch (fact.kind) {
    case 'transaction': {
      const signers = fact.signers.map((proof) => [4, write_proof(proof)] as const);
      return [4, message([
        [1, fact.envelope], [2, fact.history_index], [3, concat(...fact.history_path)], ...signers,
        [5, write_proof(fact.patient_leaf)], [6, write_proof(fact.consent)],
      ])];
    }
    case 'consent':
      return [5, message([[1, write_proof(fact.patient_leaf)], [2, write_proof(fact.consent)]])];
    case 'no_consent': {
      const readers = fact.readers.map(
        ({ id, absence, record }) => [6, message([[1, id], [2, write_proof(absence)], [3, write_proof(record)]])] as const,
      );
      return [6, message([
        [1, fact.patient], [2, fact.category], [3, fact.purpose], [4, write_proof(fact.patient_leaf)],
        [5, write_proof(fact.patient_absence)], ...readers,
      ])];
    }
    case 'key_destroyed':
      return [7, message([[1, fact.content_id], [2, write_proof(fact.tombstone)]])];
  }
}

export function write_binary(claim: Claim): Uint8Array {
  const { checkpoint: link } = claim;
  return message([
    [1, version], [2, claim.header], [3, claim.seal], write_fact(claim.fact),
    [8, link ? message([[1, link.note], [2, concat(...link.path)]]) : ''],
  ]);
}
