// SPDX-License-Identifier: Apache-2.0
// The receipt and the trust file as text: docs/formats/receipt.md. What does not write again to the same
// text is refused, so that every reader reads the same.
import { from_base64url, from_hex, to_base64url, to_hex } from './bytes.ts';
import type { StateProof } from './crypto.ts';
import { Malformed } from './protobuf.ts';
import { is_chain_id } from './schema.ts';

export const receipt_bytes_max = 64 * 1024;
export const trust_bytes_max = 2 * 1024 * 1024;

export interface Receipt {
  envelope: Uint8Array;
  history_index: number;
  history_path: Uint8Array[];
  header: Uint8Array;
  seal: Uint8Array;
  signers: StateProof[];
  patient_leaf: StateProof | null;
  consent: StateProof | null;
}
export interface Trust {
  chain_id: string;
  genesis_hash: Uint8Array;
  miners: { id: Uint8Array; public_key: Uint8Array }[];
  /// Verifier keys of the log's checkpoints and of its witnesses; files from before checkpoints have neither.
  checkpoints?: { checkpoint_key: string; witnesses: string[] };
}

type Json = Record<string, unknown>;
const history_steps_max = 64;
const state_steps_max = 256;

function wrong(member: string): never {
  throw new Malformed(`"${member}" is missing or has another form`);
}
function parse(text: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Malformed(`it is no JSON: ${String(cause)}`);
  }
  return object_of(value, 'the whole');
}
function object_of(value: unknown, member: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) wrong(member);
  return value as Json;
}
function array_of(value: unknown, member: string, max: number): unknown[] {
  if (!Array.isArray(value) || value.length > max) wrong(member);
  return value as unknown[];
}
function bytes_of(value: unknown, member: string, size?: number): Uint8Array {
  const bytes = typeof value === 'string' ? from_base64url(value) : null;
  if (!bytes || (size !== undefined && bytes.length !== size)) wrong(member);
  return bytes;
}
function hex_of(value: unknown, member: string, size: number): Uint8Array {
  const bytes = typeof value === 'string' ? from_hex(value) : null;
  if (bytes?.length !== size) wrong(member);
  return bytes;
}
function integer_of(value: unknown, member: string, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > max) wrong(member);
  return value;
}
function proof_of(value: unknown, member: string): StateProof {
  const proof = object_of(value, member);
  return {
    key: bytes_of(proof['key'], 'key'),
    value: bytes_of(proof['value'], 'value'),
    steps: array_of(proof['steps'], 'steps', state_steps_max).map((item) => {
      const step = object_of(item, 'steps');
      return { bit: integer_of(step['bit'], 'bit', 255), sibling: bytes_of(step['sibling'], 'sibling', 32) };
    }),
  };
}
const optional_proof_of = (value: unknown, member: string): StateProof | null =>
  value === null ? null : proof_of(value, member);

// JSON.stringify writes members in the order given, without white space; no text here needs an escape.
const proof_json = (proof: StateProof) => ({
  key: to_base64url(proof.key),
  value: to_base64url(proof.value),
  steps: proof.steps.map((step) => ({ bit: step.bit, sibling: to_base64url(step.sibling) })),
});

export function write_receipt(receipt: Receipt): string {
  return `${JSON.stringify({
    format: 'salus-receipt-1',
    envelope: to_base64url(receipt.envelope),
    history_index: receipt.history_index,
    history_path: receipt.history_path.map(to_base64url),
    header: to_base64url(receipt.header),
    seal: to_base64url(receipt.seal),
    signers: receipt.signers.map(proof_json),
    patient_leaf: receipt.patient_leaf && proof_json(receipt.patient_leaf),
    consent: receipt.consent && proof_json(receipt.consent),
  })}\n`;
}

/// Throws Malformed.
export function read_receipt(text: string): Receipt {
  if (new TextEncoder().encode(text).length > receipt_bytes_max) throw new Malformed('it is larger than 64 KiB');
  const json = parse(text);
  if (json['format'] !== 'salus-receipt-1') wrong('format');
  const signers = array_of(json['signers'], 'signers', 4);
  if (signers.length === 0) wrong('signers');
  const receipt: Receipt = {
    envelope: bytes_of(json['envelope'], 'envelope'),
    history_index: integer_of(json['history_index'], 'history_index', Number.MAX_SAFE_INTEGER),
    history_path: array_of(json['history_path'], 'history_path', history_steps_max).map((hash) =>
      bytes_of(hash, 'history_path', 32),
    ),
    header: bytes_of(json['header'], 'header'),
    seal: bytes_of(json['seal'], 'seal'),
    signers: signers.map((proof) => proof_of(proof, 'signers')),
    patient_leaf: optional_proof_of(json['patient_leaf'], 'patient_leaf'),
    consent: optional_proof_of(json['consent'], 'consent'),
  };
  if (write_receipt(receipt) !== text) {
    throw new Malformed('it is not in the one form a receipt has: a byte was changed, added or moved');
  }
  return receipt;
}

const witnesses_max = 32;
/// 1 to 256 printable ASCII characters but space, quotation mark and backslash.
function verifier_key_of(value: unknown, member: string): string {
  if (typeof value !== 'string' || !/^[!#-[\]-~]{1,256}$/.test(value)) wrong(member);
  return value;
}

const without_white = (text: string): string => text.replace(/[ \n\r\t]/g, '');

/// Throws Malformed. White space is free; members must be those of the format, once and in order.
export function read_trust(text: string): Trust {
  if (new TextEncoder().encode(text).length > trust_bytes_max) throw new Malformed('it is larger than 2 MiB');
  const json = parse(text);
  if (json['format'] !== 'salus-trust-1') wrong('format');
  const chain_id = json['chain_id'];
  if (typeof chain_id !== 'string' || !is_chain_id(chain_id)) wrong('chain_id');
  const trust: Trust = {
    chain_id,
    genesis_hash: hex_of(json['genesis_hash'], 'genesis_hash', 64),
    miners: array_of(json['miners'], 'miners', 100_000).map((item) => {
      const miner = object_of(item, 'miners');
      return { id: hex_of(miner['id'], 'id', 16), public_key: hex_of(miner['public_key'], 'public_key', 65) };
    }),
  };
  if ('checkpoint_key' in json) {
    trust.checkpoints = {
      checkpoint_key: verifier_key_of(json['checkpoint_key'], 'checkpoint_key'),
      witnesses: array_of(json['witnesses'], 'witnesses', witnesses_max).map((key) =>
        verifier_key_of(key, 'witnesses'),
      ),
    };
  }
  const ids = new Set(trust.miners.map((miner) => to_hex(miner.id)));
  if (trust.miners.length === 0 || ids.size !== trust.miners.length) wrong('miners');
  if (without_white(write_trust(trust)) !== without_white(text)) {
    throw new Malformed('a member is unknown, doubled or out of order');
  }
  return trust;
}

export function write_trust(trust: Trust): string {
  const whole = {
    format: 'salus-trust-1',
    chain_id: trust.chain_id,
    genesis_hash: to_hex(trust.genesis_hash),
    miners: trust.miners.map((miner) => ({ id: to_hex(miner.id), public_key: to_hex(miner.public_key) })),
    ...trust.checkpoints,
  };
  return `${JSON.stringify(whole, null, 2)}\n`;
}
