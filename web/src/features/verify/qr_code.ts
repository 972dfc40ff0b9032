// SPDX-License-Identifier: Apache-2.0
import { read_claim, write_text } from '@/verify/claim';

/// The text form of a receipt in any form, as its QR code holds it. Throws Malformed.
export function receipt_as_text(receipt: Uint8Array | string): string {
  const bytes = typeof receipt === 'string' ? new TextEncoder().encode(receipt) : receipt;
  return write_text(read_claim(bytes));
}
