// SPDX-License-Identifier: Apache-2.0
// Which patient first: the order of the ward, and of alarms within a tile.
import type { Alarm, Priority } from './types';

const rank: Record<Priority, number> = { high: 3, medium: 2, low: 1, technical: 0 };

/// Worse first: priority, then those nobody has acknowledged, then the newest.
export function compare_alarms(a: Alarm, b: Alarm): number {
  const by_priority = rank[b.priority] - rank[a.priority];
  if (by_priority !== 0) return by_priority;
  const waiting = Number(a.acknowledged_at_ms !== null) - Number(b.acknowledged_at_ms !== null);
  return waiting !== 0 ? waiting : b.raised_at_ms - a.raised_at_ms;
}

export const worst_alarm = (alarms: readonly Alarm[]): Alarm | undefined =>
  [...alarms].sort(compare_alarms)[0];

/// One number to sort tiles by: unacknowledged alarms of a priority stand above acknowledged ones of
/// the same, and any alarm above none. Technical ones count: an unwatched patient is not a calm one.
export function urgency(alarms: readonly Alarm[]): number {
  const worst = worst_alarm(alarms);
  if (!worst) return 0;
  return (rank[worst.priority] + 1) * 2 + Number(worst.acknowledged_at_ms === null);
}

export interface Sortable {
  bed: string;
  name: string;
  alarms: readonly Alarm[];
}
/// Most urgent first, then by bed as people count ("bed 2" before "bed 10").
export function compare_urgency(a: Sortable, b: Sortable): number {
  return urgency(b.alarms) - urgency(a.alarms) || compare_beds(a, b);
}
export function compare_beds(a: Sortable, b: Sortable): number {
  return a.bed.localeCompare(b.bed, undefined, { numeric: true }) || a.name.localeCompare(b.name);
}
