// SPDX-License-Identifier: Apache-2.0
// The central station: a tile a bed, the most urgent first.
import { Button, SegmentedControl, TextInput } from '@mantine/core';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { api } from '@/client/api';
import { live_store } from '@/client/live';
import { compare_alarms, compare_beds, compare_urgency, urgency } from '@/client/priority';
import { useVitalInfos, useWard } from '@/client/queries';
import type { Alarm, WardPatient } from '@/client/types';
import { PageHead, tell, tell_failure } from '@/ui/bits';
import { SearchIcon } from '@/ui/icons';
import { useKeys } from '@/ui/keyboard';
import { AlarmSound } from '@/ui/sound';
import { Answered, Empty } from '@/ui/states';
import { words } from '@/words';
import { Summary } from './summary';
import { Tile } from './tile';
import { useWallLayout } from './wall';
import './ward.css';

const w = words.ward;

function shown_patients(patients: readonly WardPatient[], search: URLSearchParams): WardPatient[] {
  const text = (search.get('q') ?? '').trim().toLocaleLowerCase();
  const filter = search.get('show') ?? 'all';
  const with_alarms = patients.map((patient) => ({ ...patient, alarms: [...(live_store.get(patient.id)?.alarms ?? patient.alarms)] }));
  const matching = with_alarms.filter((patient) => {
    if (text && !`${patient.bed} ${patient.name}`.toLocaleLowerCase().includes(text)) return false;
    if (filter === 'alarms') return patient.alarms.length > 0;
    if (filter === 'waiting') return patient.alarms.some((alarm) => alarm.acknowledged_at_ms === null);
    return true;
  });
  return matching.sort(search.get('sort') === 'bed' ? compare_beds : compare_urgency);
}

// The order may change only when an alarm does: tiles that jump with each heartbeat cannot be read.
function useAlarmCount(): number {
  const [changes, set_changes] = useState(0);
  useEffect(() => live_store.subscribe_alarms(() => setTimeout(() => set_changes((before) => before + 1), 0)), []);
  return changes;
}

async function acknowledge_all(patient: WardPatient): Promise<void> {
  const open = live_store.get(patient.id)?.alarms ?? [];
  const waiting = open.filter((alarm) => alarm.acknowledged_at_ms === null).sort(compare_alarms);
  if (waiting.length === 0) {
    tell(w.nothing_to_acknowledge, patient.name);
    return;
  }
  try {
    for (const alarm of waiting) live_store.on_alarm(await api.acknowledge(alarm.id));
  } catch (error) {
    tell_failure(w.acknowledge_failed, error);
  }
}

function useSelection(shown: readonly WardPatient[]) {
  const [selected, set_selected] = useState<string | null>(null);
  const grid = useRef<HTMLDivElement>(null);
  const index = Math.max(0, shown.findIndex((patient) => patient.id === selected));
  const move = (by: number): void => {
    const next = shown[Math.min(shown.length - 1, Math.max(0, index + by))];
    if (!next) return;
    set_selected(next.id);
    grid.current?.querySelector<HTMLElement>(`[data-tile-link="${next.id}"]`)?.focus();
  };
  const columns = (): number =>
    grid.current ? getComputedStyle(grid.current).gridTemplateColumns.split(' ').length : 1;
  const rtl = document.documentElement.dir === 'rtl' ? -1 : 1;
  const current = shown[index];
  const navigate = useNavigate();
  useKeys({
    ArrowRight: () => move(rtl),
    ArrowLeft: () => move(-rtl),
    ArrowDown: () => move(columns()),
    ArrowUp: () => move(-columns()),
    Enter: () => current && void navigate(`/patients/${current.id}`),
    a: () => current && void acknowledge_all(current),
  });
  return { grid, current, set_selected };
}

function Filters() {
  const [search, set_search] = useSearchParams();
  const set = (name: string, value: string, standard: string): void =>
    set_search(
      (before) => {
        const next = new URLSearchParams(before);
        if (value === standard) next.delete(name);
        else next.set(name, value);
        return next;
      },
      { replace: true },
    );
  return (
    <div className="ward-filters no-print" role="search">
      <TextInput
        aria-label={w.search}
        placeholder={w.search}
        leftSection={<SearchIcon />}
        value={search.get('q') ?? ''}
        onChange={(event) => set('q', event.currentTarget.value, '')}
      />
      <SegmentedControl
        aria-label={w.filter}
        value={search.get('show') ?? 'all'}
        onChange={(value) => set('show', value, 'all')}
        data={[
          { value: 'all', label: w.filter_all },
          { value: 'alarms', label: w.filter_alarms },
          { value: 'waiting', label: w.filter_unacknowledged },
        ]}
      />
      <SegmentedControl
        aria-label={w.sort}
        value={search.get('sort') ?? 'urgency'}
        onChange={(value) => set('sort', value, 'urgency')}
        data={[
          { value: 'urgency', label: w.sort_urgency },
          { value: 'bed', label: w.sort_bed },
        ]}
      />
      <span className="muted keys-hint">{w.keys}</span>
    </div>
  );
}

function Tiles({ patients }: { patients: readonly WardPatient[] }) {
  const [search, set_search] = useSearchParams();
  const changes = useAlarmCount();
  // `changes` stands for the alarms in the live store, which the function reads.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const shown = useMemo(() => shown_patients(patients, search), [patients, search, changes]);
  const infos = useVitalInfos();
  const units = useMemo(() => new Map(infos.data?.map((info) => [info.name as string, info.unit]) ?? []), [infos.data]);
  const { grid, current, set_selected } = useSelection(shown);
  const layout = useWallLayout(grid, shown.length, search.get('wall') === '1');
  const acknowledge = useCallback((patient: WardPatient) => void acknowledge_all(patient), []);
  const focus = useCallback((patient: WardPatient) => set_selected(patient.id), [set_selected]);
  if (patients.length === 0) return <Empty title={w.empty} text={w.empty_do} />;
  if (shown.length === 0) {
    return (
      <Empty title={w.none_match} text={w.none_match_do}>
        <Button variant="default" onClick={() => set_search({}, { replace: true })}>
          {w.clear_filter}
        </Button>
      </Empty>
    );
  }
  const style = layout ? { gridTemplateColumns: `repeat(${layout.columns}, minmax(0, 1fr))`, zoom: layout.zoom } : undefined;
  return (
    <div className="tiles-room">
      <div className="tiles" ref={grid} style={style} data-dense={layout?.dense}>
        {shown.map((patient) => (
          <Tile
            key={patient.id}
            patient={patient}
            units={units}
            selected={patient.id === current?.id}
            acknowledge={acknowledge}
            focus={focus}
          />
        ))}
      </div>
    </div>
  );
}

function Announcements() {
  const [text, set_text] = useState('');
  useEffect(
    () =>
      live_store.subscribe_alarms((alarm: Alarm) => {
        const fresh = alarm.cleared_at_ms === null && alarm.acknowledged_at_ms === null;
        if (fresh && alarm.priority !== 'technical') set_text(w.new_alarm(alarm.patient_name, alarm.message));
      }),
    [],
  );
  return (
    <div className="visually-hidden" aria-live="assertive">
      {text}
    </div>
  );
}

export default function Ward() {
  const ward = useWard();
  const [search, set_search] = useSearchParams();
  const wall = search.get('wall') === '1';
  const toggle_wall = (): void =>
    set_search((before) => {
      const next = new URLSearchParams(before);
      if (wall) next.delete('wall');
      else next.set('wall', '1');
      return next;
    });
  const patients = ward.data?.items ?? [];
  const worst = Math.max(0, ...patients.map((patient) => urgency(live_store.get(patient.id)?.alarms ?? patient.alarms)));
  return (
    <div className={wall ? 'ward wall' : 'ward'} data-worst={worst}>
      <PageHead title={w.title}>
        <Summary patients={patients} />
        <AlarmSound />
        <Button variant="default" className="no-print" onClick={toggle_wall}>
          {wall ? w.leave_wall : w.wall}
        </Button>
      </PageHead>
      {wall ? null : <Filters />}
      <Announcements />
      <Answered query={ward} rows={3} height={220}>
        {(data) => <Tiles patients={data.items} />}
      </Answered>
    </div>
  );
}
