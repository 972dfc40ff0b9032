// SPDX-License-Identifier: Apache-2.0
import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { useBlock } from '@/client/queries';
import type { Block } from '@/client/types';
import { Hash, PageHead, Stamp } from '@/ui/bits';
import { count } from '@/ui/format';
import { BackIcon, ForwardIcon } from '@/ui/icons';
import { Answered } from '@/ui/states';
import { word_for, words } from '@/words';
import { VerifyBlock } from './verify_block';
import './ledger.css';

const w = words.ledger;

function Fact({ name, meaning, children }: { name: string; meaning?: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        {children}
        {meaning ? <p className="meaning">{meaning}</p> : null}
      </dd>
    </>
  );
}

function Header({ block }: { block: Block }) {
  return (
    <section className="panel" aria-labelledby="header-title">
      <h2 id="header-title">{w.header}</h2>
      <dl className="facts">
        <Fact name={w.hash} meaning={w.meanings.hash}><Hash text={block.hash} what={w.hash} whole /></Fact>
        <Fact name={w.sealed}><Stamp ms={block.time_ms} /></Fact>
        <Fact name={w.miner} meaning={w.meanings.miner}>
          {block.miner_index === null ? null : <span>{w.miner_number(count(block.miner_index + 1))} </span>}
          <Hash text={block.miner} what={w.miner} whole />
        </Fact>
        <Fact name={w.round}>{count(block.round + 1)}</Fact>
        <Fact name={w.previous_hash} meaning={w.meanings.previous_hash}>
          <Hash
            text={block.previous_hash}
            what={w.previous_hash}
            whole
            link={block.height > 1 ? (shown) => <Link to={`/ledger/blocks/${block.height - 1}`}>{shown}</Link> : undefined}
          />
        </Fact>
        <Fact name={w.transactions_root} meaning={w.meanings.transactions_root}><Hash text={block.transactions_root} what={w.transactions_root} whole /></Fact>
        <Fact name={w.state_root} meaning={w.meanings.state_root}><Hash text={block.state_root} what={w.state_root} whole /></Fact>
        <Fact name={w.history_root} meaning={w.meanings.history_root}><Hash text={block.history_root} what={w.history_root} whole /></Fact>
        <Fact name={w.history_size}>{count(block.history_size)}</Fact>
        <Fact name={w.signature} meaning={w.meanings.signature}><Hash text={block.signature} what={w.signature} whole /></Fact>
      </dl>
    </section>
  );
}

function Items({ block }: { block: Block }) {
  return (
    <section className="panel" aria-labelledby="items-title">
      <h2 id="items-title">{w.transactions_count(block.items.length)}</h2>
      {block.items.length === 0 ? <p className="muted">{w.empty_block}</p> : null}
      <div className="table-box">
        <table className="data">
          <thead>
            <tr>
              <th scope="col">{w.kind}</th>
              <th scope="col">{w.transaction}</th>
              <th scope="col">{w.sender}</th>
            </tr>
          </thead>
          <tbody>
            {block.items.map((item) => (
              <tr key={item.id}>
                <td>{word_for(w.kinds, item.kind)}</td>
                <td>
                  <Hash text={item.id} what={w.transaction} link={(shown) => <Link to={`/ledger/transactions/${item.id}`}>{shown}</Link>} />
                </td>
                <td>
                  <Hash text={item.sender} what={w.sender} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

export default function BlockPage({ height }: { height: number }) {
  const query = useBlock(height);
  return (
    <>
      <PageHead title={w.block(count(height))}>
        <Button component={Link} to="/ledger" variant="default">
          {w.back}
        </Button>
        <Button.Group>
          <Button component={Link} to={`/ledger/blocks/${Math.max(1, height - 1)}`} variant="default" aria-label={w.earlier} title={w.earlier}>
            <BackIcon />
          </Button>
          <Button component={Link} to={`/ledger/blocks/${height + 1}`} variant="default" aria-label={w.later} title={w.later}>
            <ForwardIcon />
          </Button>
        </Button.Group>
      </PageHead>
      <Answered query={query} rows={5} height={60}>
        {(block) => (
          <div className="stack">
            <Items block={block} />
            <VerifyBlock key={block.height} height={block.height} />
            <Header block={block} />
          </div>
        )}
      </Answered>
    </>
  );
}
