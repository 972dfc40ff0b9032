// SPDX-License-Identifier: Apache-2.0
// One bed. Only its own live values repaint it.
import { memo } from 'react';
import { Link } from 'react-router';
import { useLivePatient } from '@/client/queries';
import { compare_alarms } from '@/client/priority';
import type { LivePatient, LiveVital } from '@/client/live';
import type { VitalName, WardPatient } from '@/client/types';
import { AlarmBadge } from '@/ui/alarm';
import { count, duration } from '@/ui/format';
import { News2 } from '@/ui/news2';
import { useNow } from '@/ui/now';
import { Sparkline } from '@/ui/sparkline';
import { aged, VitalAge, VitalFigure } from '@/ui/vital';
import { patient_now } from '@/client/age';
import { word_for, words } from '@/words';

const w = words.ward;

// Four vitals stand on a tile: these first, in this order, as far as the patient has them.
const preferred: readonly VitalName[] = [
  'heart_rate',
  'spo2',
  'respiration_rate',
  'systolic_pressure',
  'body_temperature',
  'pulse_rate',
  'glucose',
];
const shown_vitals = 4;

export function vitals_of_tile(has: (vital: VitalName) => boolean): VitalName[] {
  const present = preferred.filter(has);
  const chosen = present.slice(0, shown_vitals);
  for (const vital of preferred) {
    if (chosen.length >= shown_vitals) break;
    if (!chosen.includes(vital)) chosen.push(vital);
  }
  return chosen;
}

function Cell({ vital, live, unit }: { vital: VitalName; live: LivePatient; unit: string }) {
  const value = live.vitals.get(vital);
  const diastolic = vital === 'systolic_pressure' ? live.vitals.get('diastolic_pressure') : undefined;
  const to_ms = patient_now(live.clock, performance.now());
  return (
    <div className="cell" data-vital={vital}>
      <span className="cell-name">
        <span>{vital === 'systolic_pressure' ? w.pressure : word_for(words.vitals_short, vital)}</span> <span className="unit">{unit}</span>
      </span>
      <span className="cell-value">
        <VitalFigure vital={vital} live={value} clock={live.clock} />
        {diastolic ? (
          <span className="second">
            {w.over}
            <VitalFigure vital="diastolic_pressure" live={diastolic} clock={live.clock} />
          </span>
        ) : null}
      </span>
      {value && value.trend.t_ms.length > 1 ? (
        <Sparkline
          vital={vital}
          t_ms={value.trend.t_ms}
          mean={value.trend.mean}
          to_ms={to_ms}
          gap_ms={Math.max(45_000, 3.5 * value.interval_ms * live.clock.speed)}
        />
      ) : (
        <span className="sparkline" />
      )}
      <VitalAge vital={vital} live={value} clock={live.clock} />
    </div>
  );
}

function AlarmLine({ live }: { live: LivePatient }) {
  const alarms = [...live.alarms].sort(compare_alarms);
  const worst = alarms[0];
  if (!worst) return <p className="alarm-line muted">{w.no_alarm}</p>;
  return (
    <div className="alarm-line">
      <AlarmBadge alarm={worst} />
      {alarms.length > 1 ? (
        <span className="tag">
          <span aria-hidden="true">{w.more_alarms(alarms.length - 1)}</span>
          <span className="visually-hidden">{w.more_alarms_label(alarms.length - 1)}</span>
        </span>
      ) : null}
    </div>
  );
}

function DataAge({ live, newest }: { live: LivePatient; newest: LiveVital | undefined }) {
  useNow(1_000);
  if (!newest) return <span>{words.value.no_reading}</span>;
  const { age_ms, freshness } = aged(newest, live.clock, performance.now());
  return <span data-freshness={freshness}>{freshness === 'current' ? w.data_current : w.data_age(duration(age_ms))}</span>;
}

export const Tile = memo(function Tile({ patient, units, selected, acknowledge, focus }: {
  patient: WardPatient;
  units: ReadonlyMap<string, string>;
  selected: boolean;
  acknowledge: (patient: WardPatient) => void;
  focus: (patient: WardPatient) => void;
}) {
  const live = useLivePatient(patient.id);
  if (!live) return null;
  const worst = [...live.alarms].sort(compare_alarms)[0];
  const waits = live.alarms.some((alarm) => alarm.acknowledged_at_ms === null);
  const vitals = vitals_of_tile((vital) => live.vitals.has(vital));
  const newest = [...live.vitals.values()].sort((a, b) => b.time_ms - a.time_ms)[0];
  const years = patient.age === null ? w.age_unknown : w.years(patient.age);
  return (
    <article
      className="tile panel"
      data-worst={worst?.priority ?? 'none'}
      data-waits={waits}
      data-patient={patient.id}
      aria-label={`${patient.bed ? w.bed(patient.bed) : ''} ${patient.name}`}
    >
      <header>
        {patient.bed ? <span className="bed">{patient.bed}</span> : null}
        <h2>
          <Link to={`/patients/${patient.id}`} tabIndex={selected ? 0 : -1} onFocus={() => focus(patient)} data-tile-link={patient.id}>
            {patient.name}
          </Link>
        </h2>
        <span className="muted meta">{[years, patient.sex ? word_for(w.sexes, patient.sex) : ''].filter(Boolean).join(', ')}</span>
      </header>
      <AlarmLine live={live} />
      <div className="cells" data-pressure={vitals.includes('systolic_pressure')}>
        {vitals.map((vital) => (
          <Cell key={vital} vital={vital} live={live} unit={units.get(vital) ?? ''} />
        ))}
      </div>
      <footer className="muted">
        <DataAge live={live} newest={newest} />
        {patient.speed > 1 ? (
          <span className="tag" title={w.replay(count(patient.speed))}>
            <span className="visually-hidden">{w.replay(count(patient.speed))}</span>
            <span aria-hidden="true">{w.times(count(patient.speed))}</span>
          </span>
        ) : null}
        <News2 live={live} age={patient.age} />
        {worst && waits ? (
          <button type="button" className="acknowledge" tabIndex={-1} onClick={() => acknowledge(patient)}>
            {w.acknowledge}
          </button>
        ) : null}
        {worst && !waits ? <span className="seen">{w.acknowledged_by(worst.acknowledged_by ?? '')}</span> : null}
      </footer>
    </article>
  );
});
