// SPDX-License-Identifier: Apache-2.0
// Made-up patients, alarms, reports and blocks of the development node.
import { randomBytes } from 'node:crypto';

export const hex = (bytes) => randomBytes(bytes).toString('hex');
const seeded = (seed) => () => {
  seed = (seed * 1664525 + 1013904223) % 4294967296;
  return seed / 4294967296;
};

export const vital_infos = [
  ['heart_rate', 'Heart rate', '/min', 0, 350, 50, 40, 120, 150],
  ['pulse_rate', 'Pulse rate', '/min', 0, 350, 50, 40, 120, 150],
  ['respiration_rate', 'Respiration rate', '/min', 0, 80, 8, 5, 30, null],
  ['spo2', 'Oxygen saturation', '%', 0, 100, 90, 85, null, null],
  ['body_temperature', 'Body temperature', '°C', 26, 45, 35, null, 39, null],
  ['systolic_pressure', 'Systolic pressure', 'mmHg', 0, 375, 90, 70, 180, 200],
  ['diastolic_pressure', 'Diastolic pressure', 'mmHg', 0, 375, null, null, null, null],
  ['ambient_temperature', 'Room temperature', '°C', -40, 85, 18, null, 28, null],
].map(([name, display, unit, plausible_low, plausible_high, low, critical_low, high, critical_high]) => ({
  name, display, unit, plausible_low, plausible_high, limits: { low, critical_low, high, critical_high },
}));
const unit_of = (vital) => vital_infos.find((info) => info.name === vital)?.unit ?? '';

const names = ['Ana Ruiz', 'Ben Okafor', 'Chiara Lindqvist', 'David Mensah', 'Elif Kaya', 'Farid Haddad', 'Grace Müller', 'Hugo Petrov', 'Ines Carvalho', 'Jonas Weber', 'Keiko Tanaka', 'Liam O’Connor', 'Mara Nowak', 'Nils Bergström', 'Oana Popescu', 'Priya Nair'];
export const doctors = [
  { id: hex(16), name: 'Dr Lee Min-jun', role: 'doctor', login: 'lee' },
  { id: hex(16), name: 'Dr Sofia Marchetti', role: 'doctor', login: 'marchetti' },
];
export const people = [
  ...doctors,
  { id: hex(16), name: 'Nurse Amara Diallo', role: 'nurse', login: 'diallo' },
  { id: hex(16), name: 'Alex Admin', role: 'administrator', login: 'admin' },
  { id: hex(16), name: 'Robin Auditor', role: 'auditor', login: 'auditor' },
];
const base = { heart_rate: 74, respiration_rate: 15, spo2: 97, body_temperature: 36.8, systolic_pressure: 122, diastolic_pressure: 78, ambient_temperature: 22 };

export const patients = names.map((name, i) => {
  const random = seeded(i * 7919 + 17);
  const offsets = Object.fromEntries(Object.keys(base).map((vital) => [vital, (random() - 0.5) * (vital.includes('temperature') ? 0.8 : 12)]));
  return { id: hex(16), name, bed: `${2 + (i >> 3)}-${String((i % 8) + 1).padStart(2, '0')}`, age: 34 + ((i * 13) % 50), sex: i % 2 ? 'male' : 'female', offsets, random, silent: i === 6, no_pressure: i % 5 === 3 };
});
for (const patient of patients) people.push({ id: patient.id, name: patient.name, role: 'patient', login: patient.name.split(' ')[0].toLowerCase() });
for (const person of people) Object.assign(person, { bed: patients.find((p) => p.id === person.id)?.bed ?? '', doctor: person.role === 'patient' ? { id: doctors[0].id, name: doctors[0].name } : null });

export const vitals_of = (patient) => Object.keys(base).filter((vital) => !(patient.no_pressure && vital.includes('pressure')));
const low_spo2 = (patient) => patient === patients[4];
const fast = (patient) => patient === patients[1];

export function value_at(patient, vital, t) {
  const s = t / 1000;
  let value = base[vital] + patient.offsets[vital];
  const swing = vital.includes('temperature') ? 0.12 : vital === 'spo2' ? 0.8 : 4;
  value += swing * Math.sin(s / 47 + patient.offsets.spo2) + swing * 0.6 * Math.sin(s / 11.3 + patient.offsets.heart_rate) + swing * 0.25 * Math.sin(s * 1.7);
  if (vital === 'spo2') {
    value = Math.min(100, Math.max(94.5, value));
    if (low_spo2(patient)) value -= 9 + 3 * Math.sin(s / 90);
  }
  if (vital === 'heart_rate' && fast(patient)) value += 52;
  const digits = vital.includes('temperature') ? 10 : 1;
  return Math.round(value * digits) / digits;
}
const gap = (patient, t) => Math.floor(t / 1000) % 3600 > 3000 && Math.floor(t / 1000) % 3600 < 3120 && patient.bed.endsWith('1');

const started = Date.now();
export const last_of = (patient) => (patient.silent ? started - 95_000 : Date.now());
export function series(patient, vital, from, to, buckets) {
  const width = Math.max(1000, Math.ceil((to - from) / buckets));
  const out = { vital, unit: unit_of(vital), width_ms: width, t_ms: [], min: [], max: [], mean: [], count: [] };
  const slow = vital.includes('pressure') ? 60_000 : 1000;
  const end = Math.min(to, last_of(patient));
  for (let t = Math.ceil(from / Math.max(width, slow)) * Math.max(width, slow); t < end; t += Math.max(width, slow)) {
    if (t < started - 20 * 3600_000 || gap(patient, t)) continue;
    const samples = [0, 0.2, 0.4, 0.6, 0.8].map((part) => value_at(patient, vital, t + part * width));
    out.t_ms.push(t);
    out.min.push(Math.min(...samples));
    out.max.push(Math.max(...samples));
    out.mean.push(samples.reduce((a, b) => a + b) / samples.length);
    out.count.push(Math.round(width / slow));
  }
  return out;
}

let alarm_id = 0;
const make_alarm = (patient, vital, condition, priority, value, limit, message, ago, acknowledged) => ({
  id: ++alarm_id, patient: patient.id, patient_name: patient.name, vital, condition, priority, value, limit, message,
  raised_at_ms: Date.now() - ago, cleared_at_ms: null,
  acknowledged_at_ms: acknowledged ? Date.now() - ago + 20_000 : null, acknowledged_by: acknowledged ? 'Nurse Amara Diallo' : null,
});
export const alarms = [
  make_alarm(patients[4], 'spo2', 'critical_low', 'high', 84, 85, 'SpO2 84 < 85', 140_000, false),
  make_alarm(patients[4], 'respiration_rate', 'high', 'medium', 31, 30, 'RESP 31 > 30', 400_000, true),
  make_alarm(patients[1], 'heart_rate', 'high', 'medium', 128, 120, 'HR 128 > 120', 63_000, false),
  make_alarm(patients[9], 'systolic_pressure', 'low', 'medium', 88, 90, 'SYS 88 < 90', 900_000, true),
  make_alarm(patients[6], 'heart_rate', 'no_data', 'technical', 0, 0, 'HR: no data for 30 s', 65_000, false),
];
for (const past of [5, 11, 18, 40]) {
  const alarm = make_alarm(patients[0], 'heart_rate', 'high', past > 15 ? 'high' : 'medium', 124 + past, 120, `HR ${124 + past} > 120`, past * 60_000, true);
  alarm.cleared_at_ms = alarm.raised_at_ms + 95_000;
  alarms.push(alarm);
}
export const open_alarms = (patient) => alarms.filter((alarm) => alarm.patient === patient.id && alarm.cleared_at_ms === null);

export function ward_patient(patient) {
  const last = last_of(patient);
  return {
    id: patient.id, name: patient.name, bed: patient.bed, age: patient.age, sex: patient.sex, speed: 1,
    vitals: vitals_of(patient).map((vital) => {
      const trend = series(patient, vital, last - 600_000, last, 60);
      return { vital, value: value_at(patient, vital, last), time_ms: last - (vital.includes('pressure') ? 20_000 : 0), quality: 'plausible', trend: { t_ms: trend.t_ms, mean: trend.mean } };
    }),
    alarms: open_alarms(patient), last_reading_ms: last, now_ms: Date.now(),
  };
}

export const miners = Array.from({ length: 100 }, (_, index) => ({ id: hex(16), index, blocks: index < 37 ? 2 : 1, mined_this_round: index < 37, standing: index === 71 ? 'suspended' : index === 80 ? 'left' : 'active', joined_height: 0, forfeits: index === 11 ? 1 : 0, kept: false }));
export const mining = { engine: 'equal_opportunity', quorum: 'two_thirds', round: 1, next: 37, upcoming: [], last_round: { round: 0, first_height: 1, last_height: 100, mined: 100, forfeited: 0 }, miners };
export const orphans = [
  { height: 131, header: hex(64), parent: hex(64), miner: miners[71].id, miner_index: 71, reason: 'parent_mismatch', approvals: 0, needed: 0 },
  { height: 64, header: hex(64), parent: hex(64), miner: miners[12].id, miner_index: 12, reason: 'too_few_approvals', approvals: 2, needed: 3 },
];
export const transactions = new Map();
export const blocks = [];
let previous = hex(64);
export function seal_block(kinds, time_ms = Date.now()) {
  const miner = miners[mining.next];
  const height = blocks.length + 1;
  const items = kinds.map((kind) => ({ id: hex(64), kind, sender: hex(16) }));
  const block = { height, hash: hex(64), time_ms, miner: miner.id, miner_index: miner.index, round: mining.round, transactions: items.length,
    previous_hash: previous, transactions_root: hex(32), state_root: hex(32), history_root: hex(32), history_size: height * 3, signature: hex(64), items };
  previous = block.hash;
  items.forEach((item, index) => transactions.set(item.id, { ...item, height, index, time_ms }));
  blocks.push(block);
  miner.blocks += 1;
  miner.mined_this_round = true;
  mining.next += 1;
  if (mining.next === 100) { mining.next = 0; mining.round += 1; for (const each of miners) each.mined_this_round = false; }
  return block;
}
const kinds = ['report', 'report', 'grant_consent', 'enrol', 'revoke_consent', 'rotate_key'];
mining.next = 0; mining.round = 0; for (const miner of miners) { miner.blocks = 0; miner.mined_this_round = false; }
for (let i = 0; i < 137; ++i) seal_block(Array.from({ length: 1 + (i % 4) }, (_, k) => kinds[(i + k) % kinds.length]), Date.now() - (137 - i) * 41_000);
miners[20].kept = true; miners[20].mined_this_round = false;
Object.defineProperty(mining, 'upcoming', { enumerable: true, get: () => [0, 1, 2, 3, 4].map((step) => (mining.next + step) % 100) });
export const summary = ({ height, hash, time_ms, miner, miner_index, round, transactions: count }) => ({ height, hash, time_ms, miner, miner_index, round, transactions: count });

export const reports = [];
function make_report(patient, i, state) {
  const end = Date.now() - i * 480_000 - 30_000;
  const start = end - 480_000;
  const flaws = i % 3 === 1;
  const report = {
    id: reports.length + 1, patient: { id: patient.id, name: patient.name, bed: patient.bed }, doctor: { id: doctors[0].id, name: doctors[0].name },
    period_start_ms: start, period_end_ms: end, reading_count: 2400 + i * 7, state, readable: true, created_at_ms: end + 4000,
    decided_at_ms: state === 'pending' ? null : end + 60_000, decided_by: state === 'pending' ? null : i % 4 === 2 ? 'Demo program' : doctors[0].name, decided_by_program: state === 'approved' && i % 4 === 2,
    refusal_reason: state === 'refused' ? 'The sensor was off or badly placed' : null, last_error: i === 2 && state === 'pending' ? { code: 'consent_missing', message: 'The consent of this patient ended; ask the patient.' } : null,
    transaction: state === 'approved' ? blocks[100 + i].items[0].id : null, height: state === 'approved' ? 101 + i : null,
    vitals: vitals_of(patient).map((vital) => {
      const s = series(patient, vital, start, end, 100);
      const sorted = [...s.mean].sort((a, b) => a - b);
      return { vital, count: 480, implausible: flaws && vital === 'spo2' ? 12 : 0, min: Math.min(...s.min), median: Math.round(sorted[50] * 10) / 10 || 0, max: Math.max(...s.max), outside_limits_s: flaws && vital === 'heart_rate' ? 74 : 0, gap_s: flaws && vital === 'respiration_rate' ? 41 : 0 };
    }),
    alarms: flaws ? [{ ...make_alarm(patient, 'heart_rate', 'high', 'medium', 128, 120, 'HR 128 > 120', 0, true), raised_at_ms: start + 100_000, cleared_at_ms: start + 174_000 }] : [],
  };
  reports.push(report);
}
patients.slice(0, 7).forEach((patient, i) => make_report(patient, i, 'pending'));
[0, 0, 0, 1, 2].forEach((which, i) => make_report(patients[which], i + 2, i === 4 ? 'refused' : 'approved'));

export const consents = patients.flatMap((patient) =>
  [[doctors[0], 'vital_signs', 'treatment', null], [people[2], 'vital_signs', 'treatment', null], [doctors[1], 'laboratory', 'treatment', 88]].map(([grantee, category, purpose, revoked]) => ({
    ref: hex(32), transaction: hex(64), patient: patient.id, grantee: { id: grantee.id, name: grantee.name, role: grantee.role }, category, purpose,
    from_ms: started - 40 * 86_400_000, until_ms: started + 50 * 86_400_000, granted_height: 12, revoked_height: revoked, active: revoked === null })));
export const access_log = Array.from({ length: 90 }, (_, i) => ({
  time_ms: Date.now() - i * 613_000, actor: { id: doctors[i % 2].id, name: i % 7 === 3 ? people[2].name : doctors[i % 2].name, role: i % 7 === 3 ? 'nurse' : 'doctor' },
  patient: patients[0].id, action: ['read_vitals', 'read_report', 'read', 'approve'][i % 4], what: ['vital signs', 'report 12', 'alarms', 'report 11'][i % 4],
  basis: i % 9 === 4 ? 'no consent stands' : 'consent 4f0c…', allowed: i % 9 !== 4, hash: hex(32) }));
export const devices = patients.flatMap((patient, i) => {
  const of = { patient: { id: patient.id, name: patient.name }, state: 'active', changed_by: null };
  const hub = { id: hex(16), label: i % 2 ? 'Hub at the bed' : 'Phone', kind: 'pda', ...of, vitals: [], sealed_to: null, pda: null, last_seen_ms: last_of(patient) };
  const sensor = (label, vitals, more = {}) => ({ id: hex(16), label, kind: 'sensor', ...of, vitals, sealed_to: 'pda', pda: hub.id, last_seen_ms: last_of(patient), ...more });
  return [hub, sensor('Bedside monitor', vitals_of(patient).slice(0, 4)),
    sensor('Wrist band', ['heart_rate', 'spo2'], { sealed_to: 'cloud', ...(i === 0 ? { state: 'suspended', changed_by: 'admin' } : {}) }),
    sensor('Room sensor', ['ambient_temperature'], patient.bed === '2-03' ? { state: 'suspended', changed_by: 'admin', last_seen_ms: null } : {}),
    ...(i < 3 ? [sensor('Old thermometer', ['body_temperature'], { state: 'retired' })] : [])];
});
/// With the states that the asker may give it, as the node does.
export function device_for({ changed_by, ...device }, me) {
  const other = device.state === 'active' ? 'suspended' : 'active';
  const ended = device.state === 'revoked' || device.state === 'retired';
  if (ended) return { ...device, may: [] };
  if (me.role === 'administrator') return { ...device, may: [other, 'revoked', 'retired'] };
  if (me.role !== 'patient' || device.kind === 'pda') return { ...device, may: [] };
  return { ...device, may: other === 'active' && changed_by !== me.login ? ['retired'] : [other, 'retired'] };
}
const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/// Plays the device too: after SALUS_MOCK_PAIR_MS (default 6 s; 0: never) one is paired with the ticket.
export function open_ticket(patient) {
  const code = Array.from(randomBytes(28), (byte) => letters[byte % 32]).join('');
  const until_ms = Date.now() + Number(process.env.SALUS_MOCK_TICKET_MS ?? 600_000);
  const ticket = { id: hex(8), patient: patient.id, code: code.match(/.{4}/g).join('-'), text: `SALUS:PAIR:1:${code}:${Math.floor(until_ms / 1000)}:HTTP://127.0.0.1:8080`, until_ms };
  const wait_ms = Number(process.env.SALUS_MOCK_PAIR_MS ?? 6_000);
  if (wait_ms > 0) {
    setTimeout(() => {
      const hub = devices.find((device) => device.kind === 'pda' && device.patient.id === patient.id);
      const device = { id: hex(16), label: 'New wrist band', kind: 'sensor', patient: hub.patient, state: 'active', changed_by: null, vitals: ['heart_rate', 'spo2'], sealed_to: 'pda', pda: hub.id, last_seen_ms: null };
      devices.push(device);
      tell_of_device(device, ticket.id);
    }, wait_ms);
  }
  return ticket;
}
export const tell_of_device = (device, ticket = null) => emit('device', { id: device.id, patient: device.patient.id, label: device.label, vitals: device.vitals, state: device.state, ticket });

// SALUS_MOCK_ATTACKS: none (no run yet) or broken (some do not hold).
const attack_names = ['replay', 'man_in_the_middle', 'impersonation', 'ephemeral_leak', 'insider', 'device_capture', 'stolen_verifier', 'offline_guessing', 'desynchronisation', 'flooding', 'traceability', 'key_compromise'];
const broken_run = process.env.SALUS_MOCK_ATTACKS === 'broken';
export const attacks = process.env.SALUS_MOCK_ATTACKS === 'none' ? [] : attack_names.map((name, i) => ({
  name, paper: i < 6, resisted: !(broken_run && i === 9), control: i === 7 || i === 8 ? null : !(broken_run && i === 2), ran_at_ms: started - 3 * 3600_000 + i * 4_000,
  detail: i % 3 === 0 ? '4 messages, sent again 16 times each' : '' }));

const listeners = new Set();
let event_id = 0;
export function subscribe(listener) { listeners.add(listener); return () => listeners.delete(listener); }
export function emit(name, data) { event_id += 1; for (const listener of listeners) listener(event_id, name, data); }
setInterval(() => {
  const now = Date.now();
  for (const patient of patients) {
    if (patient.silent) continue;
    const slow = Math.floor(now / 1000) % 60 === 0;
    const readings = vitals_of(patient).filter((vital) => slow || !vital.includes('pressure')).map((vital) => ({ vital, value: value_at(patient, vital, now), time_ms: now, quality: 'plausible' }));
    emit('vitals', { patient: patient.id, now_ms: now, readings });
  }
}, 1000);
setInterval(() => emit('ping', { now_ms: Date.now() }), 5000);
setInterval(() => emit('block', summary(seal_block(['report', 'grant_consent']))), 7000);
