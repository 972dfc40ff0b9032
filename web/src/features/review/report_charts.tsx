// SPDX-License-Identifier: Apache-2.0
// The readings of a report's period: a chart each, but words for what was measured once or twice.
import { useMemo } from 'react';
import { useVitalInfos } from '@/client/queries';
import type { ReportDetail } from '@/client/types';
import { Chart } from '@/ui/chart';
import { time, vital_value } from '@/ui/format';
import { bands_of, in_monitor_order, info_of } from '@/ui/report_bits';
import { columns_of } from '@/ui/series';
import { word_for, words } from '@/words';

const w = words.review;
const seldom_at_most = 2;

export function ReportCharts({ report }: { report: ReportDetail }) {
  const infos = useVitalInfos();
  const columns = useMemo(
    () => new Map(report.series.map((series) => [series.vital, columns_of(series, [])])),
    [report.series],
  );
  const all = in_monitor_order([...columns.keys()]);
  const drawn = all.filter((vital) => (columns.get(vital)?.t.length ?? 0) > seldom_at_most);
  const seldom = report.series.filter((series) => series.t_ms.length <= seldom_at_most);
  return (
    <section className="panel" aria-labelledby="series-title">
      <h2 id="series-title">{w.series}</h2>
      <div className="report-charts">
        {drawn.map((vital) => {
          const numbers = report.vitals.find((each) => each.vital === vital);
          const name = word_for(words.vitals, vital);
          return (
            <div key={vital} data-vital={vital}>
              <h3 className="chart-name">
                {name} <span className="muted">{info_of(infos.data, vital)?.unit}</span>
              </h3>
              <Chart
                vital={vital}
                columns={columns.get(vital) ?? { t: [], mean: [], min: [], max: [] }}
                from_ms={report.period_start_ms}
                to_ms={report.period_end_ms}
                limits={info_of(infos.data, vital)?.limits ?? null}
                bands={bands_of(report.alarms, vital, report.period_end_ms)}
                label={
                  numbers
                    ? words.patient.chart_summary(name, vital_value(vital, numbers.min), vital_value(vital, numbers.median), vital_value(vital, numbers.max))
                    : words.patient.chart_of(name)
                }
                height={118}
                sync={`report-${report.id}`}
              />
            </div>
          );
        })}
      </div>
      <Seldom series={seldom} />
    </section>
  );
}

// One or two values make no line: they stand as words, each with its time.
function Seldom({ series }: { series: ReportDetail['series'] }) {
  const infos = useVitalInfos();
  if (series.length === 0) return null;
  return (
    <>
      <h3 className="chart-name seldom-title">{w.seldom}</h3>
      <dl className="seldom">
        {in_monitor_order(series.map((each) => each.vital)).map((vital) => {
          const each = series.find((one) => one.vital === vital);
          const unit = info_of(infos.data, vital)?.unit ?? '';
          return (
            <div key={vital} data-vital={vital}>
              <dt>{word_for(words.vitals, vital)}</dt>
              {each?.t_ms.map((t, i) => (
                <dd key={t}>{w.seldom_value(`${vital_value(vital, each.mean[i] ?? 0)} ${unit}`, time(t))}</dd>
              ))}
            </div>
          );
        })}
      </dl>
    </>
  );
}
