// SPDX-License-Identifier: Apache-2.0
// Just enough of protobuf to read Salus's closed schema canonically: fields in rising order, numbers in
// their shortest form, defaults left out, nothing unknown. Other bytes of the same meaning are refused,
// as the node's own decoders do by writing again and comparing.
// Source: protobuf.dev/programming-guides/encoding.

export class Malformed extends Error {}

export type FieldKind = 'number' | 'bytes' | 'text' | 'repeated';
export type Schema = Readonly<Record<number, FieldKind>>;

const varint_kind = 0;
const bytes_kind = 2;
const uint64_max = (1n << 64n) - 1n;
const text_decoder = new TextDecoder('utf-8', { fatal: true });

function read_varint(bytes: Uint8Array, from: number): { value: bigint; next: number } {
  let value = 0n;
  for (let i = 0; i < 10; ++i) {
    const byte = bytes[from + i];
    if (byte === undefined) throw new Malformed('it ends within a number');
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte & 0x80) continue;
    if (byte === 0 && i > 0) throw new Malformed('a number is not in its shortest form');
    if (value > uint64_max) throw new Malformed('a number is larger than 64 bits');
    return { value, next: from + i + 1 };
  }
  throw new Malformed('a number is longer than 10 bytes');
}

/// The fields of one message. Defaults of fields that are left out: 0, no bytes, no text, no items.
export class Message {
  private readonly numbers = new Map<number, bigint>();
  private readonly blobs = new Map<number, Uint8Array[]>();

  static read(bytes: Uint8Array, schema: Schema): Message {
    const message = new Message();
    let at = 0;
    let last_field = 0;
    while (at < bytes.length) {
      const tag = read_varint(bytes, at);
      const field = Number(tag.value >> 3n);
      const kind = schema[field];
      if (!kind) throw new Malformed(`field ${field} is unknown`);
      if (field < last_field || (field === last_field && kind !== 'repeated')) {
        throw new Malformed(`field ${field} is out of order or doubled`);
      }
      last_field = field;
      const wire_kind = Number(tag.value & 7n);
      if (wire_kind !== (kind === 'number' ? varint_kind : bytes_kind)) {
        throw new Malformed(`field ${field} has another type`);
      }
      const head = read_varint(bytes, tag.next);
      if (kind === 'number') {
        if (head.value === 0n) throw new Malformed(`field ${field} holds a default, which is left out`);
        message.numbers.set(field, head.value);
        at = head.next;
        continue;
      }
      const end = head.next + Number(head.value);
      if (end > bytes.length) throw new Malformed(`field ${field} is cut off`);
      message.add(field, bytes.slice(head.next, end), kind);
      at = end;
    }
    return message;
  }

  private add(field: number, blob: Uint8Array, kind: FieldKind): void {
    if (blob.length === 0 && kind !== 'repeated') {
      throw new Malformed(`field ${field} holds a default, which is left out`);
    }
    const known = this.blobs.get(field) ?? [];
    known.push(blob);
    this.blobs.set(field, known);
  }

  has(field: number): boolean {
    return this.blobs.has(field) || this.numbers.has(field);
  }
  number(field: number): bigint {
    return this.numbers.get(field) ?? 0n;
  }
  /// A number that stands for an enumerator or a role: from 1 to `max`.
  one_of(field: number, max: number): number {
    const value = this.number(field);
    if (value < 1n || value > BigInt(max)) throw new Malformed(`field ${field} has no meaning: ${value}`);
    return Number(value);
  }
  uint32(field: number): number {
    const value = this.number(field);
    if (value > 0xffffffffn) throw new Malformed(`field ${field} is larger than 32 bits`);
    return Number(value);
  }
  bytes(field: number): Uint8Array {
    return this.blobs.get(field)?.[0] ?? new Uint8Array();
  }
  fixed(field: number, size: number): Uint8Array {
    const blob = this.bytes(field);
    if (blob.length !== size) throw new Malformed(`field ${field} has ${blob.length} bytes, not ${size}`);
    return blob;
  }
  text(field: number): string {
    try {
      return text_decoder.decode(this.bytes(field));
    } catch (cause) {
      throw new Malformed(`field ${field} is no text: ${String(cause)}`);
    }
  }
  items(field: number): readonly Uint8Array[] {
    return this.blobs.get(field) ?? [];
  }
}
