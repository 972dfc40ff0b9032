// SPDX-License-Identifier: Apache-2.0
// An honest receipt and its anchor for the development node (Node reads the .ts files as they are).
import { write_claim } from '../src/verify/claim_json.ts';
import { write_trust } from '../src/verify/receipt.ts';
import { make_block, make_receipt } from '../src/verify/testing.ts';

const { receipt, trust } = make_receipt();
export const receipt_text = write_claim(receipt);
export const trust_text = write_trust(trust);

// A chain of honest blocks, made as they are asked for.
const blocks = [];
export function block_file(height) {
  while (blocks.length < height) blocks.push(make_block(blocks.length + 1, blocks.at(-1) ?? null));
  return blocks[height - 1];
}
