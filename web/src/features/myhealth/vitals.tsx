// SPDX-License-Identifier: Apache-2.0
import { Link } from 'react-router';
import { patient_now } from '@/client/age';
import type { PersonId } from '@/client/ids';
import type { LivePatient, LiveVital } from '@/client/live';
import { useLivePatient, usePatient, useVitalInfos } from '@/client/queries';
import type { Limits, VitalInfo } from '@/client/types';
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

function VitalCard({ live, info, patient }: { live: LiveVital; info: VitalInfo | undefined; patient: LivePatient }) {
  useNow(1_000);
  const gone = aged(live, patient.clock, performance.now()).freshness === 'gone';
  const standing = standing_words(live, info, gone);
  return (
    <li className="panel my-vital" data-vital={live.vital}>
      <div className="my-vital-text">
        <h2>{word_for(words.vitals, live.vital)}</h2>
        <p className="muted">{word_for(w.plain, live.vital)}</p>
      </div>
      <p className="my-vital-value">
        <VitalFigure vital={live.vital} live={live} clock={patient.clock} /> <span className="unit">{info?.unit}</span>
      </p>
      <p className={standing.calm ? 'standing muted' : 'standing beyond'}>{standing.text}</p>
      <Sparkline
        vital={live.vital}
        t_ms={live.trend.t_ms}
        mean={live.trend.mean}
        to_ms={patient_now(patient.clock, performance.now())}
        gap_ms={Math.max(45_000, 3.5 * live.interval_ms * patient.clock.speed)}
      />
      <VitalAge vital={live.vital} live={live} clock={patient.clock} />
    </li>
  );
}

function Summary({ patient, infos }: { patient: LivePatient; infos: readonly VitalInfo[] | undefined }) {
  useNow(1_000);
  const wall_ms = performance.now();
  const current = [...patient.vitals.values()].filter(
    (live) => live.quality === 'plausible' && aged(live, patient.clock, wall_ms).freshness !== 'gone',
  );
  const alarms = patient.alarms.filter((alarm) => alarm.priority !== 'technical').length;
  const beyond = current.filter((live) => !standing_words(live, info_of(infos, live.vital), false).calm).length;
  const attention = Math.max(alarms, beyond);
  const text = current.length === 0 ? w.no_now : attention > 0 ? w.some_alarm(attention, alarms > 0) : w.all_well;
  return (
    <p className="notice" data-kind={current.length > 0 && attention === 0 ? 'good' : undefined} role="status">
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
        return (
          <>
            <Summary patient={live} infos={infos.data} />
            <ul className="my-vitals">
              {in_monitor_order([...live.vitals.keys()]).map((vital) => (
                <VitalCard key={vital} live={live.vitals.get(vital) as LiveVital} info={info_of(infos.data, vital)} patient={live} />
              ))}
            </ul>
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
