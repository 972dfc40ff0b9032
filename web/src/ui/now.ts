// SPDX-License-Identifier: Apache-2.0
// One timer for each period, however many parts of the page show an age.
import { useSyncExternalStore } from 'react';

class Ticker {
  private readonly listeners = new Set<() => void>();
  private timer: ReturnType<typeof setInterval> | null = null;
  private now = Date.now();
  constructor(private readonly period_ms: number) {}
  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    this.now = Date.now();
    this.timer ??= setInterval(() => {
      this.now = Date.now();
      for (const each of this.listeners) each();
    }, this.period_ms);
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size > 0 || this.timer === null) return;
      clearInterval(this.timer);
      this.timer = null;
    };
  };
  read = (): number => {
    if (this.timer === null) this.now = Math.floor(Date.now() / this.period_ms) * this.period_ms;
    return this.now;
  };
}

const tickers = new Map<number, Ticker>();

/// Wall-clock time, renewed every `period_ms`.
export function useNow(period_ms: number): number {
  let ticker = tickers.get(period_ms);
  if (!ticker) {
    ticker = new Ticker(period_ms);
    tickers.set(period_ms, ticker);
  }
  return useSyncExternalStore(ticker.subscribe, ticker.read);
}
