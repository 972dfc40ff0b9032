// SPDX-License-Identifier: Apache-2.0
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, sees } from '../lib/check.mjs';

export const title = 'an auditor reads what came of the attacks';

const attack = (name, paper, changes = {}) => ({ name, paper, resisted: true, control: true, ran_at_ms: Date.now() - 60_000, detail: '', ...changes });

export async function steps(world) {
  const file = join(world.node.folder, 'data/attacks.json');
  const write = (attacks) => writeFileSync(file, JSON.stringify({ attacks }), { mode: 0o600 });
  const { page } = await world.person('auditor');
  await page.goto('/ledger');
  await page.getByRole('link', { name: 'Attacks' }).click();
  await sees('before the first run the page says how to run them', page.getByText('salus attack all'));

  write([attack('replay', true), attack('impersonation', true), attack('flooding', false, { control: null })]);
  await page.reload();
  await sees('all were resisted', page.getByRole('heading', { name: 'All 3 attacks were resisted.' }));
  const paper = page.getByRole('table', { name: 'The six attacks that the paper names' });
  await sees('the attacks of the paper stand apart', paper);
  check('and only those', (await paper.getByRole('row').count()) === 3, await paper.innerText());
  const flooding = page.getByRole('row').filter({ hasText: 'Flooding' });
  check('where the printed protocol has nothing to attack it says so', (await flooding.innerText()).includes('does not apply'));

  write([attack('replay', true, { resisted: false }), attack('insider', true, { control: false })]);
  await page.reload();
  await sees('an attack that succeeded is told first', page.getByRole('heading', { name: '1 of 2 attacks succeeded.' }));
  await sees('and one that fails where it must succeed', page.getByText('fails there too'));

  writeFileSync(file, '{"attacks":[{"name":"<b>"}]}', { mode: 0o600 });
  await page.reload();
  await sees('a damaged file is called damaged', page.getByRole('alert').getByText('is damaged', { exact: false }));
  rmSync(file);

  const patient = await world.followed();
  const own = await world.person(patient.login);
  check('a patient is not shown them', (await own.api.get('/attacks')).status === 403);
  await own.page.goto('/attacks');
  await sees('nor the page', own.page.getByText('You may not see this'));
}
