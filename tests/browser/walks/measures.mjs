// SPDX-License-Identifier: Apache-2.0
import { sees } from '../lib/check.mjs';

export const title = 'measured, not judged (other programs share this machine)';

const middle = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

/// In the page, before its own scripts: how long from a live event's arrival to its value on screen.
function watch_live() {
  globalThis.salus_measured = { usable_ms: null, to_screen_ms: [], to_event_ms: [], waiting: [] };
  const measured = globalThis.salus_measured;
  const Native = globalThis.EventSource;
  globalThis.EventSource = class extends Native {
    constructor(...words) {
      super(...words);
      this.addEventListener('vitals', (event) => {
        const { now_ms, readings } = JSON.parse(event.data);
        const newest = readings.reduce((newer, each) => (each.time_ms > newer.time_ms ? each : newer));
        measured.to_event_ms.push(now_ms - newest.time_ms);
        measured.waiting.push(performance.now());
      });
    }
  };
  new MutationObserver((changes) => {
    if (measured.usable_ms === null && document.querySelector('article')) measured.usable_ms = performance.now();
    const value_changed = changes.some((each) => each.target.parentElement?.closest('article'));
    if (!value_changed || measured.waiting.length === 0) return;
    const since = measured.waiting[0];
    measured.waiting = [];
    requestAnimationFrame(() => measured.to_screen_ms.push(performance.now() - since));
  }).observe(document, { childList: true, subtree: true, characterData: true });
}

async function script_bytes(context, page) {
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  const scripts = new Map();
  session.on('Network.responseReceived', ({ requestId, type, response }) => type === 'Script' && scripts.set(requestId, { url: response.url, bytes: 0 }));
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (scripts.has(requestId)) scripts.get(requestId).bytes = encodedDataLength;
  });
  return () => [...scripts.values()].reduce((sum, each) => sum + each.bytes, 0);
}

export async function steps(world) {
  const { page, context, api } = await world.stranger();
  await api.post('/login', { login: 'nurse.kim', password: 'salus-demo' });
  await page.addInitScript(watch_live);
  const bytes = await script_bytes(context, page);
  await page.goto('/ward');
  await sees('the ward loads', page.getByRole('article').first());
  const first_load = bytes();
  await page.waitForFunction(() => globalThis.salus_measured.to_screen_ms.length >= 20, null, { timeout: 20_000 }).catch(() => null);
  const measured = await page.evaluate(() => globalThis.salus_measured);
  const { items } = (await api.get('/ward')).json;
  const speed = Math.max(1, items[0]?.speed ?? 1);
  console.log(`  scripts of the first load: ${(first_load / 1_000).toFixed(0)} kB as sent`);
  console.log(`  usable (first tile) after: ${measured.usable_ms?.toFixed(0)} ms, nothing cached`);
  if (measured.to_screen_ms.length === 0) console.log('  no live value came: latency not measured');
  else {
    console.log(`  event to screen: median ${middle(measured.to_screen_ms).toFixed(0)} ms of ${measured.to_screen_ms.length}`);
    console.log(`  newest reading's age at its event: median ${(middle(measured.to_event_ms) / speed).toFixed(0)} ms (replay at ${speed} times)`);
  }
  await context.close();
}
