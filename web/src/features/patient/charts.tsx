// SPDX-License-Identifier: Apache-2.0
import { Button, SegmentedControl } from '@mantine/core';
import { patient_now } from '@/client/age';
import type { PersonId } from '@/client/ids';
import { useLivePatient, useVitalInfos } from '@/client/queries';
import type { Alarm, VitalInfo, VitalName } from '@/client/types';
import { Chart } from '@/ui/chart';
import { moment, vital_value } from '@/ui/format';
import { BackIcon, ForwardIcon } from '@/ui/icons';
import { useKeys } from '@/ui/keyboard';
import { bands_of, in_monitor_order, info_of } from '@/ui/report_bits';
import { extent_of, no_columns, type Columns } from '@/ui/series';
import { Empty, Failure } from '@/ui/states';
import { VitalAge, VitalFigure } from '@/ui/vital';
import { word_for, words } from '@/words';
import type { LivePatient } from '@/client/live';
import { EcgStrip } from './strip';
import { useHistory, usePeriod, useSecond, windows_ms, type Period } from './history';

const w = words.patient;
const none_marked: readonly number[] = [];

function Toolbar({ period }: { period: Period }) {
  const windows = Object.keys(windows_ms).map((value) => ({ value, label: word_for(w.windows, value) }));
  return (
    <div className="chart-toolbar no-print">
      <SegmentedControl aria-label={w.window} data={windows} value={period.window} onChange={period.show_window} />
      <Button.Group>
        <Button variant="default" aria-label={w.earlier} title={w.earlier} onClick={() => period.pan(-0.5)}>
          <BackIcon />
        </Button>
        <Button variant="default" aria-label={w.later} title={w.later} disabled={period.live} onClick={() => period.pan(0.5)}>
          <ForwardIcon />
        </Button>
      </Button.Group>
      {period.live ? (
        <span className="tag" data-kind="good">{w.live}</span>
      ) : (
        <Button onClick={period.go_live}>{w.back_to_live}</Button>
      )}
      <span className="muted period">
        {moment(period.from_ms)} – {moment(period.to_ms)}
      </span>
      <span className="muted hint">{w.zoom_hint}</span>
    </div>
  );
}

function limits_text(info: VitalInfo | undefined): string | null {
  const low = info?.limits.low ?? null;
  const high = info?.limits.high ?? null;
  if (!info || (low === null && high === null)) return null;
  if (low !== null && high !== null) return w.limits(vital_value(info.name, low), vital_value(info.name, high));
  return low !== null ? w.limit_low(vital_value(info.name, low)) : w.limit_high(vital_value(info.name, high ?? 0));
}

function VitalRow({ vital, info, columns, live, alarms, period, marks, height }: {
  vital: VitalName;
  info: VitalInfo | undefined;
  columns: Columns;
  live: LivePatient;
  alarms: readonly Alarm[];
  period: Period;
  marks: readonly number[];
  height: number;
}) {
  const extent = extent_of(columns, period.from_ms, period.to_ms);
  const value = live.vitals.get(vital);
  const name = word_for(words.vitals, vital);
  const summary = extent
    ? w.chart_summary(name, vital_value(vital, extent.min), vital_value(vital, extent.mean), vital_value(vital, extent.max))
    : `${w.chart_of(name)}: ${w.chart_empty}`;
  const limits = limits_text(info);
  return (
    <section className="vital-row" data-vital={vital} aria-label={name}>
      <div className="vital-side">
        <h2>{name}</h2>
        <p className="big">
          <VitalFigure vital={vital} live={value} clock={live.clock} /> <span className="unit">{info?.unit}</span>
        </p>
        <VitalAge vital={vital} live={value} clock={live.clock} />
        {extent ? (
          <p className="muted stats">
            {w.stats.min} {vital_value(vital, extent.min)} · {w.stats.mean} {vital_value(vital, extent.mean)} · {w.stats.max}{' '}
            {vital_value(vital, extent.max)}
          </p>
        ) : (
          <p className="muted stats">{w.chart_empty}</p>
        )}
        {limits ? <p className="muted stats">{limits}</p> : null}
      </div>
      <Chart
        vital={vital}
        columns={columns}
        from_ms={period.from_ms}
        to_ms={period.to_ms}
        limits={info?.limits ?? null}
        bands={bands_of(alarms, vital, period.to_ms)}
        marks={marks}
        label={summary}
        height={height}
        sync="patient"
        zoom={period.show}
        reset={period.go_live}
      />
    </section>
  );
}

export function Charts({ id, alarms, marks = none_marked }: { id: PersonId; alarms: readonly Alarm[]; marks?: readonly number[] }) {
  const tick = useSecond();
  const live = useLivePatient(id);
  const infos = useVitalInfos();
  const period = usePeriod(id, tick);
  const vitals = in_monitor_order(live ? [...live.vitals.keys()] : []);
  const history = useHistory(id, vitals, period);
  const rtl = document.documentElement.dir === 'rtl' ? -1 : 1;
  useKeys({ ArrowLeft: () => period.pan(-0.25 * rtl), ArrowRight: () => period.pan(0.25 * rtl) });
  if (!live) return null;
  if (vitals.length === 0) return <Empty title={w.no_vitals} text={w.no_vitals_do} />;
  return (
    <section className="panel charts" aria-label={w.vitals}>
      <Toolbar period={period} />
      {history.error ? <Failure error={history.error} retry={history.refetch} /> : null}
      {period.live ? <EcgStrip id={id} now_ms={() => patient_now(live.clock, performance.now())} /> : null}
      {vitals.map((vital) => (
        <VitalRow
          key={vital}
          vital={vital}
          info={info_of(infos.data, vital)}
          columns={history.columns.get(vital) ?? no_columns}
          live={live}
          alarms={alarms}
          period={period}
          marks={marks}
          height={vitals.length > 5 ? 118 : 140}
        />
      ))}
    </section>
  );
}
