// SPDX-License-Identifier: Apache-2.0
// Equal opportunity to see: a ring of miners, those that have had their turn filled.
import { useState } from 'react';
import { useMining } from '@/client/queries';
import type { Mining } from '@/client/types';
import { Hash } from '@/ui/bits';
import { count } from '@/ui/format';
import { Answered } from '@/ui/states';
import { words } from '@/words';

const w = words.ledger;
const center = 110;
const outer = 104;
const inner = 80;

function segment(index: number, size: number): string {
  const gap = size > 1 ? Math.min(0.012, 0.2 / size) : 0;
  const from = (index / size) * 2 * Math.PI - Math.PI / 2 + gap;
  const to = ((index + 1) / size) * 2 * Math.PI - Math.PI / 2 - gap;
  const at = (radius: number, angle: number): string =>
    `${(center + radius * Math.cos(angle)).toFixed(2)} ${(center + radius * Math.sin(angle)).toFixed(2)}`;
  const large = to - from > Math.PI ? 1 : 0;
  return `M${at(outer, from)}A${outer} ${outer} 0 ${large} 1 ${at(outer, to)}L${at(inner, to)}A${inner} ${inner} 0 ${large} 0 ${at(inner, from)}Z`;
}

function Drawing({ mining }: { mining: Mining }) {
  const [picked, set_picked] = useState<number | null>(null);
  const miners = [...mining.miners].sort((a, b) => a.index - b.index);
  const done = miners.filter((miner) => miner.mined_this_round).length;
  const shown = miners.find((miner) => miner.index === (picked ?? mining.next));
  const state = shown?.index === mining.next ? w.is_next : shown?.mined_this_round ? w.mined : w.waits;
  return (
    <>
      <svg className="ring" viewBox="0 0 220 220" role="img" aria-label={`${w.ring_label}. ${w.ring_text(count(done), count(miners.length), count(mining.round + 1))}`}>
        {miners.map((miner, i) => (
          <path
            key={miner.id}
            d={segment(i, miners.length)}
            className={miner.index === mining.next ? 'next' : miner.mined_this_round ? 'mined' : 'waits'}
            onMouseEnter={() => set_picked(miner.index)}
            onMouseLeave={() => set_picked(null)}
          />
        ))}
        <text x={center} y={center - 6} className="ring-count">
          {count(done)} / {count(miners.length)}
        </text>
        <text x={center} y={center + 20} className="ring-round">
          {w.round} {count(mining.round + 1)}
        </text>
      </svg>
      <p className="ring-text">{w.ring_text(count(done), count(miners.length), count(mining.round + 1))}</p>
      {shown ? (
        <p className="ring-text muted">
          {w.miner_number(count(shown.index + 1))} {state} · {w.blocks_mined(count(shown.blocks))}
          <br />
          <Hash text={shown.id} what={w.miner} />
        </p>
      ) : null}
      <p className="muted">{w.ring_rule}</p>
      <p className="muted">{w.ring_single}</p>
    </>
  );
}

export function Ring() {
  const query = useMining();
  return (
    <section className="panel" aria-labelledby="ring-title">
      <h2 id="ring-title">{w.ring}</h2>
      <Answered query={query} rows={1} height={260}>
        {(data) => <Drawing mining={data} />}
      </Answered>
    </section>
  );
}
