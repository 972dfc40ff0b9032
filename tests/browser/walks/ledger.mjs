// SPDX-License-Identifier: Apache-2.0
import { becomes, check, sees } from '../lib/check.mjs';
import { approve_one } from '../lib/reports.mjs';

export const title = 'the ledger can be read and followed';

// Of the transaction of a report, as people must be able to read it.
const fields_wanted = [/sender/i, /receiver/i, /type|category/i, /consent/i, /hash/i, /token/i];

export async function steps(world) {
  const { page, api } = await world.person('auditor');
  await page.goto('/ledger');
  await sees('the ledger opens for an auditor', page.getByRole('heading', { name: 'Ledger', exact: true }));
  const blocks = page.getByRole('region', { name: 'Latest blocks' });
  await sees('with its blocks', blocks.getByRole('row').nth(1));
  const ring = page.getByRole('img', { name: /Miners in a ring/ });
  await sees('the ring says whose turn it is, in words', ring);
  const turn_before = await ring.getAttribute('aria-label');
  check('out of 100 miners', /Round \d+: \d+ of 100 miners have had their turn/.test(turn_before), turn_before);
  await sees('and who is next', page.getByText(/Miner \d+ is next/));

  const report = await approve_one(world);
  const row = blocks.getByRole('link', { name: String(report.height), exact: true });
  await sees('a new block appears by itself', row);
  await becomes('and the ring moves on by one turn', async () => (await ring.getAttribute('aria-label')) !== turn_before);

  const block = (await api.get(`/ledger/blocks/${report.height}`)).json;
  await row.click();
  await sees('a block opens', page.getByRole('heading', { name: `Block ${report.height}` }));
  await sees('with its hash, whole', page.getByText(block.hash, { exact: true }));
  await sees('with the block before it', page.getByText(block.previous_hash, { exact: true }));
  await page.getByRole('link', { name: new RegExp(report.transaction.slice(0, 6)) }).first().click();
  await sees('its transaction opens', page.getByRole('heading', { name: 'Approved report' }));
  const transaction = (await api.get(`/ledger/transactions/${report.transaction}`)).json;
  const fields = page.getByRole('region', { name: 'Fields' });
  const terms = await fields.getByRole('term').allInnerTexts();
  check('field by field', terms.length === transaction.fields.length && terms.length >= 10, terms);
  for (const wanted of fields_wanted) check(`a field is about ${wanted.source}`, terms.some((term) => wanted.test(term)), terms);
  const text = await fields.innerText();
  check('each with its meaning', transaction.fields.every((field) => field.meaning.length > 0 && text.includes(field.meaning)),
    transaction.fields.filter((field) => !text.includes(field.meaning)));
  const signatures = page.getByRole('region', { name: 'Signatures' });
  await sees('the cloud server signed it', signatures.getByRole('cell', { name: 'cloud server' }));
  await sees('and a doctor', signatures.getByRole('cell', { name: 'doctor', exact: true }));

  await page.goto('/ledger');
  const search = page.getByRole('textbox', { name: 'Height, transaction id or header hash' });
  await search.fill(report.transaction.slice(0, 16).toUpperCase());
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/ledger/transactions/${report.transaction}`);
  check('the first 16 digits of an id lead to its transaction', true);
  await page.goto('/ledger');
  await search.fill(block.hash);
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/ledger/blocks/${report.height}`);
  check("a header's hash leads to its block", true);
  await page.goto('/ledger');
  await search.fill('deadbeefdeadbeef');
  await page.keyboard.press('Enter');
  await sees('what is not there is said, and what can be looked for', page.getByText(/Nothing begins with "deadbeefdeadbeef"/));
  await page.goto('/ledger/blocks/999999');
  await sees('a block that does not exist is said to be unknown', page.getByText('Not found'));
}
