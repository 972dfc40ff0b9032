// SPDX-License-Identifier: Apache-2.0
import { TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '@/client/api';
import { keys, usePages } from '@/client/queries';
import { Hash } from '@/ui/bits';
import { bytes, count, moment } from '@/ui/format';
import { PagedTable, Table } from '@/ui/table';
import { Answered, Empty } from '@/ui/states';
import { word_for, words } from '@/words';

const w = words.admin;
const refresh_ms = 10_000;

export function People() {
  const query = usePages([...keys.admin, 'people'], (cursor, signal) => api.admin_people(cursor, signal));
  const [text, set_text] = useState('');
  const wanted = text.trim().toLocaleLowerCase();
  return (
    <>
      <TextInput mb={10} maw={320} aria-label={w.search} placeholder={w.search} value={text} onChange={(event) => set_text(event.currentTarget.value)} />
      <PagedTable
        query={query}
        row_key={(person) => person.id}
        empty={words.state.empty}
        filter={(person) => `${person.name} ${person.login ?? ''} ${word_for(words.roles, person.role)} ${person.id}`.toLocaleLowerCase().includes(wanted)}
        columns={[
          { title: w.name, cell: (person) => <strong>{person.name}</strong> },
          { title: w.role, cell: (person) => word_for(words.roles, person.role) },
          { title: w.login, cell: (person) => person.login ?? '' },
          { title: w.bed, cell: (person) => person.bed },
          { title: w.doctor, cell: (person) => person.doctor?.name ?? '' },
          { title: w.id, cell: (person) => <Hash text={person.id} what={w.id} /> },
        ]}
      />
    </>
  );
}

export function Miners() {
  const query = usePages([...keys.admin, 'miners'], (cursor, signal) => api.admin_miners(cursor, signal));
  return (
    <PagedTable
      query={query}
      row_key={(miner) => miner.id}
      empty={words.state.empty}
      columns={[
        { title: w.index, number: true, cell: (miner) => count(miner.index + 1) },
        { title: w.id, cell: (miner) => <Hash text={miner.id} what={w.id} /> },
        { title: w.blocks, number: true, cell: (miner) => count(miner.blocks) },
        { title: w.this_round, cell: (miner) => (miner.mined_this_round ? words.ledger.mined : words.ledger.waits) },
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
          <p className="muted">{w.since(moment(data.since_ms))}</p>
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

export function StorageUse() {
  const query = useQuery({ queryKey: [...keys.admin, 'storage'], queryFn: ({ signal }) => api.storage(signal), refetchInterval: refresh_ms });
  return (
    <Answered query={query} rows={3} height={40}>
      {(data) => (
        <>
          <Table
            rows={data.items}
            row_key={(item) => item.name}
            columns={[
              { title: w.store, cell: (item) => <strong>{item.name}</strong> },
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
