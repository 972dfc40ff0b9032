// SPDX-License-Identifier: Apache-2.0
import { becomes, check, sees } from '../lib/check.mjs';

export const title = 'a doctor decides reports';

const number_of = (text) => Number(text.replace(/[^0-9.-]/g, ''));

async function numbers_hold(report, numbers) {
  for (const vital of report.vitals.filter((each) => each.vital === 'spo2' || each.vital === 'heart_rate')) {
    const name = { spo2: 'Oxygen saturation', heart_rate: 'Heart rate' }[vital.vital];
    const cells = await numbers.getByRole('row', { name: new RegExp(name) }).getByRole('cell').allInnerTexts();
    const [min, median, max] = cells.map(number_of);
    check(`the page's numbers of ${name} are the report's`,
      min === Math.round(vital.min) && median === Math.round(vital.median) && max === Math.round(vital.max), cells);
    check(`${name}: lowest, median and highest are in order`, min <= median && median <= max, cells);
  }
}

export async function steps(world) {
  const patient = await world.followed();
  const doctor = await world.stranger();
  const { page, api } = doctor;
  await page.goto('/signin');
  await page.getByRole('button', { name: `Sign in as ${patient.doctor.name} doctor` }).click();
  await sees('one click on a demo login leads to the ward', page.getByRole('heading', { name: 'Ward', exact: true }));
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Review' }).click();
  const queue = page.getByRole('navigation', { name: 'Reports waiting for you' });
  await sees('the second leads to the queue', queue);

  const own = queue.getByRole('button').filter({ hasText: patient.name }).first();
  await sees(`a report of ${patient.name} waits`, own, 60_000);
  await own.click();
  const shown = page.getByRole('article', { name: patient.name });
  await sees('it opens beside the queue', shown);
  const id = new URL(page.url()).searchParams.get('report');
  const report = (await api.get(`/reports/${id}`)).json;
  check('the address names it, so that a link can be sent', report.patient.name === patient.name, page.url());
  const numbers = shown.getByRole('region', { name: 'Numbers' });
  await sees('it shows its numbers', numbers.getByRole('columnheader', { name: 'Median' }));
  await numbers_hold(report, numbers);
  await sees('its readings as charts', shown.getByRole('img', { name: /Oxygen saturation/ }));
  await sees('its alarms', shown.getByRole('region', { name: 'Alarms in this period' }));
  const written = shown.getByRole('region', { name: 'What will be written to the ledger' });
  await sees('what will be written, in words', written.getByText('No reading and no name goes on the chain', { exact: false }));
  const facts = await written.innerText();
  check('and neither the name nor a reading is among it', !facts.includes(patient.name) && !/SpO/.test(facts), facts);

  await page.keyboard.press('a');
  await sees('A approves it, and the page says in which block it is sealed', page.getByText(/Approved and sealed in block \d+\./));
  await becomes('the next report is open', async () => {
    const now = new URL(page.url()).searchParams.get('report');
    return (now !== null && now !== id) || Promise.reject(new Error(page.url()));
  });
  const sealed = (await api.get(`/reports/${id}`)).json;
  check('the node says the same', sealed.state === 'approved' && sealed.height > 0 && !sealed.decided_by_program, sealed);
  world.approved = sealed;

  const refused_id = new URL(page.url()).searchParams.get('report');
  await page.keyboard.press('r');
  const dialog = page.getByRole('dialog', { name: 'Refuse this report' });
  await sees('R asks for a reason', dialog);
  await dialog.getByRole('button', { name: 'Refuse', exact: true }).click();
  await sees('without one nothing happens, and it says what is missing', dialog.getByText('Write or choose a reason.'));
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('The sensor had slipped off the finger');
  await dialog.getByRole('button', { name: 'Refuse', exact: true }).click();
  await sees('the refusal says that the readings stay', page.getByText('The readings stay in the vitals series', { exact: false }));
  const refused = (await api.get(`/reports/${refused_id}`)).json;
  check('the node keeps the reason', refused.state === 'refused' && refused.refusal_reason === 'The sensor had slipped off the finger', refused);
  await page.getByRole('radio', { name: 'Refused' }).or(page.getByText('Refused', { exact: true })).last().click();
  await sees('among the refused the reason can be read', page.getByText('Reason: The sensor had slipped off the finger'));
  const again = await api.post(`/reports/${refused_id}/approve`);
  check('a refused report cannot be approved afterwards', again.status === 409 || again.status === 422, again.text);
}
