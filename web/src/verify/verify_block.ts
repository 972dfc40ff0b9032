// SPDX-License-Identifier: Apache-2.0
// The steps of every receipt: its block, that block's chain and seal, and the checkpoint it leads to.
import { equal, to_hex } from './bytes.ts';
import { read_checkpoint, type Checkpoint } from './checkpoint.ts';
import { sha512, verify_consistency, verify_signature } from './crypto.ts';
import type { Trust } from './receipt.ts';
import { approval_message, read_header, read_seal, sealed_message } from './schema_block.ts';
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
  check_miner(check, sealed_message(check.claim.header, seal), check.block.miner, seal.signature, 'the seal');
  const message = approval_message(check.claim.header, seal);
  for (const approval of seal.approvals) check_miner(check, message, approval.miner, approval.signature, 'the approval');
  check_quorum(check, trust, seal.approvals.length);
  const approved = seal.approvals.length > 0 ? `, approved by ${seal.approvals.length} of its ${trust.miners.length}` : '';
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

function check_miner(check: Check, message: Uint8Array, id: Uint8Array, signature: Uint8Array, what: string): void {
  const whose = `${what} by miner ${to_hex(id)}`;
  const miner = check.trust?.miners.find((each) => equal(each.id, id));
  if (!miner) refuse(`${whose}: the anchor does not name this miner`);
  if (!verify_signature(message, signature, miner.public_key)) refuse(`${whose} does not verify`);
}

function check_quorum(check: Check, trust: Trust, approvals: number): void {
  const miners = trust.miners.length;
  check.agreed = 3 * approvals > 2 * miners;
  const enough =
    !trust.quorum || (trust.quorum === 'two_thirds' && check.agreed) || (trust.quorum === 'majority' && 2 * approvals > miners);
  if (!enough) refuse(`too few approvals: ${approvals} of the anchor's ${miners} miners`);
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
