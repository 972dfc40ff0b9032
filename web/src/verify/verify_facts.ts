// SPDX-License-Identifier: Apache-2.0
// What a receipt says, for people to read.
import { sha512_256 } from '@noble/hashes/sha2.js';
import { to_hex } from './bytes.ts';
import { sha512 } from './crypto.ts';
import { category_names, purpose_names } from './schema.ts';
import type { Facts } from './verdict.ts';
import type { Check } from './verify_check.ts';

export function facts(check: Check): Facts | null {
  if (!check.header) return null;
  const { fact } = check.claim;
  const report = check.tx?.report;
  const base = {
    claim: fact.kind,
    transaction: check.tx ? to_hex(sha512(check.tx.body)) : '',
    kind: check.tx?.action ?? fact.kind,
    chain_id: check.block.chain_id,
    height: String(check.block.height),
    time_ms: check.block.time_ms,
    header_hash: to_hex(sha512(check.claim.header)),
    body_ref: check.tx ? to_hex(sha512_256(check.tx.body)) : '',
    reading_count: report ? report.reading_count : null,
    period: report ? { start_ms: report.period_start_ms, end_ms: report.period_end_ms } : null,
    category: report ? (category_names[report.category] ?? null) : null,
    purpose: null,
    custody: check.keys_found.map((key) => key.custody),
    patient: report ? to_hex(report.patient) : null,
    readers: [],
    content_id: check.tx?.destroyed ? to_hex(check.tx.destroyed.content_id) : null,
  };
  switch (fact.kind) {
    case 'transaction':
      return base;
    case 'consent': {
      const { key } = fact.consent;
      return {
        ...base,
        category: category_names[key[33] ?? 0] ?? null,
        purpose: purpose_names[key[34] ?? 0] ?? null,
        patient: to_hex(key.slice(1, 17)),
        readers: [to_hex(key.slice(17, 33))],
      };
    }
    case 'no_consent':
      return {
        ...base,
        category: category_names[fact.category] ?? null,
        purpose: purpose_names[fact.purpose] ?? null,
        patient: to_hex(fact.patient),
        readers: fact.readers.map((reader) => to_hex(reader.id)),
      };
    case 'key_destroyed':
      return {
        ...base,
        patient: check.found_tombstone ? to_hex(check.found_tombstone.patient) : null,
        content_id: to_hex(fact.content_id),
      };
  }
}
