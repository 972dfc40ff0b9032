// SPDX-License-Identifier: Apache-2.0
// The doctor's queue: longest waiting first, one report beside it, decided by a key.
import { Button, Checkbox, SegmentedControl } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { api } from '@/client/api';
import { as_report_id, type ReportId } from '@/client/ids';
import { keys, useReports, useVitalInfos } from '@/client/queries';
import type { Report, ReportState, VitalInfo } from '@/client/types';
import { PageHead, tell, tell_failure } from '@/ui/bits';
import { count, duration, moment, span } from '@/ui/format';
import { useKeys } from '@/ui/keyboard';
import { useNow } from '@/ui/now';
import { beyond_limits, info_of, ReportTag } from '@/ui/report_bits';
import { Answered, Empty } from '@/ui/states';
import { word_for, words } from '@/words';
import { BatchDialog, RefuseDialog } from './dialogs';
import { Detail } from './detail';
import './review.css';

const w = words.review;
const states: readonly ReportState[] = ['pending', 'approved', 'refused'];

type Infos = readonly VitalInfo[] | undefined;

const is_beyond = (report: Report, infos: Infos): boolean =>
  report.vitals.some((vital) => {
    const beyond = beyond_limits(vital, info_of(infos, vital.vital));
    return beyond.low || beyond.high;
  });

/// Nothing in it that a doctor would have to weigh: only such reports can be approved together. As long as
/// the limits are not known, no report is.
export const is_clean = (report: Report, infos: Infos): boolean =>
  infos !== undefined &&
  report.readable &&
  report.last_error === null &&
  report.alarms.length === 0 &&
  report.vitals.length > 0 &&
  report.vitals.every((vital) => vital.implausible === 0 && vital.gap_s === 0 && vital.outside_limits_s === 0) &&
  !is_beyond(report, infos);

function finding_of(report: Report, infos: Infos): string {
  if (!report.readable) return w.unreadable;
  if (report.alarms.length > 0) return w.alarm_count(report.alarms.length);
  if (is_beyond(report, infos)) return w.beyond;
  return is_clean(report, infos) ? w.clean : w.findings;
}

function QueueItem({ report, current, marked, open, mark }: {
  report: Report;
  current: boolean;
  marked: boolean;
  open: () => void;
  mark: (on: boolean) => void;
}) {
  const now = useNow(1_000);
  const infos = useVitalInfos().data;
  const clean = is_clean(report, infos);
  return (
    <li className="queue-item" data-current={current}>
      {report.state === 'pending' && clean ? (
        <Checkbox aria-label={`${w.batch_mark}: ${report.patient.name}`} checked={marked} onChange={(event) => mark(event.currentTarget.checked)} />
      ) : (
        <span className="no-mark" />
      )}
      <button type="button" aria-current={current ? 'true' : undefined} onClick={open}>
        <span className="queue-name">
          {report.patient.bed ? <strong>{report.patient.bed}</strong> : null} {report.patient.name}
        </span>
        <span className="muted">
          {span(report.period_start_ms, report.period_end_ms)}
        </span>
        <span className="queue-foot">
          <span className="muted">
            {report.state === 'pending' ? w.waiting(duration(now - report.created_at_ms)) : report.decided_at_ms ? moment(report.decided_at_ms) : ''}
          </span>
          {report.state === 'pending' ? (
            <span className={clean ? 'muted' : 'finding'}>{finding_of(report, infos)}</span>
          ) : (
            <ReportTag state={report.state} />
          )}
        </span>
      </button>
    </li>
  );
}

function useDecisions(current: Report | undefined, go_next: () => void) {
  const queries = useQueryClient();
  const [busy, set_busy] = useState(false);
  const settle = (): Promise<void> => queries.invalidateQueries({ queryKey: keys.reports });
  const decide = async (work: () => Promise<Report>, said: (report: Report) => string): Promise<void> => {
    if (!current || busy) return;
    set_busy(true);
    try {
      const report = await work();
      tell(said(report), report.patient.name);
      go_next();
    } catch (error) {
      tell_failure(`${w.failed}: ${w.failed_kept}`, error);
    } finally {
      set_busy(false);
      await settle();
    }
  };
  const approved = (report: Report): string => (report.height === null ? w.approved_waits : w.approved(count(report.height)));
  return {
    busy,
    approve: () => current && void decide(() => api.approve(current.id), approved),
    refuse: (reason: string) => current && void decide(() => api.refuse(current.id, reason), () => w.refused),
    approve_all: async (ids: readonly ReportId[]) => {
      set_busy(true);
      const results = await Promise.allSettled(ids.map((id) => api.approve(id)));
      const done = results.filter((result) => result.status === 'fulfilled').length;
      set_busy(false);
      tell(w.batch_done(done, ids.length - done));
      await settle();
    },
  };
}

function Queue({ items, state }: { items: readonly Report[]; state: ReportState }) {
  const [search, set_search] = useSearchParams();
  const [marked, set_marked] = useState<ReadonlySet<ReportId>>(new Set());
  const [dialog, set_dialog] = useState<'refuse' | 'batch' | null>(null);
  const chosen = as_report_id(search.get('report'));
  const index = Math.max(0, items.findIndex((report) => report.id === chosen));
  const current = items[index];
  const open = (report: Report | undefined): void =>
    set_search(report ? { state, report: String(report.id) } : { state }, { replace: true });
  const step = (by: number): void => open(items[Math.min(items.length - 1, Math.max(0, index + by))]);
  const decisions = useDecisions(current, () => open(items[index + 1] ?? items[index - 1]));
  const may_decide = state === 'pending' && current?.readable === true && !decisions.busy;
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    ...(may_decide ? { a: decisions.approve, r: () => set_dialog('refuse') } : {}),
  });
  const infos = useVitalInfos().data;
  const clean = items.filter((report) => is_clean(report, infos));
  const batch = clean.filter((report) => marked.has(report.id));
  if (!current) return <Empty title={w.empty} text={state === 'pending' ? w.empty_do : words.state.empty} />;
  return (
    <div className="review-grid">
      <nav className="panel queue" aria-label={w.queue}>
        {state === 'pending' && clean.length > 1 ? (
          <div className="batch">
            <Button variant="subtle" onClick={() => set_marked(batch.length === clean.length ? new Set() : new Set(clean.map((report) => report.id)))}>
              {w.mark_clean}
            </Button>
            {batch.length > 0 ? <Button onClick={() => set_dialog('batch')}>{w.batch(batch.length)}</Button> : null}
          </div>
        ) : null}
        <ul>
          {items.map((report) => (
            <QueueItem
              key={report.id}
              report={report}
              current={report.id === current.id}
              marked={marked.has(report.id)}
              open={() => open(report)}
              mark={(on) => set_marked((before) => new Set(on ? [...before, report.id] : [...before].filter((id) => id !== report.id)))}
            />
          ))}
        </ul>
      </nav>
      <Detail
        report={current}
        busy={decisions.busy}
        approve={decisions.approve}
        refuse={() => set_dialog('refuse')}
        step={step}
      />
      <RefuseDialog
        opened={dialog === 'refuse'}
        close={() => set_dialog(null)}
        refuse={(reason) => {
          set_dialog(null);
          decisions.refuse(reason);
        }}
      />
      <BatchDialog
        opened={dialog === 'batch'}
        count={batch.length}
        close={() => set_dialog(null)}
        approve={() => {
          set_dialog(null);
          set_marked(new Set());
          void decisions.approve_all(batch.map((report) => report.id));
        }}
      />
    </div>
  );
}

export default function Review() {
  const [search, set_search] = useSearchParams();
  const asked = search.get('state') as ReportState | null;
  const state = asked && states.includes(asked) ? asked : 'pending';
  const reports = useReports(state);
  return (
    <>
      <PageHead title={w.title}>
        {state === 'pending' && reports.data ? <span className="muted">{w.remaining(reports.data.items.length)}</span> : null}
        <SegmentedControl
          aria-label={w.queue}
          value={state}
          onChange={(value) => set_search({ state: value })}
          data={states.map((value) => ({ value, label: word_for(w.tabs, value) }))}
        />
      </PageHead>
      <Answered query={reports} rows={4} height={90}>
        {(data) => <Queue key={state} items={data.items} state={state} />}
      </Answered>
    </>
  );
}
