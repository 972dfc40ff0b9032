// SPDX-License-Identifier: Apache-2.0
// Whether those sealed and approved a block who, by the anchor, might: for receipts and for whole blocks.
import { equal, to_hex } from './bytes.ts';
import { verify_signature } from './crypto.ts';
import { Malformed } from './protobuf.ts';
import { active_at, type Miner, type Trust } from './receipt.ts';
import { approval_message, sealed_message, type Header, type Seal } from './schema_block.ts';

const older_anchor = "if miners came or went since the anchor was written, ask for the node's anchor of today";

/// A block's header, the bytes that were signed, and what it is checked against.
export interface Sealed {
  header: Header;
  header_bytes: Uint8Array;
  seal: Seal;
  trust: Trust;
}
const miner_of = ({ trust, header }: Sealed, id: Uint8Array): Miner | undefined =>
  trust.miners.find((each) => equal(each.id, id) && active_at(each, header.height));

/// Throws Malformed.
export function check_sealed(block: Sealed): void {
  const id = block.header.miner;
  const miner = miner_of(block, id);
  if (!miner) {
    const named = block.trust.miners.some((each) => equal(each.id, id));
    const what = named ? `does not have this miner as active at block ${block.header.height}` : 'does not name this miner';
    throw new Malformed(`the seal by miner ${to_hex(id)}: the anchor ${what}; ${older_anchor}`);
  }
  if (!verify_signature(sealed_message(block.header_bytes, block.seal), block.seal.signature, miner.public_key)) {
    throw new Malformed(`the seal by miner ${to_hex(id)} does not verify`);
  }
}

/// How many of those who were active approved it, and whether that is over two thirds. An approval by anybody
/// else counts for nothing. Throws Malformed, also where they are fewer than the anchor asks for.
export function check_approvals(block: Sealed): { approvals: number; miners: number; agreed: boolean } {
  const message = approval_message(block.header_bytes, block.seal);
  let approvals = 0;
  for (const { miner: id, signature } of block.seal.approvals) {
    const miner = miner_of(block, id);
    if (!miner) continue;
    if (!verify_signature(message, signature, miner.public_key)) {
      throw new Malformed(`the approval by miner ${to_hex(id)} does not verify`);
    }
    approvals += 1;
  }
  const miners = block.trust.miners.filter((each) => active_at(each, block.header.height)).length;
  const agreed = 3 * approvals > 2 * miners;
  const { quorum } = block.trust;
  if (quorum && !(quorum === 'two_thirds' ? agreed : 2 * approvals > miners)) {
    const asked = quorum === 'two_thirds' ? 'over two thirds' : 'over half';
    throw new Malformed(
      `too few approvals: ${approvals} of the ${miners} miners that the anchor has as active at block ${block.header.height}, ` +
        `which needs ${asked}; ${older_anchor}`,
    );
  }
  return { approvals, miners, agreed };
}
