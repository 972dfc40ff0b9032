// SPDX-License-Identifier: Apache-2.0
// What the schemas of docs/formats/{transaction,block}.md and proto/ share: names, times, ids. The readers are
// in schema_transaction.ts, schema_block.ts and schema_state.ts; all throw Malformed for bytes that are not
// canonical.
import { to_hex } from './bytes.ts';
import { Malformed, type Message } from './protobuf.ts';

const time_ms_max = 253_402_300_799_999n; // The end of the year 9999.
export const role_names = [
  'unknown', 'patient', 'family', 'doctor', 'nurse', 'pharmacist', 'laboratory', 'insurer', 'researcher', 'auditor',
  'administrator', 'cloud_server', 'miner', 'demo_program', 'key_generator',
] as const;
export type RoleName = (typeof role_names)[number];
export const custody_names = ['unknown', 'node', 'own_device'] as const;
export const category_names = ['unknown', 'vital_signs', 'laboratory', 'medication', 'imaging'] as const;
export const purpose_names = ['unknown', 'treatment', 'research', 'billing'] as const;

export function time_of(message: Message, field: number): number {
  const value = message.number(field);
  if (value > time_ms_max) throw new Malformed(`field ${field} is a time after the year 9999`);
  return Number(value);
}
export function chain_id_of(message: Message, field: number): string {
  const text = message.text(field);
  if (!is_chain_id(text)) throw new Malformed('the chain id has another form');
  return text;
}
export const is_chain_id = (text: string): boolean => /^[a-z0-9-]{1,32}$/.test(text);
export const twins = (ids: readonly Uint8Array[]): boolean =>
  new Set(ids.map((id) => to_hex(id))).size !== ids.length;
