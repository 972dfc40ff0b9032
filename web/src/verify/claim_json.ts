// SPDX-License-Identifier: Apache-2.0
// The JSON form of a receipt: docs/formats/receipt.md.
import { to_base64url } from './bytes.ts';
import {
  consistency_steps_max,
  history_steps_max,
  readers_max,
  signers_max,
  state_steps_max,
  type CheckpointLink,
  type Claim,
  type Fact,
} from './claim_fact.ts';
import type { StateProof } from './crypto.ts';
import { array_of, bytes_of, integer_of, object_of, parse_json, wrong, type Json } from './json.ts';
import { Malformed } from './protobuf.ts';
import { category_names, purpose_names } from './schema.ts';

const format = 'salus-receipt-2';

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

/// Throws Malformed.
export function read_json(text: string): Claim {
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
