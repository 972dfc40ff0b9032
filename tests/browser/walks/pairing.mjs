// SPDX-License-Identifier: Apache-2.0
import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { becomes, check, sees } from '../lib/check.mjs';
import { program } from '../lib/node.mjs';

export const title = 'a patient pairs a device, pauses it and takes it out of use';

/// A new device, asked to pair with `ticket`. Answers with what it said.
function pair(ticket, out, more = []) {
  return new Promise((done) => {
    const child = execFile(program, ['device', 'pair', '--out', out, ...more], (error, stdout, stderr) =>
      done({ paired: error === null, said: stdout + stderr }));
    child.stdin.end(`${ticket}\n`);
  });
}

/// Opens the dialog; the ticket that the page got from the node.
async function open_ticket(page) {
  const [answer] = await Promise.all([
    page.waitForResponse((each) => each.url().endsWith('/devices/tickets')),
    page.getByRole('button', { name: 'Add a device' }).click(),
  ]);
  return answer.json();
}

/// Lets the device send until `until` holds.
async function sends(world, out, what, until) {
  const { broker_port: port } = JSON.parse(readFileSync(join(world.node.folder, 'data/pids.json'), 'utf8'));
  const child = spawn(program, ['simulate', '--data', out, '--broker-port', String(port), '--endless'], { stdio: 'ignore' });
  const over = new Promise((done) => child.once('exit', done));
  try {
    await becomes(what, until, 30_000);
  } finally {
    child.kill('SIGTERM');
    await over;
  }
}

async function closes(page, out) {
  const ticket = await open_ticket(page);
  await sees('the page shows a code', page.getByText(ticket.code.replaceAll('-', ' ')));
  const [answer] = await Promise.all([
    page.waitForResponse((each) => each.url().endsWith(`/tickets/${ticket.id}/withdraw`)),
    page.keyboard.press('Escape'),
  ]);
  check('closing the dialog ends its ticket', answer.status() === 204);
  const late = await pair(ticket.text, `${out}-late`);
  check('which is good for no device then', !late.paired && late.said.includes('wrong or over'), late.said);
}

async function pairs(world, page, out) {
  const start = performance.now();
  const ticket = await open_ticket(page);
  await sees('the page shows a picture to scan', page.getByRole('img', { name: 'QR code for pairing a device' }));
  await sees('and the code to type', page.getByText(ticket.code.replaceAll('-', ' ')));
  const first = pair(ticket.text, out, ['--label', 'Oximeter of the walk']);
  const shown = sees('the page says that it is paired', page.getByRole('heading', { name: 'Oximeter of the walk is paired' }));
  const { paired, said } = await first;
  const answered = performance.now();
  check('the device was paired', paired, said);
  await shown;
  check('in under a minute', performance.now() - start < 60_000);
  console.log(`  from the button to the paired device: ${((performance.now() - start) / 1_000).toFixed(1)} s; on screen ${Math.max(0, Math.round(performance.now() - answered))} ms after the device had its answer`);
  const second = await pair(ticket.text, `${out}-2`);
  check('the ticket is good for no second device', !second.paired && second.said.includes('another device'), second.said);
  await page.getByRole('button', { name: 'Done' }).click();
}

async function change(page, action, state) {
  const item = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'Oximeter of the walk' }) });
  await item.getByRole('button', { name: action }).click();
  await page.getByRole('dialog').getByRole('button', { name: action }).click();
  await sees(`${action}: it is ${state}`, item.getByText(state, { exact: true }));
}

export async function steps(world) {
  const patient = await world.followed();
  const { context, api } = await world.person(patient.login);
  const page = await context.newPage();
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto('/my-health?part=devices');
  const out = join(world.node.folder, 'walk-oximeter');
  await closes(page, out);
  await pairs(world, page, out);
  const device = async () => (await api.get(`/patients/${patient.id}/devices?limit=500`)).json.items.find((each) => each.label === 'Oximeter of the walk');
  await sends(world, out, 'what it measures arrives', async () => (await device()).last_seen_ms !== null);
  await change(page, 'Pause', 'paused');
  await change(page, 'Use it again', 'in use');
  await change(page, 'Take out of use', 'out of use');
  const { id } = await device();
  check('that is for ever', (await api.post(`/devices/${id}/state`, { state: 'active' })).status === 409);
  const admin = await world.person('admin');
  await admin.page.goto('/admin?part=devices');
  await sees('an administrator sees it', admin.page.getByRole('row').filter({ hasText: 'Oximeter of the walk' }).getByText('out of use'));
  const nurse = await world.person('nurse.kim');
  check('a nurse cannot pair for a patient', (await nurse.api.post(`/patients/${patient.id}/devices/tickets`)).status === 403);
  await page.close();
}
