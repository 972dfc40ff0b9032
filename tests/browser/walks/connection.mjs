// SPDX-License-Identifier: Apache-2.0
import { becomes, check, sees } from '../lib/check.mjs';

export const title = 'what breaks is said, and old values are never shown as current';

const state = (page, words) => page.getByRole('status', { name: 'Live connection' }).filter({ hasText: words });

/// The clock of the page is put forward, so that half a minute of silence takes no half minute.
async function falls_silent(world, page, tile) {
  const { node } = world;
  node.signal('SIGSTOP');
  try {
    await page.clock.fastForward(7_000);
    await sees('a silent node: after 5 s the values say their age', tile.getByText(/^\d+ s old$/));
    await page.clock.fastForward(8_000);
    await sees('after 12 s the connection is doubtful', state(page, 'No news for a while'));
    await page.clock.fastForward(20_000);
    await sees('after 25 s it is lost, and the page says what that means',
      page.getByRole('alert').filter({ hasText: 'Connection lost' }).filter({ hasText: 'Values on this page may be old' }));
    await sees('after 30 s the values are dashed out', tile.getByText('--', { exact: true }));
    await sees('with the last one and its time beneath', tile.getByText(/^last \d+ at /));
    const figures = await tile.getByText(/^\d{2,3}$/).count();
    // Simulated patients have a cuff that measures every 5 minutes: its two figures stand longer.
    check('no figure is left that could be taken for current', figures <= (node.recorded ? 0 : 2), figures);
  } finally {
    node.signal('SIGCONT');
  }
  await sees('once the node goes on, so does the page', state(page, 'Live'));
  if (node.recorded) await sees('and the values are back', tile.getByText(/^\d{2,3}$/));
  check('no alarm of the patient was lost', (await tile.getByText(/SpO2 8\d < (85|90)/).count()) === (node.recorded ? 1 : 0));
}

async function goes_offline(world, context, page) {
  // The browser's offline leaves open streams open, so nothing may come on one meanwhile.
  world.node.signal('SIGSTOP');
  await context.setOffline(true);
  await sees('this device offline: the page says so', page.getByRole('alert').filter({ hasText: 'This device is offline' }));
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Ledger' }).click();
  await sees('a page whose content cannot be fetched says what is kept and what to do',
    page.getByRole('alert').filter({ hasText: 'The node does not answer' }).filter({ hasText: 'Check that this device is on the network' }), 30_000);
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Check a receipt' }).click();
  await sees('the verifier works offline', page.getByRole('heading', { name: 'Check a receipt' }));
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Ledger' }).click();
  world.node.signal('SIGCONT');
  await context.setOffline(false);
  await sees('back online it is live again', state(page, 'Live'));
  await sees('and what could not be fetched comes by itself', page.getByRole('region', { name: 'Latest blocks' }).getByRole('row').nth(1));
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Ward' }).click();
}

async function is_killed(world, page) {
  const { node } = world;
  const before = node.signal('SIGKILL');
  await sees('a killed node: the connection is lost', page.getByRole('alert').filter({ hasText: 'Connection lost' }));
  await becomes('its supervisor starts it again', async () => node.pid() !== before && (await fetch(`${node.address}/readyz`)).ok, 60_000);
  await sees('keys were open in the killed process alone: the page asks to sign in again', page.getByRole('heading', { name: 'Sign in' }));
  await sees('and says why', page.getByRole('status').filter({ hasText: 'Please sign in again' }).filter({ hasText: 'Your session has ended' }));
  check('and will come back to where it was', new URL(page.url()).searchParams.get('next') === '/ward', page.url());
}

export async function steps(world) {
  const patient = await world.followed();
  const nurse = await world.stranger();
  const { page, context, api } = nurse;
  await api.post('/login', { login: 'nurse.silva', password: 'salus-demo' });
  await page.clock.install();
  await page.goto('/ward');
  const tile = page.getByRole('article', { name: `Bed ${patient.bed} ${patient.name}` });
  await sees('values arrive', tile.getByText('Live', { exact: true }));
  await sees('and the connection is live', state(page, 'Live'));
  await falls_silent(world, page, tile);
  await page.close();

  nurse.page = await context.newPage();
  await nurse.page.goto('/ward');
  await state(nurse.page, 'Live').waitFor();
  await nurse.page.getByRole('article').first().waitFor();
  await goes_offline(world, context, nurse.page);
  await state(nurse.page, 'Live').waitFor();
  await is_killed(world, nurse.page);
  await context.close();
  await world.sign_all_out();
}
