// SPDX-License-Identifier: Apache-2.0
// What the pages of doctor and patient share about reports.
import type { Alarm, ReportState, ReportVital, VitalInfo, VitalName } from '@/client/types';
import { words } from '@/words';
import type { Band } from './chart';

export function ReportTag({ state }: { state: ReportState }) {
  const kinds: Record<ReportState, string> = { pending: 'accent', submitting: 'accent', approved: 'good', refused: 'bad' };
  return (
    <span className="tag" data-kind={kinds[state]}>
      {words.reports[state]}
    </span>
  );
}

export const bands_of = (alarms: readonly Alarm[], vital: VitalName, open_end_ms: number): Band[] =>
  alarms
    .filter((alarm) => alarm.vital === vital)
    .map((alarm) => ({ from_ms: alarm.raised_at_ms, to_ms: alarm.cleared_at_ms ?? open_end_ms, priority: alarm.priority }));

/// When an alarm stood. One that was raised for want of data ends at the reading that came late, which may be
/// older than the alarm: then only its beginning is told.
export function stood(alarm: Alarm, shown: (ms: number) => string): string {
  if (alarm.cleared_at_ms === null) return words.patient.raised(shown(alarm.raised_at_ms));
  if (alarm.cleared_at_ms <= alarm.raised_at_ms) return words.patient.raised_at(shown(alarm.raised_at_ms));
  return words.patient.cleared(shown(alarm.raised_at_ms), shown(alarm.cleared_at_ms));
}

export const info_of = (infos: readonly VitalInfo[] | undefined, vital: VitalName): VitalInfo | undefined =>
  infos?.find((info) => info.name === vital);

/// Whether the lowest or the highest value of a period lies beyond the limits, by the same comparisons as the
/// alarms: strictly. An alarm waits some seconds, so a value may be beyond without one.
export function beyond_limits(numbers: ReportVital, info: VitalInfo | undefined): { low: boolean; high: boolean } {
  const low = info?.limits.low ?? info?.limits.critical_low ?? null;
  const high = info?.limits.high ?? info?.limits.critical_high ?? null;
  return { low: low !== null && numbers.min < low, high: high !== null && numbers.max > high };
}

// The order in which monitors stack their lines.
const order: readonly VitalName[] = [
  'heart_rate', 'pulse_rate', 'spo2', 'respiration_rate', 'systolic_pressure', 'diastolic_pressure', 'mean_pressure',
  'body_temperature', 'glucose', 'ambient_temperature', 'humidity', 'pm25', 'co2',
];
export const in_monitor_order = (vitals: readonly VitalName[]): VitalName[] =>
  order.filter((vital) => vitals.includes(vital));
