// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { becomes, check, sees } from '../lib/check.mjs';
import { root } from '../lib/node.mjs';
import { approved_one } from '../lib/reports.mjs';

export const title = 'a patient takes a receipt home and checks it against an anchor';

const file = (name, text) => ({ name, mimeType: 'application/json', buffer: Buffer.from(text) });
const receipt_input = (page) => page.getByRole('region', { name: 'Receipt' }).locator('input[type=file]');
const anchor_input = (page) => page.getByRole('region', { name: 'Anchor' }).locator('input[type=file]');
const verdict = (page, words) => page.getByRole('status').getByRole('heading', { name: words });

/// The same text with one of its base64 or hex digits changed, at a part of its length.
function altered(text, part) {
  let at = Math.floor(text.length * part);
  while (!/[A-Za-z0-9]/.test(text[at]) || !/[A-Za-z0-9]/.test(text[at + 1] ?? '')) at += 1;
  const digit = text[at] === '1' ? '2' : '1';
  return text.slice(0, at) + digit + text.slice(at + 1);
}

async function download(world, report) {
  const patient = await world.followed();
  const { page } = await world.person(patient.login);
  await page.goto('/my-health');
  await sees('the patient is greeted by name', page.getByRole('heading', { name: `Hello, ${patient.name}` }));
  await page.getByRole('tab', { name: 'Reports' }).click();
  await sees('the report is sealed, in words', page.getByText(`Sealed in block ${report.height}: nobody can change it unnoticed.`));
  const item = page.getByRole('listitem').filter({ hasText: `Sealed in block ${report.height}:` });
  const [saved] = await Promise.all([page.waitForEvent('download'), item.getByRole('link', { name: 'Download receipt' }).click()]);
  check('its receipt is saved under a name that says what it is', /^salus-receipt-.*\.json$/.test(saved.suggestedFilename()), saved.suggestedFilename());
  await item.getByRole('link', { name: 'Check it here' }).click();
  await sees('"Check it here" brings the receipt along: consistent, but of whom?', verdict(page, 'Consistent, issuer unknown'));
  await page.getByRole('button', { name: "Use this node's own" }).click();
  await sees("with the node's own anchor everything holds", verdict(page, 'Everything holds'));
  await sees('but the page says that this anchor is not independent', page.getByText('it shows that the receipt fits this node', { exact: false }).first());
  return readFileSync(await saved.path(), 'utf8');
}

async function refuses(page, receipt) {
  for (const part of [0.05, 0.3, 0.55, 0.8, 0.98]) {
    await receipt_input(page).setInputFiles(file('altered.json', altered(receipt, part)));
    await sees(`one digit changed at ${Math.round(100 * part)} %: it does not hold`, verdict(page, 'This receipt does not hold'));
    const step = page.getByRole('listitem').filter({ hasText: 'fails' });
    const said = await step.first().innerText();
    check('  and the step that fails says why', (await step.count()) === 1 && said.split('\n').filter(Boolean).at(-1).length > 15, said);
    await receipt_input(page).setInputFiles(file('receipt.json', receipt));
    await verdict(page, 'Everything holds').waitFor();
  }
}

async function outsiders(page, receipt, trust) {
  await receipt_input(page).setInputFiles(file('receipt.json', receipt));
  await sees('without an anchor it says that the issuer is unknown', verdict(page, 'Consistent, issuer unknown'));
  await anchor_input(page).setInputFiles(file('trust.json', trust));
  await sees('with the anchor everything holds', verdict(page, 'Everything holds'));
  await becomes('each of its steps holds', async () => {
    const steps = await page.getByRole('list').filter({ hasText: 'The file is a well-formed receipt' }).getByRole('listitem').allInnerTexts();
    return (steps.length === 11 && steps.every((step) => step.includes('holds'))) || Promise.reject(new Error(steps.join('; ')));
  });
  await refuses(page, receipt);
}

export async function steps(world) {
  const report = await approved_one(world);
  const receipt = await download(world, report);
  const stranger = await world.stranger();
  const trust = (await stranger.api.get('/trust')).text;

  await stranger.page.goto('/verify');
  await outsiders(stranger.page, receipt, trust);
  await stranger.page.getByText('Or paste it').first().click();
  await stranger.page.getByRole('textbox', { name: 'Receipt text' }).fill('{"salus":"no receipt"}');
  await sees('what is no receipt at all is said to be none', verdict(stranger.page, 'This receipt does not hold'));

  const foreign = JSON.stringify({ ...JSON.parse(trust), chain_id: 'salus-elsewhere' });
  await receipt_input(stranger.page).setInputFiles(file('receipt.json', receipt));
  await anchor_input(stranger.page).setInputFiles(file('trust.json', foreign));
  await becomes("another chain's anchor is not taken for this one's", async () =>
    (await verdict(stranger.page, 'Everything holds').count()) === 0 && (await stranger.page.getByText(/does not hold|no anchor/).count()) > 0);

  console.log('  the verifier as a file from disk, without any network');
  const { page, context } = await world.stranger();
  await context.setOffline(true);
  await page.goto(pathToFileURL(join(root, 'web/dist/verify.html')).href);
  await sees('it opens', page.getByRole('heading', { name: 'Check a receipt' }));
  await outsiders(page, receipt, trust);
  await context.close();
  await stranger.context.close();
}
