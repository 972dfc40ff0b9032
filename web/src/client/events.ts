// SPDX-License-Identifier: Apache-2.0
// The only EventSource of the app. It resumes from the last event id, and says what a break cost.
import type { Alarm, BlockSummary, Consent, DeviceEvent, Report, VitalsEvent } from './types';

export type ConnectionState = 'connecting' | 'live' | 'silent' | 'lost' | 'offline';

export interface EventHandlers {
  vitals(event: VitalsEvent): void;
  alarm(alarm: Alarm): void;
  report(report: Report): void;
  block(block: BlockSummary): void;
  consent(consent: Consent): void;
  device(event: DeviceEvent): void;
  /// The node can no longer say what happened since: everything must be fetched anew.
  missed(): void;
  /// The node answered, but not with events: the session may be over.
  refused(): void;
  /// The connection is back; `break_ms` is how long it was away.
  resumed(break_ms: number): void;
}

// The node pings every 5 s: after two and a half of them the connection is doubtful, after five it is
// opened anew.
const silent_after_ms = 12_500;
const lost_after_ms = 25_000;
const retry_ms = [1_000, 2_000, 5_000, 10_000];

export class LiveConnection {
  private source: EventSource | null = null;
  private state: ConnectionState = 'connecting';
  private last_id = '';
  private last_heard_ms = 0;
  private broken_since_ms: number | null = null;
  private attempt = 0;
  private retry_timer: ReturnType<typeof setTimeout> | null = null;
  private watch_timer: ReturnType<typeof setInterval> | null = null;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly handlers: EventHandlers) {}

  start(): void {
    window.addEventListener('online', this.reopen);
    window.addEventListener('offline', this.went_offline);
    this.watch_timer = setInterval(() => this.watch(), 1_000);
    this.open();
  }

  stop(): void {
    window.removeEventListener('online', this.reopen);
    window.removeEventListener('offline', this.went_offline);
    if (this.watch_timer) clearInterval(this.watch_timer);
    if (this.retry_timer) clearTimeout(this.retry_timer);
    this.retry_timer = null;
    this.source?.close();
    this.source = null;
  }

  get current(): ConnectionState {
    return this.state;
  }
  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private set_state(state: ConnectionState): void {
    if (this.state === state) return;
    if (state === 'lost' || state === 'offline') this.broken_since_ms ??= performance.now();
    this.state = state;
    for (const listener of this.listeners) listener();
  }

  private open(): void {
    this.source?.close();
    const query = this.last_id ? `?last=${encodeURIComponent(this.last_id)}` : '';
    const source = new EventSource(`/api/v1/events${query}`);
    this.source = source;
    source.onopen = () => this.opened();
    source.onerror = () => this.failed(source);
    const on = <T>(name: string, take: (data: T) => void): void => {
      source.addEventListener(name, (event: MessageEvent<string>) => this.take(event, take));
    };
    on('vitals', this.handlers.vitals);
    on('alarm', this.handlers.alarm);
    on('report', this.handlers.report);
    on('block', this.handlers.block);
    on('consent', this.handlers.consent);
    on('device', this.handlers.device);
    on('missed', () => this.handlers.missed());
    on('ping', () => undefined);
  }

  private take<T>(event: MessageEvent<string>, take: (data: T) => void): void {
    if (event.lastEventId) this.last_id = event.lastEventId;
    this.last_heard_ms = performance.now();
    this.set_state('live');
    take(JSON.parse(event.data || '{}') as T);
  }

  private opened(): void {
    this.attempt = 0;
    this.last_heard_ms = performance.now();
    this.set_state('live');
    if (this.broken_since_ms !== null) {
      const break_ms = performance.now() - this.broken_since_ms;
      this.broken_since_ms = null;
      this.handlers.resumed(break_ms);
    }
  }

  private failed(source: EventSource): void {
    this.set_state(navigator.onLine ? 'lost' : 'offline');
    // The browser retries by itself unless it was refused: then we do, ever more slowly.
    if (source.readyState !== EventSource.CLOSED || this.retry_timer !== null) return;
    this.handlers.refused();
    const wait = retry_ms[Math.min(this.attempt, retry_ms.length - 1)] ?? 10_000;
    this.attempt += 1;
    this.retry_timer = setTimeout(() => {
      this.retry_timer = null;
      this.open();
    }, wait);
  }

  private watch(): void {
    if (this.state !== 'live' && this.state !== 'silent') return;
    const quiet_ms = performance.now() - this.last_heard_ms;
    if (quiet_ms > lost_after_ms) {
      this.set_state('lost');
      this.open();
    } else if (quiet_ms > silent_after_ms) {
      this.set_state('silent');
    }
  }

  private readonly reopen = (): void => {
    this.set_state('connecting');
    this.open();
  };
  private readonly went_offline = (): void => this.set_state('offline');
}
