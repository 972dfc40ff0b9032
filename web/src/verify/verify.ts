// SPDX-License-Identifier: Apache-2.0
// The offline check of a receipt, step for step what src/ledger/verify_claim.cpp does, written a second
// time in another language with other libraries: the two must agree on every receipt.
import { read_claim } from './claim.ts';
import { Malformed } from './protobuf.ts';
import type { Trust } from './receipt.ts';
import { step_names_of, type Step, type StepName, type Verdict } from './verdict.ts';
import { chain, checkpoint, header, policy, seal } from './verify_block.ts';
import { Check, Refused } from './verify_check.ts';
import { facts } from './verify_facts.ts';
import { absence, consent, tombstone } from './verify_state.ts';
import { envelope, inclusion, keys, report_consent, roles, signatures } from './verify_transaction.ts';

function form(check: Check): string {
  check.read = read_claim(check.bytes);
  return 'a receipt, byte for byte in its one form';
}
const runs: Readonly<Record<StepName, (check: Check) => string>> = {
  form,
  envelope,
  header,
  chain,
  keys,
  signatures,
  roles,
  consent: (check) => (check.kind === 'consent' ? consent(check) : report_consent(check)),
  inclusion,
  absence,
  tombstone,
  seal,
  checkpoint,
  policy,
};

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
      facts: facts(check),
    };
  };
  const names: StepName[] = ['form'];
  for (const name of names) {
    try {
      steps.push({ name, ok: true, words: runs[name](check) });
    } catch (fault) {
      if (!(fault instanceof Malformed) && !(fault instanceof Refused)) throw fault;
      steps.push({ name, ok: false, words: fault.message });
      return verdict('failed');
    }
    if (name !== 'form') continue;
    names.push(...step_names_of(check.kind).slice(1));
    if (trust?.checkpoints?.witnesses_required) names.push('policy');
  }
  return verdict(trust ? 'verified' : 'issuer_unknown');
}
