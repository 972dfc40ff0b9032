// SPDX-License-Identifier: Apache-2.0
// A plain list as a table, going on by cursor.
import { Button, TextInput } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';
import { useSearchParams } from 'react-router';
import { locale, words } from '@/words';
import { count } from './format';
import { SearchIcon } from './icons';
import { Answered, Empty } from './states';

export interface Column<T> {
  title: string;
  number?: boolean;
  cell: (row: T) => ReactNode;
  /// What rows are put in order by, where people may choose this column for that.
  order?: (row: T) => string | number;
}

export interface Sorting {
  by: string;
  down: boolean;
}

const few_columns = 4;

function Heading<T>({ column, sorting, sort }: { column: Column<T>; sorting?: Sorting; sort?: (by: string) => void }) {
  const chosen = sorting?.by === column.title;
  const name = column.number ? 'number' : undefined;
  if (!column.order || !sort) return <th scope="col" className={name}>{column.title}</th>;
  return (
    <th scope="col" className={name} aria-sort={chosen ? (sorting.down ? 'descending' : 'ascending') : undefined}>
      <button type="button" className="sort" onClick={() => sort(column.title)}>
        {column.title}
        <span aria-hidden="true">{chosen ? (sorting.down ? '▼' : '▲') : ''}</span>
      </button>
    </th>
  );
}

export function Table<T>({ columns, rows, row_key, sorting, sort }: {
  columns: readonly Column<T>[];
  rows: readonly T[];
  row_key: (row: T, index: number) => string | number;
  sorting?: Sorting;
  sort?: (by: string) => void;
}) {
  return (
    <div className="table-box">
      <table className={columns.length <= few_columns ? 'data few' : 'data'}>
        <thead>
          <tr>
            {columns.map((column) => (
              <Heading key={column.title} column={column} sorting={sorting} sort={sort} />
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

const collator = new Intl.Collator(locale, { numeric: true });

/// `rows` in the order of the chosen column; those that are equal by it keep the order they came in.
export function in_order<T>(rows: readonly T[], columns: readonly Column<T>[], sorting: Sorting): T[] {
  const order = columns.find((column) => column.title === sorting.by)?.order;
  if (!order) return [...rows];
  const turn = sorting.down ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [left, right] = [order(a), order(b)];
    // What is not there stands last, whichever way the rest runs.
    if ((left === '') !== (right === '')) return left === '' ? 1 : -1;
    return turn * (typeof left === 'number' && typeof right === 'number' ? left - right : collator.compare(String(left), String(right)));
  });
}

/// A list as long as this is fetched whole, so that its order is that of all of it.
const whole_at_most = 2_000;

/// A list that people order by its columns and search in; both stand in the address.
export function SortedTable<T>({ query, columns, row_key, empty, none_match, search_label, text_of }: {
  query: Pages<T>;
  columns: readonly Column<T>[];
  row_key: (row: T, index: number) => string | number;
  empty: string;
  none_match: string;
  search_label: string;
  text_of: (row: T) => string;
}) {
  const [search, set_search] = useSearchParams();
  const set = (changes: Readonly<Record<string, string | null>>): void =>
    set_search(
      (before) => {
        const next = new URLSearchParams(before);
        for (const [name, value] of Object.entries(changes)) {
          if (value) next.set(name, value);
          else next.delete(name);
        }
        return next;
      },
      { replace: true },
    );
  const { hasNextPage, isFetchingNextPage, fetchNextPage, error } = query;
  const loaded = query.items.length;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && !error && loaded < whole_at_most) fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, error, loaded]);
  const sorting = { by: search.get('sort') ?? columns.find((column) => column.order)?.title ?? '', down: search.get('down') === '1' };
  const wanted = (search.get('q') ?? '').trim().toLocaleLowerCase();
  const rows = query.items.filter((row) => text_of(row).toLocaleLowerCase().includes(wanted));
  const sort = (by: string): void => set({ sort: by, down: sorting.by === by && !sorting.down ? '1' : null });
  return (
    <Answered query={query} rows={6} height={40}>
      {() => (
        <>
          <div className="table-head">
            <TextInput aria-label={search_label} placeholder={search_label} leftSection={<SearchIcon />} value={search.get('q') ?? ''} onChange={(event) => set({ q: event.currentTarget.value })} />
            <span className="muted" role="status">
              {wanted ? words.state.shown_of(count(rows.length), count(loaded)) : words.state.shown(count(loaded))}
              {hasNextPage && loaded >= whole_at_most ? `. ${words.state.sorted_so_far}` : ''}
            </span>
          </div>
          {rows.length === 0 ? (
            <Empty title={wanted ? none_match : empty} />
          ) : (
            <Table columns={columns} rows={in_order(rows, columns, sorting)} row_key={row_key} sorting={sorting} sort={sort} />
          )}
          {hasNextPage && loaded >= whole_at_most ? (
            <Button variant="subtle" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              {words.state.more}
            </Button>
          ) : null}
        </>
      )}
    </Answered>
  );
}
