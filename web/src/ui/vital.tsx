// SPDX-License-Identifier: Apache-2.0
// One vital's newest value with its age. The rule of client/age.ts is applied here and nowhere else.
import { age_ms, freshness, type Freshness, type PatientClock } from '@/client/age';
import type { LiveVital } from '@/client/live';
import type { VitalName } from '@/client/types';
import { words } from '@/words';
import { duration, moment, vital_value } from './format';
import { useNow } from './now';

export interface Aged {
  freshness: Freshness;
  age_ms: number;
}

export function aged(live: LiveVital, clock: PatientClock, wall_ms: number): Aged {
  const age = age_ms(live, clock, wall_ms);
  return { age_ms: age, freshness: freshness(age, live.interval_ms) };
}

/// The big figure: the value while it is current or aging, two dashes once it is gone.
export function VitalFigure({ vital, live, clock }: {
  vital: VitalName;
  live: LiveVital | undefined;
  clock: PatientClock;
}) {
  useNow(1_000);
  if (!live) return <span className="figure" data-vital={vital} data-freshness="gone">{words.value.none}</span>;
  const { freshness: fresh } = aged(live, clock, performance.now());
  return (
    <span className="figure" data-vital={vital} data-freshness={fresh} data-quality={live.quality}>
      {fresh === 'gone' || live.quality === 'implausible' ? words.value.none : vital_value(vital, live.value)}
    </span>
  );
}

/// The line beneath: nothing while current, the age after 5 s, the last value and its time once gone.
export function VitalAge({ vital, live, clock }: {
  vital: VitalName;
  live: LiveVital | undefined;
  clock: PatientClock;
}) {
  useNow(1_000);
  if (!live) return <span className="age">{words.value.no_reading}</span>;
  const { freshness: fresh, age_ms: age } = aged(live, clock, performance.now());
  if (fresh === 'gone') {
    const last = live.quality === 'implausible' ? words.value.implausible : vital_value(vital, live.value);
    return <span className="age">{words.value.last(last, moment(live.time_ms))}</span>;
  }
  if (live.quality === 'implausible') return <span className="age">{words.value.implausible}</span>;
  if (fresh === 'aging') return <span className="age">{words.value.aging(duration(age))}</span>;
  return null;
}
