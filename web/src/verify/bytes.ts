// SPDX-License-Identifier: Apache-2.0
// Bytes as text and back, strictly: every value has one spelling only.

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const values = new Map([...alphabet].map((letter, value) => [letter, value]));

export const to_hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

export function from_hex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) return null;
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

/// Source: RFC 4648 section 5, without padding.
export function to_base64url(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    const digits = Math.min(4, bytes.length - i + 1);
    for (let digit = 0; digit < digits; ++digit) text += alphabet.charAt((group >> (18 - 6 * digit)) & 63);
  }
  return text;
}

/// Nothing unless `text` is what to_base64url would have written (RFC 4648 section 3.5: the spare bits
/// of the last digit are zero).
export function from_base64url(text: string): Uint8Array | null {
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let held = 0;
  let bits = 0;
  let at = 0;
  for (const letter of text) {
    const value = values.get(letter);
    if (value === undefined) return null;
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at] = (held >> bits) & 0xff;
    at += 1;
  }
  return to_base64url(bytes) === text ? bytes : null;
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const base45_digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';

/// Source: RFC 9285 section 4: two bytes n are c + d * 45 + e * 45 * 45, c first; one last byte two digits.
export function to_base45(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 2) {
    const pair = i + 1 < bytes.length;
    let n = pair ? (bytes[i] ?? 0) * 256 + (bytes[i + 1] ?? 0) : (bytes[i] ?? 0);
    for (let digit = 0; digit < (pair ? 3 : 2); ++digit) {
      text += base45_digits.charAt(n % 45);
      n = Math.floor(n / 45);
    }
  }
  return text;
}

/// Nothing unless `text` is what to_base45 would have written.
export function from_base45(text: string): Uint8Array | null {
  if (text.length % 3 === 1) return null;
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i += 3) {
    const digits = [...text.slice(i, i + 3)].map((digit) => base45_digits.indexOf(digit));
    if (digits.includes(-1)) return null;
    const n = digits.reduceRight((sum, digit) => sum * 45 + digit, 0);
    const pair = digits.length === 3;
    if (n > (pair ? 0xffff : 0xff)) return null;
    if (pair) bytes.push(n >> 8);
    bytes.push(n & 0xff);
  }
  return Uint8Array.from(bytes);
}

/// RFC 4648 section 4: padded, with + and /.
export function to_base64(bytes: Uint8Array): string {
  const plain = to_base64url(bytes).replaceAll('-', '+').replaceAll('_', '/');
  return plain + '='.repeat((4 - (plain.length % 4)) % 4);
}
/// Nothing unless `text` is what to_base64 would have written.
export function from_base64(text: string): Uint8Array | null {
  const bytes = from_base64url(text.replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_'));
  return bytes && to_base64(bytes) === text ? bytes : null;
}
