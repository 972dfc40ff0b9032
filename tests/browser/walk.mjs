// SPDX-License-Identifier: Apache-2.0
import { check, skip, sum_up, walk } from './lib/check.mjs';
import { launch, page_faults, World } from './lib/browser.mjs';
import { Node } from './lib/node.mjs';

// In this order: what needs live values first, what takes consents away last.
const names = ['measures', 'nurse', 'connection', 'doctor', 'ledger', 'receipt', 'attacks', 'pairing', 'rights', 'looks', 'consent'];
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`no such walk: ${unknown.join(', ')}; there are: ${names.join(' ')}`);
  process.exit(2);
}

const node = await Node.start();
let browser;
try {
  browser = await launch();
  const world = new World(node, browser);
  if (!node.recorded) console.log('recordings are not here (../shared/data/bidmc): patients are simulated');
  for (const name of wanted.length > 0 ? wanted : names) {
    const { title, needs_recordings, steps } = await import(`./walks/${name}.mjs`);
    if (needs_recordings && !node.recorded) skip(title, '../shared/data/bidmc is not here');
    else await walk(title, () => steps(world));
  }
  await walk('every page', async () => {
    check('no script error and nothing stopped by the content security policy', page_faults.length === 0, page_faults);
  });
} finally {
  await browser?.close();
  await node.stop();
}
process.exitCode = sum_up();
