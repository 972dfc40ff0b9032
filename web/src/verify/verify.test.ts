// SPDX-License-Identifier: Apache-2.0
// Goal: a receipt is believed only if all of it holds up to the anchor. Method: an honest receipt, then
// everything about it changed, byte by byte and rule by rule.
import { describe, expect, test } from 'vitest';
import { from_base45, from_base64, from_base64url, from_hex, to_base45, to_base64, to_base64url, to_hex } from './bytes.ts';
import { read_claim } from './claim.ts';
import type { TransactionFact } from './claim_fact.ts';
import { write_claim } from './claim_json.ts';
import { state_proof_fault, verify_inclusion, verify_signature, merkle_leaf } from './crypto.ts';
import { Malformed, Message } from './protobuf.ts';
import { active_at, read_trust, write_trust } from './receipt.ts';
import { message } from './protobuf_write.ts';
import { doctor, filled, keys_of, make_receipt, sign, state_tree, type Changes } from './testing.ts';
import { verify_receipt } from './verify.ts';

const honest = make_receipt();
const text = write_claim(honest.receipt);
const changed_fact = (changes: Partial<TransactionFact>) => ({
  ...honest.receipt,
  fact: { ...honest.receipt.fact, ...changes },
});
const verdict_of = (changes: Changes) => {
  const made = make_receipt(changes);
  return verify_receipt(write_claim(made.receipt), made.trust);
};
const failed_at = (changes: Changes): string | undefined => {
  const verdict = verdict_of(changes);
  return verdict.status === 'failed' ? verdict.steps.at(-1)?.name : undefined;
};

describe('an honest receipt', () => {
  test('is believed with its anchor, every step in words', () => {
    const verdict = verify_receipt(text, honest.trust);
    expect(verdict.steps.filter((step) => !step.ok)).toEqual([]);
    expect(verdict.status).toBe('verified');
    expect(verdict.steps).toHaveLength(11);
    expect(verdict.by_program).toBe(false);
    expect(verdict.facts?.height).toBe('12');
    expect(verdict.facts?.reading_count).toBe(480);
  });
  test('has an unknown issuer without an anchor', () => {
    expect(verify_receipt(text, null).status).toBe('issuer_unknown');
  });
  test('says so when a program approved', () => {
    const verdict = verdict_of({ by_program: true });
    expect(verdict.status).toBe('verified');
    expect(verdict.by_program).toBe(true);
  });
  test('holds under a signature over a batch', () => {
    expect(verdict_of({ batch: true }).status).toBe('verified');
  });
  test('holds when the consent ended within the same block', () => {
    expect(verdict_of({ revoked_height: 12 }).status).toBe('verified');
  });
});

describe('a changed receipt is refused', () => {
  test('whichever byte of the file changes', () => {
    for (let at = 0; at < text.length; ++at) {
      const flip = at % 2 === 0 ? 1 : 32;
      const damaged = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ flip) + text.slice(at + 1);
      const verdict = verify_receipt(damaged, honest.trust);
      expect(verdict.status, `byte ${at}: ${damaged.slice(at, at + 20)}`).toBe('failed');
    }
  }, 120_000);
  test.each([
    ['cut off', text.slice(0, -2)],
    ['without its newline', text.slice(0, -1)],
    ['with white space', text.replace(',', ', ')],
    ['with an unknown member', text.replace('}\n', ',"extra":1}\n')],
    ['with a doubled member', text.replace('"seal"', '"header":"AA","seal"')],
    ['empty', ''],
    ['no object', '[]\n'],
    ['null', 'null\n'],
    ['too large', `${text}${' '.repeat(70_000)}`],
    ['of another format', text.replace('salus-receipt-2', 'salus-receipt-1')],
  ])('when it is %s', (_name, changed) => {
    const verdict = verify_receipt(changed, honest.trust);
    expect(verdict.status).toBe('failed');
    expect(verdict.steps.at(-1)?.name).toBe('form');
  });
  test('when proofs of signers are swapped', () => {
    const swapped = changed_fact({ signers: [...honest.receipt.fact.signers].reverse() });
    expect(verify_receipt(write_claim(swapped), honest.trust).steps.at(-1)?.name).toBe('keys');
  });
  test('when the consent is left out', () => {
    const without = changed_fact({ consent: null });
    expect(verify_receipt(write_claim(without), honest.trust).steps.at(-1)?.name).toBe('consent');
  });
});

describe('a dishonest receipt is refused', () => {
  const cases: [string, string, Changes][] = [
    ['consent', 'the consent was withdrawn before', { revoked_height: 11 }],
    ['consent', 'the consent had run out', { until_ms: 1_763_699_999_999 }],
    ['consent', 'the consent came after the block', { granted_height: 13 }],
    ['consent', 'the consent is for research', { purpose: 2 }],
    ['consent', 'the report names another consent', { report_consent: filled(32, 1) }],
    ['roles', 'it carries personal data', { personal_data: 2 }],
    ['roles', 'the sender is no cloud server', { server_role: 4 }],
    ['seal', 'somebody else sealed it', { sealed_by: doctor }],
  ];
  test.each(cases)('at %s: %s', (step, _why, changes) => {
    expect(failed_at(changes)).toBe(step);
  });
  test('at chain: the anchor is of another chain', () => {
    const verdict = verify_receipt(text, { ...honest.trust, chain_id: 'another' });
    expect(verdict.steps.at(-1)?.name).toBe('chain');
  });
  test('at seal: the anchor does not name the miner', () => {
    const stranger = { id: filled(16, 8), public_key: keys_of(8).public_key };
    const verdict = verify_receipt(text, { ...honest.trust, miners: [stranger] });
    expect(verdict.steps.at(-1)?.name).toBe('seal');
  });
});

describe('signatures', () => {
  const bytes = new TextEncoder().encode('salus');
  const signature = sign(bytes, doctor);
  test('hold for the bytes that were signed and no others', () => {
    expect(verify_signature(bytes, signature, doctor.public_key)).toBe(true);
    expect(verify_signature(filled(5, 1), signature, doctor.public_key)).toBe(false);
  });
  test('with s in the upper half are refused', () => {
    const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const s = n - BigInt(`0x${to_hex(signature.slice(32))}`);
    const high = new Uint8Array([...signature.slice(0, 32), ...(from_hex(s.toString(16).padStart(64, '0')) ?? [])]);
    expect(verify_signature(bytes, high, doctor.public_key)).toBe(false);
  });
  test('of a key that is no point, or of zeros, are refused and never thrown', () => {
    expect(verify_signature(bytes, signature, filled(65, 4))).toBe(false);
    expect(verify_signature(bytes, filled(64, 0), doctor.public_key)).toBe(false);
    expect(verify_signature(bytes, filled(64, 255), doctor.public_key)).toBe(false);
  });
});

describe('proofs', () => {
  test('of state demand falling bits', () => {
    const leaves = Array.from({ length: 40 }, (_, i) => [Uint8Array.of(7, i), Uint8Array.of(i)] as const);
    const tree = state_tree(leaves);
    for (const [key] of leaves) expect(state_proof_fault(tree.root, tree.proof(key))).toBeNull();
    const proof = tree.proof(Uint8Array.of(7, 3));
    expect(proof.steps.length).toBeGreaterThan(1);
    expect(state_proof_fault(tree.root, { ...proof, steps: [...proof.steps].reverse() })).toMatch(/do not fall/);
    expect(state_proof_fault(tree.root, { ...proof, value: Uint8Array.of(99) })).toMatch(/root/);
    expect(state_proof_fault(tree.root, { ...proof, steps: [{ bit: 255, sibling: filled(32, 0) }] })).toMatch(/do not fall/);
  });
  test('of inclusion refuse an index beyond the tree and a path too long or short', () => {
    const leaf = merkle_leaf(Uint8Array.of(1));
    expect(verify_inclusion(leaf, 0n, 1n, [], leaf)).toBe(true);
    expect(verify_inclusion(leaf, 1n, 1n, [], leaf)).toBe(false);
    expect(verify_inclusion(leaf, 0n, 1n, [leaf], leaf)).toBe(false);
    expect(verify_inclusion(leaf, 0n, 0n, [], leaf)).toBe(false);
    expect(verify_inclusion(leaf, 0n, 2n, [], leaf)).toBe(false);
  });
});

describe('bytes', () => {
  test('have one spelling only', () => {
    for (const size of [0, 1, 2, 3, 31, 32, 33]) {
      const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 37 + 5) & 255);
      expect(from_base64url(to_base64url(bytes))).toEqual(bytes);
      expect(from_hex(to_hex(bytes))).toEqual(bytes);
    }
    for (const bad of ['A', 'AB', 'AA=', 'A A', 'A+', 'A/', 'AAB']) expect(from_base64url(bad)).toBeNull();
    for (const bad of ['0', 'AA', 'zz']) expect(from_hex(bad)).toBeNull();
  });
});

describe('base45 and base64', () => {
  test.each([['AB', 'BB8'], ['Hello!!', '%69 VD92EX0'], ['ietf!', 'QED8WEX0']])('of %s is that of the RFC', (plain, written) => {
    const bytes = new TextEncoder().encode(plain);
    expect(to_base45(bytes)).toBe(written);
    expect(from_base45(written)).toEqual(bytes);
    expect(from_base64(to_base64(bytes))).toEqual(bytes);
  });
  test.each(['A', 'BB8A', ':::', 'GGW', '::', 'bb8'])('%s is no base45', (bad) => expect(from_base45(bad)).toBeNull());
  test.each(['QQ', 'QR==', 'Q===', 'QQ=', 'Q Q='])('%s is no base64', (bad) => expect(from_base64(bad)).toBeNull());
});

describe('protobuf that is not canonical is refused', () => {
  const schema = { 1: 'number', 2: 'bytes', 3: 'repeated' } as const;
  test.each([
    ['a default written out', message([[1, 0]], true)],
    ['an empty field', message([[2, '']], true)],
    ['fields out of order', message([[2, 'a'], [1, 1]])],
    ['a doubled field', message([[1, 1], [1, 2]])],
    ['an unknown field', message([[4, 1]])],
    ['another type', message([[1, 'a']])],
    ['a number in a longer form', Uint8Array.of(8, 0x81, 0)],
    ['a number beyond 64 bits', Uint8Array.of(8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2)],
    ['a cut number', Uint8Array.of(8, 0x81)],
    ['a cut field', Uint8Array.of(18, 5, 1)],
    ['a huge length', Uint8Array.of(18, 255, 255, 255, 255, 255, 255, 255, 127)],
  ])('%s', (_name, bytes) => {
    expect(() => Message.read(bytes, schema)).toThrow(Malformed);
  });
});

describe('the trust file', () => {
  const trust_text = write_trust(honest.trust);
  test('reads with any white space, and with nothing else changed', () => {
    expect(read_trust(trust_text).chain_id).toBe('salus-test');
    expect(read_trust(trust_text.replaceAll('\n', '\r\n'))).toEqual(honest.trust);
    const checkpoints = { checkpoint_key: 'salus/x+00000000+AA==', witnesses: ['phone+00000000+AA=='] };
    const newer = write_trust({ ...honest.trust, checkpoints });
    expect(read_trust(newer).checkpoints).toEqual(checkpoints);
    expect(() => read_trust(newer.replace('salus/x', 'salus x'))).toThrow(Malformed);
    expect(() => read_trust(newer.replace(/,\s*"witnesses"[^\]]*\]/, ''))).toThrow(Malformed);
    expect(() => read_trust(newer.replace(/"checkpoint_key": "[^"]*",/, ''))).toThrow(Malformed);
  });
  test('names a miner once for each time that it was active', () => {
    const [one] = honest.trust.miners;
    if (!one) throw new Error('no miner');
    const times = [{ ...one, until: 10 }, { ...one, from: 10, until: 12 }, { ...one, from: 20 }];
    const changed = write_trust({ ...honest.trust, miners: times });
    expect(read_trust(changed).miners).toEqual(times);
    expect(times.map((time) => [9n, 10n, 12n, 20n].map((height) => active_at(time, height)))).toEqual([
      [true, false, false, false], [false, true, false, false], [false, false, false, true],
    ]);
    for (const bad of ['"from": 9', '"from": 1', '"from": "10"', '"from": 10.5', '"from": 12']) {
      expect(() => read_trust(changed.replace('"from": 10', bad)), bad).toThrow(Malformed);
    }
  });
  test.each([
    ['an unknown member', trust_text.replace('"miners"', '"note": 1, "miners"')],
    ['no miners', trust_text.replace(/\[[^]*\]/, '[]')],
    ['a miner twice', trust_text.replace(/\[\s*(\{[^}]*\})\s*\]/, '[$1,$1]')],
    ['a key in capitals', trust_text.replace('"04', '"0A')],
    ['another format', trust_text.replace('salus-trust-1', 'x')],
  ])('with %s is refused', (_name, changed) => {
    expect(() => read_trust(changed)).toThrow(Malformed);
  });
  test('and a receipt cannot be taken for one another', () => {
    expect(() => read_trust(text)).toThrow(Malformed);
    expect(() => read_claim(new TextEncoder().encode(trust_text))).toThrow(Malformed);
  });
});
