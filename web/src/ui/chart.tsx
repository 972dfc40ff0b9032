// SPDX-License-Identifier: Apache-2.0
// One vital over time: mean as a line, lowest to highest as a band, limits as thin lines, alarms as
// bands behind. All charts of a page share their cursor and their time axis.
import 'uplot/dist/uPlot.min.css';
import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import type { Limits, Priority, VitalName } from '@/client/types';
import { minutes, time, vital_value } from './format';
import { axis_range, decimate, extent_of, type Columns } from './series';
import './chart.css';

export interface Band {
  from_ms: number;
  to_ms: number;
  priority: Priority;
}
export interface ChartProps {
  vital: VitalName;
  columns: Columns;
  from_ms: number;
  to_ms: number;
  limits: Limits | null;
  bands: readonly Band[];
  marks?: readonly number[];
  label: string;
  height?: number;
  sync?: string;
  zoom?: (from_ms: number, to_ms: number) => void;
  reset?: () => void;
}

const hex_with = (color: string, alpha: string): string =>
  /^#[0-9a-f]{6}$/i.test(color) ? color + alpha : color;

function draw_behind(plot: uPlot, props: ChartProps, style: CSSStyleDeclaration): void {
  const { ctx, bbox } = plot;
  const x_of = (ms: number): number => Math.min(bbox.left + bbox.width, Math.max(bbox.left, plot.valToPos(ms, 'x', true)));
  ctx.save();
  for (const band of props.bands) {
    const color = style.getPropertyValue(`--${band.priority === 'technical' ? 'low' : band.priority}-line`).trim();
    const left = x_of(band.from_ms);
    const width = Math.max(2, x_of(band.to_ms) - left);
    if (band.to_ms < props.from_ms || band.from_ms > props.to_ms) continue;
    ctx.fillStyle = hex_with(color, '26');
    ctx.fillRect(left, bbox.top, width, bbox.height);
    ctx.fillStyle = color;
    ctx.fillRect(left, bbox.top, width, 4 * devicePixelRatio);
  }
  for (const mark of props.marks ?? []) {
    if (mark < props.from_ms || mark > props.to_ms) continue;
    // The end of a report: a tick on the time axis, not a line that competes with the readings.
    ctx.fillStyle = style.getPropertyValue('--accent').trim();
    ctx.fillRect(x_of(mark) - devicePixelRatio, bbox.top + bbox.height - 7 * devicePixelRatio, 2 * devicePixelRatio, 7 * devicePixelRatio);
  }
  ctx.restore();
}

// After the grid: a limit that is a round number would vanish under a line of it.
function draw_limits(plot: uPlot, props: ChartProps, style: CSSStyleDeclaration): void {
  const { ctx, bbox } = plot;
  const lines = [
    { value: props.limits?.low, critical: false },
    { value: props.limits?.high, critical: false },
    { value: props.limits?.critical_low, critical: true },
    { value: props.limits?.critical_high, critical: true },
  ];
  ctx.save();
  ctx.lineWidth = devicePixelRatio;
  for (const { value, critical } of lines) {
    if (value === null || value === undefined) continue;
    const y = Math.round(plot.valToPos(value, 'y', true)) + 0.5;
    if (y < bbox.top || y > bbox.top + bbox.height) continue;
    ctx.strokeStyle = style.getPropertyValue(critical ? '--high-line' : '--medium-line').trim();
    ctx.setLineDash(critical ? [] : [5 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.restore();
}

// Splits fall a fraction of a second beside the whole one.
function tick_of(split: number, span_ms: number): string {
  const whole = Math.round(split / 1_000) * 1_000;
  return span_ms < 1_800_000 ? time(whole) : minutes(whole);
}

// A value between two gaps has no line to it, and few values are hard to see as one: they get points.
const few = 24;
function lonely_points(plot: uPlot, series: number): number[] {
  const values = plot.data[series] ?? [];
  const present = [...values.keys()].filter((i) => values[i] !== null && values[i] !== undefined);
  if (present.length <= few) return present;
  const missing = (i: number): boolean => values[i] === null || values[i] === undefined;
  return present.filter((i) => missing(i - 1) && missing(i + 1));
}

function options_of(box: HTMLElement, props: { current: ChartProps }): uPlot.Options {
  const style = getComputedStyle(box);
  const vital = style.getPropertyValue('--vital').trim();
  const muted = style.getPropertyValue('--muted').trim();
  const line = style.getPropertyValue('--line').trim();
  const font = `14px ${style.fontFamily}`;
  const grid = { stroke: line, width: 1 };
  const { height = 150, sync } = props.current;
  return {
    width: Math.max(200, box.clientWidth),
    height,
    ms: 1,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: {
      sync: sync ? { key: sync, setSeries: false } : undefined,
      drag: { x: props.current.zoom !== undefined, y: false, setScale: false },
      points: { size: 8, fill: vital },
    },
    select: { show: true, left: 0, top: 0, width: 0, height: 0 },
    scales: {
      x: { time: true, range: () => [props.current.from_ms, props.current.to_ms] },
      y: {
        range: () =>
          axis_range(props.current.vital, extent_of(props.current.columns, props.current.from_ms, props.current.to_ms)),
      },
    },
    axes: [
      {
        stroke: muted,
        font,
        grid,
        ticks: grid,
        size: 30,
        space: 90,
        values: (_plot, splits) =>
          splits.map((split) => tick_of(split, props.current.to_ms - props.current.from_ms)),
      },
      { stroke: muted, font, grid, ticks: grid, size: 52, space: 32, values: (_plot, splits) => splits.map((split) => vital_value(props.current.vital, split)) },
    ],
    series: [
      {},
      { stroke: 'transparent', width: 0, points: { show: false } },
      { stroke: 'transparent', width: 0, points: { show: false } },
      { stroke: vital, width: 1.8, spanGaps: false, points: { show: true, size: 6, fill: vital, filter: lonely_points } },
    ],
    bands: [{ series: [1, 2], fill: hex_with(vital, '30') }],
    hooks: {
      drawClear: [(plot) => draw_behind(plot, props.current, getComputedStyle(box))],
      drawAxes: [(plot) => draw_limits(plot, props.current, getComputedStyle(box))],
      setSelect: [
        (plot) => {
          if (plot.select.width < 6) return;
          const from_ms = plot.posToVal(plot.select.left, 'x');
          const to_ms = plot.posToVal(plot.select.left + plot.select.width, 'x');
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          props.current.zoom?.(Math.round(from_ms), Math.round(to_ms));
        },
      ],
      setCursor: [(plot) => show_readout(plot, props.current)],
    },
  };
}

// The value under the cursor, in the chart's own corner.
function show_readout(plot: uPlot, props: ChartProps): void {
  const readout = plot.root.parentElement?.querySelector<HTMLElement>('.readout');
  if (!readout) return;
  const index = plot.cursor.idx;
  const value = index === null || index === undefined ? null : plot.data[3]?.[index];
  const at = index === null || index === undefined ? null : plot.data[0][index];
  readout.textContent =
    value === null || value === undefined || at === null || at === undefined
      ? ''
      : `${time(at)}  ${vital_value(props.vital, value)}`;
}

export function Chart(props: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  // The scheme that is shown: with "auto" it changes while the page is open, at dusk.
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });

  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const made = new uPlot(options_of(element, latest), [[], [], [], []], element);
    plot.current = made;
    made.over.addEventListener('dblclick', () => latest.current.reset?.());
    const watch = new ResizeObserver(() =>
      made.setSize({ width: Math.max(200, element.clientWidth), height: latest.current.height ?? 150 }),
    );
    watch.observe(element);
    return () => {
      watch.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [scheme, props.vital]);

  useEffect(() => {
    if (!plot.current) return;
    const shown = decimate(props.columns, 2_000);
    plot.current.setData([shown.t, shown.max, shown.min, shown.mean], true);
  }, [props.columns, props.from_ms, props.to_ms, props.bands, props.marks, props.limits, scheme]);

  return (
    <div ref={box} className="chart" data-vital={props.vital} role="img" aria-label={props.label} style={{ minBlockSize: props.height ?? 150 }}>
      <span className="readout" aria-hidden="true" />
    </div>
  );
}
