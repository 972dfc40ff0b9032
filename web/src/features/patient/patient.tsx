// SPDX-License-Identifier: Apache-2.0
// One patient: all vitals on one time axis, alarms and what else matters beside them.
import { Button } from '@mantine/core';
import { useMemo } from 'react';
import { Link } from 'react-router';
import type { PersonId } from '@/client/ids';
import { useLivePatient, usePatient, usePatientAlarms, usePatientReports } from '@/client/queries';
import type { Alarm, Patient, Role } from '@/client/types';
import { PageHead, useTitle } from '@/ui/bits';
import { count, date, full } from '@/ui/format';
import { News2 } from '@/ui/news2';
import { AlarmSound } from '@/ui/sound';
import { Answered } from '@/ui/states';
import { word_for, words } from '@/words';
import { Charts } from './charts';
import { AlarmList, DeviceList, ReportList } from './lists';
import './patient.css';

const w = words.patient;
const day_ms = 86_400_000;

function BasisBanner({ patient }: { patient: Patient }) {
  const { kind, until_ms } = patient.basis;
  const text = kind === 'self' ? w.basis_self : until_ms ? w.basis_consent(date(until_ms)) : w.basis_open_end;
  return (
    <p className="basis" aria-label={w.basis_label} title={until_ms ? full(until_ms) : undefined}>
      {text}
    </p>
  );
}

// A score for staff: it would tell a patient little but fear.
function Person({ patient, role }: { patient: Patient; role: Role }) {
  const years = patient.age === null ? words.ward.age_unknown : words.ward.years(patient.age);
  const live = useLivePatient(patient.id);
  return (
    <div className="person muted">
      {patient.bed ? <strong>{words.ward.bed(patient.bed)}</strong> : null}
      <span>{[years, patient.sex ? word_for(words.ward.sexes, patient.sex) : ''].filter(Boolean).join(', ')}</span>
      {live && role !== 'patient' ? <News2 live={live} age={patient.age} /> : null}
      {patient.doctor ? <span>{w.doctor(patient.doctor.name)}</span> : null}
      {patient.speed > 1 ? <span className="tag">{words.ward.replay(count(patient.speed))}</span> : null}
    </div>
  );
}

function Page({ patient, role }: { patient: Patient; role: Role }) {
  useTitle(patient.name);
  const live = useLivePatient(patient.id);
  const from_ms = useMemo(() => Math.floor((patient.now_ms - day_ms) / 600_000) * 600_000, [patient.now_ms]);
  const listed = usePatientAlarms(patient.id, from_ms);
  const reports = usePatientReports(patient.id);
  // What came live stands above what was listed before.
  const alarms = useMemo(() => {
    const open = new Map<Alarm['id'], Alarm>(live?.alarms.map((alarm) => [alarm.id, alarm]) ?? []);
    const rest = (listed.data?.items ?? []).filter((alarm) => !open.has(alarm.id));
    return [...open.values(), ...rest].sort((a, b) => b.raised_at_ms - a.raised_at_ms);
  }, [live, listed.data]);
  const marks = useMemo(() => reports.data?.items.map((report) => report.period_end_ms) ?? [], [reports.data]);
  return (
    <>
      <BasisBanner patient={patient} />
      <div className="patient-grid">
        <Charts id={patient.id} alarms={alarms} marks={marks} />
        <aside className="patient-side">
          <AlarmList query={listed} alarms={alarms} may_acknowledge={role === 'doctor' || role === 'nurse'} />
          <ReportList query={reports} pending={patient.reports_pending} role={role} />
          {role === 'family' ? null : <DeviceList id={patient.id} />}
        </aside>
      </div>
    </>
  );
}

export default function PatientPage({ id, role }: { id: PersonId; role: Role }) {
  const patient = usePatient(id);
  return (
    <>
      <PageHead title={patient.data?.name ?? w.title}>
        {patient.data && !patient.error ? (
          <>
            <Person patient={patient.data} role={role} />
            {role === 'patient' ? null : <AlarmSound />}
            <Button variant="default" className="no-print" onClick={() => window.print()}>
              {w.print}
            </Button>
          </>
        ) : null}
        {role === 'doctor' || role === 'nurse' ? (
          <Button component={Link} to="/ward" variant="default" className="no-print">
            {w.back_to_ward}
          </Button>
        ) : null}
        {role === 'patient' ? (
          <Button component={Link} to="/my-health" variant="default" className="no-print">
            {w.back_to_own}
          </Button>
        ) : null}
      </PageHead>
      <Answered query={patient} rows={4} height={150}>
        {(data) => <Page patient={data} role={role} />}
      </Answered>
    </>
  );
}
