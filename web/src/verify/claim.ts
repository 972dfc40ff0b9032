// SPDX-License-Identifier: Apache-2.0
// A receipt in its three forms: docs/formats/receipt.md. What does not write again to the same bytes is
// refused, so that every reader reads the same.
import { equal, from_base45, to_base45 } from './bytes.ts';
import { read_binary, write_binary } from './claim_binary.ts';
import type { Claim } from './claim_fact.ts';
import { read_json, write_claim } from './claim_json.ts';
import { Malformed } from './protobuf.ts';

export const claim_bytes_max = 64 * 1024;
const text_prefix = 'SALUS:';

/// Any of the three forms, told apart by how it begins. Throws Malformed.
export function read_claim(bytes: Uint8Array): Claim {
  if (bytes.length > claim_bytes_max) throw new Malformed('it is larger than 64 KiB');
  const text = new TextDecoder('latin1').decode(bytes);
  if (text.startsWith('{')) {
    // Read byte for byte: whatever is not ASCII then fails to write again to the same text.
    const written = read_json(text);
    if (!equal(new TextEncoder().encode(write_claim(written)), bytes)) throw new Malformed('it is no plain text');
    return written;
  }
  const trimmed = text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
  if (!trimmed.startsWith(text_prefix)) return read_binary(bytes);
  const inner = from_base45(trimmed.slice(text_prefix.length));
  if (!inner) throw new Malformed('behind "SALUS:" stands no base45');
  return read_binary(inner);
}

/// The text form, for QR codes: all of it is in their alphanumeric set.
export const write_text = (claim: Claim): string => text_prefix + to_base45(write_binary(claim));
