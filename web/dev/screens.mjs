// SPDX-License-Identifier: Apache-2.0
// Screenshots of pages for looking at them. Usage: node dev/screens.mjs FOLDER LOGIN PATH [light|dark] [WIDTHxHEIGHT] [NAME]
import { chromium } from 'playwright-core';

const [folder, login, path, scheme = 'light', size = '1440x900', name] = process.argv.slice(2);
const [width, height] = size.split('x').map(Number);
const base = process.env.SALUS_NODE ?? 'http://127.0.0.1:8090';
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, hasTouch: width < 600 });
const page = await context.newPage();
page.on('console', (message) => ['error', 'warning'].includes(message.type()) && console.log('console:', message.text()));
page.on('pageerror', (error) => console.log('page error:', error.message));
if (login !== '-') {
  await context.request.post(`${base}/api/v1/login`, { data: { login, password: process.env.SALUS_PASSWORD ?? 'demo' }, headers: { 'X-Salus': '1' } });
}
await page.goto(base + path);
await page.waitForTimeout(Number(process.env.WAIT ?? 3500));
for (const step of (process.env.CLICK ?? '').split('|').filter(Boolean)) {
  await page.locator(step).first().click();
  await page.waitForTimeout(900);
}
const file = `${folder}/${name ?? (path.replace(/[^a-z0-9]+/gi, '_') || 'root')}-${scheme}-${size}.png`;
await page.screenshot({ path: file, fullPage: process.env.FULL === '1' });
const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
if (wide > 0) console.log(`page is ${wide} px wider than the window`);
console.log(file);
await browser.close();
