// SPDX-License-Identifier: Apache-2.0
// Goal: a gap stays a gap, no peak is lost, and durations read as people say them.
import { describe, expect, test } from 'vitest';
import type { Reading, Series } from '@/client/types';
import { duration, short_id, span, stamp, vital_value, within_sentence } from './format';
import { axis_range, columns_of, decimate, extent_of } from './series';
import { spark_path } from './sparkline';
import { in_order, type Column } from './table';
import { what_in_words } from './what';

const series = (t_ms: number[], value = 70): Series => ({
  vital: 'heart_rate', unit: '/min', width_ms: 1_000, t_ms,
  min: t_ms.map(() => value - 1), max: t_ms.map(() => value + 1), mean: t_ms.map(() => value), count: t_ms.map(() => 1),
});
const seconds = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => (from + i) * 1_000);
const reading = (time_ms: number, value: number, quality: Reading['quality'] = 'plausible'): Reading => ({ vital: 'heart_rate', value, time_ms, quality });

describe('columns', () => {
  test('have a null where readings are missing', () => {
    const columns = columns_of(series([...seconds(0, 10), ...seconds(60, 70)]), []);
    expect(columns.mean.filter((value) => value === null)).toHaveLength(1);
    expect(columns.t[10]).toBe(9_001);
  });
  test('do not break where values come seldom but steadily', () => {
    const columns = columns_of(series([0, 60_000, 120_000, 180_000]), []);
    expect(columns.mean).not.toContain(null);
  });
  test('go on with live readings, without those that stand in them already', () => {
    const columns = columns_of(series(seconds(0, 10)), [reading(9_000, 1), reading(10_000, 88)]);
    expect(columns.t.at(-1)).toBe(10_000);
    expect(columns.mean.at(-1)).toBe(88);
    expect(columns.t).toHaveLength(11);
  });
  test('leave out what cannot be right', () => {
    expect(columns_of(series(seconds(0, 3)), [reading(3_000, 900, 'implausible')]).t).toHaveLength(3);
  });
  test('let a live peak widen the band of a wide last column', () => {
    const wide = { ...series([0, 60_000, 120_000]), width_ms: 60_000 };
    const columns = columns_of(wide, [reading(130_000, 180)]);
    expect(columns.max.at(-1)).toBe(180);
    expect(columns.t).toHaveLength(3);
  });
  test('are nothing without data', () => {
    expect(columns_of(undefined, []).t).toEqual([]);
    expect(extent_of(columns_of(undefined, []), 0, 1)).toBeNull();
  });
});

describe('decimation', () => {
  test('keeps every peak and stays within its bound', () => {
    const columns = columns_of(series(seconds(0, 86_400)), []);
    columns.max[43_210] = 199;
    columns.min[50_000] = 20;
    const shown = decimate(columns, 2_000);
    expect(shown.t.length).toBeLessThanOrEqual(2_000);
    expect(Math.max(...shown.max.map((value) => value ?? 0))).toBe(199);
    expect(Math.min(...shown.min.map((value) => value ?? 999))).toBe(20);
  });
  test('leaves few columns as they are', () => {
    const columns = columns_of(series(seconds(0, 100)), []);
    expect(decimate(columns, 2_000)).toBe(columns);
  });
});

describe('the axis', () => {
  test('is not narrower for a steady value', () => {
    const [low, high] = axis_range('heart_rate', { min: 70, mean: 70, max: 71 });
    expect(high - low).toBeGreaterThanOrEqual(40);
  });
  test('holds all values', () => {
    const [low, high] = axis_range('heart_rate', { min: 30, mean: 90, max: 220 });
    expect(low).toBeLessThanOrEqual(30);
    expect(high).toBeGreaterThanOrEqual(220);
  });
  test('does not promise more than 100 % oxygen', () => {
    expect(axis_range('spo2', { min: 99, mean: 99, max: 100 })[1]).toBeLessThanOrEqual(101);
  });
});

test('a sparkline lifts its pen over a gap', () => {
  const path = spark_path([0, 10_000, 400_000, 410_000], [1, 2, 3, 4], { from_ms: 0, to_ms: 600_000, gap_ms: 45_000 });
  expect(path.match(/M/g)).toHaveLength(2);
});

test('durations are said in one or two units', () => {
  expect(duration(0)).toBe('0 s');
  expect(duration(-5_000)).toBe('0 s');
  expect(duration(119_999)).toBe('119 s');
  expect(duration(120_000)).toBe('2 min');
  expect(duration(7_500_000)).toBe('2 h 5 min');
  expect(duration(7_200_000)).toBe('2 h');
  expect(duration(4 * 86_400_000)).toBe('4 d');
});

test('values have the digits of their monitors', () => {
  expect(vital_value('heart_rate', 71.6)).toBe('72');
  expect(vital_value('body_temperature', 37)).toBe('37.0');
});

test('long ids are shortened, short ones are not', () => {
  expect(short_id('abc')).toBe('abc');
  expect(short_id('0123456789abcdef0123456789abcdef')).toBe('0123456789…abcdef');
});

describe('a period', () => {
  const at = (day: number, hour: number, minute: number, second = 0): number => new Date(2026, 10, day, hour, minute, second).getTime();
  test('has seconds at both ends or at neither', () => {
    expect(span(at(21, 17, 20, 14), at(21, 17, 21, 14), at(21, 18, 0))).toBe('17:20:14 – 17:21:14');
    expect(span(at(21, 17, 20), at(21, 17, 25), at(21, 18, 0))).toBe('17:20 – 17:25');
  });
  test('names its day where that is not today, and the second day where there are two', () => {
    expect(span(at(20, 17, 20), at(20, 17, 25), at(21, 18, 0))).toBe('20 Nov, 17:20 – 17:25');
    expect(span(at(20, 23, 58), at(21, 0, 3), at(21, 18, 0))).toBe('20 Nov, 23:58 – 21 Nov, 00:03');
  });
  test('as evidence has day, second and zone', () => {
    expect(stamp(at(21, 17, 22, 2))).toMatch(/^21 Nov 2026, 17:22:02 \S+/);
  });
});

test('names stand in sentences in small letters, abbreviations do not', () => {
  expect(['Heart rate', 'ECG', 'Fine dust (PM2.5)', 'pH'].map(within_sentence)).toEqual(['heart rate', 'ECG', 'fine dust (PM2.5)', 'pH']);
});

test('a list is in the order people chose, numbers as numbers, what is missing last', () => {
  interface Row { name: string; bed: string; count: number }
  const rows: Row[] = [{ name: 'b', bed: 'B10', count: 10 }, { name: 'a', bed: '', count: 9 }, { name: 'c', bed: 'B2', count: 100 }];
  const columns: Column<Row>[] = [
    { title: 'Name', order: (row) => row.name, cell: () => null },
    { title: 'Bed', order: (row) => row.bed, cell: () => null },
    { title: 'Count', order: (row) => row.count, cell: () => null },
  ];
  const names = (by: string, down = false): string => in_order(rows, columns, { by, down }).map((row) => row.name).join('');
  expect(names('Name')).toBe('abc');
  expect(names('Bed')).toBe('cba');
  expect(names('Bed', true)).toBe('bca');
  expect(names('Count', true)).toBe('cba');
  expect(names('no such column')).toBe('bac');
});

test('what was looked at is said in words, and what this page does not know stays readable', () => {
  const from = new Date(2026, 10, 21, 18, 21).getTime();
  expect(what_in_words(`vital=co2 from_ms=${from} to_ms=${from + 60_000}`, from)).toBe('carbon dioxide, 18:21 – 18:22');
  expect(what_in_words(`from_ms=${from}`)).toMatch(/^since 21 Nov 2026, 18:21:00 \S+/);
  expect(what_in_words('state=pending new_thing=5')).toBe('state pending, new thing 5');
  expect(what_in_words('vitals_and_alarms')).toBe('vitals and alarms');
  expect(what_in_words('')).toBe('');
});
