// SPDX-License-Identifier: Apache-2.0
import { becomes, check, sees } from '../lib/check.mjs';
import { password } from '../lib/browser.mjs';

export const title = 'a nurse sees an alarm and acknowledges it';
export const needs_recordings = true;

const tile_of = (page, patient) => page.getByRole('article', { name: `Bed ${patient.bed} ${patient.name}` });

async function sign_in(page) {
  const login = page.getByRole('textbox', { name: 'Login' });
  const secret = page.getByLabel('Password').and(page.locator('input'));
  await page.goto('/');
  await sees('the first page asks who one is', page.getByRole('heading', { name: 'Sign in' }));
  await login.fill('nurse.kim');
  await secret.fill('not the password');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await sees('a wrong password is refused in words, with what to do',
    page.getByRole('alert').filter({ hasText: 'Login or password is not right' }).filter({ hasText: 'Check both and try again' }));
  check('the login stays in the form', (await login.inputValue()) === 'nurse.kim');
  await secret.fill(password);
  await page.keyboard.press('Enter');
  await sees('the right password leads to the ward', page.getByRole('heading', { name: 'Ward', exact: true }));
}

export async function steps(world) {
  const { page } = await world.stranger();
  await sign_in(page);
  const patient = await world.followed();
  const tile = tile_of(page, patient);
  await sees(`the ward shows ${patient.name} in bed ${patient.bed}`, tile);
  await sees('its alarm names vital, value and limit: SpO2 below 85', tile.getByText(/^SpO2 8[0-4] < 85$/), 60_000);
  check('its priority is said in words too', (await tile.getByText('High', { exact: true }).count()) === 1);
  await becomes('the patient stands first, most urgent', async () => {
    const first = await page.getByRole('article').first().getAttribute('aria-label');
    return first?.includes(patient.name) || Promise.reject(new Error(first ?? 'no tile'));
  });

  const other = (await world.person('nurse.silva')).page;
  await other.goto('/ward');
  const seen_by_other = tile_of(other, patient);
  await sees('another nurse sees the same alarm wait', seen_by_other.getByRole('button', { name: 'Acknowledge' }));
  await other.evaluate(() => { globalThis.not_reloaded = true; });

  await tile.getByRole('link', { name: patient.name }).focus();
  await page.keyboard.press('a');
  await sees('A acknowledges it: the tile says by whom', tile.getByText('seen by Nurse Kim'));
  await sees('the other nurse sees so at once', seen_by_other.getByText('seen by Nurse Kim'), 5_000);
  check('without a reload', await other.evaluate(() => globalThis.not_reloaded === true));
  check('acknowledged is not over: the alarm still stands', await tile.getByText(/^SpO2 8\d < 85$/).isVisible());

  await page.keyboard.press('Enter');
  await sees('Enter opens the patient', page.getByRole('heading', { name: patient.name }).first());
  await sees('with the basis on which the nurse sees it', page.getByText('You see this because the patient consented.'));
  await sees('and a chart of oxygen saturation', page.getByRole('img', { name: /Oxygen saturation/ }));
  await page.goBack();
  await sees('back leads to the ward again', tile);
  await page.getByRole('textbox', { name: 'Name or bed' }).fill('no such bed');
  await sees('a filter that matches nobody says so and offers a way out', page.getByRole('button', { name: 'Show all' }));
}
