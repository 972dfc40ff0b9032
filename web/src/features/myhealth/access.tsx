// SPDX-License-Identifier: Apache-2.0
import { Button } from '@mantine/core';
import { api } from '@/client/api';
import type { PersonId } from '@/client/ids';
import { keys, usePages } from '@/client/queries';
import type { Access } from '@/client/types';
import { Moment } from '@/ui/bits';
import { Answered, Empty } from '@/ui/states';
import { word_for, words } from '@/words';

const w = words.my_health;

function Line({ access }: { access: Access }) {
  return (
    <li>
      <Moment ms={access.time_ms} />
      <span>{w.access_line(access.actor.name || access.actor.id.slice(0, 8), word_for(words.roles, access.actor.role), word_for(w.actions, access.action))}</span>
      {access.what ? <span className="muted">{word_for({}, access.what)}</span> : null}
      {access.allowed ? null : (
        <span className="tag" data-kind="bad" title={access.basis}>
          {w.access_refused}
        </span>
      )}
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
                {query.items.map((access) => (
                  <Line key={access.hash} access={access} />
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
