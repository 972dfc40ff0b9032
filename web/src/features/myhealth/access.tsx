// SPDX-License-Identifier: Apache-2.0
import { Button, SegmentedControl } from '@mantine/core';
import { useEffect } from 'react';
import { useSearchParams } from 'react-router';
import { api } from '@/client/api';
import type { PersonId } from '@/client/ids';
import { keys, usePages } from '@/client/queries';
import { Moment } from '@/ui/bits';
import { full, list_of, moment, span } from '@/ui/format';
import { Answered, Empty } from '@/ui/states';
import { what_in_words } from '@/ui/what';
import { word_for, words } from '@/words';
import { looks_of, type Look } from './looks';

const w = words.my_health;

function Line({ look, own }: { look: Look; own: boolean }) {
  const who = look.actor.name || look.actor.id.slice(0, 8);
  // Two of the node's actions may be one thing to a reader.
  const actions = [...new Set(look.actions.map((action) => word_for(w.actions, action)))];
  return (
    <li>
      <span className="when">
        <time dateTime={new Date(look.from_ms).toISOString()} title={full(look.from_ms)}>
          {look.to_ms - look.from_ms >= 60_000 ? span(look.from_ms, look.to_ms) : moment(look.from_ms)}
        </time>
      </span>
      <div>
        <p>{own ? w.access_you(list_of(actions)) : w.access_line(who, word_for(words.roles, look.actor.role), list_of(actions))}</p>
        {look.allowed ? null : (
          <p>
            <span className="tag" data-kind="bad">{w.access_refused}</span> <span className="muted">{look.entries[0]?.basis}</span>
          </p>
        )}
        <details>
          <summary>{w.access_entries(look.entries.length)}</summary>
          <ul className="entries muted">
            {look.entries.map((entry) => (
              <li key={entry.hash}>
                <Moment ms={entry.time_ms} /> {word_for(w.actions, entry.action)} {entry.what ? `(${what_in_words(entry.what)})` : null}
              </li>
            ))}
          </ul>
        </details>
      </div>
    </li>
  );
}

// Whoever looks at this page is noted too: so that the looks of others are found among the own ones, more is
// fetched by itself, up to a bound.
const wanted_looks = 5;
const fetched_at_most = 500;

export function AccessLog({ id }: { id: PersonId }) {
  const query = usePages(keys.access(id), (cursor, signal) => api.access_log(id, cursor, signal));
  const [search, set_search] = useSearchParams();
  const all = search.get('who') === 'all';
  const looks = looks_of(query.items.filter((entry) => all || entry.actor.id !== id));
  const { hasNextPage, isFetchingNextPage, fetchNextPage, error } = query;
  const searching = looks.length < wanted_looks && hasNextPage && query.items.length < fetched_at_most;
  useEffect(() => {
    if (searching && !isFetchingNextPage && !error) void fetchNextPage();
  }, [searching, isFetchingNextPage, fetchNextPage, error]);
  return (
    <>
      <p className="muted">{w.access_intro}</p>
      <SegmentedControl
        className="access-head"
        aria-label={w.access_who}
        value={all ? 'all' : 'others'}
        onChange={(value) => set_search({ part: 'access', ...(value === 'all' ? { who: 'all' } : {}) }, { replace: true })}
        data={[
          { value: 'others', label: w.access_others },
          { value: 'all', label: w.access_all },
        ]}
      />
      <Answered query={query} rows={5} height={44}>
        {() =>
          query.items.length === 0 ? (
            <Empty title={w.access_none} />
          ) : (
            <section className="panel">
              {looks.length === 0 && !searching ? <Empty title={w.access_none_others} /> : null}
              <ul className="access-list">
                {looks.map((look) => (
                  <Line key={look.key} look={look} own={look.actor.id === id} />
                ))}
              </ul>
              {hasNextPage ? (
                <Button variant="subtle" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
                  {words.state.more}
                </Button>
              ) : null}
            </section>
          )
        }
      </Answered>
    </>
  );
}
