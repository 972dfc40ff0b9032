// SPDX-License-Identifier: Apache-2.0
import { becomes, check, sees } from '../lib/check.mjs';
import { password } from '../lib/browser.mjs';

export const title = 'nobody sees or does what is not theirs';

async function nurse_cannot_approve(world) {
  const patient = await world.followed();
  const doctor = await world.person(patient.doctor.login);
  const report = (await doctor.api.get('/reports?state=pending&limit=500')).json.items[0];
  const { page, api } = await world.person('nurse.kim');
  await page.goto(`/patients/${patient.id}`);
  await sees('a nurse opens a patient', page.getByRole('region', { name: 'Reports' }));
  check('and finds no control to approve a report', (await page.getByRole('button', { name: /Approve|Refuse/ }).count()) === 0);
  check('and no way to the review page', (await page.getByRole('link', { name: 'Review' }).count()) === 0);
  await page.goto('/review');
  await sees('its address says that the role lacks the right', page.getByText('Your role (nurse) does not include it', { exact: false }));
  for (const verb of ['approve', 'refuse']) {
    const answer = await api.post(`/reports/${report.id}/${verb}`, verb === 'refuse' ? { reason: 'x' } : {});
    check(`the API refuses a nurse to ${verb}: 403`, answer.status === 403 && answer.json.error.code === 'not_authorised', answer.text);
  }
  const others = ['dr.lee', 'dr.osei'].find((login) => login !== patient.doctor.login);
  const other = await (await world.person(others)).api.post(`/reports/${report.id}/approve`);
  check('nor may a doctor who does not answer for the patient', other.status === 403 || other.status === 404, other.text);
  const own = await (await world.person(patient.login)).api.post(`/reports/${report.id}/approve`);
  check('nor the patient', own.status === 403 || own.status === 404, own.text);
  const still = (await doctor.api.get(`/reports/${report.id}`)).json;
  check('the report still waits', still.state === 'pending', still.state);
  const forged = await doctor.context.request.fetch(`${world.node.address}/api/v1/reports/${report.id}/approve`, { method: 'POST', data: {} });
  check('a request that another site could make is refused', forged.status() >= 400 && forged.status() < 500, forged.status());
}

async function stranger_sees_nothing(world) {
  const patient = await world.followed();
  const { page, api, context } = await world.stranger();
  const places = ['/ward', `/patients/${patient.id}`, '/review', '/my-health?part=consents', '/ledger', '/ledger/blocks/1', '/admin', '/audit'];
  for (const place of places) {
    await page.goto(place);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    check(`a stranger at ${place} is asked to sign in`, new URL(page.url()).pathname === '/signin' && !(await page.locator('main').innerText()).includes('SpO'));
  }
  for (const path of ['/me', '/ward', `/patients/${patient.id}`, '/reports?state=pending', '/ledger/blocks', '/admin/people', '/audit/access-log', '/events']) {
    const answer = await api.get(path);
    check(`GET ${path} answers a stranger 401`, answer.status === 401, `${answer.status} ${answer.text}`);
  }
  await page.goto('/verify');
  await sees('the verifier is open to a stranger', page.getByRole('heading', { name: 'Check a receipt' }));
  await page.goto('/ledger/blocks/1');
  await page.getByRole('textbox', { name: 'Login' }).fill('auditor');
  await page.getByLabel('Password').and(page.locator('input')).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await sees('who signs in comes to where the link led', page.getByRole('heading', { name: 'Block 1', exact: true }));
  await page.getByRole('button', { name: 'Sign out' }).click();
  await sees('signing out leads back to sign in', page.getByRole('heading', { name: 'Sign in' }));
  await page.goBack();
  await becomes('and going back shows nothing of before', async () => new URL(page.url()).pathname === '/signin');
  check('the session is over', (await api.get('/me')).status === 401);
  await context.close();
}

// A value with its unit, as charts and tiles show it, or an alarm's message.
const clinical = /\b\d+ ?(bpm|\/min|mmHg|%)|SpO2? ?\d|[<>] ?\d+\b/;

async function no_clinical_content(world, login, pages) {
  const patient = await world.followed();
  const { page, api } = await world.person(login);
  const names = (await api.get('/info')).json.demo_logins.filter((each) => each.role === 'patient').map((each) => each.name);
  for (const { address, may_name } of pages) {
    await page.goto(address);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await becomes(`${login} at ${address}: loaded`, async () => (await page.getByRole('status', { name: 'Loading' }).count()) === 0);
    const text = await page.locator('main').innerText();
    check(`${login} at ${address}: no clinical content`, !clinical.test(text), text.match(clinical)?.[0]);
    if (!may_name) check(`${login} at ${address}: no name of a patient`, !names.some((name) => text.includes(name)));
  }
  for (const path of ['/ward', `/patients/${patient.id}`, `/patients/${patient.id}/series?vital=spo2&from_ms=0&to_ms=9999999999999&buckets=10`,
    `/patients/${patient.id}/alarms`, `/patients/${patient.id}/reports`, `/patients/${patient.id}/access-log`]) {
    const answer = await api.get(path);
    check(`${login}: GET ${path.replace(patient.id, '{id}').split('?')[0]} answers 403`, answer.status === 403, answer.text);
  }
  await page.goto(`/patients/${patient.id}`);
  await sees(`${login} at a patient's address is told that it is not theirs to see`, page.getByText('You may not see this'));
}

async function auditor_checks_the_chain(world) {
  const { page } = await world.person('auditor');
  await page.goto('/audit?part=chain');
  await page.getByRole('button', { name: 'Check the whole chain' }).click();
  await sees('an auditor has the whole chain checked', page.getByText('The whole chain holds'), 60_000);
}

export async function steps(world) {
  await nurse_cannot_approve(world);
  const audit = ['/audit', '/audit?part=refused', '/audit?part=chain', '/ledger', '/ledger/blocks/2'];
  const admin = ['people', 'devices', 'miners', 'refusals', 'storage', 'health'];
  await Promise.all([
    stranger_sees_nothing(world),
    no_clinical_content(world, 'auditor', audit.map((address) => ({ address }))),
    no_clinical_content(world, 'admin', admin.map((part) => ({ address: `/admin?part=${part}`, may_name: true }))),
  ]);
  await auditor_checks_the_chain(world);
}
