// SPDX-License-Identifier: Apache-2.0
// Goal: a run is called good only if every attack failed and every control shows that it could have succeeded.
import { expect, test } from 'vitest';
import type { Attack } from '@/client/types';
import { words } from '@/words';
import { holds, outcome_of } from './outcome';

const attack = (changes: Partial<Attack>): Attack => ({
  name: 'replay', paper: true, resisted: true, control: true, ran_at_ms: 5, detail: '', ...changes,
});

test('a run of which everything was resisted holds', () => {
  const outcome = outcome_of([attack({}), attack({ control: null, ran_at_ms: 9 })]);
  expect(outcome).toEqual({ all: 2, resisted: 2, controls: 1, controls_good: 1, ran_at_ms: 9 });
  expect(holds(outcome)).toBe(true);
});

test('one attack that succeeded is enough for it not to hold', () => {
  expect(holds(outcome_of([attack({}), attack({ resisted: false })]))).toBe(false);
});

test('an attack that also fails where it must succeed shows nothing', () => {
  expect(holds(outcome_of([attack({ control: false })]))).toBe(false);
});

test('before the first run there is no time', () => {
  expect(outcome_of([]).ran_at_ms).toBeNull();
});

test('all twelve attacks have a name and a sentence, the same ones', () => {
  expect(Object.keys(words.attacks.names)).toHaveLength(12);
  expect(Object.keys(words.attacks.tries)).toEqual(Object.keys(words.attacks.names));
});
