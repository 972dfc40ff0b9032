// SPDX-License-Identifier: Apache-2.0
// The access log as people tell it: one visit of one person is one line, however many requests it took.
import type { Access } from '@/client/types';

const visit_gap_ms = 10 * 60_000;

export interface Look {
  key: string;
  actor: Access['actor'];
  allowed: boolean;
  from_ms: number;
  to_ms: number;
  /// Each action once, in the order in which it happened last.
  actions: string[];
  entries: Access[];
}

/// `entries` newest first, as the node lists them.
export function looks_of(entries: readonly Access[]): Look[] {
  const looks: Look[] = [];
  for (const entry of entries) {
    const last = looks.at(-1);
    const same = last?.actor.id === entry.actor.id && last.allowed === entry.allowed;
    if (last && same && last.from_ms - entry.time_ms < visit_gap_ms) {
      last.from_ms = entry.time_ms;
      last.entries.push(entry);
      if (!last.actions.includes(entry.action)) last.actions.push(entry.action);
      continue;
    }
    looks.push({
      key: entry.hash,
      actor: entry.actor,
      allowed: entry.allowed,
      from_ms: entry.time_ms,
      to_ms: entry.time_ms,
      actions: [entry.action],
      entries: [entry],
    });
  }
  return looks;
}
