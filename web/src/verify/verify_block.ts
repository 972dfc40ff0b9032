// SPDX-License-Identifier: Apache-2.0
// The steps of every receipt: its block, that block's chain and seal, and the checkpoint it leads to.
import { equal, to_hex } from './bytes.ts';
import { read_checkpoint, type Checkpoint } from './checkpoint.ts';
import { sha512, verify_consistency } from './crypto.ts';
import { read_header, read_seal } from './schema_block.ts';
import { check_approvals, check_sealed } from './seal.ts';
import { refuse, utc, type Check } from './verify_check.ts';

export function header(check: Check): string {
  const block = read_header(check.claim.header);
  check.header = block;
  return `block ${block.height} of ${utc(block.time_ms)}, by miner ${to_hex(block.miner)}`;
}

export function chain(check: Check): string {
  const { chain_id } = check.block;
  if (check.tx && check.tx.chain_id !== chain_id) {
    refuse(`the transaction was signed for chain "${check.tx.chain_id}", the block is of "${chain_id}"`);
  }
  if (check.trust && check.trust.chain_id !== chain_id) {
    refuse(`the block is of chain "${chain_id}", the anchor is for "${check.trust.chain_id}"`);
  }
  return `chain "${chain_id}"`;
}

export function seal(check: Check): string {
  const seal = read_seal(check.claim.seal);
  const { trust } = check;
  if (!trust) return 'a seal whose keys nothing vouches for: no anchor was given';
  const block = { header: check.block, header_bytes: check.claim.header, seal, trust };
  check_sealed(block);
  const { approvals, miners, agreed } = check_approvals(block);
  check.agreed = agreed;
  const approved = approvals > 0 ? `, approved by ${approvals} of the ${miners} that it has as active then` : '';
  return `sealed by a miner that the anchor names${approved}`;
}

export function checkpoint(check: Check): string {
  const link = check.claim.checkpoint;
  if (!link) return 'no checkpoint is in the receipt';
  const keys = check.trust?.checkpoints ?? null;
  const found = read_checkpoint(link.note, check.block.chain_id, keys);
  check_binding(check, found, link.path);
  if (!keys) return 'a checkpoint whose keys nothing vouches for';
  check.witnesses = found.witnesses;
  if (found.witnesses.length === 0) return 'a checkpoint that no witness of the anchor has cosigned';
  return `a checkpoint cosigned by ${found.witnesses.map((one) => `${one.name} (${utc(one.time_ms)})`).join(', ')}`;
}

/// Only where the anchor requires witnesses.
export function policy(check: Check): string {
  const required = check.trust?.checkpoints?.witnesses_required ?? 0;
  const words = `the anchor requires ${required} witnesses, and ${check.witnesses.length} of those it names cosigned`;
  if (check.witnesses.length < required) refuse(words);
  return words;
}

function check_binding(check: Check, found: Checkpoint, path: readonly Uint8Array[]): void {
  const { history_size, history_root, height } = check.block;
  if (found.size < history_size) refuse('the checkpoint is older than the block');
  if (!verify_consistency(history_size, history_root, found.size, found.root, path)) {
    refuse("the checkpoint's history does not begin with the block's: another history, or a path that does not fit");
  }
  if (found.height === height) {
    if (!equal(found.header_hash, sha512(check.claim.header))) refuse('the checkpoint names another block of this height: a fork');
    return;
  }
  if (found.size === history_size || found.height < height) refuse("the checkpoint's height does not fit its size: a fork");
  if (check.kind !== 'transaction') {
    refuse('the checkpoint names another block, so it vouches for the history alone and not for the state');
  }
}
