// SPDX-License-Identifier: Apache-2.0
// The offline check of a receipt, step for step what src/ledger/verify_claim.cpp does, written a second
// time in another language with other libraries: the two must agree on every receipt.
import { sha512_256 } from '@noble/hashes/sha2.js';
import { concat, equal, to_hex } from './bytes.ts';
import { read_checkpoint, type Checkpoint } from './checkpoint.ts';
import {
  read_claim,
  type Claim,
  type ClaimKind,
  type ConsentFact,
  type KeyDestroyedFact,
  type NoConsentFact,
  type TransactionFact,
  type UncoveredReader,
} from './claim.ts';
import {
  absence_fault,
  merkle_leaf,
  sha256,
  sha512,
  state_proof_fault,
  verify_consistency,
  verify_inclusion,
  verify_signature,
  type StateProof,
} from './crypto.ts';
import { Malformed } from './protobuf.ts';
import type { Trust } from './receipt.ts';
import {
  approval_message,
  category_names,
  purpose_names,
  read_consent_record,
  read_header,
  read_key_record,
  read_seal,
  read_tombstone,
  read_transaction,
  sealed_message,
  signed_message,
  type ConsentRecord,
  type DestroyKeyAction,
  type Header,
  type KeyRecord,
  type ReportAction,
  type RoleName,
  type Tombstone,
  type Transaction,
} from './schema.ts';

export type StepName =
  | 'form' | 'envelope' | 'header' | 'chain' | 'keys' | 'signatures' | 'roles' | 'consent' | 'inclusion'
  | 'absence' | 'tombstone' | 'seal' | 'checkpoint';
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
  /// Over two thirds of the miners that the anchor names approved the block.
  agreed: boolean;
  /// Who cosigned a checkpoint that the receipt leads to, of those the anchor names.
  witnesses: { name: string; time_ms: number }[];
  facts: Facts | null;
}

class Refused extends Error {}
function refuse(words: string): never {
  throw new Refused(words);
}
const treatment = 1;
const letter = (kind: string): number => kind.charCodeAt(0);
const key_kind = letter('k');
const previous_key_kind = letter('o');
const patient_kind = letter('p');
const consent_kind = letter('c');
const replaced_consent_kind = letter('d');
const tombstone_kind = letter('e');
const keyed = (kind: number, ...parts: Uint8Array[]): Uint8Array => concat(Uint8Array.of(kind), ...parts);
const utc = (ms: number): string => new Date(ms).toISOString();
const stands = (record: ConsentRecord, time_ms: number): boolean =>
  record.revoked_height === 0n && record.from_ms <= time_ms && time_ms < record.until_ms;
const before = (a: Uint8Array, b: Uint8Array): boolean => to_hex(a) < to_hex(b);
/// "c" | patient 16 | grantee 16 | category 1 | purpose 1.
const consent_key_bytes = 35;

/// One receipt on its way through the checks; each relies on those before it.
class Check {
  claim!: Claim;
  private tx: Transaction | null = null;
  private block!: Header;
  private keys_found: KeyRecord[] = [];
  private found_tombstone: Tombstone | null = null;
  by_program = false;
  agreed = false;
  witnesses: Checkpoint['witnesses'] = [];
  private readonly bytes: Uint8Array;
  private readonly trust: Trust | null;

  constructor(bytes: Uint8Array, trust: Trust | null) {
    this.bytes = bytes;
    this.trust = trust;
  }

  get kind(): ClaimKind | null {
    return this.claim ? this.claim.fact.kind : null;
  }
  run(name: StepName): string {
    if (name === 'consent') return this.kind === 'consent' ? this.consent() : this.report_consent();
    return this[name]();
  }

  form(): string {
    this.claim = read_claim(this.bytes);
    return 'a receipt, byte for byte in its one form';
  }
  envelope(): string {
    const tx = read_transaction(this.transaction.envelope);
    this.tx = tx;
    return `a transaction in its canonical form: ${tx.action}, id ${to_hex(sha512(tx.body))}`;
  }
  header(): string {
    this.block = read_header(this.claim.header);
    return `block ${this.block.height} of ${utc(this.block.time_ms)}, by miner ${to_hex(this.block.miner)}`;
  }
  chain(): string {
    const { chain_id } = this.block;
    if (this.tx && this.tx.chain_id !== chain_id) {
      refuse(`the transaction was signed for chain "${this.tx.chain_id}", the block is of "${chain_id}"`);
    }
    if (this.trust && this.trust.chain_id !== chain_id) {
      refuse(`the block is of chain "${chain_id}", the anchor is for "${this.trust.chain_id}"`);
    }
    return `chain "${chain_id}"`;
  }
  keys(): string {
    const { signatures } = this.signed;
    const proofs = this.transaction.signers;
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
    this.signed.signatures.forEach(({ signer, value }, i) => {
      const key = this.keys_found[i];
      if (!key || !verify_signature(signed_message(this.signed, i), value, key.public_key)) {
        refuse(`the signature of ${to_hex(signer)} does not verify`);
      }
    });
    if (!this.key_of(this.signed.sender)) refuse("the sender's own signature is missing");
    return this.keys_found.length === 1 ? '1 signature holds' : `all ${this.keys_found.length} signatures hold`;
  }
  roles(): string {
    const { report, action, destroyed } = this.signed;
    if (report) return this.report_roles(report);
    if (destroyed) return this.destroyed_roles(destroyed);
    if (this.keys_found.length !== 1) refuse('others than the sender signed');
    const role = this.keys_found[0]?.role ?? 'unknown';
    const wanted: Partial<Record<string, RoleName>> = {
      enrol: 'administrator',
      grant_consent: 'patient',
      revoke_consent: 'patient',
    };
    let must = wanted[action];
    const { revoked_subject } = this.signed;
    if (revoked_subject && !equal(revoked_subject, this.signed.sender)) must = 'administrator';
    if (must && role !== must) refuse(`a ${role} may not send this, a ${must} must`);
    return `sent by a ${role}`;
  }
  private report_consent(): string {
    const { report } = this.signed;
    if (!report) {
      if (this.transaction.patient_leaf || this.transaction.consent) refuse('proofs of a consent stand on what is no report');
      return 'needs no consent';
    }
    const { record, replaced } = this.proven_consent(report);
    const { height, time_ms } = this.block;
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
  inclusion(): string {
    const { history_index, history_path, envelope } = this.transaction;
    const { history_size, history_root } = this.block;
    if (!verify_inclusion(merkle_leaf(envelope), BigInt(history_index), history_size, history_path, history_root)) {
      refuse("the transaction is not in the history that the block's header names");
    }
    return `transaction ${history_index} of the ${history_size} in the block's history`;
  }
  absence(): string {
    const fact = this.claim.fact as NoConsentFact;
    const { patient_leaf: leaf, patient_absence: reached, readers } = fact;
    readers.forEach((reader, i) => {
      const last = readers[i - 1];
      if (last && !before(last.id, reader.id)) refuse('the readers do not rise, or one stands there twice');
    });
    if ((leaf === null) === (reached === null)) refuse("neither the patient's leaf nor its absence, or both");
    if (reached) {
      const fault = absence_fault(this.block.state_root, keyed(patient_kind, fact.patient), reached);
      if (fault) refuse(`the patient's consents: ${fault}`);
      if (readers.some((reader) => reader.absence || reader.record)) refuse('proofs of consents that no leaf leads to');
      return 'this patient had never granted any consent';
    }
    const root = this.own_root(fact.patient, leaf);
    for (const reader of readers) this.check_uncovered(fact, reader, root);
    const never = readers.filter((reader) => reader.absence).length;
    return `${never} of the ${readers.length} ids never had one, the others none that stood`;
  }
  tombstone(): string {
    const { content_id, tombstone: proof } = this.claim.fact as KeyDestroyedFact;
    if (!equal(proof.key, keyed(tombstone_kind, sha256(content_id)))) refuse('the proof is of another vault object');
    const fault = state_proof_fault(this.block.state_root, proof);
    if (fault) refuse(`the tombstone: ${fault}`);
    const record = read_tombstone(proof.value);
    if (record.height > this.block.height) refuse('the key was destroyed after this block');
    this.found_tombstone = record;
    return `the key was destroyed in block ${record.height}`;
  }
  seal(): string {
    const seal = read_seal(this.claim.seal);
    const { trust } = this;
    if (!trust) return 'a seal whose keys nothing vouches for: no anchor was given';
    this.check_miner(sealed_message(this.claim.header, seal), this.block.miner, seal.signature, 'the seal');
    const message = approval_message(this.claim.header, seal);
    for (const approval of seal.approvals) this.check_miner(message, approval.miner, approval.signature, 'the approval');
    this.check_quorum(trust, seal.approvals.length);
    const approved = seal.approvals.length > 0 ? `, approved by ${seal.approvals.length} of its ${trust.miners.length}` : '';
    return `sealed by a miner that the anchor names${approved}`;
  }
  checkpoint(): string {
    const link = this.claim.checkpoint;
    if (!link) return 'no checkpoint is in the receipt';
    const keys = this.trust?.checkpoints ?? null;
    const found = read_checkpoint(link.note, this.block.chain_id, keys);
    this.check_binding(found, link.path);
    if (!keys) return 'a checkpoint whose keys nothing vouches for';
    this.witnesses = found.witnesses;
    if (found.witnesses.length === 0) return 'a checkpoint that no witness of the anchor has cosigned';
    return `a checkpoint cosigned by ${found.witnesses.map((one) => `${one.name} (${utc(one.time_ms)})`).join(', ')}`;
  }

  facts(): Facts | null {
    if (!this.block) return null;
    const { fact } = this.claim;
    const report = this.tx?.report;
    const base = {
      claim: fact.kind,
      transaction: this.tx ? to_hex(sha512(this.tx.body)) : '',
      kind: this.tx?.action ?? fact.kind,
      chain_id: this.block.chain_id,
      height: String(this.block.height),
      time_ms: this.block.time_ms,
      header_hash: to_hex(sha512(this.claim.header)),
      body_ref: this.tx ? to_hex(sha512_256(this.tx.body)) : '',
      reading_count: report ? report.reading_count : null,
      period: report ? { start_ms: report.period_start_ms, end_ms: report.period_end_ms } : null,
      category: report ? (category_names[report.category] ?? null) : null,
      purpose: null,
      custody: this.keys_found.map((key) => key.custody),
      patient: report ? to_hex(report.patient) : null,
      readers: [],
      content_id: this.tx?.destroyed ? to_hex(this.tx.destroyed.content_id) : null,
    };
    switch (fact.kind) {
      case 'transaction':
        return base;
      case 'consent': {
        const { key } = fact.consent;
        return {
          ...base,
          category: category_names[key[33] ?? 0] ?? null,
          purpose: purpose_names[key[34] ?? 0] ?? null,
          patient: to_hex(key.slice(1, 17)),
          readers: [to_hex(key.slice(17, 33))],
        };
      }
      case 'no_consent':
        return {
          ...base,
          category: category_names[fact.category] ?? null,
          purpose: purpose_names[fact.purpose] ?? null,
          patient: to_hex(fact.patient),
          readers: fact.readers.map((reader) => to_hex(reader.id)),
        };
      case 'key_destroyed':
        return {
          ...base,
          patient: this.found_tombstone ? to_hex(this.found_tombstone.patient) : null,
          content_id: to_hex(fact.content_id),
        };
    }
  }

  private get transaction(): TransactionFact {
    return this.claim.fact as TransactionFact;
  }
  private get signed(): Transaction {
    if (!this.tx) throw new Error('the envelope is read first');
    return this.tx;
  }
  private key_of(id: Uint8Array): KeyRecord | undefined {
    const at = this.signed.signatures.findIndex(({ signer }) => equal(signer, id));
    return at < 0 ? undefined : this.keys_found[at];
  }
  private own_root(patient: Uint8Array, leaf: StateProof | null): Uint8Array {
    if (!leaf) refuse("the proof of the patient's consent is missing");
    if (!equal(leaf.key, keyed(patient_kind, patient))) refuse("the proof is of another patient's consents");
    const fault = state_proof_fault(this.block.state_root, leaf);
    if (fault) refuse(`the patient's consents: ${fault}`);
    if (leaf.value.length !== 32) refuse("the root of the patient's consents has not 32 bytes");
    return leaf.value;
  }
  private consent(): string {
    const { patient_leaf, consent } = this.claim.fact as ConsentFact;
    const { key } = consent;
    const category = key[33] ?? 0;
    const purpose = key[34] ?? 0;
    const known = category >= 1 && category < category_names.length && purpose >= 1 && purpose < purpose_names.length;
    if (key.length !== consent_key_bytes || key[0] !== consent_kind || !known) refuse('the proof is of no consent');
    const root = this.own_root(key.slice(1, 17), patient_leaf);
    const fault = state_proof_fault(root, consent);
    if (fault) refuse(`the consent: ${fault}`);
    const record = read_consent_record(consent.value);
    if (record.granted_height > this.block.height) refuse('the consent was granted after this block');
    if (record.revoked_height !== 0n) refuse('the consent had been withdrawn');
    if (!stands(record, this.block.time_ms)) refuse('the consent was not in force when the block was made');
    return `the consent stood, from ${utc(record.from_ms)} until ${utc(record.until_ms)}`;
  }
  private check_uncovered(fact: NoConsentFact, reader: UncoveredReader, own_root: Uint8Array): void {
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
    if (stands(read_consent_record(record.value), this.block.time_ms)) {
      refuse(`${whose}: the consent stood when the block was made`);
    }
  }
  private destroyed_roles(destroyed: DestroyKeyAction): string {
    if (this.keys_found.length !== 2 || this.key_of(this.signed.sender)?.role !== 'cloud_server') {
      refuse("it was not sent by a cloud server with the patient's signature beside");
    }
    if (this.key_of(destroyed.patient)?.role !== 'patient') refuse('the patient did not sign');
    return 'sent by a cloud server, signed by the patient';
  }
  private report_roles(report: ReportAction): string {
    if (report.personal_data) refuse('the report is marked as carrying personal data');
    if (this.key_of(this.signed.sender)?.role !== 'cloud_server') refuse('the sender of the report is no cloud server');
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
    const { patient_leaf: leaf, consent: proof } = this.transaction;
    if (!leaf || !proof) refuse("the proof of the patient's consent is missing");
    const root = this.own_root(report.patient, leaf);
    const covers = [report.patient, report.receiver, Uint8Array.of(report.category, treatment)];
    const replaced = equal(proof.key, keyed(replaced_consent_kind, ...covers));
    if (!replaced && !equal(proof.key, keyed(consent_kind, ...covers))) {
      refuse('the consent does not cover this doctor and this kind of record');
    }
    const fault = state_proof_fault(root, proof);
    if (fault) refuse(`the consent: ${fault}`);
    return { record: read_consent_record(proof.value), replaced };
  }
  private check_miner(message: Uint8Array, id: Uint8Array, signature: Uint8Array, what: string): void {
    const whose = `${what} by miner ${to_hex(id)}`;
    const miner = this.trust?.miners.find((each) => equal(each.id, id));
    if (!miner) refuse(`${whose}: the anchor does not name this miner`);
    if (!verify_signature(message, signature, miner.public_key)) refuse(`${whose} does not verify`);
  }
  private check_quorum(trust: Trust, approvals: number): void {
    const miners = trust.miners.length;
    this.agreed = 3 * approvals > 2 * miners;
    const enough =
      !trust.quorum || (trust.quorum === 'two_thirds' && this.agreed) || (trust.quorum === 'majority' && 2 * approvals > miners);
    if (!enough) refuse(`too few approvals: ${approvals} of the anchor's ${miners} miners`);
  }
  private check_binding(found: Checkpoint, path: readonly Uint8Array[]): void {
    const { history_size, history_root, height } = this.block;
    if (found.size < history_size) refuse('the checkpoint is older than the block');
    if (!verify_consistency(history_size, history_root, found.size, found.root, path)) {
      refuse("the checkpoint's history does not begin with the block's: another history, or a path that does not fit");
    }
    if (found.height === height) {
      if (!equal(found.header_hash, sha512(this.claim.header))) refuse('the checkpoint names another block of this height: a fork');
      return;
    }
    if (found.size === history_size || found.height < height) refuse("the checkpoint's height does not fit its size: a fork");
    if (this.kind !== 'transaction') {
      refuse('the checkpoint names another block, so it vouches for the history alone and not for the state');
    }
  }
}

/// Checks a receipt in any of its forms against an anchor; without one the most it can be is
/// `issuer_unknown`. Never throws, whatever the bytes. A text stands for its bytes in UTF-8.
export function verify_receipt(receipt: Uint8Array | string, trust: Trust | null): Verdict {
  const bytes = typeof receipt === 'string' ? new TextEncoder().encode(receipt) : receipt;
  const check = new Check(bytes, trust);
  const steps: Step[] = [];
  const verdict = (status: Verdict['status']): Verdict => {
    const failed = status === 'failed';
    return {
      status,
      kind: check.kind,
      steps,
      by_program: check.by_program,
      agreed: !failed && check.agreed,
      witnesses: failed ? [] : check.witnesses,
      facts: check.facts(),
    };
  };
  const names: StepName[] = ['form'];
  for (const name of names) {
    try {
      steps.push({ name, ok: true, words: check.run(name) });
    } catch (fault) {
      if (!(fault instanceof Malformed) && !(fault instanceof Refused)) throw fault;
      steps.push({ name, ok: false, words: fault.message });
      return verdict('failed');
    }
    if (name === 'form') names.push(...step_names_of(check.kind).slice(1));
  }
  return verdict(trust ? 'verified' : 'issuer_unknown');
}
