// SPDX-License-Identifier: Apache-2.0
// The period a patient page shows (it stands in the URL) and the readings in it.
import { useQueries } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import { patient_now } from '@/client/age';
import { api } from '@/client/api';
import type { PersonId } from '@/client/ids';
import { live_store } from '@/client/live';
import { keys } from '@/client/queries';
import type { Reading, VitalName } from '@/client/types';
import { columns_of, type Columns } from '@/ui/series';

export const windows_ms: Readonly<Record<string, number>> = {
  '1m': 60_000,
  '5m': 300_000,
  '15m': 900_000,
  '1h': 3_600_000,
  '6h': 21_600_000,
  '24h': 86_400_000,
};
const standard_window = '15m';
const buckets = 600;
const tail_readings_max = 4_000;
const refetch_every_buckets = 120;

export interface Period {
  window: string;
  live: boolean;
  from_ms: number;
  to_ms: number;
  show_window(window: string): void;
  show(from_ms: number, to_ms: number): void;
  go_live(): void;
  pan(part: number): void;
}

/// Live: the last `window` up to the patient's now. Otherwise the fixed period of the URL.
export function usePeriod(id: PersonId, tick: number): Period {
  const [search, set_search] = useSearchParams();
  const window = search.get('window') ?? standard_window;
  const span = windows_ms[window] ?? (windows_ms[standard_window] as number);
  const fixed_from = Number(search.get('from'));
  const fixed_to = Number(search.get('to'));
  const live = !(fixed_from > 0 && fixed_to > fixed_from);
  return useMemo(() => {
    const clock = live_store.get(id)?.clock;
    const now_ms = clock ? patient_now(clock, performance.now()) : tick;
    const from_ms = live ? now_ms - span : fixed_from;
    const to_ms = live ? now_ms : fixed_to;
    const set = (values: Record<string, string>, replace: boolean): void => set_search(values, { replace });
    const show = (from: number, to: number, replace = false): void => {
      const length = Math.max(5_000, to - from);
      set({ window, from: String(Math.round(to - length)), to: String(Math.round(to)) }, replace);
    };
    return {
      window,
      live,
      from_ms,
      to_ms,
      show_window: (next) => set({ window: next }, true),
      show,
      go_live: () => set({ window }, false),
      pan: (part) => {
        const by = (to_ms - from_ms) * part;
        if (to_ms + by >= now_ms) set({ window }, true);
        else show(from_ms + by, to_ms + by, true);
      },
    };
  }, [id, tick, window, span, live, fixed_from, fixed_to, set_search]);
}

function useTail(id: PersonId): { readings: () => readonly Reading[] } {
  const tail = useRef<Reading[]>([]);
  useEffect(() => {
    tail.current = [];
    return live_store.subscribe_readings(id, (readings) => {
      tail.current.push(...readings);
      if (tail.current.length > 2 * tail_readings_max) tail.current.splice(0, tail_readings_max);
    });
  }, [id]);
  return { readings: () => tail.current };
}

/// Columns of each vital. The node is asked once for the period, and again only when the live end has
/// moved on by a fifth of it; in between, live readings are added here.
export function useHistory(id: PersonId, vitals: readonly VitalName[], period: Period) {
  const span = period.to_ms - period.from_ms;
  const step = Math.max(1, Math.round((span / buckets) * refetch_every_buckets));
  const to_asked = period.live ? Math.ceil(period.to_ms / step) * step : period.to_ms;
  const from_asked = period.live ? to_asked - span - step : period.from_ms;
  const asked_buckets = period.live ? buckets + refetch_every_buckets : buckets;
  const tail = useTail(id);
  const queries = useQueries({
    queries: vitals.map((vital) => ({
      queryKey: [...keys.series(id), vital, from_asked, to_asked],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        api.series(id, { vital, from_ms: Math.round(from_asked), to_ms: Math.round(to_asked), buckets: asked_buckets }, signal),
      staleTime: Infinity,
      gcTime: 60_000,
    })),
  });
  const previous = useRef(new Map<VitalName, Columns>());
  const columns = new Map<VitalName, Columns>();
  vitals.forEach((vital, i) => {
    const query = queries[i];
    const before = previous.current.get(vital);
    // While a newer period loads, what was there goes on being shown.
    if (query?.isPending && before) {
      columns.set(vital, before);
      return;
    }
    const readings = period.live ? tail.readings().filter((reading) => reading.vital === vital) : [];
    columns.set(vital, columns_of(query?.data, readings));
  });
  previous.current = columns;
  const error = queries.find((query) => query.error)?.error ?? null;
  const loading = queries.some((query) => query.isPending) && columns.size === 0;
  const refetch = (): void => queries.forEach((query) => void query.refetch());
  return { columns, error, loading, refetch };
}

/// Counts up each second while the page is seen.
export function useSecond(): number {
  const [tick, set_tick] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && set_tick(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return tick;
}
