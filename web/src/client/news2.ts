// SPDX-License-Identifier: Apache-2.0
// NEWS2, as far as sensors can tell it. Source: Royal College of Physicians, National Early Warning Score
// (NEWS) 2, London 2017, chart 1, SpO2 scale 1. Of its seven parameters no sensor knows consciousness and
// supplemental oxygen, which only add to it: what comes out is the least that the score can be.
import { age_ms, freshness } from './age';
import type { LivePatient } from './live';
import type { VitalName } from './types';

/// [value up to and including, points], in order; above the last: `above`.
interface Bands {
  up_to: readonly (readonly [number, number])[];
  above: number;
  decimals: number;
}
const respiration: Bands = { up_to: [[8, 3], [11, 1], [20, 0], [24, 2]], above: 3, decimals: 0 };
const saturation: Bands = { up_to: [[91, 3], [93, 2], [95, 1]], above: 0, decimals: 0 };
const systolic: Bands = { up_to: [[90, 3], [100, 2], [110, 1], [219, 0]], above: 3, decimals: 0 };
const pulse: Bands = { up_to: [[40, 3], [50, 1], [90, 0], [110, 1], [130, 2]], above: 3, decimals: 0 };
const temperature: Bands = { up_to: [[35, 3], [36, 1], [38, 0], [39, 1]], above: 2, decimals: 1 };

function points(bands: Bands, value: number): number {
  const shown = Number(value.toFixed(bands.decimals));
  return bands.up_to.find(([limit]) => shown <= limit)?.[1] ?? bands.above;
}

export interface News2 {
  /// The score is this or more.
  least: number;
  /// How soon somebody must look, by the thresholds of the source: 5 urgent, 7 emergency; one parameter of 3 counts too.
  response: 'routine' | 'single' | 'urgent' | 'emergency';
}
const adult_years = 16;

export interface Measured {
  respiration_rate: number;
  spo2: number;
  systolic_pressure: number;
  pulse: number;
  body_temperature: number;
}

export function news2_of(measured: Measured): News2 {
  const each = [
    points(respiration, measured.respiration_rate),
    points(saturation, measured.spo2),
    points(systolic, measured.systolic_pressure),
    points(pulse, measured.pulse),
    points(temperature, measured.body_temperature),
  ];
  const least = each.reduce((sum, one) => sum + one, 0);
  if (least >= 7) return { least, response: 'emergency' };
  if (least >= 5) return { least, response: 'urgent' };
  return { least, response: each.includes(3) ? 'single' : 'routine' };
}

/// Null where it is not known: a child, or one of the five measured is missing, implausible or gone.
export function news2_now(live: LivePatient, age_years: number | null, wall_ms: number): News2 | null {
  if (age_years === null || age_years < adult_years) return null;
  const value = (vital: VitalName): number | null => {
    const known = live.vitals.get(vital);
    if (!known || known.quality !== 'plausible') return null;
    return freshness(age_ms(known, live.clock, wall_ms), known.interval_ms) === 'gone' ? null : known.value;
  };
  const respiration_rate = value('respiration_rate');
  const spo2 = value('spo2');
  const systolic_pressure = value('systolic_pressure');
  const beats = value('pulse_rate') ?? value('heart_rate');
  const body_temperature = value('body_temperature');
  if (respiration_rate === null || spo2 === null || systolic_pressure === null || beats === null || body_temperature === null) return null;
  return news2_of({ respiration_rate, spo2, systolic_pressure, pulse: beats, body_temperature });
}
