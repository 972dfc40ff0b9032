// SPDX-License-Identifier: Apache-2.0
import { Link } from 'react-router';
import { patient_now } from '@/client/age';
import type { PersonId } from '@/client/ids';
import type { LivePatient, LiveVital } from '@/client/live';
import { useLivePatient, usePatient, useVitalInfos } from '@/client/queries';
import type { Limits, VitalInfo, VitalName } from '@/client/types';
import { list_of, within_sentence } from '@/ui/format';
import { useNow } from '@/ui/now';
import { in_monitor_order, info_of } from '@/ui/report_bits';
import { Sparkline } from '@/ui/sparkline';
import { Answered, Empty } from '@/ui/states';
import { aged, VitalAge, VitalFigure } from '@/ui/vital';
import { word_for, words } from '@/words';

const w = words.my_health;

export type Standing = 'normal' | 'low' | 'high' | 'very_low' | 'very_high' | 'measured';

/// Where a value stands to its limits, by the same comparisons as the alarms: strictly beyond.
export function standing_of(value: number, limits: Limits | null): Standing {
  if (!limits || Object.values(limits).every((limit) => limit === null)) return 'measured';
  if (limits.critical_low !== null && value < limits.critical_low) return 'very_low';
  if (limits.critical_high !== null && value > limits.critical_high) return 'very_high';
  if (limits.low !== null && value < limits.low) return 'low';
  if (limits.high !== null && value > limits.high) return 'high';
  return 'normal';
}

function standing_words(live: LiveVital, info: VitalInfo | undefined, gone: boolean): { text: string; calm: boolean } {
  if (gone) return { text: w.is_old, calm: true };
  if (live.quality === 'implausible') return { text: w.is_implausible, calm: true };
  const standing = standing_of(live.value, info?.limits ?? null);
  return { text: word_for(w.standings, standing), calm: standing === 'normal' || standing === 'measured' };
}

function Figure({ live, patient }: { live: LiveVital; patient: LivePatient }) {
  return <VitalFigure vital={live.vital} live={live} clock={patient.clock} />;
}

/// Blood pressure is one measurement with two numbers, and is shown as one; `lower` is the diastolic.
function VitalCard({ live, lower, infos, patient }: {
  live: LiveVital;
  lower?: LiveVital | undefined;
  infos: readonly VitalInfo[] | undefined;
  patient: LivePatient;
}) {
  useNow(1_000);
  const info = info_of(infos, live.vital);
  const gone = aged(live, patient.clock, performance.now()).freshness === 'gone';
  const standing = standing_words(live, info, gone);
  return (
    <li className="panel my-vital" data-vital={live.vital} data-beyond={!standing.calm}>
      <div className="my-vital-text">
        <h3>{lower ? w.pressure : word_for(words.vitals, live.vital)}</h3>
        <p className="muted">{lower ? w.pressure_plain : word_for(w.plain, live.vital)}</p>
      </div>
      <p className="my-vital-value">
        <Figure live={live} patient={patient} />
        {lower ? (
          <>
            /<Figure live={lower} patient={patient} />
          </>
        ) : null}{' '}
        <span className="unit">{info?.unit}</span>
      </p>
      <p className={standing.calm ? 'standing muted' : 'standing beyond'}>{standing.text}</p>
      {live.trend.t_ms.length > 1 ? (
        <Sparkline
          vital={live.vital}
          t_ms={live.trend.t_ms}
          mean={live.trend.mean}
          to_ms={patient_now(patient.clock, performance.now())}
          gap_ms={Math.max(45_000, 3.5 * live.interval_ms * patient.clock.speed)}
        />
      ) : null}
      <VitalAge vital={live.vital} live={live} clock={patient.clock} />
    </li>
  );
}

const ambient: readonly VitalName[] = ['ambient_temperature', 'humidity', 'pm25', 'co2'];

function Cards({ title, vitals, patient, infos }: {
  title: string;
  vitals: readonly VitalName[];
  patient: LivePatient;
  infos: readonly VitalInfo[] | undefined;
}) {
  const both = patient.vitals.has('systolic_pressure') && patient.vitals.has('diastolic_pressure');
  const shown = vitals.filter((vital) => !both || (vital !== 'diastolic_pressure' && vital !== 'mean_pressure'));
  if (shown.length === 0) return null;
  return (
    <section aria-label={title}>
      <h2 className="panel-title">{title}</h2>
      <ul className="my-vitals">
        {shown.map((vital) => (
          <VitalCard
            key={vital}
            live={patient.vitals.get(vital) as LiveVital}
            lower={both && vital === 'systolic_pressure' ? patient.vitals.get('diastolic_pressure') : undefined}
            infos={infos}
            patient={patient}
          />
        ))}
      </ul>
    </section>
  );
}

/// Says which values are beyond their limits now, and for which the ward still has an alarm.
export function summary_of(beyond: readonly VitalName[], alarmed: readonly VitalName[], any_current: boolean): { text: string; calm: boolean } {
  const names = (vitals: readonly VitalName[]): string => list_of(in_monitor_order(vitals).map((vital) => within_sentence(word_for(words.vitals, vital))));
  const told = alarmed.length > 0 ? ` ${w.ward_told(names(alarmed))}` : '';
  if (beyond.length > 0) return { text: `${w.beyond(names(beyond))}${told}`, calm: false };
  if (alarmed.length > 0) return { text: told.trim(), calm: false };
  return any_current ? { text: w.all_well, calm: true } : { text: w.no_now, calm: false };
}

function Summary({ patient, infos }: { patient: LivePatient; infos: readonly VitalInfo[] | undefined }) {
  useNow(1_000);
  const wall_ms = performance.now();
  const current = [...patient.vitals.values()].filter(
    (live) => live.quality === 'plausible' && aged(live, patient.clock, wall_ms).freshness !== 'gone',
  );
  const alarmed = patient.alarms.filter((alarm) => alarm.priority !== 'technical').flatMap((alarm) => alarm.vital ?? []);
  const beyond = current.filter((live) => !standing_words(live, info_of(infos, live.vital), false).calm).map((live) => live.vital);
  const { text, calm } = summary_of(beyond, alarmed, current.length > 0);
  return (
    <p className="notice" data-kind={calm ? 'good' : undefined} role="status">
      {text}
    </p>
  );
}

export function Vitals({ id }: { id: PersonId }) {
  const query = usePatient(id);
  const live = useLivePatient(id);
  const infos = useVitalInfos();
  return (
    <Answered query={query} rows={4} height={96}>
      {() => {
        if (!live || live.vitals.size === 0) return <Empty title={words.patient.no_vitals} text={words.patient.no_vitals_do} />;
        const vitals = in_monitor_order([...live.vitals.keys()]);
        return (
          <>
            <Summary patient={live} infos={infos.data} />
            <Cards title={w.body} vitals={vitals.filter((vital) => !ambient.includes(vital))} patient={live} infos={infos.data} />
            <Cards title={w.room} vitals={vitals.filter((vital) => ambient.includes(vital))} patient={live} infos={infos.data} />
            <p>
              <Link to={`/patients/${id}`}>{w.details}</Link>
            </p>
            <p className="muted">{w.limits_note}</p>
          </>
        );
      }}
    </Answered>
  );
}
