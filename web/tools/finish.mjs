// SPDX-License-Identifier: Apache-2.0
// After the build: pre-compresses every asset (.br and .gz beside it), states the first load, and puts all of
// it in the place of dist/ at once: a node that starts during a build serves the one before.
import { readdir, readFile, rename, rm, writeFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const dist = new URL('../dist.next/', import.meta.url).pathname;
const served = new URL('../dist', import.meta.url).pathname;
const outgoing = new URL('../dist.old', import.meta.url).pathname;
const compressible = /\.(html|js|css|svg|json|txt|webmanifest)$/;
const first_load_bytes_max = 300 * 1024;

async function files_below(folder) {
  const found = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await files_below(path)));
    else if (compressible.test(entry.name)) found.push(path);
  }
  return found;
}

for (const path of await files_below(dist)) {
  const bytes = await readFile(path);
  const options = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
  await writeFile(`${path}.br`, brotliCompressSync(bytes, options));
  await writeFile(`${path}.gz`, gzipSync(bytes, { level: 9 }));
}

const page = await readFile(join(dist, 'index.html'), 'utf8');
let first_load = 0;
for (const [, source] of page.matchAll(/(?:src|href)="\/([^"]+\.js)"/g)) {
  first_load += (await stat(join(dist, `${source}.gz`))).size;
}
const keep = (await stat(join(dist, 'verify.html'))).size;
console.log(`first load: ${first_load} bytes of script compressed (at most ${first_load_bytes_max})`);
console.log(`verify.html: ${keep} bytes, one file`);
if (first_load > first_load_bytes_max) {
  console.error('The first load is too large: split by route what is not needed at once.');
  process.exit(1);
}

await rm(outgoing, { recursive: true, force: true });
await rename(served, outgoing).catch((error) => {
  if (error.code !== 'ENOENT') throw error;
});
await rename(dist, served);
await rm(outgoing, { recursive: true, force: true });
