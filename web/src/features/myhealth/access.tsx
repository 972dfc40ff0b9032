// SPDX-License-Identifier: Apache-2.0
import { Button } from '@mantine/core';
import { api } from '@/client/api';
import type { PersonId } from '@/client/ids';
import { keys, usePages } from '@/client/queries';
import { Moment } from '@/ui/bits';
import { list_of, minutes } from '@/ui/format';
import { Answered, Empty } from '@/ui/states';
import { word_for, words } from '@/words';
import { looks_of, type Look } from './looks';

const w = words.my_health;

function Line({ look }: { look: Look }) {
  const who = look.actor.name || look.actor.id.slice(0, 8);
  // Two of the node's actions may be one thing to a reader.
  const actions = [...new Set(look.actions.map((action) => word_for(w.actions, action)))];
  return (
    <li>
      <span className="when">
        <Moment ms={look.from_ms} />
        {look.to_ms - look.from_ms >= 60_000 ? ` – ${minutes(look.to_ms)}` : ''}
      </span>
      <div>
        <p>{w.access_line(who, word_for(words.roles, look.actor.role), list_of(actions))}</p>
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
                <Moment ms={entry.time_ms} /> {word_for(w.actions, entry.action)} <code className="mono">{entry.what}</code>
              </li>
            ))}
          </ul>
        </details>
      </div>
    </li>
  );
}

export function AccessLog({ id }: { id: PersonId }) {
  const query = usePages(keys.access(id), (cursor, signal) => api.access_log(id, cursor, signal));
  return (
    <>
      <p className="muted">{w.access_intro}</p>
      <Answered query={query} rows={5} height={44}>
        {() =>
          query.items.length === 0 ? (
            <Empty title={w.access_none} />
          ) : (
            <section className="panel">
              <ul className="access-list">
                {looks_of(query.items).map((look) => (
                  <Line key={look.key} look={look} />
                ))}
              </ul>
              {query.hasNextPage ? (
                <Button variant="subtle" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
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
