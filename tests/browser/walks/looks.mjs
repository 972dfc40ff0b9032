// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { check } from '../lib/check.mjs';
import { root } from '../lib/node.mjs';
import { pages_of } from '../lib/pages.mjs';
import { approved_one } from '../lib/reports.mjs';

export const title = 'every page: for all eyes, on every screen';

const require = createRequire(join(root, 'web/package.json'));
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const folder = join(root, 'build/screens');
const at_once = 2;

const desk = { width: 1440, height: 900 };
const phone = { width: 390, height: 844 };
const wall = { width: 1920, height: 1080 };
/// 1440 x 900 at 200 % has room for half as many CSS pixels.
const zoomed = { width: 720, height: 450 };

async function pages_here(world) {
  const patient = await world.followed();
  return pages_of({ patient, doctor: patient.doctor.login, report: await approved_one(world) });
}

/// Nothing is loading, no request is under way that the page waits for, and what moves has been drawn.
async function settled(page) {
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await page.waitForFunction(() => document.querySelector('[role=status][aria-label=Loading]') === null);
  await page.evaluate(() => document.fonts.ready);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map((each) => (each.effect?.getTiming().iterations === Infinity ? null : each.finished))));
}

/// Controls that stick out of what holds them, and a page wider than its window.
function sticking_out() {
  const found = [];
  const over = document.documentElement.scrollWidth - innerWidth;
  if (over > 0) found.push(`the page is ${over} px wider than the window`);
  const scrolls = (element) => {
    for (let each = element; each; each = each.parentElement) {
      if (/auto|scroll/.test(getComputedStyle(each).overflowX) && each.scrollWidth > each.clientWidth) return true;
    }
    return false;
  };
  for (const control of document.querySelectorAll('main button, main a, main input, header button, header a')) {
    const box = control.getBoundingClientRect();
    const holder = control.closest('article, form, nav, li, section, header, main');
    if (box.width === 0 || !holder || scrolls(control) || control.closest('.skip, .visually-hidden')) continue;
    const outer = holder.getBoundingClientRect();
    if (box.right > outer.right + 1 || box.left < outer.left - 1) {
      found.push(`"${control.textContent || control.getAttribute('aria-label')}" sticks out of its ${holder.tagName.toLowerCase()} by ${Math.round(Math.max(box.right - outer.right, outer.left - box.left))} px`);
    }
  }
  return found.slice(0, 4);
}

/// In the other scheme only what colours decide can differ.
async function findings_of_axe(page, scheme) {
  await page.evaluate(`globalThis.axe ? 0 : (() => { ${axe} })()`);
  const rules = scheme === 'dark' ? { runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] } } : {};
  const { violations } = await page.evaluate((options) => globalThis.axe.run(document, options), { resultTypes: ['violations'], ...rules });
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id} x${nodes.length}: ${nodes[0].html.slice(0, 140)} ${nodes[0].failureSummary?.split('\n')[1] ?? ''}`);
}

async function look_at(page, name, address) {
  const findings = { light: [], dark: [], wide: [] };
  await page.setViewportSize(desk);
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await page.goto(address);
  await settled(page);
  for (const scheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await page.waitForFunction((wanted) => document.documentElement.dataset.mantineColorScheme === wanted, scheme);
    await settled(page);
    await page.screenshot({ path: join(folder, `${name}-${scheme}.png`) });
    findings[scheme] = await findings_of_axe(page, scheme);
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  for (const [size, viewport] of Object.entries({ desk, zoomed, phone, wall })) {
    await page.setViewportSize(viewport);
    await settled(page);
    for (const each of await page.evaluate(sticking_out)) findings.wide.push(`${size}: ${each}`);
    if (size === 'phone' || size === 'wall') await page.screenshot({ path: join(folder, `${name}-${size}.png`) });
  }
  check(`${name}: axe finds nothing serious in light`, findings.light.length === 0, findings.light);
  check(`${name}: nor in dark`, findings.dark.length === 0, findings.dark);
  check(`${name}: nothing sticks out on a desk, at 200 %, on a phone, on a wall`, findings.wide.length === 0, findings.wide);
}

async function look_at_all(world, list, contexts) {
  for (let next = list.shift(); next; next = list.shift()) {
    const [name, login, address] = next;
    const context = login ? (await world.person(login)).context : contexts.stranger;
    const page = await context.newPage();
    try {
      await look_at(page, name, address);
    } catch (error) {
      check(`${name}: can be looked at`, false, error);
    }
    await page.close();
  }
}

export async function steps(world) {
  mkdirSync(folder, { recursive: true });
  const list = await pages_here(world);
  // Pages left open by other walks would draw along.
  for (const { page } of world.people.values()) await page.goto('about:blank');
  const { context } = await world.stranger();
  await Promise.all(Array.from({ length: at_once }, () => look_at_all(world, list, { stranger: context })));
  await context.close();
}
