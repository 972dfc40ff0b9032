// SPDX-License-Identifier: Apache-2.0
// Goal: an old value is never shown as current, the worst patient stands first, and no event is lost or
// shown twice. Method: clocks set by hand.
import { beforeEach, describe, expect, test } from 'vitest';
import { age_ms, expected_interval_ms, freshness, patient_now } from './age';
import { as_person_id, as_report_id, type AlarmId } from './ids';
import { LiveStore } from './live';
import { compare_alarms, compare_beds, compare_urgency, urgency, worst_alarm } from './priority';
import type { Alarm, Priority, WardPatient } from './types';

const ana = as_person_id('a0');
let next_alarm = 0;
function alarm(priority: Priority, changes: Partial<Alarm> = {}): Alarm {
  next_alarm += 1;
  return {
    id: next_alarm as AlarmId, patient: ana, patient_name: 'Ana', vital: 'spo2', condition: 'low', priority, value: 84, limit: 85,
    message: 'SpO2 84 < 85', raised_at_ms: 1_000, cleared_at_ms: null, acknowledged_at_ms: null, acknowledged_by: null, ...changes,
  };
}
const ward_patient = (changes: Partial<WardPatient> = {}): WardPatient => ({
  id: ana, name: 'Ana', bed: '1', age: 40, sex: 'female', speed: 1, alarms: [], last_reading_ms: 100_000, now_ms: 100_000,
  vitals: [{ vital: 'spo2', value: 97, time_ms: 100_000, quality: 'plausible', trend: { t_ms: [80_000, 90_000], mean: [97, 97] } }],
  ...changes,
});

describe('the age of a value', () => {
  const clock = { now_ms: 100_000, wall_ms: 0, speed: 1 };
  test('grows with the wall clock, also while nothing arrives', () => {
    const value = { time_ms: 100_000, received_wall_ms: 0 };
    expect(age_ms(value, clock, 0)).toBe(0);
    expect(age_ms(value, clock, 7_000)).toBe(7_000);
    expect(patient_now(clock, 7_000)).toBe(107_000);
  });
  test('counts what passed before the page received it', () => {
    expect(age_ms({ time_ms: 60_000, received_wall_ms: 0 }, clock, 0)).toBe(40_000);
  });
  test('is in time of the person at the screen when a replay runs faster', () => {
    expect(age_ms({ time_ms: 90_000, received_wall_ms: 0 }, { ...clock, speed: 10 }, 0)).toBe(1_000);
  });
  test('does not stop with a patient clock that stopped', () => {
    expect(age_ms({ time_ms: 100_000, received_wall_ms: 0 }, { ...clock, wall_ms: 50_000 }, 50_000)).toBe(50_000);
  });
  test('is stated after 5 s, and the value is dashed out after 30 s', () => {
    expect(freshness(5_000, 0)).toBe('current');
    expect(freshness(5_001, 0)).toBe('aging');
    expect(freshness(30_000, 0)).toBe('aging');
    expect(freshness(30_001, 0)).toBe('gone');
  });
  test('or after three expected intervals where values come seldom', () => {
    expect(freshness(170_000, 60_000)).toBe('aging');
    expect(freshness(180_001, 60_000)).toBe('gone');
  });
  test('expects the median gap of the trend, or what is usual for a cuff', () => {
    expect(expected_interval_ms('spo2', [0, 60_000, 120_000, 400_000], 1)).toBe(60_000);
    expect(expected_interval_ms('spo2', [0, 60_000, 120_000], 10)).toBe(6_000);
    expect(expected_interval_ms('spo2', [0, 1], 1)).toBe(0);
    expect(expected_interval_ms('systolic_pressure', [0], 1)).toBe(300_000);
  });
});

describe('urgency', () => {
  test('puts priority before everything, then what nobody has acknowledged', () => {
    const seen = alarm('high', { acknowledged_at_ms: 2_000 });
    const waiting = alarm('medium');
    expect(worst_alarm([waiting, seen])).toBe(seen);
    expect(urgency([seen])).toBeLessThan(urgency([alarm('high')]));
    expect(urgency([alarm('technical')])).toBeGreaterThan(urgency([]));
  });
  test('puts the newest first among equals', () => {
    const older = alarm('medium', { raised_at_ms: 1 });
    const newer = alarm('medium', { raised_at_ms: 2 });
    expect([older, newer].sort(compare_alarms)).toEqual([newer, older]);
  });
  test('orders calm beds as people count', () => {
    const beds = ['10', '2', '1'].map((bed) => ({ bed, name: '', alarms: [] }));
    expect(beds.sort(compare_beds).map((each) => each.bed)).toEqual(['1', '2', '10']);
    const worst = { bed: '99', name: '', alarms: [alarm('low')] };
    expect([...beds, worst].sort(compare_urgency)[0]).toBe(worst);
  });
});

describe('the live store', () => {
  let wall = 0;
  let store: LiveStore;
  beforeEach(() => {
    wall = 0;
    store = new LiveStore(() => wall);
    store.adopt(ward_patient());
  });
  const reading = (time_ms: number, value = 90) => ({ vital: 'spo2' as const, value, time_ms, quality: 'plausible' as const });
  test('takes newer readings and never an older one', () => {
    store.on_vitals({ patient: ana, now_ms: 101_000, readings: [reading(101_000, 91)] });
    store.on_vitals({ patient: ana, now_ms: 101_500, readings: [reading(99_000, 60)] });
    expect(store.get(ana)?.vitals.get('spo2')?.value).toBe(91);
  });
  test('keeps a live value over an answer that is older', () => {
    store.on_vitals({ patient: ana, now_ms: 105_000, readings: [reading(105_000, 91)] });
    store.adopt(ward_patient());
    expect(store.get(ana)?.vitals.get('spo2')?.value).toBe(91);
  });
  test('does not make a value younger when the same one is answered again', () => {
    wall = 40_000;
    store.adopt(ward_patient({ now_ms: 100_000 }));
    const live = store.get(ana);
    expect(live?.vitals.get('spo2')?.received_wall_ms).toBe(0);
  });
  test('adds plausible readings to the trend alone', () => {
    store.on_vitals({ patient: ana, now_ms: 120_000, readings: [{ ...reading(120_000, 12), quality: 'implausible' }] });
    expect(store.get(ana)?.vitals.get('spo2')?.trend.t_ms).toEqual([80_000, 90_000]);
    expect(store.get(ana)?.vitals.get('spo2')?.quality).toBe('implausible');
  });
  test('opens, replaces and closes an alarm by its id', () => {
    const open = alarm('high');
    store.on_alarm(open);
    store.on_alarm({ ...open, acknowledged_at_ms: 5 });
    expect(store.get(ana)?.alarms).toHaveLength(1);
    expect(store.get(ana)?.alarms[0]?.acknowledged_at_ms).toBe(5);
    store.on_alarm({ ...open, cleared_at_ms: 9 });
    expect(store.get(ana)?.alarms).toHaveLength(0);
  });
  test('forgets everybody at sign-out', () => {
    store.clear();
    expect(store.get(ana)).toBeUndefined();
  });
  test('tells subscribers at most five times a second', async () => {
    const real = new LiveStore();
    real.adopt(ward_patient());
    let told = 0;
    real.subscribe(ana, () => (told += 1));
    for (let i = 1; i <= 50; ++i) {
      real.on_vitals({ patient: ana, now_ms: 100_000 + i, readings: [reading(100_000 + i)] });
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(told).toBeGreaterThan(0);
    expect(told).toBeLessThanOrEqual(5);
  });
});

test('a report id of the URL is a whole number or nothing', () => {
  expect(as_report_id('12')).toBe(12);
  for (const bad of [null, '', '-1', '1e3', 'x', '1.5']) expect(as_report_id(bad)).toBeNull();
});
