// SPDX-License-Identifier: Apache-2.0
// One function for each operation of the contract.
import { file_address, get, get_bytes, get_text, post } from './http';
import type { AlarmId, ConsentRef, DeviceId, PersonId, ReportId, TransactionId } from './ids';
import type * as t from './types';

type Signal = AbortSignal | undefined;
const at = (id: string | number): string => encodeURIComponent(String(id));

export const api = {
  info: (signal?: Signal) => get<t.Info>('/info', undefined, signal),
  me: (signal?: Signal) => get<t.Me>('/me', undefined, signal),
  login: (login: string, password: string) => post<t.Me>('/login', { login, password }),
  logout: () => post<undefined>('/logout'),
  trust: (signal?: Signal) => get_text('/trust', signal),
  trust_address: () => file_address('/trust'),
  vitals: (signal?: Signal): Promise<t.VitalInfo[]> => {
    return get<t.VitalInfo[]>('/vitals', undefined, signal);
  },

  ward: (signal?: Signal) => get<t.Page<t.WardPatient>>('/ward', undefined, signal),
  patient: (id: PersonId, signal?: Signal) => get<t.Patient>(`/patients/${at(id)}`, undefined, signal),
  series: (
    id: PersonId,
    ask: { vital: t.VitalName; from_ms: number; to_ms: number; buckets: number },
    signal?: Signal,
  ) => get<t.Series>(`/patients/${at(id)}/series`, ask, signal),
  strip: (id: PersonId, period: { from_ms: number; to_ms: number }, signal?: Signal) =>
    get<t.Strip>(`/patients/${at(id)}/strip`, period, signal),
  alarms: (id: PersonId, period: { from_ms?: number; to_ms?: number }, signal?: Signal) =>
    get<t.Page<t.Alarm>>(`/patients/${at(id)}/alarms`, { ...period, limit: 200 }, signal),
  acknowledge: (id: AlarmId) => post<t.Alarm>(`/alarms/${at(id)}/acknowledge`),
  patient_reports: (id: PersonId, signal?: Signal) =>
    get<t.Page<t.Report>>(`/patients/${at(id)}/reports`, { limit: 200 }, signal),
  devices: (id: PersonId, signal?: Signal) =>
    get<t.Page<t.Device>>(`/patients/${at(id)}/devices`, undefined, signal),

  open_ticket: (patient: PersonId) => post<t.PairingTicket>(`/patients/${at(patient)}/devices/tickets`),
  withdraw_ticket: (id: string) => post<null>(`/tickets/${at(id)}/withdraw`),
  change_device: (id: DeviceId, state: t.DeviceState) => post<t.Device>(`/devices/${at(id)}/state`, { state }),

  reports: (state: t.ReportState, signal?: Signal) =>
    get<t.Page<t.Report>>('/reports', { state, limit: 500 }, signal),
  report: (id: ReportId, signal?: Signal) => get<t.ReportDetail>(`/reports/${at(id)}`, undefined, signal),
  approve: (id: ReportId) => post<t.Report>(`/reports/${at(id)}/approve`),
  refuse: (id: ReportId, reason: string) => post<t.Report>(`/reports/${at(id)}/refuse`, { reason }),
  receipt: (id: ReportId, signal?: Signal) => get_text(`/reports/${at(id)}/receipt`, signal),
  receipt_address: (id: ReportId) => file_address(`/reports/${at(id)}/receipt`),

  consents: (id: PersonId, signal?: Signal) =>
    get<t.Page<t.Consent>>(`/patients/${at(id)}/consents`, { limit: 200 }, signal),
  grant: (id: PersonId, consent: t.ConsentGrant) =>
    post<t.Consent>(`/patients/${at(id)}/consents`, consent),
  withdraw: (ref: ConsentRef) => post<t.Consent>(`/consents/${at(ref)}/withdraw`),
  access_log: (id: PersonId, cursor: string | null, signal?: Signal) =>
    get<t.Page<t.Access>>(`/patients/${at(id)}/access-log`, { cursor, limit: 50 }, signal),
  people: (role: t.Role, signal?: Signal) => get<t.Page<t.Grantee>>('/people', { role }, signal),

  blocks: (cursor: string | null, signal?: Signal) =>
    get<t.Page<t.BlockSummary>>('/ledger/blocks', { cursor, limit: 30 }, signal),
  block: (height: number, signal?: Signal) => get<t.Block>(`/ledger/blocks/${at(height)}`, undefined, signal),
  block_file: (height: number, signal?: Signal) => get_bytes(`/ledger/blocks/${at(height)}/file`, signal),
  block_file_address: (height: number) => file_address(`/ledger/blocks/${at(height)}/file`),
  transaction: (id: TransactionId, signal?: Signal) =>
    get<t.Transaction>(`/ledger/transactions/${at(id)}`, undefined, signal),
  transaction_receipt: (id: TransactionId, signal?: Signal) =>
    get_text(`/ledger/transactions/${at(id)}/receipt`, signal),
  transaction_receipt_address: (id: TransactionId) => file_address(`/ledger/transactions/${at(id)}/receipt`),
  mining: (signal?: Signal) => get<t.Mining>('/ledger/mining', undefined, signal),
  orphans: (signal?: Signal) => get<t.Page<t.Orphan>>('/ledger/orphans', undefined, signal),
  search: (text: string, signal?: Signal) => get<t.Page<t.Found>>('/ledger/search', { q: text }, signal),

  admin_people: (cursor: string | null, signal?: Signal) =>
    get<t.Page<t.Person>>('/admin/people', { cursor, limit: 100 }, signal),
  admin_devices: (cursor: string | null, signal?: Signal) =>
    get<t.Page<t.Device>>('/admin/devices', { cursor, limit: 100 }, signal),
  admin_miners: (cursor: string | null, signal?: Signal) =>
    get<t.Page<t.MinerRow>>('/admin/miners', { cursor, limit: 100 }, signal),
  refused_frames: (signal?: Signal) => get<t.Refusals>('/admin/refusals', undefined, signal),
  storage: (signal?: Signal) => get<t.Storage>('/admin/storage', undefined, signal),
  health: (signal?: Signal) => get<t.Health>('/admin/health', undefined, signal),

  audit_log: (cursor: string | null, signal?: Signal) =>
    get<t.Page<t.Access>>('/audit/access-log', { cursor, limit: 100 }, signal),
  audit_refusals: (cursor: string | null, signal?: Signal) =>
    get<t.Page<t.RefusedOperation>>('/audit/refusals', { cursor, limit: 100 }, signal),
  verify_chain: () => post<{ id: number }>('/audit/verify-chain'),
  attacks: (signal?: Signal) => get<t.Page<t.Attack>>('/attacks', undefined, signal),
  chain_verification: (signal?: Signal) =>
    get<t.ChainVerification>('/audit/verify-chain', undefined, signal),
};
