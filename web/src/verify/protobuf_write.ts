// SPDX-License-Identifier: Apache-2.0
// Messages as bytes, in the one form that protobuf.ts reads.
import { concat } from './bytes.ts';

function varint(value: number | bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt(value);
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
type Value = number | bigint | string | Uint8Array;
/// A message of [field, value] in the order given; zero and empty are left out unless `keep`.
export function message(fields: readonly (readonly [number, Value])[], keep = false): Uint8Array {
  return concat(
    ...fields.map(([field, value]) => {
      if (typeof value === 'number' || typeof value === 'bigint') {
        if (!keep && BigInt(value) === 0n) return new Uint8Array();
        return concat(varint(field << 3), varint(value));
      }
      const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
      if (!keep && bytes.length === 0) return bytes;
      return concat(varint((field << 3) | 2), varint(bytes.length), bytes);
    }),
  );
}
