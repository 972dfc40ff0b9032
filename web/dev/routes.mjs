// SPDX-License-Identifier: Apache-2.0
import * as world from './world.mjs';

const fail = (status, code, message) => ({ status, json: { error: { code, message } } });
const list = (items, query) => {
  const limit = Number(query.get('limit') ?? 50);
  const from = Number(query.get('cursor') ?? 0);
  const more = from + limit < items.length;
  return { json: { items: items.slice(from, from + limit), next: more ? String(from + limit) : null } };
};
const me_of = (login) => {
  const person = world.people.find((each) => each.login === login);
  return person && { id: person.id, name: person.name, role: person.role, login, demo: true, session_until_ms: Date.now() + 900_000 };
};
const signed_in = (answer) => (asked) => {
  const me = me_of(asked.login);
  return me ? answer({ ...asked, me }) : fail(401, 'unauthenticated', 'Log in first.');
};
const patient_of = (asked) => world.patients.find((patient) => patient.id === asked.parts[0]);
const of_patient = (answer) =>
  signed_in((asked) => {
    const patient = patient_of(asked);
    if (!patient) return fail(404, 'not_found', 'No such patient.');
    if (patient.bed === '3-08') return fail(403, 'consent_missing', 'The patient must grant consent first.');
    return answer(asked, patient);
  });
const detail = (report) => {
  const patient = world.patients.find((each) => each.id === report.patient.id);
  const series = world.vitals_of(patient).map((vital) => world.series(patient, vital, report.period_start_ms, report.period_end_ms, 300));
  const to_be_written = [
    ['receiver', report.doctor.id, 'You, the doctor who approves'],
    ['patient', report.patient.id, "The patient's number on the ledger; no name"],
    ['category', 'vital_signs', 'What kind of record this is'],
    ['personal_data', 'no', 'Nothing personal goes on the chain'],
    ['consent', world.hex(32), 'The consent of the patient that covers this'],
    ['reading_count', String(report.reading_count), 'How many readings the report covers'],
    ['period_start', new Date(report.period_start_ms).toISOString(), 'Beginning of the period'],
    ['period_end', new Date(report.period_end_ms).toISOString(), 'End of the period, exclusive'],
    ['content_hash', world.hex(32), 'Fingerprint of the encrypted report'],
    ['readings_root', world.hex(32), 'Fingerprint over each reading'],
  ].map(([field, value, meaning]) => ({ field, value, meaning }));
  return { ...report, series, to_be_written };
};
const report_of = (asked) => world.reports.find((report) => String(report.id) === asked.parts[0]);
let verification = { state: 'idle', done: 0, total: 0, ok: null, finding: '', anchor: '' };
const receipts = () => import('./receipts.mjs');

export const routes = [
  ['POST', /^\/login$/, ({ body }) => {
    const me = me_of(body.login);
    if (!me || body.password !== 'demo') return fail(401, 'unauthenticated', 'Login or password is wrong.');
    return { json: me, headers: { 'Set-Cookie': `salus_session=${body.login}; HttpOnly; SameSite=Strict; Path=/` } };
  }],
  ['POST', /^\/logout$/, () => ({ status: 204, headers: { 'Set-Cookie': 'salus_session=; Max-Age=0; Path=/' } })],
  ['GET', /^\/me$/, signed_in(({ me }) => ({ json: me }))],
  ['GET', /^\/info$/, () => ({ json: { chain_id: 'salus-demo', demo: true, version: '0.1.0', height: world.blocks.length, now_ms: Date.now(), demo_logins: world.people.slice(0, 12).map(({ login, name, role }) => ({ login, password: 'demo', name, role })) } })],
  ['GET', /^\/trust$/, async () => ({ text: (await receipts()).trust_text })],
  ['GET', /^\/vitals$/, () => ({ json: world.vital_infos })],
  ['GET', /^\/ward$/, signed_in(() => ({ json: { items: world.patients.map(world.ward_patient) } }))],
  ['GET', /^\/patients\/([^/]+)$/, of_patient((asked, patient) => ({ json: { ...world.ward_patient(patient), doctor: { id: world.doctors[0].id, name: world.doctors[0].name }, basis: asked.me.id === patient.id ? { kind: 'self', consent: null, until_ms: null } : { kind: 'consent', consent: world.hex(32), until_ms: Date.now() + 50 * 86_400_000 }, reports_pending: world.reports.filter((report) => report.patient.id === patient.id && report.state === 'pending').length, first_reading_ms: Date.now() - 20 * 3600_000 } }))],
  ['GET', /^\/patients\/([^/]+)\/series$/, of_patient(({ query }, patient) => ({ json: world.series(patient, query.get('vital'), Number(query.get('from_ms')), Number(query.get('to_ms')), Number(query.get('buckets'))) }))],
  ['GET', /^\/patients\/([^/]+)\/alarms$/, of_patient(({ query }, patient) => list(world.alarms.filter((alarm) => alarm.patient === patient.id).sort((a, b) => b.raised_at_ms - a.raised_at_ms), query))],
  ['POST', /^\/alarms\/(\d+)\/acknowledge$/, signed_in((asked) => {
    const alarm = world.alarms.find((each) => String(each.id) === asked.parts[0]);
    if (!alarm) return fail(404, 'not_found', 'No such alarm.');
    Object.assign(alarm, { acknowledged_at_ms: Date.now(), acknowledged_by: asked.me.name });
    world.emit('alarm', alarm);
    return { json: alarm };
  })],
  ['GET', /^\/patients\/([^/]+)\/reports$/, of_patient(({ query }, patient) => list(world.reports.filter((report) => report.patient.id === patient.id), query))],
  ['GET', /^\/patients\/([^/]+)\/devices$/, of_patient(({ query, me }, patient) => list(world.devices.filter((device) => device.patient.id === patient.id).map((device) => world.device_for(device, me)), query))],
  ['GET', /^\/patients\/([^/]+)\/consents$/, of_patient(({ query }, patient) => list(world.consents.filter((consent) => consent.patient === patient.id), query))],
  ['POST', /^\/patients\/([^/]+)\/consents$/, of_patient(({ body }, patient) => {
    const grantee = world.people.find((person) => person.id === body.grantee);
    const consent = { ref: world.hex(32), transaction: world.hex(64), patient: patient.id, ...body, grantee: { id: grantee.id, name: grantee.name, role: grantee.role }, granted_height: world.blocks.length, revoked_height: null, active: true };
    world.consents.unshift(consent);
    world.emit('consent', consent);
    return { status: 201, json: consent };
  })],
  ['POST', /^\/consents\/([^/]+)\/withdraw$/, signed_in((asked) => {
    const consent = world.consents.find((each) => each.ref === asked.parts[0]);
    Object.assign(consent, { revoked_height: world.blocks.length, active: false });
    world.emit('consent', consent);
    return { json: consent };
  })],
  ['GET', /^\/patients\/([^/]+)\/access-log$/, of_patient(({ query }) => list(world.access_log, query))],
  ['GET', /^\/people$/, signed_in(({ query }) => ({ json: { items: world.people.filter((person) => person.role === query.get('role')) } }))],
  ['GET', /^\/reports$/, signed_in(({ query }) => list(world.reports.filter((report) => report.state === query.get('state')).sort((a, b) => a.created_at_ms - b.created_at_ms), query))],
  ['GET', /^\/reports\/(\d+)$/, signed_in((asked) => (report_of(asked) ? { json: detail(report_of(asked)) } : fail(404, 'not_found', 'No such report.')))],
  ['POST', /^\/reports\/(\d+)\/approve$/, signed_in((asked) => {
    const report = report_of(asked);
    if (report.last_error) return fail(422, 'consent_missing', 'The patient must grant consent first.');
    const block = world.seal_block(['report']);
    Object.assign(report, { state: 'approved', decided_at_ms: Date.now(), decided_by: asked.me.name, height: block.height, transaction: block.items[0].id });
    world.emit('report', report);
    return { json: report };
  })],
  ['POST', /^\/reports\/(\d+)\/refuse$/, signed_in((asked) => {
    const report = report_of(asked);
    Object.assign(report, { state: 'refused', decided_at_ms: Date.now(), decided_by: asked.me.name, refusal_reason: asked.body.reason });
    world.emit('report', report);
    return { json: report };
  })],
  ['GET', /^\/(?:reports|ledger\/transactions)\/[^/]+\/receipt$/, signed_in(async () => ({ text: (await receipts()).receipt_text, headers: { 'Content-Disposition': 'attachment; filename="receipt.json"' } }))],
  ['GET', /^\/ledger\/blocks$/, signed_in(({ query }) => list([...world.blocks].reverse().map(world.summary), query))],
  ['GET', /^\/ledger\/blocks\/(\d+)$/, signed_in((asked) => (world.blocks[asked.parts[0] - 1] ? { json: world.blocks[asked.parts[0] - 1] } : fail(404, 'not_found', 'No such block.')))],
  ['GET', /^\/ledger\/blocks\/(\d+)\/file$/, signed_in(async (asked) => ({ text: Buffer.from((await receipts()).block_file(Number(asked.parts[0]))), headers: { 'Content-Type': 'application/octet-stream' } }))],
  ['GET', /^\/ledger\/transactions\/([^/]+)$/, signed_in((asked) => {
    const tx = world.transactions.get(asked.parts[0]);
    if (!tx) return fail(404, 'not_found', 'No such transaction.');
    const fields = detail(world.reports[0]).to_be_written.map(({ field, value, meaning }) => ({ name: field, value, meaning }));
    return { json: { ...tx, size_bytes: 483, program: false, fields, signatures: [{ signer: world.hex(16), role: 'cloud_server', custody: 'node', value: world.hex(64) }, { signer: world.doctors[0].id, role: 'doctor', custody: 'node', value: world.hex(64) }] } };
  })],
  ['GET', /^\/ledger\/mining$/, signed_in(() => ({ json: world.mining }))],
  ['GET', /^\/ledger\/orphans$/, signed_in(() => ({ json: { items: world.orphans } }))],
  ['GET', /^\/ledger\/search$/, signed_in(({ query }) => {
    const q = query.get('q');
    const items = world.blocks.filter((block) => String(block.height) === q || (q.length >= 8 && block.hash.startsWith(q))).map((block) => ({ kind: 'block', id: block.hash, height: block.height }));
    for (const tx of world.transactions.values()) if (q.length >= 8 && tx.id.startsWith(q)) items.push({ kind: 'transaction', id: tx.id, height: tx.height });
    return { json: { items } };
  })],
  ['GET', /^\/admin\/people$/, signed_in(({ query }) => list(world.people, query))],
  ['GET', /^\/admin\/devices$/, signed_in(({ query, me }) => list(world.devices.map((device) => world.device_for(device, me)), query))],
  ['GET', /^\/admin\/miners$/, signed_in(({ query }) => list(world.miners, query))],
  ['POST', /^\/patients\/([^/]+)\/devices\/tickets$/, of_patient((_asked, patient) => ({ status: 201, json: world.open_ticket(patient) }))],
  ['POST', /^\/devices\/([^/]+)\/state$/, signed_in((asked) => {
    const device = world.devices.find((each) => each.id === asked.parts[0]);
    if (!device) return fail(404, 'not_found', 'No such device.');
    if (!world.device_for(device, asked.me).may.includes(asked.body.state)) return fail(403, 'not_authorised', 'Ask the administration.');
    Object.assign(device, { state: asked.body.state, changed_by: asked.login });
    world.tell_of_device(device);
    return { json: world.device_for(device, asked.me) };
  })],
  ['GET', /^\/admin\/refusals$/, signed_in(() => ({ json: { since_ms: Date.now() - 7_200_000, items: [{ reason: 'bad_seal', count: 14 }, { reason: 'replayed', count: 3 }, { reason: 'unknown_device', count: 121 }] } }))],
  ['GET', /^\/admin\/storage$/, signed_in(() => ({ json: { items: [{ name: 'ledger', bytes: 12_418_112, files: 31 }, { name: 'series', bytes: 88_012_554, files: 64 }, { name: 'vault', bytes: 4_004_221, files: 212 }], free_bytes: 93_118_112_000 } }))],
  ['GET', /^\/admin\/health$/, signed_in(() => ({ json: { items: [{ name: 'broker', ok: true, detail: 'connected to 127.0.0.1:1883' }, { name: 'ledger', ok: true, detail: `height ${world.blocks.length}` }, { name: 'disk', ok: false, detail: 'less than 10 % is free' }] } }))],
  ['GET', /^\/audit\/access-log$/, signed_in(({ query }) => list(world.access_log.map((entry) => ({ ...entry, actor: { ...entry.actor, name: '' } })), query))],
  ['GET', /^\/audit\/refusals$/, signed_in(({ query }) => list(world.access_log.filter((entry) => !entry.allowed).map((entry) => ({ time_ms: entry.time_ms, actor: entry.actor.id, action: entry.action, code: 'consent_missing' })), query))],
  ['POST', /^\/audit\/verify-chain$/, signed_in(() => {
    if (verification.state === 'running') return fail(409, 'conflict', 'A check is already running.');
    verification = { state: 'running', done: 0, total: world.blocks.length, ok: null, finding: '', anchor: '' };
    const timer = setInterval(() => {
      verification.done = Math.min(verification.total, verification.done + 9);
      if (verification.done < verification.total) return;
      clearInterval(timer);
      verification = { ...verification, state: 'done', ok: true, anchor: 'anchor not independent: it is the one of this data folder' };
    }, 300);
    return { status: 202, json: { id: 1 } };
  })],
  ['GET', /^\/audit\/verify-chain$/, signed_in(() => ({ json: verification }))],
  ['GET', /^\/attacks$/, signed_in(() => ({ json: { items: world.attacks } }))],
];
