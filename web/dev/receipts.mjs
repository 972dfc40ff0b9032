// SPDX-License-Identifier: Apache-2.0
// An honest receipt and its anchor for the development node (Node reads the .ts files as they are).
import { write_receipt, write_trust } from '../src/verify/receipt.ts';
import { make_receipt } from '../src/verify/testing.ts';

const { receipt, trust } = make_receipt();
export const receipt_text = write_receipt(receipt);
export const trust_text = write_trust(trust);
