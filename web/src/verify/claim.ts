// SPDX-License-Identifier: Apache-2.0
// A receipt in its three forms: docs/formats/receipt.md. What does not write again to the same bytes is
// refused, so that every reader reads the same.
import { equal, from_base45, to_base64url } from './bytes.ts';
import type { StateProof } from './crypto.ts';
import { array_of, bytes_of, integer_of, object_of, parse_json, wrong, type Json } from './json.ts';
import { Malformed, Message, type Schema } from './protobuf.ts';
import { category_names, purpose_names } from './schema.ts';

export const claim_bytes_max = 64 * 1024;
export const claim_kinds = ['transaction', 'consent', 'no_consent', 'key_destroyed'] as const;
export type ClaimKind = (typeof claim_kinds)[number];

export interface TransactionFact {
  kind: 'transaction';
  envelope: Uint8Array;
  history_index: number;
  history_path: Uint8Array[];
  signers: StateProof[];
  patient_leaf: StateProof | null;
  consent: StateProof | null;
}
export interface ConsentFact {
  kind: 'consent';
  patient_leaf: StateProof;
  consent: StateProof;
}
export interface UncoveredReader {
  id: Uint8Array;
  absence: StateProof | null;
  record: StateProof | null;
}
export interface NoConsentFact {
  kind: 'no_consent';
  patient: Uint8Array;
  category: number;
  purpose: number;
  patient_leaf: StateProof | null;
  patient_absence: StateProof | null;
  readers: UncoveredReader[];
}
export interface KeyDestroyedFact {
  kind: 'key_destroyed';
  content_id: Uint8Array;
  tombstone: StateProof;
}
export type Fact = TransactionFact | ConsentFact | NoConsentFact | KeyDestroyedFact;
export interface CheckpointLink {
  note: Uint8Array;
  path: Uint8Array[];
}
export interface Claim {
  header: Uint8Array;
  seal: Uint8Array;
  fact: Fact;
  checkpoint: CheckpointLink | null;
}

const format = 'salus-receipt-2';
const version = 2n;
const text_prefix = 'SALUS:';
const history_steps_max = 64;
const consistency_steps_max = 128;
const state_steps_max = 256;
const signers_max = 4;
const readers_max = 16;

// JSON.

const paths_json = (path: readonly Uint8Array[]) => path.map(to_base64url);
const proof_json = (proof: StateProof | null) =>
  proof && {
    key: to_base64url(proof.key),
    value: to_base64url(proof.value),
    steps: proof.steps.map((step) => ({ bit: step.bit, sibling: to_base64url(step.sibling) })),
  };
function fact_json(fact: Fact): Json {
  switch (fact.kind) {
    case 'transaction':
      return {
        envelope: to_base64url(fact.envelope),
        history_index: fact.history_index,
        history_path: paths_json(fact.history_path),
        signers: fact.signers.map(proof_json),
        patient_leaf: proof_json(fact.patient_leaf),
        consent: proof_json(fact.consent),
      };
    case 'consent':
      return { patient_leaf: proof_json(fact.patient_leaf), consent: proof_json(fact.consent) };
    case 'no_consent':
      return {
        patient: to_base64url(fact.patient),
        category: category_names[fact.category],
        purpose: purpose_names[fact.purpose],
        patient_leaf: proof_json(fact.patient_leaf),
        patient_absence: proof_json(fact.patient_absence),
        readers: fact.readers.map((reader) => ({
          id: to_base64url(reader.id),
          absence: proof_json(reader.absence),
          record: proof_json(reader.record),
        })),
      };
    case 'key_destroyed':
      return { content_id: to_base64url(fact.content_id), tombstone: proof_json(fact.tombstone) };
  }
}

// JSON.stringify writes members in the order given, without white space; no text here needs an escape.
export function write_claim(claim: Claim): string {
  return `${JSON.stringify({
    format,
    kind: claim.fact.kind,
    header: to_base64url(claim.header),
    seal: to_base64url(claim.seal),
    ...fact_json(claim.fact),
    checkpoint: claim.checkpoint && {
      note: to_base64url(claim.checkpoint.note),
      path: paths_json(claim.checkpoint.path),
    },
  })}\n`;
}

const path_of = (value: unknown, member: string, max: number): Uint8Array[] =>
  array_of(value, member, max).map((hash) => bytes_of(hash, member, 32));
function proof_of(value: unknown, member: string): StateProof {
  const proof = object_of(value, member);
  const key = bytes_of(proof['key'], 'key');
  if (key.length === 0) wrong('key');
  return {
    key,
    value: bytes_of(proof['value'], 'value'),
    steps: array_of(proof['steps'], 'steps', state_steps_max).map((item) => {
      const step = object_of(item, 'steps');
      return { bit: integer_of(step['bit'], 'bit', 255), sibling: bytes_of(step['sibling'], 'sibling', 32) };
    }),
  };
}
const optional_proof_of = (value: unknown, member: string): StateProof | null =>
  value === null ? null : proof_of(value, member);
function name_of(value: unknown, member: string, names: readonly string[]): number {
  const index = typeof value === 'string' ? names.indexOf(value) : 0;
  if (index < 1) wrong(member);
  return index;
}
function some_of<Item>(items: Item[], member: string): Item[] {
  if (items.length === 0) wrong(member);
  return items;
}

function fact_of(json: Json): Fact {
  switch (json['kind']) {
    case 'transaction':
      return {
        kind: 'transaction',
        envelope: bytes_of(json['envelope'], 'envelope'),
        history_index: integer_of(json['history_index'], 'history_index', Number.MAX_SAFE_INTEGER),
        history_path: path_of(json['history_path'], 'history_path', history_steps_max),
        signers: some_of(
          array_of(json['signers'], 'signers', signers_max).map((proof) => proof_of(proof, 'signers')),
          'signers',
        ),
        patient_leaf: optional_proof_of(json['patient_leaf'], 'patient_leaf'),
        consent: optional_proof_of(json['consent'], 'consent'),
      };
    case 'consent':
      return {
        kind: 'consent',
        patient_leaf: proof_of(json['patient_leaf'], 'patient_leaf'),
        consent: proof_of(json['consent'], 'consent'),
      };
    case 'no_consent':
      return {
        kind: 'no_consent',
        patient: bytes_of(json['patient'], 'patient', 16),
        category: name_of(json['category'], 'category', category_names),
        purpose: name_of(json['purpose'], 'purpose', purpose_names),
        patient_leaf: optional_proof_of(json['patient_leaf'], 'patient_leaf'),
        patient_absence: optional_proof_of(json['patient_absence'], 'patient_absence'),
        readers: some_of(
          array_of(json['readers'], 'readers', readers_max).map((item) => {
            const reader = object_of(item, 'readers');
            return {
              id: bytes_of(reader['id'], 'id', 16),
              absence: optional_proof_of(reader['absence'], 'absence'),
              record: optional_proof_of(reader['record'], 'record'),
            };
          }),
          'readers',
        ),
      };
    case 'key_destroyed':
      return {
        kind: 'key_destroyed',
        content_id: bytes_of(json['content_id'], 'content_id', 36),
        tombstone: proof_of(json['tombstone'], 'tombstone'),
      };
    default:
      wrong('kind');
  }
}
function link_of(value: unknown): CheckpointLink | null {
  if (value === null) return null;
  const link = object_of(value, 'checkpoint');
  const note = bytes_of(link['note'], 'note');
  if (note.length === 0) wrong('note');
  return { note, path: path_of(link['path'], 'path', consistency_steps_max) };
}

function read_json(text: string): Claim {
  const json = parse_json(text);
  if (json['format'] !== format) wrong('format');
  const claim: Claim = {
    header: bytes_of(json['header'], 'header'),
    seal: bytes_of(json['seal'], 'seal'),
    fact: fact_of(json),
    checkpoint: link_of(json['checkpoint']),
  };
  if (write_claim(claim) !== text) {
    throw new Malformed('it is not in the one form a receipt has: a byte was changed, added or moved');
  }
  return claim;
}

// The compact form: proto/salus/v1/receipt.proto.

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

function read_binary(bytes: Uint8Array): Claim {
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

/// Any of the three forms, told apart by how it begins. Throws Malformed.
export function read_claim(bytes: Uint8Array): Claim {
  if (bytes.length > claim_bytes_max) throw new Malformed('it is larger than 64 KiB');
  const text = new TextDecoder('latin1').decode(bytes);
  if (text.startsWith('{')) {
    // Read byte for byte: whatever is not ASCII then fails to write again to the same text.
    const written = read_json(text);
    if (!equal(new TextEncoder().encode(write_claim(written)), bytes)) throw new Malformed('it is no plain text');
    return written;
  }
  const trimmed = text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
  if (!trimmed.startsWith(text_prefix)) return read_binary(bytes);
  const inner = from_base45(trimmed.slice(text_prefix.length));
  if (!inner) throw new Malformed('behind "SALUS:" stands no base45');
  return read_binary(inner);
}
