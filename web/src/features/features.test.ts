// SPDX-License-Identifier: Apache-2.0
// Goal: rules of single pages: what may be approved in a batch, what a patient is told, what a CSV holds.
import { expect, test } from 'vitest';
import { standing_of, summary_of } from './myhealth/vitals';
import { csv_of } from './audit/csv';
import { vitals_of_tile } from './ward/tile';
import { is_clean } from './review/review';
import { looks_of } from './myhealth/looks';
import { all_pages } from './myhealth/export';
import { extent_of_strip, trace_of } from './patient/strip';
import { layout_of } from './ward/wall';
import type { Access, Report, VitalInfo } from '@/client/types';

const limits = { low: 90, critical_low: 85, high: null, critical_high: null };

test('a patient is told where a value stands by the limits of the alarms', () => {
  expect(standing_of(90, limits)).toBe('normal');
  expect(standing_of(89, limits)).toBe('low');
  expect(standing_of(85, limits)).toBe('low');
  expect(standing_of(84, limits)).toBe('very_low');
  expect(standing_of(151, { low: 50, critical_low: 40, high: 120, critical_high: 150 })).toBe('very_high');
  expect(standing_of(5, null)).toBe('measured');
  expect(standing_of(5, { low: null, critical_low: null, high: null, critical_high: null })).toBe('measured');
});

test('a cell of a CSV is never a formula, and quotes survive', () => {
  expect(csv_of([['=1+1', 'a"b', 'x,y', -5, true]])).toBe('\'=1+1,"a""b","x,y",\'-5,true\r\n');
});

test('a tile has four vitals, in the order of monitors, with places for those missing', () => {
  expect(vitals_of_tile(() => true)).toEqual(['heart_rate', 'spo2', 'respiration_rate', 'systolic_pressure']);
  expect(vitals_of_tile((vital) => ['pulse_rate', 'spo2'].includes(vital))).toEqual(['spo2', 'pulse_rate', 'heart_rate', 'respiration_rate']);
});

test('only reports without any finding can be approved together', () => {
  const vital = { vital: 'spo2', count: 480, implausible: 0, min: 95, median: 97, max: 99, outside_limits_s: 0, gap_s: 0 };
  const clean = { readable: true, last_error: null, alarms: [], vitals: [vital] } as unknown as Report;
  const infos = [{ name: 'spo2', limits }] as unknown as VitalInfo[];
  expect(is_clean(clean, infos)).toBe(true);
  for (const change of [{ gap_s: 1 }, { implausible: 1 }, { outside_limits_s: 1 }, { min: 89 }]) {
    expect(is_clean({ ...clean, vitals: [{ ...vital, ...change }] } as unknown as Report, infos)).toBe(false);
  }
  expect(is_clean({ ...clean, vitals: [{ ...vital, min: 90 }] } as unknown as Report, infos)).toBe(true);
  expect(is_clean({ ...clean, readable: false }, infos)).toBe(false);
  expect(is_clean({ ...clean, alarms: [{}] } as unknown as Report, infos)).toBe(false);
  expect(is_clean({ ...clean, vitals: [] }, infos)).toBe(false);
  expect(is_clean(clean, undefined)).toBe(false);
});

test('one visit of one person is one line of the access log, a refusal stands alone', () => {
  const entry = (id: string, time_ms: number, action: string, allowed = true): Access => ({
    time_ms, actor: { id, name: id, role: 'doctor' }, patient: 'p', action, what: '', basis: '', allowed, hash: `${id}${time_ms}`,
  });
  const minute = 60_000;
  const looks = looks_of([
    entry('lee', 100 * minute, 'read_series'),
    entry('lee', 99 * minute, 'read_series'),
    entry('lee', 98 * minute, 'read_patient'),
    entry('osei', 97 * minute, 'read_patient', false),
    entry('lee', 50 * minute, 'read_patient'),
    entry('lee', 20 * minute, 'read_patient'),
  ]);
  expect(looks.map((look) => look.entries.length)).toEqual([3, 1, 1, 1]);
  expect(looks[0]?.actions).toEqual(['read_series', 'read_patient']);
  expect(looks[0]?.from_ms).toBe(98 * minute);
  expect(looks[1]?.allowed).toBe(false);
  expect(looks.flatMap((look) => look.entries)).toHaveLength(6);
});

test('a patient is told which value is beyond, and for which the ward has an alarm', () => {
  expect(summary_of([], [], true)).toEqual({ text: 'All values are within their limits.', calm: true });
  expect(summary_of(['spo2'], ['spo2'], true).text).toBe('Beyond the limits now: oxygen saturation. The ward has an alarm for oxygen saturation.');
  expect(summary_of([], ['pulse_rate', 'heart_rate'], true)).toEqual({ text: 'The ward has an alarm for heart rate and pulse.', calm: false });
  expect(summary_of([], [], false).calm).toBe(false);
});

test('all beds fit on a wall, as large as they can be', () => {
  const wall = { width: 1_904, height: 1_000 };
  for (const beds of [1, 2, 6, 7, 16, 23, 40]) {
    const { columns, zoom, dense } = layout_of(beds, wall);
    const rows = Math.ceil(beds / columns);
    expect(columns * rows, `${beds} beds`).toBeGreaterThanOrEqual(beds);
    expect(rows * (dense ? 190 : 300) * zoom, `${beds} beds`).toBeLessThanOrEqual(wall.height + 1);
  }
  expect(layout_of(6, wall).zoom).toBeGreaterThan(1.2);
  expect(layout_of(16, wall).dense).toBe(false);
  expect(layout_of(40, wall).dense).toBe(true);
  expect(layout_of(400, wall).zoom).toBe(0.6);
});

test('an ECG is drawn at 25 mm a second and 10 mm a millivolt', () => {
  const strip = { t_ms: 0, period_us: 4_000, unit: 'mV', samples: [0, 1, -0.2] };
  expect(extent_of_strip(strip.samples)).toEqual({ top: 1, bottom: -0.5 });
  expect(trace_of(strip, 1)).toBe('M0.00 10.00L0.10 0.00L0.20 12.00');
});

test('what a patient takes along is all of a list, or says that it is not', async () => {
  const pages = (all: number) => (cursor: string | null) => {
    const at = Number(cursor ?? 0);
    return Promise.resolve({ items: [at], next: at + 1 < all ? String(at + 1) : null });
  };
  expect(await all_pages(pages(3))).toEqual({ items: [0, 1, 2], complete: true });
  expect((await all_pages(pages(1_000))).complete).toBe(false);
});
