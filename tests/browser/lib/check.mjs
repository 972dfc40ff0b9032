// SPDX-License-Identifier: Apache-2.0
// Named checks, counted. A check that fails is told and the walk goes on; what a walk cannot do without
// ends that walk alone.

const counts = { passed: 0, failed: 0, skipped: 0 };
const patience_ms = 20_000;
const poll_ms = 50;

const short = (found) => {
  const text = found instanceof Error ? found.message : typeof found === 'string' ? found : JSON.stringify(found);
  return (text ?? 'nothing').replace(/\s+/g, ' ').slice(0, 400);
};

function tell(what, holds, found) {
  counts[holds ? 'passed' : 'failed'] += 1;
  console.log(holds ? `  holds: ${what}` : `  FAILS: ${what} (found: ${short(found)})`);
  return holds;
}

/// A condition that is known now.
export const check = (what, holds, found) => tell(what, Boolean(holds), found);

/// Holds once `ask` answers something true, within the patience.
export async function becomes(what, ask, patience = patience_ms) {
  const until = performance.now() + patience;
  let found;
  do {
    try {
      found = await ask();
      if (found) return tell(what, true);
    } catch (error) {
      found = error;
    }
    await new Promise((resolve) => setTimeout(resolve, poll_ms));
  } while (performance.now() < until);
  return tell(what, false, found);
}

/// Holds once the locator is on screen; says what stood on the page instead.
export async function sees(what, locator, patience = patience_ms) {
  try {
    await locator.first().waitFor({ state: 'visible', timeout: patience });
    return tell(what, true);
  } catch (error) {
    const page = locator.page();
    const text = await page.locator('body').innerText({ timeout: 2_000 }).catch(() => error.message);
    return tell(what, false, `${page.url()}: ${text}`);
  }
}

export async function walk(name, steps) {
  const start = performance.now();
  console.log(name);
  try {
    await steps();
  } catch (error) {
    tell(`${name}: the walk goes to its end`, false, error);
  }
  console.log(`  (${((performance.now() - start) / 1_000).toFixed(1)} s)`);
}

export function skip(name, why) {
  counts.skipped += 1;
  console.log(`${name}\n  SKIPPED: ${why}`);
}

/// The last line of the run; the exit code.
export function sum_up() {
  const skipped = counts.skipped ? `, ${counts.skipped} skipped` : '';
  console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`);
  return counts.failed === 0 && counts.passed > 0 ? 0 : 1;
}
