// SPDX-License-Identifier: Apache-2.0
// A plain list as a table, going on by cursor.
import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { words } from '@/words';
import { Answered, Empty } from './states';

export interface Column<T> {
  title: string;
  number?: boolean;
  cell: (row: T) => ReactNode;
}

export function Table<T>({ columns, rows, row_key }: {
  columns: readonly Column<T>[];
  rows: readonly T[];
  row_key: (row: T, index: number) => string | number;
}) {
  return (
    <div className="table-box">
      <table className="data">
        <thead>
          <tr>
            {columns.map((column) => (
              <th scope="col" key={column.title} className={column.number ? 'number' : undefined}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={row_key(row, index)}>
              {columns.map((column) => (
                <td key={column.title} className={column.number ? 'number' : undefined}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface Pages<T> {
  data: unknown;
  error: unknown;
  isPending: boolean;
  refetch: () => unknown;
  items: readonly T[];
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

export function PagedTable<T>({ query, columns, row_key, empty, filter }: {
  query: Pages<T>;
  columns: readonly Column<T>[];
  row_key: (row: T, index: number) => string | number;
  empty: string;
  filter?: (row: T) => boolean;
}) {
  const rows = filter ? query.items.filter(filter) : query.items;
  return (
    <Answered query={query} rows={6} height={40}>
      {() => (
        <>
          {rows.length === 0 ? <Empty title={empty} /> : <Table columns={columns} rows={rows} row_key={row_key} />}
          {query.hasNextPage ? (
            <Button variant="subtle" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              {words.state.more}
            </Button>
          ) : null}
        </>
      )}
    </Answered>
  );
}
