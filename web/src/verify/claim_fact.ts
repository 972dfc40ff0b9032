// SPDX-License-Identifier: Apache-2.0
// What a receipt holds in any of its forms, and how much of it at most: docs/formats/receipt.md.
import type { StateProof } from './crypto.ts';

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

export const history_steps_max = 64;
export const consistency_steps_max = 128;
export const state_steps_max = 256;
export const signers_max = 4;
export const readers_max = 16;
