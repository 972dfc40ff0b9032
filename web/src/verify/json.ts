// SPDX-License-Identifier: Apache-2.0
// Members of untrusted JSON, each of its form or Malformed.
import { from_base64url, from_hex } from './bytes.ts';
import { Malformed } from './protobuf.ts';

export type Json = Record<string, unknown>;

export function wrong(member: string): never {
  throw new Malformed(`"${member}" is missing or has another form`);
}
export function parse_json(text: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Malformed(`it is no JSON: ${String(cause)}`);
  }
  return object_of(value, 'the whole');
}
export function object_of(value: unknown, member: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) wrong(member);
  return value as Json;
}
export function array_of(value: unknown, member: string, max: number): unknown[] {
  if (!Array.isArray(value) || value.length > max) wrong(member);
  return value as unknown[];
}
export function bytes_of(value: unknown, member: string, size?: number): Uint8Array {
  const bytes = typeof value === 'string' ? from_base64url(value) : null;
  if (!bytes || (size !== undefined && bytes.length !== size)) wrong(member);
  return bytes;
}
export function hex_of(value: unknown, member: string, size: number): Uint8Array {
  const bytes = typeof value === 'string' ? from_hex(value) : null;
  if (bytes?.length !== size) wrong(member);
  return bytes;
}
export function integer_of(value: unknown, member: string, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > max) wrong(member);
  return value;
}
