// SPDX-License-Identifier: Apache-2.0
// Everything these pages show of a patient, as one file to take along.
import { Button } from '@mantine/core';
import { useState } from 'react';
import { api } from '@/client/api';
import type { Access, Me, Page, VitalName } from '@/client/types';
import { tell, tell_failure } from '@/ui/bits';
import { save_file } from '@/ui/save_file';
import { words } from '@/words';

const w = words.my_health;
const day_ms = 86_400_000;
/// A value a minute: what the charts show of 24 h.
const buckets = 1_440;
const pages_at_most = 200;

/// All pages of a list, to a bound; `complete` says whether that was all.
export async function all_pages<T>(ask: (cursor: string | null) => Promise<Page<T>>): Promise<{ items: T[]; complete: boolean }> {
  const items: T[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < pages_at_most; pages += 1) {
    const page: Page<T> = await ask(cursor);
    items.push(...page.items);
    cursor = page.next ?? null;
    if (cursor === null) return { items, complete: true };
  }
  return { items, complete: false };
}

async function gather(me: Me): Promise<string> {
  const { id } = me;
  const patient = await api.patient(id);
  const period = { from_ms: patient.now_ms - day_ms, to_ms: patient.now_ms + 1 };
  const vitals: VitalName[] = patient.vitals.map((live) => live.vital);
  const [readings, alarms, reports, consents, devices, who_looked] = await Promise.all([
    Promise.all(vitals.map((vital) => api.series(id, { vital, ...period, buckets }))),
    api.alarms(id, period),
    api.patient_reports(id),
    api.consents(id),
    api.devices(id),
    all_pages<Access>((cursor) => api.access_log(id, cursor)),
  ]);
  const about = { made_at: new Date().toISOString(), times: 'ms since 1970-01-01 UTC', readings_and_alarms_since: new Date(period.from_ms).toISOString() };
  return JSON.stringify({ about, me, patient, readings, alarms, reports, consents, devices, who_looked }, null, 1);
}

export function ExportButton({ me }: { me: Me }) {
  const [busy, set_busy] = useState(false);
  const save = async (): Promise<void> => {
    set_busy(true);
    try {
      const text = await gather(me);
      save_file(`salus-${new Date().toISOString().slice(0, 10)}.json`, 'application/json', text);
      tell(w.export_done);
    } catch (error) {
      tell_failure(w.export_failed, error);
    } finally {
      set_busy(false);
    }
  };
  return (
    <Button variant="default" loading={busy} onClick={() => void save()} title={w.export_what}>
      {w.export}
    </Button>
  );
}
