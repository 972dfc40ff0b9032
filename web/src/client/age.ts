// SPDX-License-Identifier: Apache-2.0
// A value has an age, and an old value is never shown as current.

import type { VitalName } from './types';

/// After this a tile states the age.
export const aging_after_ms = 5_000;
/// After this, or three expected intervals, whichever is longer, the value is dashed out.
export const gone_after_ms = 30_000;

export type Freshness = 'current' | 'aging' | 'gone';

/// What the patient's clock shows. A replayed recording runs `speed` times faster than the wall
/// clock. `wall_ms` is of a clock that never jumps (performance.now()).
export interface PatientClock {
  now_ms: number;
  wall_ms: number;
  speed: number;
}

export const patient_now = (clock: PatientClock, wall_ms: number): number =>
  clock.now_ms + Math.max(0, wall_ms - clock.wall_ms) * clock.speed;

/// Age as the person at the screen feels it: patient time divided by the replay's speed, and never
/// below the time since this page received the value (the patient's clock may have stopped).
export function age_ms(
  value: { time_ms: number; received_wall_ms: number },
  clock: PatientClock,
  wall_ms: number,
): number {
  const by_patient = (patient_now(clock, wall_ms) - value.time_ms) / Math.max(1, clock.speed);
  return Math.max(0, by_patient, wall_ms - value.received_wall_ms);
}

export function freshness(age: number, expected_interval_ms: number): Freshness {
  if (age > Math.max(gone_after_ms, 3 * expected_interval_ms)) return 'gone';
  return age > aging_after_ms ? 'aging' : 'current';
}

// What is measured seldom, where a trend of 10 minutes holds too few values to tell how often: a cuff
// and a glucose sensor every 5 minutes, temperatures and the air of the room every minute (chosen by
// us, after what such devices do).
const usual_interval_ms: Partial<Record<VitalName, number>> = {
  systolic_pressure: 300_000,
  diastolic_pressure: 300_000,
  mean_pressure: 300_000,
  glucose: 300_000,
  body_temperature: 60_000,
  ambient_temperature: 60_000,
  humidity: 60_000,
  pm25: 60_000,
  co2: 60_000,
};

/// The usual time between values: the median gap of the trend, or what is usual for this vital where the
/// trend is too short. The trend's points are means over buckets, so that a gap of one bucket says "at
/// least as often".
export function expected_interval_ms(vital: VitalName, t_ms: readonly number[], speed: number): number {
  if (t_ms.length < 3) return (usual_interval_ms[vital] ?? 0) / Math.max(1, speed);
  const gaps: number[] = [];
  for (let i = 1; i < t_ms.length; ++i) gaps.push((t_ms[i] ?? 0) - (t_ms[i - 1] ?? 0));
  gaps.sort((a, b) => a - b);
  return (gaps[gaps.length >> 1] ?? 0) / Math.max(1, speed);
}
