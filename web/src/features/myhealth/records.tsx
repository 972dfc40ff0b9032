// SPDX-License-Identifier: Apache-2.0
import { Button } from '@mantine/core';
import { Link } from 'react-router';
import { api } from '@/client/api';
import type { PersonId } from '@/client/ids';
import { usePatientReports } from '@/client/queries';
import type { Report } from '@/client/types';
import { count, span } from '@/ui/format';
import { ReportTag } from '@/ui/report_bits';
import { Answered, Empty } from '@/ui/states';
import { words } from '@/words';

const w = words.my_health;

function outcome_of(report: Report): string {
  if (report.state === 'refused') return w.report_refused(report.refusal_reason ?? '');
  if (report.state === 'approved' && report.height !== null) return w.report_sealed(count(report.height));
  return report.state === 'approved' ? words.review.approved_waits : w.report_waits;
}

function ReportItem({ report }: { report: Report }) {
  const sealed = report.state === 'approved' && report.height !== null;
  return (
    <li className="panel">
      <div className="report-line">
        <h2>
          {span(report.period_start_ms, report.period_end_ms)}
        </h2>
        <ReportTag state={report.state} />
      </div>
      <p>{outcome_of(report)}</p>
      <p className="muted">
        {words.reports.readings(count(report.reading_count))} · {report.doctor.name}
        {report.decided_by_program ? ` · ${words.reports.by_program}` : ''}
      </p>
      {sealed ? (
        <div className="report-actions">
          <Button component="a" href={api.receipt_address(report.id)} download={`salus-receipt-${report.id}.json`} variant="default">
            {w.report_download}
          </Button>
          <Button component={Link} to={`/verify?report=${report.id}`} variant="default">
            {w.report_verify}
          </Button>
          <Link to={`/ledger/blocks/${report.height}`}>{words.ledger.block(count(report.height ?? 0))}</Link>
        </div>
      ) : null}
    </li>
  );
}

export function Reports({ id }: { id: PersonId }) {
  const query = usePatientReports(id);
  return (
    <Answered query={query} rows={3} height={110}>
      {(data) =>
        data.items.length === 0 ? (
          <Empty title={w.reports_none} text={w.reports_none_do} />
        ) : (
          <ul className="consents">
            {data.items.map((report) => (
              <ReportItem key={report.id} report={report} />
            ))}
          </ul>
        )
      }
    </Answered>
  );
}
