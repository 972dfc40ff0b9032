// SPDX-License-Identifier: Apache-2.0
// One receipt on its way through the checks, and what several of them need.
import { concat, equal, to_hex } from './bytes.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Claim, ClaimKind, TransactionFact } from './claim_fact.ts';
import { state_proof_fault, type StateProof } from './crypto.ts';
import type { Trust } from './receipt.ts';
import type { Header } from './schema_block.ts';
import type { ConsentRecord, KeyRecord, Tombstone } from './schema_state.ts';
import type { Transaction } from './schema_transaction.ts';

/// Each step relies on those before it: it fills in what they found.
export class Check {
  readonly bytes: Uint8Array;
  readonly trust: Trust | null;
  read: Claim | null = null;
  header: Header | null = null;
  tx: Transaction | null = null;
  keys_found: KeyRecord[] = [];
  found_tombstone: Tombstone | null = null;
  by_program = false;
  agreed = false;
  witnesses: Checkpoint['witnesses'] = [];

  constructor(bytes: Uint8Array, trust: Trust | null) {
    this.bytes = bytes;
    this.trust = trust;
  }
  get kind(): ClaimKind | null {
    return this.read?.fact.kind ?? null;
  }
  get claim(): Claim {
    if (!this.read) throw new Error('the form is checked first');
    return this.read;
  }
  get block(): Header {
    if (!this.header) throw new Error('the header is read first');
    return this.header;
  }
  get transaction(): TransactionFact {
    return this.claim.fact as TransactionFact;
  }
  get signed(): Transaction {
    if (!this.tx) throw new Error('the envelope is read first');
    return this.tx;
  }
}

export class Refused extends Error {}
export function refuse(words: string): never {
  throw new Refused(words);
}
export const treatment = 1;
const letter = (kind: string): number => kind.charCodeAt(0);
export const key_kind = letter('k');
export const previous_key_kind = letter('o');
export const patient_kind = letter('p');
export const consent_kind = letter('c');
export const replaced_consent_kind = letter('d');
export const tombstone_kind = letter('e');
export const keyed = (kind: number, ...parts: Uint8Array[]): Uint8Array => concat(Uint8Array.of(kind), ...parts);
export const utc = (ms: number): string => new Date(ms).toISOString();
export const stands = (record: ConsentRecord, time_ms: number): boolean =>
  record.revoked_height === 0n && record.from_ms <= time_ms && time_ms < record.until_ms;
export const before = (a: Uint8Array, b: Uint8Array): boolean => to_hex(a) < to_hex(b);
/// "c" | patient 16 | grantee 16 | category 1 | purpose 1.
export const consent_key_bytes = 35;

export function own_root(check: Check, patient: Uint8Array, leaf: StateProof | null): Uint8Array {
  if (!leaf) refuse("the proof of the patient's consent is missing");
  if (!equal(leaf.key, keyed(patient_kind, patient))) refuse("the proof is of another patient's consents");
  const fault = state_proof_fault(check.block.state_root, leaf);
  if (fault) refuse(`the patient's consents: ${fault}`);
  if (leaf.value.length !== 32) refuse("the root of the patient's consents has not 32 bytes");
  return leaf.value;
}
