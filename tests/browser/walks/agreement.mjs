// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, sees } from '../lib/check.mjs';
import { program } from '../lib/node.mjs';

export const title = 'a user signs in by key agreement, without a password';

const salus = (...words) =>
  new Promise((done) => {
    execFile(program, words, (error, stdout, stderr) => done({ well: error === null, said: stdout + stderr }));
  });

export async function steps(world) {
  const patient = await world.followed();
  const folder = mkdtempSync(join(world.node.folder, 'user-'));
  const file = (name, text) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const at = ['--at', world.node.address];
  const secret = ['--secret', file('secret', 'what she knows\n')];
  const keys = join(folder, 'keys');

  const registered = await salus('user', 'register', ...at, ...secret, '--keys', keys, '--login', patient.login);
  check('a client is registered', registered.well, registered.said);
  check('its file is for its user alone', (statSync(keys).mode & 0o777) === 0o600);
  const session = join(folder, 'session');
  const signed_in = await salus('user', 'login', ...at, ...secret, '--keys', keys, '--session', session);
  check('it signs in', signed_in.well && signed_in.said.includes(patient.name), signed_in.said);

  const { context, page, api } = await world.stranger();
  await context.addCookies([{ name: 'salus_session', value: readFileSync(session, 'utf8'), url: world.node.address }]);
  check('the session is hers', (await api.get('/me')).json.login === patient.login);
  await page.goto('/');
  await sees('and opens her page', page.getByRole('heading', { name: `Hello, ${patient.name}` }));
  await context.close();

  const wrong = await salus('user', 'login', ...at, '--keys', keys, '--secret', file('wrong', 'a guess\n'));
  check('a wrong secret hears nothing', !wrong.well && wrong.said.includes('says nothing'), wrong.said);
  const admin = await world.person('admin');
  await admin.page.goto('/admin?part=refusals');
  await sees('and is counted', admin.page.getByRole('row').filter({ hasText: 'login E' }));
}
