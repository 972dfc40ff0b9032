// SPDX-License-Identifier: Apache-2.0
// One whole block, checked in the page: docs/formats/block.md. What it proves is that this block is what its
// hash says, follows the block before, holds these transactions and was sealed by miners of the anchor.
import { equal, to_hex } from './bytes.ts';
import { merkle_root, sha512 } from './crypto.ts';
import { Malformed, Message } from './protobuf.ts';
import type { Trust } from './receipt.ts';
import { read_header, read_seal, type Header, type Seal } from './schema_block.ts';
import { read_transaction } from './schema_transaction.ts';
import { check_approvals, check_sealed } from './seal.ts';

export const block_bytes_max = 160 * 1024 * 1024;
export const block_step_names = ['form', 'parent', 'transactions', 'seal', 'approvals'] as const;
export type BlockStepName = (typeof block_step_names)[number];
export interface BlockStep {
  name: BlockStepName;
  ok: boolean;
  words: string;
}
export interface BlockVerdict {
  status: 'verified' | 'issuer_unknown' | 'failed';
  /// Ends with the first that fails.
  steps: BlockStep[];
  height: bigint | null;
  hash: string | null;
}
interface Parts {
  header_bytes: Uint8Array;
  header: Header;
  seal: Seal;
  transactions: readonly Uint8Array[];
}

function read_block(bytes: Uint8Array): Parts {
  if (bytes.length > block_bytes_max) throw new Malformed('it is larger than any block');
  const message = Message.read(bytes, { 1: 'bytes', 2: 'bytes', 3: 'repeated' });
  const header_bytes = message.bytes(1);
  return {
    header_bytes,
    header: read_header(header_bytes),
    seal: read_seal(message.bytes(2)),
    transactions: message.items(3),
  };
}
const header_hash = (block: Uint8Array): Uint8Array => sha512(Message.read(block, { 1: 'bytes', 2: 'bytes', 3: 'repeated' }).bytes(1));

/// What the block is checked against.
export interface Ground {
  /// The height that was asked for.
  height: bigint;
  /// The block before, whole; null for the first block.
  parent: Uint8Array | null;
  trust: Trust | null;
}

class Check {
  private block!: Parts;
  constructor(private readonly bytes: Uint8Array, private readonly ground: Ground) {}

  form(): string {
    this.block = read_block(this.bytes);
    const { trust, height } = this.ground;
    if (this.block.header.height !== height) throw new Malformed(`it is block ${this.block.header.height}, not ${height}`);
    if (trust && trust.chain_id !== this.block.header.chain_id) {
      throw new Malformed(`it is of the chain "${this.block.header.chain_id}", the anchor of "${trust.chain_id}"`);
    }
    return `block ${this.block.header.height} of the chain "${this.block.header.chain_id}"`;
  }
  parent(): string {
    const { height, previous_hash } = this.block.header;
    if (height === 1n) {
      if (!this.ground.trust) return 'the first block; no anchor tells the beginning it should follow';
      if (!equal(previous_hash, this.ground.trust.genesis_hash)) throw new Malformed('it follows another beginning than the anchor names');
      return 'it follows the beginning that the anchor names';
    }
    if (!this.ground.parent) throw new Malformed('the block before is missing');
    if (!equal(header_hash(this.ground.parent), previous_hash)) throw new Malformed('it names another block before it');
    return `it names block ${height - 1n} by its hash`;
  }
  transactions(): string {
    const { header, transactions } = this.block;
    for (const envelope of transactions) read_transaction(envelope);
    if (!equal(merkle_root(transactions), header.transactions_root)) {
      throw new Malformed('its transactions do not give the root that the header names');
    }
    return transactions.length === 1 ? 'its one transaction gives the root in the header' : `its ${transactions.length} transactions give the root in the header`;
  }
  seal(): string {
    const { trust } = this.ground;
    if (!trust) return 'a seal whose keys nothing vouches for: no anchor was given';
    check_sealed({ ...this.block, trust });
    return `sealed by a miner that the anchor names, in round ${this.block.seal.round + 1n}`;
  }
  approvals(): string {
    const { trust } = this.ground;
    if (!trust) return this.block.seal.approvals.length === 0 ? 'the miner sealed it alone' : 'approvals whose keys nothing vouches for';
    const { approvals, miners } = check_approvals({ ...this.block, trust });
    if (approvals === 0) return 'the miner sealed it alone';
    return `${approvals} of the ${miners} miners that the anchor has as active then approved it`;
  }

  get height(): bigint | null {
    return this.block ? this.block.header.height : null;
  }
  get hash(): string | null {
    return this.block ? to_hex(sha512(this.block.header_bytes)) : null;
  }
}

/// Never throws, whatever the bytes.
export function verify_block(bytes: Uint8Array, ground: Ground): BlockVerdict {
  const check = new Check(bytes, ground);
  const steps: BlockStep[] = [];
  for (const name of block_step_names) {
    try {
      steps.push({ name, ok: true, words: check[name]() });
    } catch (fault) {
      if (!(fault instanceof Malformed)) throw fault;
      steps.push({ name, ok: false, words: fault.message });
      return { status: 'failed', steps, height: check.height, hash: check.hash };
    }
  }
  return { status: ground.trust ? 'verified' : 'issuer_unknown', steps, height: check.height, hash: check.hash };
}
