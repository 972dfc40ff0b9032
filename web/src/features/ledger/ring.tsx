// SPDX-License-Identifier: Apache-2.0
// Whose turn it is, to see: a ring of miners, those that have had their turn filled.
import { useState } from 'react';
import { useMining } from '@/client/queries';
import type { FinishedRound, MinerRow, Mining } from '@/client/types';
import { Hash } from '@/ui/bits';
import { count } from '@/ui/format';
import { Answered } from '@/ui/states';
import { Table } from '@/ui/table';
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

type Looks = 'next' | 'kept' | 'mined' | 'waits' | 'away';
function looks_of(miner: MinerRow, mining: Mining): Looks {
  if (miner.standing !== 'active') return 'away';
  if (miner.index === mining.next) return 'next';
  if (miner.kept) return 'kept';
  return miner.mined_this_round ? 'mined' : 'waits';
}
function words_of(miner: MinerRow, mining: Mining): string {
  const looks = looks_of(miner, mining);
  if (looks === 'away') return w.standings[miner.standing] ?? miner.standing;
  return { next: w.is_next, kept: w.kept, mined: w.mined, waits: w.waits }[looks];
}

function Miners({ miners, mining }: { miners: readonly MinerRow[]; mining: Mining }) {
  return (
    <details>
      <summary>{w.miners_table}</summary>
      <Table
        rows={miners}
        row_key={(miner) => miner.id}
        columns={[
          { title: w.miner, number: true, cell: (miner) => count(miner.index + 1) },
          { title: w.turn, cell: (miner) => words_of(miner, mining) },
          { title: w.blocks_column, number: true, cell: (miner) => count(miner.blocks) },
          { title: w.lost, number: true, cell: (miner) => count(miner.forfeits) },
        ]}
      />
    </details>
  );
}

function LastRound({ round }: { round: FinishedRound }) {
  return (
    <p className="ring-text">
      {w.last_round(count(round.round + 1), count(round.first_height), count(round.last_height), count(round.mined))}{' '}
      {round.forfeited > 0 ? w.last_round_lost(count(round.forfeited)) : null}
    </p>
  );
}

function Drawing({ mining }: { mining: Mining }) {
  const [picked, set_picked] = useState<number | null>(null);
  const miners = [...mining.miners].sort((a, b) => a.index - b.index);
  const active = miners.filter((miner) => miner.standing === 'active');
  const done = active.filter((miner) => miner.mined_this_round).length;
  const shown = miners.find((miner) => miner.index === (picked ?? mining.next));
  const summary = w.ring_text(count(done), count(active.length), count(mining.round + 1));
  return (
    <>
      <svg className="ring" viewBox="0 0 220 220" role="img" aria-label={`${w.ring_label}. ${summary}`}>
        {miners.map((miner, i) => (
          <path
            key={miner.id}
            d={segment(i, miners.length)}
            className={looks_of(miner, mining)}
            onMouseEnter={() => set_picked(miner.index)}
            onMouseLeave={() => set_picked(null)}
          />
        ))}
        <text x={center} y={center - 6} className="ring-count">
          {count(done)} / {count(active.length)}
        </text>
        <text x={center} y={center + 20} className="ring-round">
          {w.round} {count(mining.round + 1)}
        </text>
      </svg>
      <p className="ring-text">{summary}</p>
      {shown ? (
        <p className="ring-text muted">
          {w.miner_number(count(shown.index + 1))} {words_of(shown, mining)} · {w.blocks_mined(count(shown.blocks))}
          {shown.forfeits > 0 ? ` · ${w.forfeits(count(shown.forfeits))}` : null}
          <br />
          <Hash text={shown.id} what={w.miner} />
        </p>
      ) : null}
      {mining.upcoming.length > 1 ? (
        <p className="ring-text">
          {w.upcoming}: {mining.upcoming.map((index) => w.miner_number(count(index + 1))).join(', ')}
        </p>
      ) : null}
      {mining.last_round ? <LastRound round={mining.last_round} /> : null}
      <p className="muted">{w.engines[mining.engine]}</p>
      {mining.engine === 'equal_opportunity' && mining.quorum !== 'miner_alone' ? (
        <p className="muted">{w.absent_rule}</p>
      ) : null}
      <p className="muted">{w.quorums[mining.quorum]}</p>
      <Miners miners={miners} mining={mining} />
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
