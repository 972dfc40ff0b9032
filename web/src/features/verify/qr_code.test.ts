// SPDX-License-Identifier: Apache-2.0
// Goal: what a phone reads off the page is the receipt. Method: paint the modules, read them with
// another library (jsQR), and check what it read.
import jsqr from 'jsqr';
import { describe, expect, test } from 'vitest';
import { make_qr, qr_characters_max, qr_path, quiet_modules, type QrCode } from '@/ui/qr_code';
import { read_claim, write_text } from '@/verify/claim';
import { claim_kinds, type Claim, type Fact } from '@/verify/claim_fact';
import { write_claim } from '@/verify/claim_json';
import { filled, make_receipt } from '@/verify/testing';
import { verify_receipt } from '@/verify/verify';
import { receipt_as_text } from './qr_code';

const pixels_per_module = 4;
/// The code as the page shows it: black on white within its quiet zone.
function read_off(code: QrCode): string | null {
  const side = (code.size + 2 * quiet_modules) * pixels_per_module;
  const pixels = new Uint8ClampedArray(4 * side * side).fill(255);
  for (const [, x, y, length] of qr_path(code).matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    for (let row = 0; row < pixels_per_module; ++row) {
      const from = (Number(y) * pixels_per_module + row) * side + Number(x) * pixels_per_module;
      for (let i = 0; i < Number(length) * pixels_per_module; ++i) pixels.fill(0, 4 * (from + i), 4 * (from + i) + 3);
    }
  }
  return jsqr(pixels, side, side, { inversionAttempts: 'dontInvert' })?.data ?? null;
}

const { receipt } = make_receipt();
const proof = receipt.fact.consent;
if (!proof) throw new Error('the receipt of a report has a consent');
const facts: Record<Fact['kind'], Fact> = {
  transaction: receipt.fact,
  consent: { kind: 'consent', patient_leaf: proof, consent: proof },
  no_consent: {
    kind: 'no_consent', patient: filled(16, 9), category: 1, purpose: 2, patient_leaf: proof, patient_absence: null,
    readers: [{ id: filled(16, 1), absence: proof, record: null }, { id: filled(16, 2), absence: null, record: proof }],
  },
  key_destroyed: { kind: 'key_destroyed', content_id: filled(36, 7), tombstone: proof },
};

describe('a receipt as text', () => {
  test.each(claim_kinds)('of kind %s reads back as the receipt it was', (kind) => {
    const claim: Claim = { ...receipt, fact: facts[kind], checkpoint: { note: filled(100, 0x41), path: [filled(32, 3)] } };
    const text = receipt_as_text(write_claim(claim));
    expect(text).toMatch(/^SALUS:[0-9A-Z $%*+\-./:]+$/);
    expect(write_claim(read_claim(new TextEncoder().encode(text)))).toBe(write_claim(claim));
  });
  test('is the same whatever form it came in', () => {
    const text = write_text(receipt);
    expect(receipt_as_text(write_claim(receipt))).toBe(text);
    expect(receipt_as_text(new TextEncoder().encode(`${text}\n`))).toBe(text);
  });
});

describe('a QR code', () => {
  test('read off the page verifies as the receipt does', async () => {
    // Longer than jsQR 1.4 reads wrongly: of 109 modules it looks for an alignment pattern at 74 that ISO/IEC 18004 has at 78.
    const longer = make_receipt({ batch: true, chain_id: 'of-a-name-as-long-as-can-be-here' });
    const code = await make_qr(receipt_as_text(write_claim(longer.receipt)));
    expect(code.size).toBe(113);
    const read = read_off(code);
    expect(read).not.toBeNull();
    expect(verify_receipt(read ?? '', longer.trust).status).toBe('verified');
  });
  test('holds the most characters that one code can, and not one more', async () => {
    const text = 'SALUS:'.padEnd(qr_characters_max, '0A $%*+-./:');
    expect((await make_qr(text)).size).toBe(177);
    await expect(make_qr(`${text}0`)).rejects.toThrow();
  });
  test('leaves its quiet zone white', async () => {
    const code = await make_qr('SALUS:');
    const drawn = [...qr_path(code).matchAll(/M(\d+) (\d+)h(\d+)/g)].map(([, x, y, length]) => [Number(x), Number(y), Number(x) + Number(length)]);
    for (const [x = 0, y = 0, end = 0] of drawn) {
      expect(Math.min(x, y)).toBeGreaterThanOrEqual(quiet_modules);
      expect(Math.max(y + 1, end)).toBeLessThanOrEqual(code.size + quiet_modules);
    }
  });
});
