// SPDX-License-Identifier: Apache-2.0
// Accessibility findings of each page by axe-core, in light and dark. Usage: node dev/axe.mjs LOGIN PATH...
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const [login, ...paths] = process.argv.slice(2);
const base = process.env.SALUS_NODE ?? 'http://127.0.0.1:8090';
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
for (const colorScheme of ['light', 'dark']) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme, bypassCSP: true, reducedMotion: 'reduce' });
  const page = await context.newPage();
  if (login !== '-') await context.request.post(`${base}/api/v1/login`, { data: { login, password: process.env.SALUS_PASSWORD ?? 'demo' }, headers: { 'X-Salus': '1' } });
  for (const path of paths) {
    await page.goto(base + path);
    await page.waitForTimeout(2500);
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    console.log(`${colorScheme} ${path}: ${violations.length} findings`);
    for (const each of violations) console.log(`  ${each.id} (${each.impact}) x${each.nodes.length}: ${each.nodes[0].html.slice(0, 160)} | ${each.nodes[0].failureSummary?.split('\n')[1] ?? ''}`);
  }
  await context.close();
}
await browser.close();
