// SPDX-License-Identifier: Apache-2.0
// The trust file, the anchor that receipts (claim.ts) are checked against: docs/formats/receipt.md.
import { to_hex } from './bytes.ts';
import { array_of, hex_of, integer_of, object_of, parse_json, wrong, type Json } from './json.ts';
import { Malformed } from './protobuf.ts';
import { is_chain_id } from './schema.ts';

export const trust_bytes_max = 2 * 1024 * 1024;

/// One key with which a miner was active: once more for each time that it came back, and for each new key.
export interface Miner {
  id: Uint8Array;
  public_key: Uint8Array;
  /// The first block that it could seal or approve; absent: the chain's first.
  from?: number;
  /// Exclusive; absent: it is active still.
  until?: number;
}
export const active_at = (miner: Miner, height: bigint): boolean =>
  height >= BigInt(miner.from ?? 1) && (miner.until === undefined || height < BigInt(miner.until));

export interface Trust {
  chain_id: string;
  genesis_hash: Uint8Array;
  miners: Miner[];
  /// Of the miners active at a block's height so many must have approved it; absent: the miner's own seal is enough.
  quorum?: 'two_thirds' | 'majority';
  /// Verifier keys of the log's checkpoints and of its witnesses; files from before checkpoints have neither.
  /// `witnesses_required`: so many must have cosigned a receipt's checkpoint; absent: a receipt needs none.
  checkpoints?: { checkpoint_key: string; witnesses: string[]; witnesses_required?: number };
}

const witnesses_max = 32;
/// 1 to 256 printable ASCII characters but space, quotation mark and backslash.
function verifier_key_of(value: unknown, member: string): string {
  if (typeof value !== 'string' || !/^[!#-[\]-~]{1,256}$/.test(value)) wrong(member);
  return value;
}

function read_miner(json: Json): Miner {
  const miner: Miner = { id: hex_of(json['id'], 'id', 16), public_key: hex_of(json['public_key'], 'public_key', 65) };
  if ('from' in json) miner.from = integer_of(json['from'], 'from', Number.MAX_SAFE_INTEGER);
  if ('until' in json) miner.until = integer_of(json['until'], 'until', Number.MAX_SAFE_INTEGER);
  if (miner.from !== undefined && miner.from <= 1) wrong('from');
  if (miner.until !== undefined && miner.until <= (miner.from ?? 1)) wrong('until');
  return miner;
}
/// Whether one miner stands there twice for one height.
function has_twins(miners: readonly Miner[]): boolean {
  const free_from = new Map<string, number>();
  const rising = [...miners].sort((a, b) => (a.from ?? 1) - (b.from ?? 1));
  return rising.some((miner) => {
    const id = to_hex(miner.id);
    if ((miner.from ?? 1) < (free_from.get(id) ?? 1)) return true;
    free_from.set(id, miner.until ?? Infinity);
    return false;
  });
}

const without_white = (text: string): string => text.replace(/[ \n\r\t]/g, '');

/// Throws Malformed. White space is free; members must be those of the format, once and in order.
export function read_trust(text: string): Trust {
  if (new TextEncoder().encode(text).length > trust_bytes_max) throw new Malformed('it is larger than 2 MiB');
  const json = parse_json(text);
  if (json['format'] !== 'salus-trust-1') wrong('format');
  const chain_id = json['chain_id'];
  if (typeof chain_id !== 'string' || !is_chain_id(chain_id)) wrong('chain_id');
  const trust: Trust = {
    chain_id,
    genesis_hash: hex_of(json['genesis_hash'], 'genesis_hash', 64),
    miners: array_of(json['miners'], 'miners', 100_000).map((item) => {
      return read_miner(object_of(item, 'miners'));
    }),
  };
  if ('quorum' in json) {
    const { quorum } = json;
    if (quorum !== 'two_thirds' && quorum !== 'majority') wrong('quorum');
    trust.quorum = quorum;
  }
  if ('checkpoint_key' in json) {
    trust.checkpoints = {
      checkpoint_key: verifier_key_of(json['checkpoint_key'], 'checkpoint_key'),
      witnesses: array_of(json['witnesses'], 'witnesses', witnesses_max).map((key) =>
        verifier_key_of(key, 'witnesses'),
      ),
    };
    if ('witnesses_required' in json) {
      const required = integer_of(json['witnesses_required'], 'witnesses_required', trust.checkpoints.witnesses.length);
      if (required < 1) wrong('witnesses_required');
      trust.checkpoints.witnesses_required = required;
    }
  }
  if (trust.miners.length === 0 || has_twins(trust.miners)) wrong('miners');
  if (without_white(write_trust(trust)) !== without_white(text)) {
    throw new Malformed('a member is unknown, doubled or out of order');
  }
  return trust;
}

export function write_trust(trust: Trust): string {
  const whole = {
    format: 'salus-trust-1',
    chain_id: trust.chain_id,
    genesis_hash: to_hex(trust.genesis_hash),
    miners: trust.miners.map(({ id, public_key, from, until }) => ({
      id: to_hex(id),
      public_key: to_hex(public_key),
      ...(from !== undefined && { from }),
      ...(until !== undefined && { until }),
    })),
    ...(trust.quorum && { quorum: trust.quorum }),
    ...trust.checkpoints,
  };
  return `${JSON.stringify(whole, null, 2)}\n`;
}
