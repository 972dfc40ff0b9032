// SPDX-License-Identifier: Apache-2.0
// Blocks as they come, whose turn it is, and search by any id.
import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { useQuery } from '@tanstack/react-query';
import { api } from '@/client/api';
import { keys, usePages } from '@/client/queries';
import type { BlockSummary, Found } from '@/client/types';
import { Ago, Hash, PageHead } from '@/ui/bits';
import { count } from '@/ui/format';
import { SearchIcon } from '@/ui/icons';
import { Answered, Empty } from '@/ui/states';
import { words } from '@/words';
import { Orphans } from './orphans';
import { Ring } from './ring';
import './ledger.css';

const w = words.ledger;

const address_of = (found: Found): string =>
  found.kind === 'block' ? `/ledger/blocks/${found.height}` : `/ledger/transactions/${found.id}`;

function Results({ text }: { text: string }) {
  const query = useQuery({ queryKey: ['search', text], queryFn: ({ signal }) => api.search(text, signal) });
  return (
    <section className="panel" aria-live="polite">
      <h2>{w.found}</h2>
      <Answered query={query} rows={1} height={36}>
        {(data) =>
          data.items.length === 0 ? (
            <p className="muted">{w.search_none(text)}</p>
          ) : (
            <ul className="found">
              {data.items.map((found) => (
                <li key={found.kind + found.id}>
                  <span className="tag">{found.kind === 'block' ? w.block(count(found.height)) : w.transaction}</span>
                  <Hash text={found.id} what={w.hash} link={(shown) => <Link to={address_of(found)}>{shown}</Link>} />
                </li>
              ))}
            </ul>
          )
        }
      </Answered>
    </section>
  );
}

function Search() {
  const [search, set_search] = useSearchParams();
  const asked = search.get('q') ?? '';
  const [text, set_text] = useState(asked);
  const navigate = useNavigate();
  const find = async (): Promise<void> => {
    const wanted = text.trim().toLowerCase();
    if (!wanted) {
      set_search({});
      return;
    }
    // One hit alone is where people want to go.
    const hits = await api.search(wanted).catch(() => null);
    const [only] = hits?.items ?? [];
    if (only && hits?.items.length === 1) await navigate(address_of(only));
    else set_search({ q: wanted });
  };
  return (
    <>
      <form
        role="search"
        className="ledger-search"
        onSubmit={(event) => {
          event.preventDefault();
          void find();
        }}
      >
        <TextInput aria-label={w.search} placeholder={w.search} leftSection={<SearchIcon />} value={text} onChange={(event) => set_text(event.currentTarget.value)} />
        <Button type="submit" variant="default">
          {w.search_button}
        </Button>
      </form>
      {asked ? <Results text={asked} /> : null}
    </>
  );
}

function BlockRow({ block }: { block: BlockSummary }) {
  return (
    <tr>
      <th scope="row">
        <Link to={`/ledger/blocks/${block.height}`} className="height">
          {count(block.height)}
        </Link>
      </th>
      <td>
        <Ago ms={block.time_ms} />
      </td>
      <td className="number">{count(block.transactions)}</td>
      <td className="nowrap">{block.miner_index === null ? '' : w.miner_number(count(block.miner_index + 1))}</td>
      <td>
        <Hash text={block.hash} what={w.hash} link={(shown) => <Link to={`/ledger/blocks/${block.height}`}>{shown}</Link>} />
      </td>
    </tr>
  );
}

function Blocks() {
  const query = usePages(keys.blocks, (cursor, signal) => api.blocks(cursor, signal));
  return (
    <section className="panel" aria-labelledby="blocks-title">
      <h2 id="blocks-title">{w.blocks}</h2>
      <Answered query={query} rows={6} height={38}>
        {() =>
          query.items.length === 0 ? (
            <Empty title={w.none} text={w.none_do} />
          ) : (
            <>
              <div className="table-box">
                <table className="data blocks">
                  <thead>
                    <tr>
                      <th scope="col">{w.height}</th>
                      <th scope="col">{w.sealed}</th>
                      <th scope="col" className="number">{w.transactions}</th>
                      <th scope="col">{w.miner}</th>
                      <th scope="col">{w.hash}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {query.items.map((block) => (
                      <BlockRow key={block.height} block={block} />
                    ))}
                  </tbody>
                </table>
              </div>
              {query.hasNextPage ? (
                <Button variant="subtle" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                  {words.state.more}
                </Button>
              ) : null}
            </>
          )
        }
      </Answered>
    </section>
  );
}

export default function Ledger() {
  return (
    <>
      <PageHead title={w.title}>
        <Search />
      </PageHead>
      <p className="muted intro">{w.intro}</p>
      <div className="ledger-grid">
        <div className="stack">
          <Blocks />
          <Orphans />
        </div>
        <Ring />
      </div>
    </>
  );
}
