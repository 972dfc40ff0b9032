// SPDX-License-Identifier: Apache-2.0
import { memo } from 'react';
import type { VitalName } from '@/client/types';

const box = { width: 100, height: 28 };

/// The path through the points; a gap longer than `gap_ms` lifts the pen.
export function spark_path(
  t_ms: readonly number[],
  values: readonly number[],
  period: { from_ms: number; to_ms: number; gap_ms: number },
): string {
  if (t_ms.length === 0) return '';
  const low = Math.min(...values);
  const high = Math.max(...values);
  // A steady value is a line in the middle, and noise of one unit is not blown up to a mountain.
  const span = Math.max(high - low, 6);
  const middle = (high + low) / 2;
  let path = '';
  let last_t = -Infinity;
  t_ms.forEach((t, i) => {
    if (t < period.from_ms) return;
    const x = ((t - period.from_ms) / (period.to_ms - period.from_ms)) * box.width;
    const y = box.height / 2 - (((values[i] ?? 0) - middle) / span) * (box.height - 4);
    path += `${t - last_t > period.gap_ms ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`;
    last_t = t;
  });
  return path;
}

export const Sparkline = memo(function Sparkline({ vital, t_ms, mean, to_ms, gap_ms }: {
  vital: VitalName;
  t_ms: readonly number[];
  mean: readonly number[];
  to_ms: number;
  gap_ms: number;
}) {
  const path = spark_path(t_ms, mean, { from_ms: to_ms - 600_000, to_ms, gap_ms });
  return (
    <svg
      className="sparkline"
      data-vital={vital}
      viewBox={`0 0 ${box.width} ${box.height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      focusable="false"
    >
      <path d={path} fill="none" stroke="var(--vital)" strokeWidth="1.6" vectorEffect="non-scaling-stroke" strokeLinejoin="round" />
    </svg>
  );
});
