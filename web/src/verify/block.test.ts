// SPDX-License-Identifier: Apache-2.0
// Goal: a block is believed only if all of it holds. Method: an honest block, then each part of it changed.
import { describe, expect, test } from 'vitest';
import { verify_block, type BlockVerdict, type Ground } from './block.ts';
import { concat } from './bytes.ts';
import { merkle_root, sha512 } from './crypto.ts';
import { approval_message, sealed_message } from './schema_block.ts';
import { message } from './protobuf_write.ts';
import type { Miner, Trust } from './receipt.ts';
import { filled, keys_of, make_receipt, miner, now_ms, sign, type Keys } from './testing.ts';

const { receipt, trust } = make_receipt();
const other = keys_of(33);
const wider: Trust = { ...trust, miners: [...trust.miners, { id: other.id, public_key: other.public_key }] };
const seal_numbers = { round: 2n, passed_over: 0, nonce: 0n };

interface Made {
  transactions?: Uint8Array[];
  root_of?: Uint8Array[];
  previous?: Uint8Array;
  height?: number;
  sealed_by?: Keys;
  approved_by?: Keys[];
  chain_id?: string;
}
function make(change: Made = {}): Uint8Array {
  const transactions = change.transactions ?? [receipt.fact.envelope];
  const header = message([
    [1, change.chain_id ?? trust.chain_id], [2, change.height ?? 2], [3, change.previous ?? sha512(parent_header)],
    [4, merkle_root(change.root_of ?? transactions)], [5, filled(32, 5)], [6, filled(32, 6)], [7, 9], [8, now_ms], [9, miner.id],
  ]);
  const signed = sealed_message(header, seal_numbers);
  const approved = approval_message(header, { ...seal_numbers, attempt: 0 });
  const approvals = (change.approved_by ?? []).map((keys): [number, Uint8Array] => [3, message([[1, keys.id], [2, sign(approved, keys)]])]);
  const seal = message([[1, 2], [2, sign(signed, change.sealed_by ?? miner)], ...approvals]);
  return message([[1, header], [2, seal], ...transactions.map((each): [number, Uint8Array] => [3, each])]);
}
const parent_header = message([
  [1, trust.chain_id], [2, 1], [3, trust.genesis_hash], [4, merkle_root([])], [5, filled(32, 5)], [6, filled(32, 6)], [7, 8], [8, now_ms - 9],
  [9, miner.id],
]);
const parent = message([[1, parent_header], [2, message([[2, filled(64, 1)]])]]);
const ground: Ground = { height: 2n, parent, trust };
const failing = (verdict: BlockVerdict): string | undefined => (verdict.status === 'failed' ? verdict.steps.at(-1)?.name : undefined);

describe('a block', () => {
  test('holds up to the anchor', () => {
    const verdict = verify_block(make(), ground);
    expect(verdict.steps.filter((step) => !step.ok)).toEqual([]);
    expect(verdict.status).toBe('verified');
    expect(verdict.height).toBe(2n);
    expect(verdict.hash).toMatch(/^[0-9a-f]{128}$/);
  });
  test('is of an unknown issuer without an anchor', () => {
    expect(verify_block(make(), { ...ground, trust: null }).status).toBe('issuer_unknown');
  });
  test('holds with the approvals of others that the anchor names', () => {
    expect(verify_block(make({ approved_by: [other] }), { ...ground, trust: wider }).status).toBe('verified');
  });
  test('holds where as many approved as the anchor asks for', () => {
    const asked: Ground = { ...ground, trust: { ...wider, quorum: 'two_thirds' } };
    expect(verify_block(make({ approved_by: [miner, other] }), asked).status).toBe('verified');
  });
  test('counts those alone who were active then', () => {
    const [first, second] = wider.miners as [Miner, Miner];
    const left = (until: number): Ground => ({ ...ground, trust: { ...wider, quorum: 'two_thirds', miners: [first, { ...second, until }] } });
    expect(verify_block(make({ approved_by: [miner] }), left(2)).status).toBe('verified');
    expect(verify_block(make({ approved_by: [miner, other] }), left(2)).status).toBe('verified');
    expect(failing(verify_block(make({ approved_by: [miner] }), left(3)))).toBe('approvals');
    const to_come: Ground = { ...ground, trust: { ...trust, miners: [{ ...first, from: 3 }] } };
    expect(failing(verify_block(make(), to_come))).toBe('seal');
  });
  const first: Ground = { height: 1n, parent: null, trust };
  test('the first follows the genesis of the anchor', () => {
    expect(verify_block(make({ height: 1, previous: trust.genesis_hash }), first).status).toBe('verified');
    expect(failing(verify_block(make({ height: 1 }), first))).toBe('parent');
  });
});

describe('a changed block is refused', () => {
  test.each([
    ['another block before it', { previous: filled(64, 9) }, 'parent'],
    ['a transaction put in', { transactions: [receipt.fact.envelope, receipt.fact.envelope], root_of: [receipt.fact.envelope] }, 'transactions'],
    ['a transaction left out', { transactions: [], root_of: [receipt.fact.envelope] }, 'transactions'],
    ['what is no transaction', { transactions: [filled(40, 1)] }, 'transactions'],
    ['a seal by somebody else', { sealed_by: other }, 'seal'],
    ['another height', { height: 3 }, 'form'],
    ['another chain', { chain_id: 'elsewhere' }, 'form'],
  ] as [string, Made, string][])('%s', (_, change, step) => {
    expect(failing(verify_block(make(change), ground))).toBe(step);
  });
  test.each([
    ['nobody', [], 'two_thirds'],
    ['one of two', [miner], 'two_thirds'],
    ['one of two, where over half are asked for', [miner], 'majority'],
    ['one of two, and a stranger', [miner, keys_of(34)], 'two_thirds'],
  ] as [string, Keys[], 'two_thirds' | 'majority'][])('approved by %s', (_, approved_by, quorum) => {
    expect(failing(verify_block(make({ approved_by }), { ...ground, trust: { ...wider, quorum } }))).toBe('approvals');
  });
  test('whichever byte changes', () => {
    const good = make();
    for (let at = 0; at < good.length; at += 3) {
      const damaged = good.slice();
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      expect(verify_block(damaged, ground).status, `byte ${at}`).toBe('failed');
    }
  }, 60_000);
  test('cut off, or with something behind', () => {
    expect(verify_block(make().slice(0, -1), ground).status).toBe('failed');
    expect(verify_block(concat(make(), Uint8Array.of(0)), ground).status).toBe('failed');
    expect(failing(verify_block(new Uint8Array(), ground))).toBe('form');
  });
  test('without the block before', () => {
    expect(failing(verify_block(make(), { ...ground, parent: null }))).toBe('parent');
  });
});
