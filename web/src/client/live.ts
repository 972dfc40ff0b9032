// SPDX-License-Identifier: Apache-2.0
// The newest of each patient, fed by GET answers and by events, read by tiles and charts. Painting is
// throttled here: however many events come, a patient's subscribers hear of it 5 times a second.
import { expected_interval_ms, type PatientClock } from './age';
import type { PersonId } from './ids';
import type { Alarm, DeviceEvent, Live, Quality, Reading, VitalName, VitalsEvent, WardPatient } from './types';

export interface LiveVital {
  vital: VitalName;
  value: number;
  time_ms: number;
  quality: Quality;
  received_wall_ms: number;
  interval_ms: number;
  trend: { t_ms: number[]; mean: number[] };
}
export interface LivePatient {
  clock: PatientClock;
  vitals: ReadonlyMap<VitalName, LiveVital>;
  alarms: readonly Alarm[];
}

const notify_every_ms = 200;
const trend_ms = 10 * 60_000;
const trend_bucket_ms = 10_000;

type Listener = () => void;
type ReadingsListener = (readings: readonly Reading[]) => void;

function with_reading(known: LiveVital | undefined, reading: Reading, wall_ms: number): LiveVital {
  if (known && reading.time_ms < known.time_ms) return known;
  const trend = known?.trend ?? { t_ms: [], mean: [] };
  const t_ms = trend.t_ms.slice();
  const mean = trend.mean.slice();
  if (reading.quality === 'plausible') {
    const last = t_ms[t_ms.length - 1];
    if (last !== undefined && reading.time_ms - last < trend_bucket_ms) {
      mean[mean.length - 1] = ((mean[mean.length - 1] ?? reading.value) * 3 + reading.value) / 4;
    } else {
      t_ms.push(reading.time_ms);
      mean.push(reading.value);
    }
    while (t_ms.length > 0 && (t_ms[0] ?? 0) < reading.time_ms - trend_ms) {
      t_ms.shift();
      mean.shift();
    }
  }
  return {
    vital: reading.vital,
    value: reading.value,
    time_ms: reading.time_ms,
    quality: reading.quality,
    received_wall_ms: known && known.time_ms === reading.time_ms ? known.received_wall_ms : wall_ms,
    interval_ms: known?.interval_ms ?? expected_interval_ms(reading.vital, [], 1),
    trend: { t_ms, mean },
  };
}

function with_answer(known: LiveVital | undefined, live: Live, speed: number, wall_ms: number): LiveVital {
  const interval_ms = expected_interval_ms(live.vital, live.trend.t_ms, speed);
  if (known && known.time_ms >= live.time_ms) {
    return { ...known, interval_ms, trend: live.trend };
  }
  return { ...live, received_wall_ms: wall_ms, interval_ms };
}

const is_open = (alarm: Alarm): boolean => alarm.cleared_at_ms === null;

export class LiveStore {
  private readonly patients = new Map<PersonId, LivePatient>();
  private readonly listeners = new Map<PersonId, Set<Listener>>();
  private readonly readings_listeners = new Map<PersonId, Set<ReadingsListener>>();
  private readonly alarm_listeners = new Set<(alarm: Alarm) => void>();
  private readonly device_listeners = new Set<(event: DeviceEvent) => void>();
  private readonly touched = new Set<PersonId>();
  private timer: ReturnType<typeof setTimeout> | null = null;
  private last_notified_ms = 0;

  constructor(private readonly wall: () => number = () => performance.now()) {}

  get(id: PersonId): LivePatient | undefined {
    return this.patients.get(id);
  }

  /// Takes in what a GET answered; newer live values stay.
  adopt(patient: WardPatient): void {
    const wall_ms = this.wall();
    const known = this.patients.get(patient.id);
    const vitals = new Map(known?.vitals ?? []);
    for (const live of patient.vitals) {
      vitals.set(live.vital, with_answer(vitals.get(live.vital), live, patient.speed, wall_ms));
    }
    const clock = { now_ms: patient.now_ms, wall_ms, speed: patient.speed || 1 };
    this.patients.set(patient.id, { clock, vitals, alarms: patient.alarms.filter(is_open) });
    this.touch(patient.id);
  }

  on_vitals(event: VitalsEvent): void {
    const known = this.patients.get(event.patient);
    for (const listener of this.readings_listeners.get(event.patient) ?? []) listener(event.readings);
    if (!known) return; // Nobody looks at this patient; the first GET will bring all of it.
    const wall_ms = this.wall();
    const vitals = new Map(known.vitals);
    for (const reading of event.readings) {
      vitals.set(reading.vital, with_reading(vitals.get(reading.vital), reading, wall_ms));
    }
    const clock = { now_ms: event.now_ms, wall_ms, speed: known.clock.speed };
    this.patients.set(event.patient, { ...known, clock, vitals });
    this.touch(event.patient);
  }

  on_alarm(alarm: Alarm): void {
    for (const listener of this.alarm_listeners) listener(alarm);
    const known = this.patients.get(alarm.patient);
    if (!known) return;
    const others = known.alarms.filter((other) => other.id !== alarm.id);
    const alarms = is_open(alarm) ? [alarm, ...others] : others;
    this.patients.set(alarm.patient, { ...known, alarms });
    this.touch(alarm.patient);
  }

  on_device(event: DeviceEvent): void {
    for (const listener of this.device_listeners) listener(event);
  }

  subscribe(id: PersonId, listener: Listener): () => void {
    return add_to(this.listeners, id, listener);
  }
  subscribe_readings(id: PersonId, listener: ReadingsListener): () => void {
    return add_to(this.readings_listeners, id, listener);
  }
  subscribe_alarms(listener: (alarm: Alarm) => void): () => void {
    this.alarm_listeners.add(listener);
    return () => this.alarm_listeners.delete(listener);
  }
  subscribe_devices(listener: (event: DeviceEvent) => void): () => void {
    this.device_listeners.add(listener);
    return () => this.device_listeners.delete(listener);
  }
  /// At sign-out: nothing of one person stays for the next.
  clear(): void {
    this.patients.clear();
  }

  private touch(id: PersonId): void {
    this.touched.add(id);
    if (this.timer !== null) return;
    const wait = Math.max(0, this.last_notified_ms + notify_every_ms - this.wall());
    this.timer = setTimeout(() => this.notify(), wait);
  }
  private notify(): void {
    this.timer = null;
    this.last_notified_ms = this.wall();
    const touched = [...this.touched];
    this.touched.clear();
    for (const id of touched) for (const listener of this.listeners.get(id) ?? []) listener();
  }
}

function add_to<T>(map: Map<PersonId, Set<T>>, id: PersonId, listener: T): () => void {
  const set = map.get(id) ?? new Set<T>();
  set.add(listener);
  map.set(id, set);
  return () => {
    set.delete(listener);
    if (set.size === 0 && map.get(id) === set) map.delete(id);
  };
}

export const live_store = new LiveStore();
