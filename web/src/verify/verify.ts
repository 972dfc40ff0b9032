// SPDX-License-Identifier: Apache-2.0
// The offline check of a receipt, step for step what src/ledger/verify_receipt.cpp does, written a second
// time in another language with another library: the two must agree on every receipt.
import { sha512_256 } from '@noble/hashes/sha2.js';
import { concat, equal, to_hex } from './bytes.ts';
import { merkle_leaf, sha512, state_proof_fault, verify_inclusion, verify_signature } from './crypto.ts';
import { Malformed } from './protobuf.ts';
import { read_receipt, type Receipt, type Trust } from './receipt.ts';
import {
  approval_message,
  category_names,
  read_consent_record,
  read_header,
  read_key_record,
  read_seal,
  read_transaction,
  sealed_message,
  signed_message,
  type ConsentRecord,
  type Header,
  type KeyRecord,
  type ReportAction,
  type RoleName,
  type Transaction,
} from './schema.ts';

export type StepName =
  | 'form' | 'envelope' | 'header' | 'chain' | 'keys' | 'signatures' | 'roles' | 'consent' | 'inclusion' | 'seal';
export const step_names: readonly StepName[] = [
  'form', 'envelope', 'header', 'chain', 'keys', 'signatures', 'roles', 'consent', 'inclusion', 'seal',
];
export interface Step {
  name: StepName;
  ok: boolean;
  words: string;
}
export interface Facts {
  transaction: string;
  kind: string;
  chain_id: string;
  height: string;
  time_ms: number;
  header_hash: string;
  body_ref: string;
  reading_count: number | null;
  period: { start_ms: number; end_ms: number } | null;
  category: string | null;
  custody: string[];
}
export interface Verdict {
  status: 'verified' | 'issuer_unknown' | 'failed';
  /// Ends with the first that fails.
  steps: Step[];
  by_program: boolean;
  facts: Facts | null;
}

class Refused extends Error {}
function refuse(words: string): never {
  throw new Refused(words);
}
const treatment = 1;
const key_kind = 'k'.charCodeAt(0);
const previous_key_kind = 'o'.charCodeAt(0);
const patient_kind = 'p'.charCodeAt(0);
const consent_kind = 'c'.charCodeAt(0);
const replaced_consent_kind = 'd'.charCodeAt(0);
const keyed = (kind: number, ...parts: Uint8Array[]): Uint8Array => concat(Uint8Array.of(kind), ...parts);
const utc = (ms: number): string => new Date(ms).toISOString();

/// One receipt on its way through the checks; each relies on those before it.
class Check {
  private tx!: Transaction;
  private block!: Header;
  private receipt!: Receipt;
  private keys_found: KeyRecord[] = [];
  by_program = false;
  private readonly text: string;
  private readonly trust: Trust | null;

  constructor(text: string, trust: Trust | null) {
    this.text = text;
    this.trust = trust;
  }

  form(): string {
    this.receipt = read_receipt(this.text);
    return 'a receipt, byte for byte in its one form';
  }
  envelope(): string {
    this.tx = read_transaction(this.receipt.envelope);
    return `a transaction in its canonical form: ${this.tx.action}, id ${to_hex(sha512(this.tx.body))}`;
  }
  header(): string {
    this.block = read_header(this.receipt.header);
    return `block ${this.block.height} of ${utc(this.block.time_ms)}, by miner ${to_hex(this.block.miner)}`;
  }
  chain(): string {
    const { chain_id } = this.block;
    if (this.tx.chain_id !== chain_id) {
      refuse(`the transaction was signed for chain "${this.tx.chain_id}", the block is of "${chain_id}"`);
    }
    if (this.trust && this.trust.chain_id !== chain_id) {
      refuse(`the block is of chain "${chain_id}", the anchor is for "${this.trust.chain_id}"`);
    }
    return `chain "${chain_id}"`;
  }
  keys(): string {
    const { signatures } = this.tx;
    const proofs = this.receipt.signers;
    if (proofs.length !== signatures.length) {
      refuse(`there are ${signatures.length} signatures and ${proofs.length} proofs of keys`);
    }
    const found = signatures.map(({ signer }, i) => {
      const proof = proofs[i];
      const whose = `the key of signer ${to_hex(signer)}`;
      if (!proof || (!equal(proof.key, keyed(key_kind, signer)) && !equal(proof.key, keyed(previous_key_kind, signer)))) {
        refuse(`proof ${i} is not of ${whose}`);
      }
      const fault = state_proof_fault(this.block.state_root, proof);
      if (fault) refuse(`${whose}: ${fault}`);
      const record = read_key_record(proof.value);
      const { height } = this.block;
      const valid = height >= record.valid_from && (record.valid_until === 0n || height < record.valid_until);
      if (!valid) refuse(`${whose} was not valid at block ${height}`);
      return record;
    });
    this.keys_found = found;
    return `registered keys: ${found.map((key) => `${key.role} (custody: ${key.custody})`).join(', ')}`;
  }
  signatures(): string {
    this.tx.signatures.forEach(({ signer, value }, i) => {
      const key = this.keys_found[i];
      if (!key || !verify_signature(signed_message(this.tx, i), value, key.public_key)) {
        refuse(`the signature of ${to_hex(signer)} does not verify`);
      }
    });
    if (!this.key_of(this.tx.sender)) refuse("the sender's own signature is missing");
    return this.keys_found.length === 1 ? '1 signature holds' : `all ${this.keys_found.length} signatures hold`;
  }
  roles(): string {
    const { report, action } = this.tx;
    if (report) return this.report_roles(report);
    if (this.keys_found.length !== 1) refuse('others than the sender signed');
    const role = this.keys_found[0]?.role ?? 'unknown';
    const wanted: Partial<Record<string, RoleName>> = {
      enrol: 'administrator',
      grant_consent: 'patient',
      revoke_consent: 'patient',
    };
    let must = wanted[action];
    const { revoked_subject } = this.tx;
    if (revoked_subject && !equal(revoked_subject, this.tx.sender)) must = 'administrator';
    if (must && role !== must) refuse(`a ${role} may not send this, a ${must} must`);
    return `sent by a ${role}`;
  }
  consent(): string {
    if (!this.tx.report) {
      if (this.receipt.patient_leaf || this.receipt.consent) refuse('proofs of a consent stand on what is no report');
      return 'needs no consent';
    }
    const { record, replaced } = this.proven_consent(this.tx.report);
    const { height, time_ms } = this.block;
    if (!equal(record.consent, this.tx.report.consent)) refuse('the report names another consent than the one that is proven');
    if (record.granted_height > height) refuse('the consent was granted after this block');
    if (time_ms < record.from_ms || time_ms >= record.until_ms) refuse('the consent was not in force when the block was made');
    // The proven state is that after the block: what ended within this very block may have stood when
    // the report was taken, and the contract saw to it that it did.
    const ended_here = record.revoked_height === height;
    if ((record.revoked_height !== 0n || replaced) && !ended_here) refuse('the consent had been withdrawn');
    const end = ended_here ? ', and ended within this same block' : '';
    return `the patient's consent for this doctor stood, until ${utc(record.until_ms)}${end}`;
  }
  inclusion(): string {
    const { history_index, history_path, envelope } = this.receipt;
    const { history_size, history_root } = this.block;
    if (!verify_inclusion(merkle_leaf(envelope), BigInt(history_index), history_size, history_path, history_root)) {
      refuse("the transaction is not in the history that the block's header names");
    }
    return `transaction ${history_index} of the ${history_size} in the block's history`;
  }
  seal(): string {
    const seal = read_seal(this.receipt.seal);
    if (!this.trust) return 'a seal whose keys nothing vouches for: no anchor was given';
    this.check_miner(sealed_message(this.receipt.header, seal), this.block.miner, seal.signature, 'the seal');
    const message = approval_message(this.receipt.header, seal);
    for (const approval of seal.approvals) this.check_miner(message, approval.miner, approval.signature, 'the approval');
    const approved = seal.approvals.length > 0 ? `, approved by ${seal.approvals.length}` : '';
    return `sealed by a miner that the anchor names${approved}`;
  }

  facts(): Facts | null {
    if (!this.tx || !this.block) return null;
    const { report } = this.tx;
    return {
      transaction: to_hex(sha512(this.tx.body)),
      kind: this.tx.action,
      chain_id: this.block.chain_id,
      height: String(this.block.height),
      time_ms: this.block.time_ms,
      header_hash: to_hex(sha512(this.receipt.header)),
      body_ref: to_hex(sha512_256(this.tx.body)),
      reading_count: report ? report.reading_count : null,
      period: report ? { start_ms: report.period_start_ms, end_ms: report.period_end_ms } : null,
      category: report ? (category_names[report.category] ?? null) : null,
      custody: this.keys_found.map((key) => key.custody),
    };
  }

  private key_of(id: Uint8Array): KeyRecord | undefined {
    const at = this.tx.signatures.findIndex(({ signer }) => equal(signer, id));
    return at < 0 ? undefined : this.keys_found[at];
  }
  private report_roles(report: ReportAction): string {
    if (report.personal_data) refuse('the report is marked as carrying personal data');
    if (this.key_of(this.tx.sender)?.role !== 'cloud_server') refuse('the sender of the report is no cloud server');
    const receiver = this.key_of(report.receiver);
    if (!receiver) refuse('the doctor named as receiver did not sign');
    if (this.keys_found.length !== 2) refuse('others than the cloud server and the doctor signed');
    if (receiver.role === 'demo_program') {
      this.by_program = true;
      return 'sent by a cloud server, approved by a program';
    }
    if (receiver.role !== 'doctor') refuse('the receiver is no doctor');
    return `sent by a cloud server, approved by a doctor (custody of the doctor's key: ${receiver.custody})`;
  }
  private proven_consent(report: ReportAction): { record: ConsentRecord; replaced: boolean } {
    const { patient_leaf: leaf, consent: proof } = this.receipt;
    if (!leaf || !proof) refuse("the proof of the patient's consent is missing");
    if (!equal(leaf.key, keyed(patient_kind, report.patient))) refuse("the proof is of another patient's consents");
    const leaf_fault = state_proof_fault(this.block.state_root, leaf);
    if (leaf_fault) refuse(`the patient's consents: ${leaf_fault}`);
    if (leaf.value.length !== 32) refuse("the root of the patient's consents has not 32 bytes");
    const covers = [report.patient, report.receiver, Uint8Array.of(report.category, treatment)];
    const replaced = equal(proof.key, keyed(replaced_consent_kind, ...covers));
    if (!replaced && !equal(proof.key, keyed(consent_kind, ...covers))) {
      refuse('the consent does not cover this doctor and this kind of record');
    }
    const fault = state_proof_fault(leaf.value, proof);
    if (fault) refuse(`the consent: ${fault}`);
    return { record: read_consent_record(proof.value), replaced };
  }
  private check_miner(message: Uint8Array, id: Uint8Array, signature: Uint8Array, what: string): void {
    const whose = `${what} by miner ${to_hex(id)}`;
    const miner = this.trust?.miners.find((each) => equal(each.id, id));
    if (!miner) refuse(`${whose}: the anchor does not name this miner`);
    if (!verify_signature(message, signature, miner.public_key)) refuse(`${whose} does not verify`);
  }
}

/// Checks the text of a receipt against an anchor; without one the most it can be is `issuer_unknown`.
/// Never throws, whatever the text.
export function verify_receipt(text: string, trust: Trust | null): Verdict {
  const check = new Check(text, trust);
  const steps: Step[] = [];
  for (const name of step_names) {
    try {
      steps.push({ name, ok: true, words: check[name]() });
    } catch (fault) {
      if (!(fault instanceof Malformed) && !(fault instanceof Refused)) throw fault;
      steps.push({ name, ok: false, words: fault.message });
      return { status: 'failed', steps, by_program: check.by_program, facts: check.facts() };
    }
  }
  return {
    status: trust ? 'verified' : 'issuer_unknown',
    steps,
    by_program: check.by_program,
    facts: check.facts(),
  };
}
