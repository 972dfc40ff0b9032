// SPDX-License-Identifier: Apache-2.0
// Screenshots of pages for looking at them, on a real node or on the mock (SALUS_NODE names another address).
//   node dev/screens.mjs FOLDER                       every page as whoever it is for: light, dark, phone; the ward on a wall
//   node dev/screens.mjs FOLDER NAME...               those of the pages that tests/browser/lib/pages.mjs names so
//   node dev/screens.mjs FOLDER LOGIN PATH [light|dark] [WIDTHxHEIGHT] [NAME]
// CLICK='css|css' clicks before the picture, WAIT=ms waits longer, FULL=1 takes the whole page, SIZES=light,phone some.
import { chromium } from 'playwright-core';
import { pages_of } from '../../tests/browser/lib/pages.mjs';

const [folder, ...rest] = process.argv.slice(2);
const base = process.env.SALUS_NODE ?? 'http://127.0.0.1:8090';
const wait_ms = Number(process.env.WAIT ?? 2_500);
const full = process.env.FULL === '1';
const sizes = {
  light: { scheme: 'light', width: 1440, height: 900 },
  dark: { scheme: 'dark', width: 1440, height: 900 },
  phone: { scheme: 'light', width: 390, height: 844, full: true },
  'phone-dark': { scheme: 'dark', width: 390, height: 844, full: true },
  wall: { scheme: 'dark', width: 1920, height: 1080 },
};
const on_a_wall = new Set(['ward', 'ward-wall']);

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const info = await (await fetch(`${base}/api/v1/info`)).json();
const sessions = new Map();

/// A browser context of whoever signs in; a stranger's for null. One for each login: signing in is slow by design.
async function context_of(login) {
  const known = sessions.get(login);
  if (known) return known;
  const context = await browser.newContext({ locale: 'en-GB' });
  if (login !== null) {
    const password = process.env.SALUS_PASSWORD ?? info.demo_logins?.find((each) => each.login === login)?.password;
    const answer = await context.request.post(`${base}/api/v1/login`, { data: { login, password }, headers: { 'X-Salus': '1' } });
    if (!answer.ok()) throw new Error(`${login} cannot sign in: ${answer.status()} ${await answer.text()}`);
  }
  sessions.set(login, context);
  return context;
}

async function take({ login, path, scheme, width, height, file, whole }) {
  const page = await (await context_of(login)).newPage();
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && console.log(`${path}: console: ${message.text()}`));
  page.on('pageerror', (error) => console.log(`${path}: page error: ${error.message}`));
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme: scheme });
  await page.goto(base + path);
  await page.waitForTimeout(wait_ms);
  for (const step of (process.env.CLICK ?? '').split('|').filter(Boolean)) {
    await page.locator(step).first().click();
    await page.waitForTimeout(900);
  }
  await page.screenshot({ path: file, fullPage: whole || full });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  console.log(`${file}${wide > 0 ? `: the page is ${wide} px wider than the window` : ''}`);
  await page.close();
}

/// Whom the pictures follow: the first patient in a bed, their doctor, and a report of theirs that was approved.
async function followed() {
  const ask = async (login, path) => (await (await context_of(login)).request.get(`${base}/api/v1${path}`)).json();
  const ward = await ask('nurse.kim', '/ward');
  const { id } = ward.items.find((each) => each.bed) ?? ward.items[0];
  const patient = await ask('nurse.kim', `/patients/${id}`);
  const login_of = (name) => info.demo_logins.find((each) => each.name === name)?.login;
  const doctor = login_of(patient.doctor.name);
  const reports = await ask(doctor, '/reports?state=approved&limit=500');
  return { patient: { id, login: login_of(patient.name) }, doctor, report: reports.items.find((each) => each.patient.id === id && each.height !== null) };
}

async function take_all(names) {
  const wanted = process.env.SIZES?.split(',');
  for (const [name, login, path] of pages_of(await followed())) {
    if (names.length > 0 && !names.includes(name)) continue;
    for (const [size, { full: whole, ...view }] of Object.entries(sizes)) {
      if (wanted ? !wanted.includes(size) : (size === 'wall' && !on_a_wall.has(name)) || (size === 'phone-dark' && !name.startsWith('my-health'))) continue;
      await take({ login, path, ...view, whole, file: `${folder}/${name}-${size}.png` }).catch((error) => console.log(`${name}-${size}: ${error.message}`));
    }
  }
}

try {
  if (rest[1]?.startsWith('/')) {
    const [login, path, scheme = 'light', size = '1440x900', name] = rest;
    const [width, height] = size.split('x').map(Number);
    const stem = name ?? (path.replace(/[^a-z0-9]+/gi, '_') || 'root');
    await take({ login: login === '-' ? null : login, path, scheme, width, height, file: `${folder}/${stem}-${scheme}-${size}.png` });
  } else {
    await take_all(rest);
  }
} finally {
  await browser.close();
}
