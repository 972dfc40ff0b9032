// SPDX-License-Identifier: Apache-2.0
// What the check of a receipt answers: its steps by kind, its words and what the receipt says.
import type { ClaimKind } from './claim_fact.ts';

export type StepName =
  | 'form' | 'envelope' | 'header' | 'chain' | 'keys' | 'signatures' | 'roles' | 'consent' | 'inclusion'
  | 'absence' | 'tombstone' | 'seal' | 'checkpoint' | 'policy';
const steps_of_kind: Readonly<Record<ClaimKind, readonly StepName[]>> = {
  transaction: [
    'form', 'envelope', 'header', 'chain', 'keys', 'signatures', 'roles', 'consent', 'inclusion', 'seal', 'checkpoint',
  ],
  consent: ['form', 'header', 'chain', 'consent', 'seal', 'checkpoint'],
  no_consent: ['form', 'header', 'chain', 'absence', 'seal', 'checkpoint'],
  key_destroyed: ['form', 'header', 'chain', 'tombstone', 'seal', 'checkpoint'],
};
/// The steps of a kind, in order; of a receipt that could not be read those of a transaction.
export const step_names_of = (kind: ClaimKind | null): readonly StepName[] => steps_of_kind[kind ?? 'transaction'];

export interface Step {
  name: StepName;
  ok: boolean;
  words: string;
}
export interface Facts {
  claim: ClaimKind;
  /// Empty unless the receipt is of a transaction; so `body_ref`.
  transaction: string;
  /// What was done, or the kind of the receipt.
  kind: string;
  chain_id: string;
  height: string;
  time_ms: number;
  header_hash: string;
  body_ref: string;
  reading_count: number | null;
  period: { start_ms: number; end_ms: number } | null;
  category: string | null;
  purpose: string | null;
  custody: string[];
  patient: string | null;
  /// Who had the consent, or those who had none.
  readers: string[];
  content_id: string | null;
}
export interface Verdict {
  status: 'verified' | 'issuer_unknown' | 'failed';
  /// Nothing while the form fails.
  kind: ClaimKind | null;
  /// Ends with the first that fails.
  steps: Step[];
  by_program: boolean;
  /// Over two thirds of the miners that the anchor has as active at its height approved the block.
  agreed: boolean;
  /// Who cosigned a checkpoint that the receipt leads to, of those the anchor names.
  witnesses: { name: string; time_ms: number }[];
  facts: Facts | null;
}
