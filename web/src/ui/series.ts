// SPDX-License-Identifier: Apache-2.0
// From what the node answered and what came live since, the columns of a chart.
import type { Reading, Series, VitalName } from '@/client/types';

export interface Columns {
  t: number[];
  mean: (number | null)[];
  min: (number | null)[];
  max: (number | null)[];
}
export const no_columns: Columns = { t: [], mean: [], min: [], max: [] };

const gap_at_least_ms = 5_000;

function median_step(t_ms: readonly number[]): number {
  const steps: number[] = [];
  for (let i = 1; i < t_ms.length; ++i) steps.push((t_ms[i] ?? 0) - (t_ms[i - 1] ?? 0));
  steps.sort((a, b) => a - b);
  return steps[steps.length >> 1] ?? 0;
}

/// Joins both, oldest first, with a null where readings are missing: a gap in data is a gap in the line.
/// Live readings older than the last column stand in it already.
export function columns_of(series: Series | undefined, tail: readonly Reading[]): Columns {
  const t = series?.t_ms.slice() ?? [];
  const mean = series?.mean.slice() ?? [];
  const min = series?.min.slice() ?? [];
  const max = series?.max.slice() ?? [];
  const width = series?.width_ms ?? 1_000;
  let last = t[t.length - 1] ?? -Infinity;
  for (const reading of tail) {
    if (reading.quality === 'implausible' || reading.time_ms <= last) continue;
    const end = t.length - 1;
    if (reading.time_ms < last + width && width > 1_000 && end >= 0) {
      min[end] = Math.min(min[end] ?? reading.value, reading.value);
      max[end] = Math.max(max[end] ?? reading.value, reading.value);
      continue;
    }
    t.push(reading.time_ms);
    for (const column of [mean, min, max]) column.push(reading.value);
    last = reading.time_ms;
  }
  return with_gaps({ t, mean, min, max }, Math.max(gap_at_least_ms, 2.5 * median_step(t)));
}

function with_gaps(columns: { t: number[]; mean: number[]; min: number[]; max: number[] }, gap_ms: number): Columns {
  const out: Columns = { t: [], mean: [], min: [], max: [] };
  columns.t.forEach((t, i) => {
    const before = columns.t[i - 1];
    if (before !== undefined && t - before > gap_ms) {
      out.t.push(before + 1);
      out.mean.push(null);
      out.min.push(null);
      out.max.push(null);
    }
    out.t.push(t);
    out.mean.push(columns.mean[i] ?? null);
    out.min.push(columns.min[i] ?? null);
    out.max.push(columns.max[i] ?? null);
  });
  return out;
}

/// At most `count` columns: the lowest low and the highest high of each group stay, so that no peak
/// is lost however far one zooms out.
export function decimate(columns: Columns, count: number): Columns {
  const size = columns.t.length;
  if (size <= count) return columns;
  const group = Math.ceil(size / count);
  const out: Columns = { t: [], mean: [], min: [], max: [] };
  for (let from = 0; from < size; from += group) {
    const to = Math.min(size, from + group);
    const present = (values: (number | null)[]): number[] =>
      values.slice(from, to).filter((value): value is number => value !== null);
    const means = present(columns.mean);
    out.t.push(columns.t[from] ?? 0);
    const empty = means.length === 0;
    out.mean.push(empty ? null : means.reduce((sum, value) => sum + value, 0) / means.length);
    out.min.push(empty ? null : Math.min(...present(columns.min)));
    out.max.push(empty ? null : Math.max(...present(columns.max)));
  }
  return out;
}

export interface Extent {
  min: number;
  mean: number;
  max: number;
}
export function extent_of(columns: Columns, from_ms: number, to_ms: number): Extent | null {
  let sum = 0;
  let count = 0;
  let min = Infinity;
  let max = -Infinity;
  columns.t.forEach((t, i) => {
    const mean = columns.mean[i];
    if (t < from_ms || t > to_ms || mean === null || mean === undefined) return;
    sum += mean;
    count += 1;
    min = Math.min(min, columns.min[i] ?? mean);
    max = Math.max(max, columns.max[i] ?? mean);
  });
  return count === 0 ? null : { min, mean: sum / count, max };
}

// No axis is narrower than this, so that a steady value looks steady.
const axis_span: Partial<Record<VitalName, number>> = {
  heart_rate: 40, pulse_rate: 40, respiration_rate: 16, spo2: 12, body_temperature: 3, ambient_temperature: 6,
  systolic_pressure: 60, diastolic_pressure: 60, mean_pressure: 60,
};
export function axis_range(vital: VitalName, extent: Extent | null): [number, number] {
  const span = axis_span[vital] ?? 10;
  if (!extent) return [0, span];
  const room = Math.max(extent.max - extent.min, span) * 0.12;
  const missing = Math.max(0, span - (extent.max - extent.min)) / 2;
  const low = extent.min - missing - room;
  const high = extent.max + missing + room;
  return vital === 'spo2' && high > 101 ? [Math.min(low, 101 - span), 101] : [Math.max(0, low), high];
}
