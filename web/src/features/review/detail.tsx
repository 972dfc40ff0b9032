// SPDX-License-Identifier: Apache-2.0
// One report, with nothing hidden: readings, numbers, alarms, quality, and what will be written.
import { Button } from '@mantine/core';
import { Link } from 'react-router';
import { api } from '@/client/api';
import { useReport, useVitalInfos } from '@/client/queries';
import type { Report, ReportDetail, ReportVital, VitalInfo } from '@/client/types';
import { AlarmBadge } from '@/ui/alarm';
import { Hash } from '@/ui/bits';
import { count, duration, span, time, vital_value } from '@/ui/format';
import { beyond_limits, in_monitor_order, info_of, ReportTag, stood } from '@/ui/report_bits';
import { Answered } from '@/ui/states';
import { word_for, words } from '@/words';
import { ReportCharts } from './report_charts';

const w = words.review;

const seconds = (value: number): string => (value > 0 ? duration(value * 1_000) : w.seconds_none);

function Extreme({ beyond, words: said, children }: { beyond: boolean; words: string; children: string }) {
  if (!beyond) return <td className="number">{children}</td>;
  return (
    <td className="number flagged" title={said}>
      {children}
      <span className="visually-hidden"> {said}</span>
    </td>
  );
}

function NumbersRow({ numbers, info }: { numbers: ReportVital; info: VitalInfo | undefined }) {
  const { vital } = numbers;
  const beyond = beyond_limits(numbers, info);
  return (
    <tr data-vital={vital}>
      <th scope="row">
        <span style={{ color: 'var(--vital)' }}>{word_for(words.vitals, vital)}</span>{' '}
        <span className="muted">{info?.unit}</span>
      </th>
      <Extreme beyond={beyond.low} words={w.below_limit}>{vital_value(vital, numbers.min)}</Extreme>
      <td className="number">{vital_value(vital, numbers.median)}</td>
      <Extreme beyond={beyond.high} words={w.above_limit}>{vital_value(vital, numbers.max)}</Extreme>
      <td className={numbers.outside_limits_s > 0 ? 'number flagged' : 'number muted'}>{seconds(numbers.outside_limits_s)}</td>
      <td className={numbers.gap_s > 0 ? 'number flagged' : 'number muted'}>{seconds(numbers.gap_s)}</td>
      <td className={numbers.implausible > 0 ? 'number flagged' : 'number muted'}>{numbers.implausible > 0 ? count(numbers.implausible) : w.seconds_none}</td>
      <td className="number muted">{count(numbers.count)}</td>
    </tr>
  );
}

function Numbers({ vitals }: { vitals: readonly ReportVital[] }) {
  const infos = useVitalInfos();
  const ordered = in_monitor_order(vitals.map((each) => each.vital)).flatMap((vital) => vitals.find((each) => each.vital === vital) ?? []);
  return (
    <section className="panel" aria-labelledby="numbers-title">
      <h2 id="numbers-title">{w.numbers}</h2>
      <div className="table-box">
        <table className="data">
          <thead>
            <tr>
              <th scope="col">{w.vital}</th>
              {[w.min, w.median, w.max, w.outside, w.gaps, w.implausible, w.count].map((title) => (
                <th scope="col" key={title} className="number">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {ordered.map((each) => (
              <NumbersRow key={each.vital} numbers={each} info={info_of(infos.data, each.vital)} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Quality({ vitals }: { vitals: readonly ReportVital[] }) {
  const findings = vitals.flatMap((each) => {
    const name = word_for(words.vitals, each.vital);
    return [
      ...(each.gap_s > 0 ? [w.quality_gaps(name, duration(each.gap_s * 1_000))] : []),
      ...(each.implausible > 0 ? [w.quality_implausible(name, count(each.implausible), count(each.count))] : []),
    ];
  });
  return (
    <section className="panel" aria-labelledby="quality-title">
      <h2 id="quality-title">{w.quality}</h2>
      {findings.length === 0 ? (
        <p className="muted">{w.quality_good}</p>
      ) : (
        <ul className="bullets">
          {findings.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Alarms({ report }: { report: Report }) {
  return (
    <section className="panel" aria-labelledby="report-alarms-title">
      <h2 id="report-alarms-title">{w.alarms}</h2>
      {report.alarms.length === 0 ? <p className="muted">{w.no_alarms}</p> : null}
      <ul className="report-alarms">
        {report.alarms.map((alarm) => (
          <li key={alarm.id}>
            <AlarmBadge alarm={alarm} past />
            <span className="muted">
              {stood(alarm, time)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const looks_like_id = (text: string): boolean => /^[0-9a-f]{24,}$/.test(text) || /^b[a-z2-7]{40,}$/.test(text);

function Written({ report }: { report: ReportDetail }) {
  return (
    <section className="panel" aria-labelledby="written-title">
      <h2 id="written-title">{w.written}</h2>
      <p className="muted">{report.state === 'pending' ? w.written_intro : w.written_done}</p>
      <dl className="facts written">
        {report.to_be_written.map((field) => (
          <div key={field.field}>
            <dt>{field.meaning || word_for({}, field.field)}</dt>
            <dd>{looks_like_id(field.value) ? <Hash text={field.value} what={field.field} /> : field.value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Outcome({ report }: { report: Report }) {
  if (report.last_error && report.state === 'pending') {
    return (
      <div className="notice" data-kind="bad" role="status">
        <h3>{w.last_error}</h3>
        <p>{report.last_error.message}</p>
        <p className="muted mono">{words.state.code(report.last_error.code)}</p>
      </div>
    );
  }
  if (report.state === 'refused') {
    return (
      <div className="notice" data-kind="bad">
        <h3>{words.reports.refused}</h3>
        <p>
          {w.reason_was}: {report.refusal_reason}
        </p>
      </div>
    );
  }
  if (report.state !== 'approved') return null;
  const by = report.decided_by_program ? words.reports.by_program : report.decided_by ? words.reports.decided_by(report.decided_by) : '';
  return (
    <div className="notice" data-kind="good">
      <h3>{report.height === null ? w.approved_waits : words.reports.sealed(count(report.height))}</h3>
      <p>{by}</p>
      <p className="links">
        {report.transaction ? <Link to={`/ledger/transactions/${report.transaction}`}>{words.ledger.transaction}</Link> : null}
        {report.height !== null ? <Link to={`/ledger/blocks/${report.height}`}>{w.see_block}</Link> : null}
        <a href={api.receipt_address(report.id)} download>
          {words.verify.download_receipt}
        </a>
      </p>
    </div>
  );
}

export function Detail({ report, busy, approve, refuse, step }: {
  report: Report;
  busy: boolean;
  approve: () => void;
  refuse: () => void;
  step: (by: number) => void;
}) {
  const detail = useReport(report.id);
  return (
    <article className="review-detail" aria-label={report.patient.name}>
      <header className="panel review-head">
        <div>
          <h2>
            {report.patient.bed ? `${report.patient.bed}  ` : ''}
            <Link to={`/patients/${report.patient.id}?from=${report.period_start_ms}&to=${report.period_end_ms}`}>{report.patient.name}</Link>
          </h2>
          <p className="muted">
            {span(report.period_start_ms, report.period_end_ms)} · {words.reports.readings(count(report.reading_count))}
          </p>
        </div>
        <div className="review-actions no-print">
          {report.state === 'pending' ? (
            <>
              <Button size="md" loading={busy} disabled={!report.readable} onClick={approve} rightSection={<kbd>A</kbd>}>
                {busy ? w.approving : w.approve}
              </Button>
              <Button size="md" variant="default" disabled={busy} onClick={refuse} rightSection={<kbd>R</kbd>}>
                {w.refuse}
              </Button>
            </>
          ) : (
            <ReportTag state={report.state} />
          )}
          <Button.Group>
            <Button size="md" variant="default" onClick={() => step(-1)} rightSection={<kbd>K</kbd>}>
              {w.previous}
            </Button>
            <Button size="md" variant="default" onClick={() => step(1)} rightSection={<kbd>J</kbd>}>
              {w.next}
            </Button>
          </Button.Group>
        </div>
      </header>
      <Outcome report={report} />
      <Answered query={detail} rows={4} height={130}>
        {(data) =>
          data.readable ? (
            <>
              <ReportCharts report={data} />
              <Numbers vitals={data.vitals} />
              <div className="review-pair">
                <Alarms report={data} />
                <Quality vitals={data.vitals} />
              </div>
              <Written report={data} />
            </>
          ) : (
            <div className="notice" role="alert">
              <h3>{words.state.no_consent}</h3>
              <p>{words.state.no_consent_do}</p>
            </div>
          )
        }
      </Answered>
    </article>
  );
}
