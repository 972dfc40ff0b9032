// SPDX-License-Identifier: Apache-2.0
import { useQuery } from '@tanstack/react-query';
import { api } from '@/client/api';
import { keys, usePages } from '@/client/queries';
import type { MinerRow, Storage } from '@/client/types';
import { Hash } from '@/ui/bits';
import { bytes, count, stamp } from '@/ui/format';
import { SortedTable, Table } from '@/ui/table';
import { Answered, Empty } from '@/ui/states';
import { word_for, words } from '@/words';

const w = words.admin;
const refresh_ms = 10_000;

export function People() {
  const query = usePages([...keys.admin, 'people'], (cursor, signal) => api.admin_people(cursor, signal));
  return (
    <SortedTable
      query={query}
      row_key={(person) => person.id}
      empty={words.state.empty}
      none_match={w.none_match}
      search_label={w.search}
      text_of={(person) => `${person.name} ${person.login ?? ''} ${word_for(words.roles, person.role)} ${person.bed} ${person.doctor?.name ?? ''} ${person.id}`}
      columns={[
        { title: w.name, order: (person) => person.name, cell: (person) => <strong>{person.name}</strong> },
        { title: w.role, order: (person) => word_for(words.roles, person.role), cell: (person) => word_for(words.roles, person.role) },
        { title: w.login, order: (person) => person.login ?? '', cell: (person) => person.login ?? '' },
        { title: w.bed, order: (person) => person.bed ?? '', cell: (person) => person.bed },
        { title: w.doctor, order: (person) => person.doctor?.name ?? '', cell: (person) => person.doctor?.name ?? '' },
        { title: w.id, cell: (person) => <Hash text={person.id} what={w.id} /> },
      ]}
    />
  );
}

export function Miners() {
  const query = usePages([...keys.admin, 'miners'], (cursor, signal) => api.admin_miners(cursor, signal));
  const turn = (miner: MinerRow): string => (miner.mined_this_round ? words.ledger.mined : words.ledger.waits);
  return (
    <SortedTable
      query={query}
      row_key={(miner) => miner.id}
      empty={words.state.empty}
      none_match={w.none_match}
      search_label={w.search}
      text_of={(miner) => `${words.ledger.miner_number(count(miner.index + 1))} ${miner.id} ${turn(miner)}`}
      columns={[
        { title: w.miner, order: (miner) => miner.index, cell: (miner) => words.ledger.miner_number(count(miner.index + 1)) },
        { title: w.blocks, number: true, order: (miner) => miner.blocks, cell: (miner) => count(miner.blocks) },
        { title: w.this_round, order: turn, cell: turn },
        { title: w.id, cell: (miner) => <Hash text={miner.id} what={w.id} /> },
      ]}
    />
  );
}

export function RefusedFrames() {
  const query = useQuery({ queryKey: [...keys.admin, 'refusals'], queryFn: ({ signal }) => api.refused_frames(signal), refetchInterval: refresh_ms });
  return (
    <Answered query={query} rows={3} height={40}>
      {(data) => (
        <>
          <p className="muted">
            {w.refusals_text} {w.since(stamp(data.since_ms))}
          </p>
          {data.items.length === 0 ? (
            <Empty title={w.no_refusals} />
          ) : (
            <Table
              rows={[...data.items].sort((a, b) => b.count - a.count)}
              row_key={(item) => item.reason}
              columns={[
                { title: w.reason, cell: (item) => word_for({}, item.reason) },
                { title: w.count, number: true, cell: (item) => count(item.count) },
              ]}
            />
          )}
        </>
      )}
    </Answered>
  );
}

const together = ({ items }: Storage): Storage['items'][number] => ({
  name: 'together',
  bytes: items.reduce((sum, item) => sum + item.bytes, 0),
  files: items.reduce((sum, item) => sum + item.files, 0),
});

export function StorageUse() {
  const query = useQuery({ queryKey: [...keys.admin, 'storage'], queryFn: ({ signal }) => api.storage(signal), refetchInterval: refresh_ms });
  return (
    <Answered query={query} rows={3} height={40}>
      {(data) => (
        <>
          <Table
            rows={[...data.items, together(data)]}
            row_key={(item) => item.name}
            columns={[
              { title: w.store, cell: (item) => <strong>{word_for(w.stores, item.name)}</strong> },
              { title: w.bytes, number: true, cell: (item) => bytes(item.bytes) },
              { title: w.files, number: true, cell: (item) => count(item.files) },
            ]}
          />
          <p className="muted">{w.free(bytes(data.free_bytes))}</p>
        </>
      )}
    </Answered>
  );
}

export function NodeHealth() {
  const query = useQuery({ queryKey: [...keys.admin, 'health'], queryFn: ({ signal }) => api.health(signal), refetchInterval: refresh_ms });
  return (
    <Answered query={query} rows={3} height={40}>
      {(data) => (
        <Table
          rows={data.items}
          row_key={(item) => item.name}
          columns={[
            { title: w.part, cell: (item) => <strong>{item.name}</strong> },
            {
              title: w.state,
              cell: (item) => (
                <span className="tag" data-kind={item.ok ? 'good' : 'bad'}>
                  {item.ok ? w.ok : w.not_ok}
                </span>
              ),
            },
            { title: w.detail, cell: (item) => item.detail },
          ]}
        />
      )}
    </Answered>
  );
}
