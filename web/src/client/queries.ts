// SPDX-License-Identifier: Apache-2.0
// Server state by TanStack Query: keys in one place, so that an event knows what it makes old.
import { QueryClient, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { api } from './api';
import { ApiError } from './http';
import type { PersonId, ReportId, TransactionId } from './ids';
import { live_store, type LivePatient } from './live';
import type { Page, ReportState, Role } from './types';

export const keys = {
  me: ['me'] as const,
  info: ['info'] as const,
  vitals: ['vitals'] as const,
  ward: ['ward'] as const,
  patient: (id: PersonId) => ['patient', id] as const,
  series: (id: PersonId) => ['series', id] as const,
  alarms: (id: PersonId) => ['alarms', id] as const,
  reports: ['reports'] as const,
  patient_reports: (id: PersonId) => ['reports', 'of', id] as const,
  report: (id: ReportId) => ['reports', 'one', id] as const,
  consents: (id: PersonId) => ['consents', id] as const,
  access: (id: PersonId) => ['access', id] as const,
  devices: ['devices'] as const,
  blocks: ['blocks'] as const,
  mining: ['mining'] as const,
  orphans: ['mining', 'orphans'] as const,
  admin: ['admin'] as const,
  audit: ['audit'] as const,
  attacks: ['attacks'] as const,
};

// A refusal is an answer: asking again cannot help. Only a node that is away is asked again.
const worth_retrying = (count: number, error: unknown): boolean =>
  count < 2 && error instanceof ApiError && (error.status === 0 || error.status === 503);

export const new_query_client = (): QueryClient =>
  new QueryClient({
    defaultOptions: {
      queries: {
        retry: worth_retrying,
        staleTime: 15_000,
        refetchOnWindowFocus: true,
        refetchOnReconnect: true,
        // A node on this very machine answers without a network too: only asking tells.
        networkMode: 'always',
      },
      mutations: { retry: false },
    },
  });

export const useMe = () =>
  useQuery({ queryKey: keys.me, queryFn: ({ signal }) => api.me(signal), staleTime: 60_000 });
export const useInfo = () =>
  useQuery({ queryKey: keys.info, queryFn: ({ signal }) => api.info(signal), staleTime: 60_000 });
export const useVitalInfos = () =>
  useQuery({ queryKey: keys.vitals, queryFn: ({ signal }) => api.vitals(signal), staleTime: Infinity });

/// The ward, handed to the live store; asked again every 30 s for trends and for who came or left.
export function useWard() {
  const query = useQuery({
    queryKey: keys.ward,
    queryFn: async ({ signal }) => {
      const ward = await api.ward(signal);
      for (const patient of ward.items) live_store.adopt(patient);
      return ward;
    },
    refetchInterval: 30_000,
  });
  return query;
}

export const usePatient = (id: PersonId) =>
  useQuery({
    queryKey: keys.patient(id),
    queryFn: async ({ signal }) => {
      const patient = await api.patient(id, signal);
      live_store.adopt(patient);
      return patient;
    },
    refetchInterval: 30_000,
  });

/// The newest of one patient, at most five times a second.
export function useLivePatient(id: PersonId): LivePatient | undefined {
  const subscribe = useMemo(() => (listener: () => void) => live_store.subscribe(id, listener), [id]);
  return useSyncExternalStore(subscribe, () => live_store.get(id));
}

export const usePatientAlarms = (id: PersonId, from_ms: number | undefined) =>
  useQuery({
    queryKey: [...keys.alarms(id), from_ms ?? 0],
    queryFn: ({ signal }) => api.alarms(id, { from_ms }, signal),
  });
export const usePatientReports = (id: PersonId) =>
  useQuery({
    queryKey: keys.patient_reports(id),
    queryFn: ({ signal }) => api.patient_reports(id, signal),
  });
export const usePatientDevices = (id: PersonId) =>
  useQuery({
    queryKey: [...keys.devices, id],
    queryFn: ({ signal }) => api.devices(id, signal),
    refetchInterval: 30_000,
  });

export const useReports = (state: ReportState) =>
  useQuery({
    queryKey: [...keys.reports, 'queue', state],
    queryFn: ({ signal }) => api.reports(state, signal),
    refetchInterval: 60_000,
  });
export const useReport = (id: ReportId | null) =>
  useQuery({
    queryKey: keys.report(id ?? (-1 as ReportId)),
    queryFn: ({ signal }) => api.report(id as ReportId, signal),
    enabled: id !== null,
    staleTime: 5_000,
  });

export const useConsents = (id: PersonId) =>
  useQuery({ queryKey: keys.consents(id), queryFn: ({ signal }) => api.consents(id, signal) });
export const usePeople = (role: Role, enabled: boolean) =>
  useQuery({
    queryKey: ['people', role],
    queryFn: ({ signal }) => api.people(role, signal),
    enabled,
    staleTime: 300_000,
  });

/// A list that goes on by cursor.
export function usePages<T>(
  key: readonly unknown[],
  ask: (cursor: string | null, signal: AbortSignal) => Promise<Page<T>>,
) {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => ask(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next ?? null,
  });
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  return { ...query, items };
}

export const useBlock = (height: number) =>
  useQuery({
    queryKey: ['block', height],
    queryFn: ({ signal }) => api.block(height, signal),
    staleTime: Infinity,
  });
export const useTransaction = (id: TransactionId) =>
  useQuery({
    queryKey: ['transaction', id],
    queryFn: ({ signal }) => api.transaction(id, signal),
    staleTime: Infinity,
  });
export const useMining = () =>
  useQuery({ queryKey: keys.mining, queryFn: ({ signal }) => api.mining(signal), staleTime: 5_000 });
export const useOrphans = () =>
  useQuery({ queryKey: keys.orphans, queryFn: ({ signal }) => api.orphans(signal), staleTime: 5_000 });

/// Calls back with each alarm event while the caller is shown.
export function useAlarmEvents(take: (alarm: import('./types').Alarm) => void): void {
  useEffect(() => live_store.subscribe_alarms(take), [take]);
}
