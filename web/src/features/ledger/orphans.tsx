// SPDX-License-Identifier: Apache-2.0
// Blocks that were sealed and never became part of the chain.
import { useOrphans } from '@/client/queries';
import type { Orphan } from '@/client/types';
import { Hash } from '@/ui/bits';
import { count } from '@/ui/format';
import { Answered } from '@/ui/states';
import { Table } from '@/ui/table';
import { words } from '@/words';

const w = words.ledger;

const why = (orphan: Orphan): string => {
  const reason = w.orphan_reasons[orphan.reason] ?? orphan.reason;
  return orphan.reason === 'too_few_approvals' ? `${reason} (${w.approvals_of(count(orphan.approvals), count(orphan.needed))})` : reason;
};

export function Orphans() {
  const query = useOrphans();
  return (
    <section className="panel" aria-labelledby="orphans-title">
      <h2 id="orphans-title">{w.orphans}</h2>
      <p className="muted">{w.orphans_text}</p>
      <Answered query={query} rows={1} height={38}>
        {({ items }) =>
          items.length === 0 ? (
            <p>{w.orphans_none}</p>
          ) : (
            <Table
              rows={items}
              row_key={(orphan) => orphan.header}
              columns={[
                { title: w.height, number: true, cell: (orphan) => count(orphan.height) },
                { title: w.reason, cell: why },
                { title: w.miner, cell: (orphan) => (orphan.miner_index === null ? <Hash text={orphan.miner} what={w.miner} /> : w.miner_number(count(orphan.miner_index + 1))) },
                { title: w.hash, cell: (orphan) => <Hash text={orphan.header} what={w.hash} /> },
                { title: w.parent, cell: (orphan) => <Hash text={orphan.parent} what={w.parent} /> },
              ]}
            />
          )
        }
      </Answered>
    </section>
  );
}
