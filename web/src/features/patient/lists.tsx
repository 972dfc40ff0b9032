// SPDX-License-Identifier: Apache-2.0
// Beside the charts: alarms, reports, devices.
import { Button } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import { api } from '@/client/api';
import type { PersonId } from '@/client/ids';
import { live_store } from '@/client/live';
import { usePatientDevices, type usePatientAlarms, type usePatientReports } from '@/client/queries';
import type { Alarm, Role } from '@/client/types';
import { AlarmBadge } from '@/ui/alarm';
import { tell_failure } from '@/ui/bits';
import { DeviceTag, LastHeard } from '@/ui/device_parts';
import { count, full, moment, span } from '@/ui/format';
import { useKeys } from '@/ui/keyboard';
import { ReportTag, stood } from '@/ui/report_bits';
import { Answered } from '@/ui/states';
import { word_for, words } from '@/words';

const w = words.patient;
const alarms_shown_first = 8;

async function acknowledge(alarm: Alarm): Promise<void> {
  try {
    live_store.on_alarm(await api.acknowledge(alarm.id));
  } catch (error) {
    tell_failure(words.ward.acknowledge_failed, error);
  }
}

function AlarmItem({ alarm, may_acknowledge }: { alarm: Alarm; may_acknowledge: boolean }) {
  const open = alarm.cleared_at_ms === null;
  const waits = alarm.acknowledged_at_ms === null;
  return (
    <li>
      <AlarmBadge alarm={alarm} past={!open} />
      <span className="muted">
        {stood(alarm, moment)}
        {alarm.acknowledged_by ? ` · ${words.ward.acknowledged_by(alarm.acknowledged_by)}` : ''}
      </span>
      {waits && may_acknowledge ? (
        <Button size="compact-md" variant="default" onClick={() => void acknowledge(alarm)}>
          {words.ward.acknowledge}
        </Button>
      ) : null}
      {waits && !may_acknowledge && open ? <span className="muted">{w.waits}</span> : null}
    </li>
  );
}

export function AlarmList({ query, alarms, may_acknowledge }: {
  query: ReturnType<typeof usePatientAlarms>;
  alarms: readonly Alarm[];
  may_acknowledge: boolean;
}) {
  const [all, set_all] = useState(false);
  const waiting = alarms.find((alarm) => alarm.acknowledged_at_ms === null && alarm.cleared_at_ms === null);
  useKeys(may_acknowledge && waiting ? { a: () => void acknowledge(waiting) } : {});
  const shown = all ? alarms : alarms.slice(0, alarms_shown_first);
  return (
    <section className="panel" aria-labelledby="alarms-title">
      <h2 id="alarms-title">{w.alarms}</h2>
      <div className="visually-hidden" aria-live="assertive">
        {waiting && waiting.priority !== 'technical' ? waiting.message : ''}
      </div>
      <Answered query={query} rows={2} height={44}>
        {() =>
          alarms.length === 0 ? (
            <p className="muted">{w.no_alarms}</p>
          ) : (
            <>
              <ul className="alarm-list">
                {shown.map((alarm) => (
                  <AlarmItem key={alarm.id} alarm={alarm} may_acknowledge={may_acknowledge} />
                ))}
              </ul>
              {alarms.length > shown.length ? (
                <Button variant="subtle" onClick={() => set_all(true)}>
                  {words.state.more} ({count(alarms.length - shown.length)})
                </Button>
              ) : null}
            </>
          )
        }
      </Answered>
    </section>
  );
}

export function ReportList({ query, pending, role }: {
  query: ReturnType<typeof usePatientReports>;
  pending: number;
  role: Role;
}) {
  return (
    <section className="panel" aria-labelledby="reports-title">
      <h2 id="reports-title">{w.reports}</h2>
      {pending > 0 ? <p className="muted">{w.reports_pending(pending)}</p> : null}
      <Answered query={query} rows={2} height={36}>
        {(data) =>
          data.items.length === 0 ? (
            <p className="muted">{w.no_reports}</p>
          ) : (
            <ul className="plain-list">
              {data.items.slice(0, 8).map((report) => (
                <li key={report.id}>
                  <span className="nowrap">
                    <time dateTime={new Date(report.period_start_ms).toISOString()} title={full(report.period_start_ms)}>{span(report.period_start_ms, report.period_end_ms)}</time>
                  </span>
                  <ReportTag state={report.state} />
                  {role === 'doctor' ? (
                    <Link to={`/review?state=${report.state}&report=${report.id}`}>{w.open_review}</Link>
                  ) : report.height !== null ? (
                    <Link to={`/ledger/blocks/${report.height}`}>{words.ledger.block(count(report.height))}</Link>
                  ) : null}
                </li>
              ))}
            </ul>
          )
        }
      </Answered>
    </section>
  );
}

export function DeviceList({ id }: { id: PersonId }) {
  const query = usePatientDevices(id);
  return (
    <section className="panel" aria-labelledby="devices-title">
      <h2 id="devices-title">{w.devices}</h2>
      <Answered query={query} rows={1} height={44}>
        {(data) =>
          data.items.length === 0 ? (
            <p className="muted">{w.no_devices}</p>
          ) : (
            <ul className="plain-list">
              {[...data.items].sort((a, b) => a.label.localeCompare(b.label)).map((device) => (
                <li key={device.id}>
                  <strong>{device.label}</strong>
                  <span className="muted">{device.vitals.map((vital) => word_for(words.vitals_short, vital)).join(', ')}</span>
                  {device.state === 'active' ? null : <DeviceTag state={device.state} />}
                  <span className="muted">
                    <LastHeard device={device} />
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </Answered>
    </section>
  );
}
