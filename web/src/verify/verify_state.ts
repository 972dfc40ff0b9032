// SPDX-License-Identifier: Apache-2.0
// The steps of a receipt of the state: a consent that stood, one that did not, a key that was destroyed.
import { equal, to_hex } from './bytes.ts';
import type { ConsentFact, KeyDestroyedFact, NoConsentFact, UncoveredReader } from './claim_fact.ts';
import { absence_fault, sha256, state_proof_fault, type StateProof } from './crypto.ts';
import { category_names, purpose_names } from './schema.ts';
import { read_consent_record, read_tombstone } from './schema_state.ts';
import {
  before,
  consent_key_bytes,
  consent_kind,
  keyed,
  own_root,
  patient_kind,
  refuse,
  stands,
  tombstone_kind,
  utc,
  type Check,
} from './verify_check.ts';

export function consent(check: Check): string {
  const { patient_leaf, consent } = check.claim.fact as ConsentFact;
  const { key } = consent;
  const category = key[33] ?? 0;
  const purpose = key[34] ?? 0;
  const known = category >= 1 && category < category_names.length && purpose >= 1 && purpose < purpose_names.length;
  if (key.length !== consent_key_bytes || key[0] !== consent_kind || !known) refuse('the proof is of no consent');
  const root = own_root(check, key.slice(1, 17), patient_leaf);
  const fault = state_proof_fault(root, consent);
  if (fault) refuse(`the consent: ${fault}`);
  const record = read_consent_record(consent.value);
  if (record.granted_height > check.block.height) refuse('the consent was granted after this block');
  if (record.revoked_height !== 0n) refuse('the consent had been withdrawn');
  if (!stands(record, check.block.time_ms)) refuse('the consent was not in force when the block was made');
  return `the consent stood, from ${utc(record.from_ms)} until ${utc(record.until_ms)}`;
}

export function absence(check: Check): string {
  const fact = check.claim.fact as NoConsentFact;
  const { patient_leaf: leaf, patient_absence: reached, readers } = fact;
  readers.forEach((reader, i) => {
    const last = readers[i - 1];
    if (last && !before(last.id, reader.id)) refuse('the readers do not rise, or one stands there twice');
  });
  if ((leaf === null) === (reached === null)) refuse("neither the patient's leaf nor its absence, or both");
  if (reached) {
    const fault = absence_fault(check.block.state_root, keyed(patient_kind, fact.patient), reached);
    if (fault) refuse(`the patient's consents: ${fault}`);
    if (readers.some((reader) => reader.absence || reader.record)) refuse('proofs of consents that no leaf leads to');
    return 'this patient had never granted any consent';
  }
  const root = own_root(check, fact.patient, leaf);
  for (const reader of readers) check_uncovered(check, fact, reader, root);
  const never = readers.filter((reader) => reader.absence).length;
  return `${never} of the ${readers.length} ids never had one, the others none that stood`;
}

export function tombstone(check: Check): string {
  const { content_id, tombstone: proof } = check.claim.fact as KeyDestroyedFact;
  if (!equal(proof.key, keyed(tombstone_kind, sha256(content_id)))) refuse('the proof is of another vault object');
  const fault = state_proof_fault(check.block.state_root, proof);
  if (fault) refuse(`the tombstone: ${fault}`);
  const record = read_tombstone(proof.value);
  if (record.height > check.block.height) refuse('the key was destroyed after this block');
  check.found_tombstone = record;
  return `the key was destroyed in block ${record.height}`;
}

function check_uncovered(check: Check, fact: NoConsentFact, reader: UncoveredReader, own_root: Uint8Array): void {
  const whose = `reader ${to_hex(reader.id)}`;
  const key = keyed(consent_kind, fact.patient, reader.id, Uint8Array.of(fact.category, fact.purpose));
  if ((reader.absence === null) === (reader.record === null)) refuse(`${whose}: neither an absence nor a record, or both`);
  if (reader.absence) {
    const fault = absence_fault(own_root, key, reader.absence);
    if (fault) refuse(`${whose}: ${fault}`);
    return;
  }
  const record = reader.record as StateProof;
  if (!equal(record.key, key)) refuse(`${whose}: the record is of another consent`);
  const fault = state_proof_fault(own_root, record);
  if (fault) refuse(`${whose}: ${fault}`);
  if (stands(read_consent_record(record.value), check.block.time_ms)) {
    refuse(`${whose}: the consent stood when the block was made`);
  }
}
