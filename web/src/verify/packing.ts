// SPDX-License-Identifier: Apache-2.0
// What repeats as references, and runs of base64 as what they encode: docs/formats/receipt.md, "Packing".
import { equal, from_base64, to_base64 } from './bytes.ts';

const literals_max = 128;
const reference_token = 128;
const base64_token = 192;
const unit_min = 4;
const unit_max = 67;

const is_digit = (byte: number): boolean =>
  (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122) || (byte >= 48 && byte <= 57) || byte === 43 || byte === 47;
const ascii = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

class Packer {
  private readonly out: number[] = [];
  private readonly places = new Map<number, number>();
  private literals_begin = 0;
  private at = 0;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
  run(): Uint8Array {
    while (this.at < this.bytes.length) {
      const begin = this.at;
      if (this.write_reference() || this.write_base64()) this.literals_begin = this.at;
      else this.at += 1;
      for (let place = begin; place < this.at && place + unit_min <= this.bytes.length; ++place) {
        this.places.set(this.four_at(place), place);
      }
    }
    this.write_literals();
    return Uint8Array.from(this.out);
  }
  private byte(at: number): number {
    return this.bytes[at] ?? 0;
  }
  private four_at(at: number): number {
    return this.byte(at) * 0x1000000 + this.byte(at + 1) * 0x10000 + this.byte(at + 2) * 0x100 + this.byte(at + 3);
  }
  private write_reference(): boolean {
    if (this.at + unit_min > this.bytes.length) return false;
    const place = this.places.get(this.four_at(this.at));
    if (place === undefined) return false;
    const most = Math.min(unit_max, this.bytes.length - this.at);
    let length = unit_min;
    while (length < most && this.byte(place + length) === this.byte(this.at + length)) length += 1;
    this.write_literals();
    const distance = this.at - place;
    this.out.push(reference_token + length - unit_min, distance >> 8, distance & 255);
    this.at += length;
    return true;
  }
  private write_base64(): boolean {
    const most = Math.min(4 * unit_max, this.bytes.length - this.at);
    let length = 0;
    while (length < most && is_digit(this.byte(this.at + length))) length += 1;
    const groups = Math.floor(length / 4);
    if (groups < unit_min) return false;
    this.write_literals();
    const end = this.at + 4 * groups;
    this.out.push(base64_token + groups - unit_min, ...(from_base64(ascii(this.bytes.subarray(this.at, end))) ?? []));
    this.at = end;
    return true;
  }
  private write_literals(): void {
    for (let begin = this.literals_begin; begin < this.at; begin += literals_max) {
      const part = this.bytes.subarray(begin, Math.min(begin + literals_max, this.at));
      this.out.push(part.length - 1, ...part);
    }
    this.literals_begin = this.at;
  }
}

export const pack = (bytes: Uint8Array): Uint8Array => new Packer(bytes).run();

/// What the token at the beginning of `rest` stands for is added to `out`. Nothing, or how long the token is.
function expand_token(rest: Uint8Array, out: number[]): number | null {
  const first = rest[0] ?? 0;
  if (first < reference_token) {
    if (rest.length < 2 + first) return null;
    out.push(...rest.subarray(1, 2 + first));
    return 2 + first;
  }
  if (first < base64_token) {
    const distance = (rest[1] ?? 0) * 256 + (rest[2] ?? 0);
    if (rest.length < 3 || distance === 0 || distance > out.length) return null;
    for (let i = 0; i < first - reference_token + unit_min; ++i) out.push(out[out.length - distance] ?? 0);
    return 3;
  }
  const size = 3 * (first - base64_token + unit_min);
  if (rest.length < 1 + size) return null;
  out.push(...new TextEncoder().encode(to_base64(rest.subarray(1, 1 + size))));
  return 1 + size;
}

/// Nothing unless `packed` is what `pack` would have written of at most `bytes_max`.
export function unpack(packed: Uint8Array, bytes_max: number): Uint8Array | null {
  const out: number[] = [];
  for (let at = 0; at < packed.length; ) {
    const taken = expand_token(packed.subarray(at), out);
    if (taken === null || out.length > bytes_max) return null;
    at += taken;
  }
  const bytes = Uint8Array.from(out);
  return equal(pack(bytes), packed) ? bytes : null;
}
