// SPDX-License-Identifier: Apache-2.0
// Holds the web page's verifier against the corpus that claim_corpus makes: on every receipt, genuine or
// forged, it must come to the verdict of the node's own verifier. usage: node run.mjs CORPUS
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { from_base64url } from '../../web/src/verify/bytes.ts';
import { read_trust } from '../../web/src/verify/receipt.ts';
import { verify_receipt } from '../../web/src/verify/verify.ts';

const [first, ...lines] = readFileSync(process.argv[2], 'ascii').trimEnd().split('\n');
const trusts = JSON.parse(first).trusts.map(read_trust);
let believed = 0;
let differing = 0;
for (const line of lines) {
  const { name, trust, bytes, expect } = JSON.parse(line);
  const found = verify_receipt(from_base64url(bytes), trust === null ? null : trusts[trust]);
  const failed = found.status === 'failed';
  const verdict = {
    status: found.status,
    step: failed ? found.steps.at(-1).name : null,
    kind: found.kind,
    agreed: found.agreed,
    witnesses: found.witnesses.map((one) => [one.name, one.time_ms]),
    by_program: !failed && found.by_program,
  };
  believed += found.status === 'verified';
  if (isDeepStrictEqual(verdict, expect)) continue;
  differing += 1;
  console.log(`${name}: ${JSON.stringify(verdict)} (${found.steps.at(-1).words}), but the node says ${JSON.stringify(expect)}`);
}
console.log(`web page: ${lines.length} receipts and forgeries, ${believed} believed, ${differing} differing verdicts`);
process.exit(lines.length > 1000 && believed > 0 && differing === 0 ? 0 : 1);
