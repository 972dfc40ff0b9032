// SPDX-License-Identifier: Apache-2.0
// Goal: nothing that people read is missing or empty, and no text stands twice over for a name of the API.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { en } from './en';
import { word_for } from './index';

const document = JSON.parse(readFileSync(new URL('../../../src/api/openapi.json', import.meta.url), 'utf8')) as {
  components: { schemas: Record<string, { enum?: string[] }> };
};
const names_of = (schema: string): string[] => document.components.schemas[schema]?.enum ?? [];

test.each([
  ['Role', en.roles],
  ['VitalName', en.vitals],
  ['VitalName', en.vitals_short],
  ['Priority', en.priorities],
  ['Category', en.my_health.categories],
  ['Purpose', en.my_health.purposes],
  ['TransactionKind', en.ledger.kinds],
  ['DeviceState', en.devices.states],
  ['DeviceState', en.devices.actions],
  ['DeviceState', en.devices.effects as Record<string, string>],
  ['SealedTo', en.devices.sealed],
  ['ReportState', en.reports as unknown as Record<string, string>],
])('every %s of the API has a word', (schema, table) => {
  expect(names_of(schema).length).toBeGreaterThan(0);
  for (const name of names_of(schema)) expect(table[name], name).toBeTruthy();
});

test('no text is empty but those that mean nothing', () => {
  const empty: string[] = [];
  const walk = (value: unknown, path: string): void => {
    if (value === '') empty.push(path);
    if (typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value)) walk(inner, `${path}.${name}`);
    }
  };
  walk(en, 'en');
  expect(empty).toEqual(['en.ward.sexes.unknown']);
});

test('a name that this page does not know is still readable', () => {
  expect(word_for({}, 'some_new_thing')).toBe('some new thing');
});
