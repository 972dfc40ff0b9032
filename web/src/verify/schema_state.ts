// SPDX-License-Identifier: Apache-2.0
// Values of the state that receipts prove: keys, consents, tombstones.
import { Message } from './protobuf.ts';
import { custody_names, role_names, time_of, type RoleName } from './schema.ts';

export interface KeyRecord {
  role: RoleName;
  public_key: Uint8Array;
  custody: (typeof custody_names)[number];
  valid_from: bigint;
  valid_until: bigint;
}
export interface ConsentRecord {
  consent: Uint8Array;
  from_ms: number;
  until_ms: number;
  granted_height: bigint;
  revoked_height: bigint;
}

export function read_key_record(bytes: Uint8Array): KeyRecord {
  const message = Message.read(bytes, { 1: 'number', 2: 'number', 3: 'bytes', 4: 'number', 5: 'number', 6: 'number' });
  message.one_of(2, 1);
  return {
    role: role_names[message.one_of(1, role_names.length - 1)] as RoleName,
    public_key: message.fixed(3, 65),
    custody: custody_names[message.one_of(4, 2)] as KeyRecord['custody'],
    valid_from: message.number(5),
    valid_until: message.number(6),
  };
}

export function read_consent_record(bytes: Uint8Array): ConsentRecord {
  const message = Message.read(bytes, { 1: 'bytes', 2: 'number', 3: 'number', 4: 'number', 5: 'number', 6: 'bytes' });
  message.fixed(6, 32);
  return {
    consent: message.fixed(1, 32),
    from_ms: time_of(message, 2),
    until_ms: time_of(message, 3),
    granted_height: message.number(4),
    revoked_height: message.number(5),
  };
}

export interface Tombstone {
  patient: Uint8Array;
  cloud_server: Uint8Array;
  height: bigint;
}
export function read_tombstone(bytes: Uint8Array): Tombstone {
  const message = Message.read(bytes, { 1: 'bytes', 2: 'bytes', 3: 'bytes', 4: 'number' });
  message.fixed(3, 32);
  return { patient: message.fixed(1, 16), cloud_server: message.fixed(2, 16), height: message.number(4) };
}
