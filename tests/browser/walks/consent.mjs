// SPDX-License-Identifier: Apache-2.0
import { becomes, check, sees } from '../lib/check.mjs';

export const title = 'a patient takes a permission back, and gives it again';

const gone = 'The patient has not consented, or has withdrawn consent';

async function withdraw(page, doctor) {
  const sentence = `${doctor.name} can see your vital signs to treat you.`;
  await page.goto('/my-health');
  await page.getByRole('tab', { name: 'Who can see what' }).click();
  const item = page.getByRole('listitem').filter({ hasText: sentence });
  await sees('the permission stands there as a sentence', item);
  await item.getByRole('button', { name: 'Withdraw' }).click();
  const dialog = page.getByRole('dialog', { name: `Withdraw the permission of ${doctor.name}?` });
  await sees('the page asks, and says what will follow', dialog.getByText('will no longer be able to open your record', { exact: false }));
  await dialog.getByRole('button', { name: 'Withdraw now' }).click();
  await sees('it says the effect', page.getByText(`${doctor.name} can no longer open this.`));
  await sees('the permission moves to those that ended', page.getByText(`${doctor.name} can no longer see your vital signs.`));
  check('and to no other place', (await page.getByText(sentence).count()) === 0);
}

export async function steps(world) {
  const patient = await world.followed();
  const doctor = await world.person(patient.doctor.login);
  await doctor.page.goto(`/patients/${patient.id}`);
  await sees('the doctor has the patient open', doctor.page.getByText('You see this because the patient consented.'));

  await (await world.person('nurse.kim')).api.get(`/patients/${patient.id}`);
  const own = await world.person(patient.login);
  await withdraw(own.page, patient.doctor);

  await sees('the open page of the doctor closes by itself, in words', doctor.page.getByText(gone), 10_000);
  check('and shows no chart any more', (await doctor.page.getByRole('img', { name: /Oxygen saturation/ }).count()) === 0);
  await doctor.page.reload();
  await sees('a reload does not bring it back', doctor.page.getByText(gone));
  const denied = await doctor.api.get(`/patients/${patient.id}`);
  check('the API says 403, consent missing', denied.status === 403 && denied.json.error.code === 'consent_missing', denied.text);
  await doctor.page.goto('/ward');
  await sees('the ward opens', doctor.page.getByRole('article').first());
  check('without the patient', (await doctor.page.getByRole('link', { name: patient.name }).count()) === 0);
  const waiting = (await doctor.api.get('/reports?state=pending&limit=500')).json.items.find((each) => each.patient.id === patient.id);
  if (waiting) {
    const answer = await doctor.api.post(`/reports/${waiting.id}/approve`);
    check('a report that waits can no longer be approved', answer.status === 403 && answer.json.error.code === 'consent_missing', answer.text);
    await doctor.page.goto(`/review?state=pending&report=${waiting.id}`);
    await sees('the review page says why', doctor.page.getByRole('article', { name: patient.name }).getByText(gone));
    check('its control is off', await doctor.page.getByRole('button', { name: /Approve A|^Approve/ }).first().isDisabled());
  }

  await own.page.getByRole('tab', { name: 'Who looked' }).click();
  const looked = own.page.getByRole('listitem').filter({ hasText: `${patient.doctor.name} (doctor)` });
  await sees('the patient reads who opened the record', looked.filter({ hasText: 'opened the record' }));
  await sees('and that a later attempt was refused', looked.filter({ hasText: 'refused' }));
  await sees('and which nurse looked', own.page.getByRole('listitem').filter({ hasText: 'Nurse Kim (nurse)' }));

  await own.page.getByRole('tab', { name: 'Who can see what' }).click();
  await own.page.getByRole('button', { name: 'Give a permission' }).click();
  await own.page.getByRole('combobox', { name: 'Who' }).or(own.page.getByRole('textbox', { name: 'Who' })).first().click();
  await own.page.getByRole('option', { name: patient.doctor.name }).click();
  await own.page.getByRole('button', { name: 'Give this permission' }).click();
  await sees('a permission given again says so', own.page.getByText(`${patient.doctor.name} may now see this.`));
  await doctor.page.goto(`/patients/${patient.id}`);
  await sees('and the doctor can open the patient again', doctor.page.getByText('You see this because the patient consented.'));
  await becomes('and the node agrees', async () => (await doctor.api.get(`/patients/${patient.id}`)).status === 200);
}
