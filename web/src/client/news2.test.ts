// SPDX-License-Identifier: Apache-2.0
// Goal: the score is that of the source's chart at every edge of a band, and is not shown where it is not known.
import { describe, expect, test } from 'vitest';
import { as_person_id } from './ids';
import { LiveStore } from './live';
import { news2_now, news2_of, type Measured } from './news2';
import type { VitalName, WardPatient } from './types';

const calm: Measured = { respiration_rate: 16, spo2: 97, systolic_pressure: 120, pulse: 70, body_temperature: 37 };

describe('NEWS2', () => {
  test.each([
    ['respiration_rate', [[8, 3], [9, 1], [11, 1], [12, 0], [20, 0], [21, 2], [24, 2], [25, 3]]],
    ['spo2', [[91, 3], [92, 2], [93, 2], [94, 1], [95, 1], [96, 0]]],
    ['systolic_pressure', [[90, 3], [91, 2], [100, 2], [101, 1], [110, 1], [111, 0], [219, 0], [220, 3]]],
    ['pulse', [[40, 3], [41, 1], [50, 1], [51, 0], [90, 0], [91, 1], [110, 1], [111, 2], [130, 2], [131, 3]]],
    ['body_temperature', [[35, 3], [35.1, 1], [36, 1], [36.1, 0], [38, 0], [38.1, 1], [39, 1], [39.1, 2]]],
  ] as [keyof Measured, [number, number][]][])('%s scores as the chart says', (name, edges) => {
    for (const [value, score] of edges) expect(news2_of({ ...calm, [name]: value }).least, `${name} ${value}`).toBe(score);
  });
  test('says how soon somebody must look', () => {
    expect(news2_of(calm).response).toBe('routine');
    expect(news2_of({ ...calm, spo2: 91 }).response).toBe('single');
    expect(news2_of({ ...calm, spo2: 91, pulse: 111 })).toEqual({ least: 5, response: 'urgent' });
    expect(news2_of({ ...calm, spo2: 91, pulse: 111, respiration_rate: 21 })).toEqual({ least: 7, response: 'emergency' });
  });
  const names: [VitalName, number][] = [
    ['respiration_rate', 16], ['spo2', 97], ['systolic_pressure', 120], ['heart_rate', 70], ['body_temperature', 37],
  ];
  function patient(without?: VitalName, age_ms = 0) {
    const store = new LiveStore();
    const id = as_person_id('a0');
    store.adopt({
      id, name: 'Ana', bed: 'B1', age: 67, sex: 'female', speed: 1, alarms: [], last_reading_ms: 1_000, now_ms: 1_000 + age_ms,
      vitals: names.filter(([vital]) => vital !== without).map(([vital, value]) => ({ vital, value, time_ms: 1_000, quality: 'plausible', trend: { t_ms: [], mean: [] } })),
    } as unknown as WardPatient);
    const live = store.get(id);
    if (!live) throw new Error('no patient');
    return live;
  }
  test('needs all five', () => {
    expect(news2_now(patient(), 67, performance.now())?.least).toBe(0);
    for (const [vital] of names) expect(news2_now(patient(vital), 67, performance.now()), vital).toBeNull();
  });
  test('is for adults', () => {
    expect(news2_now(patient(), 15, performance.now())).toBeNull();
    expect(news2_now(patient(), null, performance.now())).toBeNull();
  });
  test('is not made of values that are gone', () => {
    expect(news2_now(patient(undefined, 31_000), 67, performance.now())).toBeNull();
  });
});
