// SPDX-License-Identifier: Apache-2.0
// The newest ECG strip, on the paper people know: 25 mm a second, 10 mm a millivolt.
import { useQuery } from '@tanstack/react-query';
import { api } from '@/client/api';
import { ApiError } from '@/client/http';
import type { PersonId } from '@/client/ids';
import type { Strip } from '@/client/types';
import { count, full, time } from '@/ui/format';
import { words } from '@/words';

const w = words.patient.strip;
const mm_a_second = 25;
const mm_a_millivolt = 10;
const large_mm = 5;
// Each look at a strip is noted in the access log.
const refresh_ms = 30_000;
const looked_back_ms = 120_000;

/// In mm: x from the first sample, y downwards from `top_mv`.
export function trace_of(strip: Strip, top_mv: number): string {
  const step = (strip.period_us / 1_000_000) * mm_a_second;
  return strip.samples.map((mv, i) => `${i === 0 ? 'M' : 'L'}${(i * step).toFixed(2)} ${((top_mv - mv) * mm_a_millivolt).toFixed(2)}`).join('');
}

/// Whole large squares around the samples, in mV: a flat line keeps its height.
export function extent_of_strip(samples: readonly number[]): { top: number; bottom: number } {
  const half = large_mm / mm_a_millivolt;
  const top = Math.ceil(Math.max(0.5, ...samples) / half) * half;
  const bottom = Math.floor(Math.min(-0.5, ...samples) / half) * half;
  return { top, bottom };
}

function Paper({ strip }: { strip: Strip }) {
  const seconds = (strip.samples.length * strip.period_us) / 1_000_000;
  const { top, bottom } = extent_of_strip(strip.samples);
  const width = seconds * mm_a_second;
  const height = (top - bottom) * mm_a_millivolt;
  return (
    <svg className="strip" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={w.label(count(seconds), time(strip.t_ms))}>
      <defs>
        <pattern id="ecg-paper" width={large_mm} height={large_mm} patternUnits="userSpaceOnUse">
          <path d={`M1 0V5M2 0V5M3 0V5M4 0V5M0 1H5M0 2H5M0 3H5M0 4H5`} className="strip-small" />
          <path d={`M0 0H${large_mm}M0 0V${large_mm}`} className="strip-large" />
        </pattern>
      </defs>
      <rect width={width} height={height} fill="url(#ecg-paper)" />
      <path d={trace_of(strip, top)} className="strip-trace" />
    </svg>
  );
}

/// `now_ms`: the patient's clock. Nothing where no strip has come lately.
export function EcgStrip({ id, now_ms }: { id: PersonId; now_ms: () => number }) {
  const query = useQuery({
    queryKey: ['strip', id],
    queryFn: async ({ signal }) => {
      const now = Math.ceil(now_ms());
      return await api.strip(id, { from_ms: now - looked_back_ms, to_ms: now + 1 }, signal).catch((error: unknown) => {
        if (error instanceof ApiError && error.code === 'not_found') return null;
        throw error;
      });
    },
    refetchInterval: refresh_ms,
    retry: false,
  });
  const strip = query.data;
  if (!strip || query.error || strip.unit !== 'mV' || strip.samples.length < 2) return null;
  return (
    <section className="vital-row strip-row" data-vital="ecg" aria-label={words.vitals['ecg']}>
      <div className="vital-side">
        <h2>{words.vitals['ecg']}</h2>
        <p className="muted stats">{w.scale}</p>
        <p className="muted stats">
          <time dateTime={new Date(strip.t_ms).toISOString()} title={full(strip.t_ms)}>
            {w.taken(time(strip.t_ms))}
          </time>
        </p>
      </div>
      <Paper strip={strip} />
    </section>
  );
}
