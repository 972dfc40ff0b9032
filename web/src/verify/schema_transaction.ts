// SPDX-License-Identifier: Apache-2.0
// Transactions and what their signatures cover: docs/formats/transaction.md.
import { concat, equal } from './bytes.ts';
import { inclusion_root, is_low_s, merkle_leaf, path_length } from './crypto.ts';
import { Malformed, Message, type Schema } from './protobuf.ts';
import { category_names, chain_id_of, purpose_names, role_names, time_of, twins } from './schema.ts';

export const transaction_bytes_max = 65_536;
export const action_names = [
  'enrol', 'rotate_key', 'revoke_key', 'grant_consent', 'revoke_consent', 'report', 'change_mining', 'evidence', 'destroy_key',
  'schedule_upgrade', 'certify',
] as const;
export type ActionName = (typeof action_names)[number];
const first_action_field = 10;

export interface ReportAction {
  receiver: Uint8Array;
  patient: Uint8Array;
  category: number;
  personal_data: boolean;
  consent: Uint8Array;
  reading_count: number;
  period_start_ms: number;
  period_end_ms: number;
}
export interface DestroyKeyAction {
  patient: Uint8Array;
  content_id: Uint8Array;
}
export interface Signed {
  signer: Uint8Array;
  value: Uint8Array;
  over_batch: boolean;
}
/// From a body up to the root of the batch it was signed in: docs/formats/transaction.md.
export interface BatchPath {
  index: number;
  size: number;
  path: readonly Uint8Array[];
}
export interface Transaction {
  body: Uint8Array;
  chain_id: string;
  sender: Uint8Array;
  timestamp_ms: number;
  action: ActionName;
  report: ReportAction | null;
  revoked_subject: Uint8Array | null;
  destroyed: DestroyKeyAction | null;
  signatures: Signed[];
  batch: BatchPath | null;
}

const signature_schema: Schema = { 1: 'bytes', 2: 'bytes', 3: 'number' };
const batch_schema: Schema = { 1: 'number', 2: 'number', 3: 'repeated' };
const envelope_schema: Schema = { 1: 'bytes', 2: 'repeated', 3: 'bytes' };
const body_schema: Schema = {
  1: 'text', 2: 'bytes', 3: 'number', 4: 'number', 10: 'repeated', 11: 'repeated', 12: 'repeated', 13: 'repeated',
  14: 'repeated', 15: 'repeated', 16: 'repeated', 17: 'repeated', 18: 'repeated', 19: 'repeated', 20: 'repeated',
};
const batch_bodies_max = 1_024;
const evidence_part_bytes_max = 4_096;
const report_schema: Schema = {
  1: 'bytes', 2: 'bytes', 3: 'number', 4: 'number', 5: 'bytes', 6: 'bytes', 7: 'bytes', 8: 'bytes', 9: 'bytes', 10: 'bytes',
  11: 'number', 12: 'number', 13: 'number',
};

function read_report(bytes: Uint8Array): ReportAction {
  const message = Message.read(bytes, report_schema);
  for (const field of [5, 7, 9, 10]) message.fixed(field, 32);
  message.fixed(8, 36);
  return {
    receiver: message.fixed(1, 16),
    patient: message.fixed(2, 16),
    category: message.one_of(3, category_names.length - 1),
    personal_data: message.one_of(4, 2) === 2,
    consent: message.fixed(6, 32),
    reading_count: message.uint32(11),
    period_start_ms: time_of(message, 12),
    period_end_ms: time_of(message, 13),
  };
}

function check_enrol(bytes: Uint8Array): void {
  const message = Message.read(bytes, { 1: 'bytes', 2: 'number', 3: 'number', 4: 'bytes', 5: 'number' });
  message.fixed(1, 16);
  message.one_of(2, role_names.length - 1);
  message.one_of(3, 1);
  message.fixed(4, 65);
  message.one_of(5, 2);
}
function check_rotate(bytes: Uint8Array): void {
  const message = Message.read(bytes, { 1: 'bytes', 2: 'number' });
  message.fixed(1, 65);
  message.one_of(2, 2);
}
function check_grant(bytes: Uint8Array): void {
  const message = Message.read(bytes, { 1: 'bytes', 2: 'number', 3: 'number', 4: 'number', 5: 'number', 6: 'bytes' });
  message.fixed(1, 16);
  message.one_of(2, category_names.length - 1);
  message.one_of(3, purpose_names.length - 1);
  time_of(message, 4);
  time_of(message, 5);
  message.fixed(6, 32);
}

function check_standing(bytes: Uint8Array): void {
  const message = Message.read(bytes, { 1: 'bytes', 2: 'number' });
  message.fixed(1, 16);
  message.one_of(2, 3);
}
function check_evidence(bytes: Uint8Array): void {
  const message = Message.read(bytes, { 1: 'bytes', 2: 'bytes', 3: 'bytes', 4: 'bytes' });
  for (const field of [1, 2, 3, 4]) {
    const { length } = message.bytes(field);
    if (length === 0 || length > evidence_part_bytes_max) throw new Malformed('a header or seal of evidence is empty or too large');
  }
}
function read_destroy(bytes: Uint8Array): DestroyKeyAction {
  const message = Message.read(bytes, { 1: 'bytes', 2: 'bytes' });
  return { patient: message.fixed(1, 16), content_id: message.fixed(2, 36) };
}
function check_certify(bytes: Uint8Array): void {
  const message = Message.read(bytes, { 1: 'bytes', 2: 'number' });
  message.fixed(1, 32);
  message.one_of(2, 2);
}
const check_upgrade = (bytes: Uint8Array): number => Message.read(bytes, { 1: 'number', 2: 'number' }).uint32(1);

function read_signature(bytes: Uint8Array): Signed {
  const message = Message.read(bytes, signature_schema);
  if (message.number(3) > 1n) throw new Malformed('field 3 is neither yes nor no');
  return { signer: message.fixed(1, 16), value: message.fixed(2, 64), over_batch: message.number(3) === 1n };
}
function read_batch(bytes: Uint8Array): BatchPath {
  const message = Message.read(bytes, batch_schema);
  const batch = { index: message.uint32(1), size: message.uint32(2), path: message.items(3) };
  const fits =
    batch.size <= batch_bodies_max && batch.index < batch.size && batch.path.length === path_length(BigInt(batch.index), BigInt(batch.size));
  if (!fits || batch.path.some((node) => node.length !== 32)) throw new Malformed('the path of the batch does not fit its place');
  return batch;
}

export function read_transaction(envelope: Uint8Array): Transaction {
  if (envelope.length > transaction_bytes_max) throw new Malformed('it is larger than 64 KiB');
  const outer = Message.read(envelope, envelope_schema);
  const body = outer.bytes(1);
  const signatures = outer.items(2).map(read_signature);
  if (signatures.length < 1 || signatures.length > 4) throw new Malformed('it has not 1 to 4 signatures');
  if (twins(signatures.map((signature) => signature.signer))) throw new Malformed('one signer signed twice');
  if (!signatures.every((signature) => is_low_s(signature.value))) throw new Malformed('a signature is not in its one form');
  const inner = read_body(body);
  if (!signatures.some((signature) => equal(signature.signer, inner.sender))) throw new Malformed('the sender did not sign');
  const batch = outer.has(3) ? read_batch(outer.bytes(3)) : null;
  if (signatures.some((signature) => signature.over_batch) !== (batch !== null)) {
    throw new Malformed('a batch has its path if and only if a signature is over it');
  }
  return { body, signatures, batch, ...inner };
}

/// What signature `index` covers: the body, or "salus-batch-1" | root | size 4 of the batch.
export function signed_message(tx: Transaction, index: number): Uint8Array {
  if (!tx.signatures[index]?.over_batch || !tx.batch) return tx.body;
  const { index: at, size, path } = tx.batch;
  const root = inclusion_root(merkle_leaf(tx.body), BigInt(at), BigInt(size), path);
  if (!root) throw new Malformed('the path of the batch does not fit its place');
  const size_bytes = new Uint8Array(4);
  new DataView(size_bytes.buffer).setUint32(0, size);
  return concat(new TextEncoder().encode('salus-batch-1'), root, size_bytes);
}

function read_body(body: Uint8Array): Omit<Transaction, 'body' | 'signatures' | 'batch'> {
  const message = Message.read(body, body_schema);
  const present = action_names.flatMap((_, i) =>
    message.items(first_action_field + i).map((bytes) => ({ index: i, bytes })),
  );
  const [only] = present;
  if (!only || present.length !== 1) throw new Malformed('it has not exactly one action');
  const action = action_names[only.index] as ActionName;
  let report: ReportAction | null = null;
  let revoked_subject: Uint8Array | null = null;
  let destroyed: DestroyKeyAction | null = null;
  if (action === 'report') report = read_report(only.bytes);
  else if (action === 'enrol') check_enrol(only.bytes);
  else if (action === 'rotate_key') check_rotate(only.bytes);
  else if (action === 'grant_consent') check_grant(only.bytes);
  else if (action === 'revoke_key') revoked_subject = Message.read(only.bytes, { 1: 'bytes' }).fixed(1, 16);
  else if (action === 'change_mining') check_standing(only.bytes);
  else if (action === 'evidence') check_evidence(only.bytes);
  else if (action === 'destroy_key') destroyed = read_destroy(only.bytes);
  else if (action === 'schedule_upgrade') check_upgrade(only.bytes);
  else if (action === 'certify') check_certify(only.bytes);
  else Message.read(only.bytes, { 1: 'bytes' }).fixed(1, 32);
  return {
    chain_id: chain_id_of(message, 1),
    sender: message.fixed(2, 16),
    timestamp_ms: time_of(message, 4),
    action,
    report,
    revoked_subject,
    destroyed,
  };
}
