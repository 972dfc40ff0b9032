// SPDX-License-Identifier: Apache-2.0
// The steps of a receipt of a transaction: who signed it, in what role, with what consent, and where it stands.
import { equal, to_hex } from './bytes.ts';
import { merkle_leaf, sha512, state_proof_fault, verify_inclusion, verify_signature } from './crypto.ts';
import type { RoleName } from './schema.ts';
import { read_consent_record, read_key_record, type ConsentRecord, type KeyRecord } from './schema_state.ts';
import { read_transaction, signed_message, type DestroyKeyAction, type ReportAction } from './schema_transaction.ts';
import {
  consent_kind,
  key_kind,
  keyed,
  own_root,
  previous_key_kind,
  refuse,
  replaced_consent_kind,
  treatment,
  utc,
  type Check,
} from './verify_check.ts';

export function envelope(check: Check): string {
  const tx = read_transaction(check.transaction.envelope);
  check.tx = tx;
  return `a transaction in its canonical form: ${tx.action}, id ${to_hex(sha512(tx.body))}`;
}

export function keys(check: Check): string {
  const { signatures } = check.signed;
  const proofs = check.transaction.signers;
  if (proofs.length !== signatures.length) {
    refuse(`there are ${signatures.length} signatures and ${proofs.length} proofs of keys`);
  }
  const found = signatures.map(({ signer }, i) => {
    const proof = proofs[i];
    const whose = `the key of signer ${to_hex(signer)}`;
    if (!proof || (!equal(proof.key, keyed(key_kind, signer)) && !equal(proof.key, keyed(previous_key_kind, signer)))) {
      refuse(`proof ${i} is not of ${whose}`);
    }
    const fault = state_proof_fault(check.block.state_root, proof);
    if (fault) refuse(`${whose}: ${fault}`);
    const record = read_key_record(proof.value);
    const { height } = check.block;
    const valid = height >= record.valid_from && (record.valid_until === 0n || height < record.valid_until);
    if (!valid) refuse(`${whose} was not valid at block ${height}`);
    return record;
  });
  check.keys_found = found;
  return `registered keys: ${found.map((key) => `${key.role} (custody: ${key.custody})`).join(', ')}`;
}

export function signatures(check: Check): string {
  check.signed.signatures.forEach(({ signer, value }, i) => {
    const key = check.keys_found[i];
    if (!key || !verify_signature(signed_message(check.signed, i), value, key.public_key)) {
      refuse(`the signature of ${to_hex(signer)} does not verify`);
    }
  });
  if (!key_of(check, check.signed.sender)) refuse("the sender's own signature is missing");
  return check.keys_found.length === 1 ? '1 signature holds' : `all ${check.keys_found.length} signatures hold`;
}

export function roles(check: Check): string {
  const { report, action, destroyed } = check.signed;
  if (report) return report_roles(check, report);
  if (destroyed) return destroyed_roles(check, destroyed);
  if (check.keys_found.length !== 1) refuse('others than the sender signed');
  const role = check.keys_found[0]?.role ?? 'unknown';
  const wanted: Partial<Record<string, RoleName>> = {
    enrol: 'administrator',
    grant_consent: 'patient',
    revoke_consent: 'patient',
  };
  let must = wanted[action];
  if (action === 'certify' && role !== 'administrator') must = 'key_generator';
  const { revoked_subject } = check.signed;
  if (revoked_subject && !equal(revoked_subject, check.signed.sender)) must = 'administrator';
  if (must && role !== must) refuse(`a ${role} may not send this, a ${must} must`);
  return `sent by a ${role}`;
}

export function report_consent(check: Check): string {
  const { report } = check.signed;
  if (!report) {
    if (check.transaction.patient_leaf || check.transaction.consent) refuse('proofs of a consent stand on what is no report');
    return 'needs no consent';
  }
  const { record, replaced } = proven_consent(check, report);
  const { height, time_ms } = check.block;
  if (!equal(record.consent, report.consent)) refuse('the report names another consent than the one that is proven');
  if (record.granted_height > height) refuse('the consent was granted after this block');
  if (time_ms < record.from_ms || time_ms >= record.until_ms) refuse('the consent was not in force when the block was made');
  // The proven state is that after the block: what ended within this very block may have stood when
  // the report was taken, and the contract saw to it that it did.
  const ended_here = record.revoked_height === height;
  if ((record.revoked_height !== 0n || replaced) && !ended_here) refuse('the consent had been withdrawn');
  const end = ended_here ? ', and ended within this same block' : '';
  return `the patient's consent for this doctor stood, until ${utc(record.until_ms)}${end}`;
}

export function inclusion(check: Check): string {
  const { history_index, history_path, envelope } = check.transaction;
  const { history_size, history_root } = check.block;
  if (!verify_inclusion(merkle_leaf(envelope), BigInt(history_index), history_size, history_path, history_root)) {
    refuse("the transaction is not in the history that the block's header names");
  }
  return `transaction ${history_index} of the ${history_size} in the block's history`;
}

function key_of(check: Check, id: Uint8Array): KeyRecord | undefined {
  const at = check.signed.signatures.findIndex(({ signer }) => equal(signer, id));
  return at < 0 ? undefined : check.keys_found[at];
}

function destroyed_roles(check: Check, destroyed: DestroyKeyAction): string {
  if (check.keys_found.length !== 2 || key_of(check, check.signed.sender)?.role !== 'cloud_server') {
    refuse("it was not sent by a cloud server with the patient's signature beside");
  }
  if (key_of(check, destroyed.patient)?.role !== 'patient') refuse('the patient did not sign');
  return 'sent by a cloud server, signed by the patient';
}

function report_roles(check: Check, report: ReportAction): string {
  if (report.personal_data) refuse('the report is marked as carrying personal data');
  if (key_of(check, check.signed.sender)?.role !== 'cloud_server') refuse('the sender of the report is no cloud server');
  const receiver = key_of(check, report.receiver);
  if (!receiver) refuse('the doctor named as receiver did not sign');
  if (check.keys_found.length !== 2) refuse('others than the cloud server and the doctor signed');
  if (receiver.role === 'demo_program') {
    check.by_program = true;
    return 'sent by a cloud server, approved by a program';
  }
  if (receiver.role !== 'doctor') refuse('the receiver is no doctor');
  return `sent by a cloud server, approved by a doctor (custody of the doctor's key: ${receiver.custody})`;
}

function proven_consent(check: Check, report: ReportAction): { record: ConsentRecord; replaced: boolean } {
  const { patient_leaf: leaf, consent: proof } = check.transaction;
  if (!leaf || !proof) refuse("the proof of the patient's consent is missing");
  const root = own_root(check, report.patient, leaf);
  const covers = [report.patient, report.receiver, Uint8Array.of(report.category, treatment)];
  const replaced = equal(proof.key, keyed(replaced_consent_kind, ...covers));
  if (!replaced && !equal(proof.key, keyed(consent_kind, ...covers))) {
    refuse('the consent does not cover this doctor and this kind of record');
  }
  const fault = state_proof_fault(root, proof);
  if (fault) refuse(`the consent: ${fault}`);
  return { record: read_consent_record(proof.value), replaced };
}
