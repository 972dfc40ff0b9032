// SPDX-License-Identifier: Apache-2.0
// Headers, seals and what miners sign: docs/formats/block.md.
import { concat } from './bytes.ts';
import { Malformed, Message } from './protobuf.ts';
import { chain_id_of, time_of, twins } from './schema.ts';

export interface Header {
  chain_id: string;
  height: bigint;
  previous_hash: Uint8Array;
  transactions_root: Uint8Array;
  state_root: Uint8Array;
  history_root: Uint8Array;
  history_size: bigint;
  time_ms: number;
  miner: Uint8Array;
}
export interface Seal {
  round: bigint;
  signature: Uint8Array;
  approvals: { miner: Uint8Array; signature: Uint8Array }[];
  passed_over: number;
  nonce: bigint;
  attempt: number;
}

export function read_header(bytes: Uint8Array): Header {
  const message = Message.read(bytes, {
    1: 'text', 2: 'number', 3: 'bytes', 4: 'bytes', 5: 'bytes', 6: 'bytes', 7: 'number', 8: 'number', 9: 'bytes',
  });
  return {
    chain_id: chain_id_of(message, 1),
    height: message.number(2),
    previous_hash: message.fixed(3, 64),
    transactions_root: message.fixed(4, 32),
    state_root: message.fixed(5, 32),
    history_root: message.fixed(6, 32),
    history_size: message.number(7),
    time_ms: time_of(message, 8),
    miner: message.fixed(9, 16),
  };
}

export function read_seal(bytes: Uint8Array): Seal {
  const message = Message.read(bytes, { 1: 'number', 2: 'bytes', 3: 'repeated', 4: 'number', 5: 'number', 6: 'number' });
  const approvals = message.items(3).map((item) => {
    const approval = Message.read(item, { 1: 'bytes', 2: 'bytes' });
    return { miner: approval.fixed(1, 16), signature: approval.fixed(2, 64) };
  });
  if (twins(approvals.map((approval) => approval.miner))) throw new Malformed('one miner approved twice');
  return {
    round: message.number(1),
    signature: message.fixed(2, 64),
    approvals,
    passed_over: message.uint32(4),
    nonce: message.number(5),
    attempt: message.uint32(6),
  };
}

/// What a miner signs: "salus-seal-1" | round 8 | passed_over 4 | nonce 8 | header. The three numbers are
/// no part of the header, but they are signed with it.
export function sealed_message(header: Uint8Array, seal: Sealed): Uint8Array {
  return concat(new TextEncoder().encode('salus-seal-1'), numbers_of(seal), header);
}

/// What a miner signs to approve a block: "salus-approval-1" | attempt 4 | what is sealed.
export function approval_message(header: Uint8Array, seal: Sealed & Pick<Seal, 'attempt'>): Uint8Array {
  const attempt = new DataView(new ArrayBuffer(4));
  attempt.setUint32(0, seal.attempt);
  return concat(
    new TextEncoder().encode('salus-approval-1'), new Uint8Array(attempt.buffer), numbers_of(seal), header);
}

type Sealed = Pick<Seal, 'round' | 'passed_over' | 'nonce'>;

function numbers_of(seal: Sealed): Uint8Array {
  const numbers = new DataView(new ArrayBuffer(20));
  numbers.setBigUint64(0, seal.round);
  numbers.setUint32(8, seal.passed_over);
  numbers.setBigUint64(12, seal.nonce);
  return new Uint8Array(numbers.buffer);
}
