// SPDX-License-Identifier: Apache-2.0
// Who is signed in, and the one live connection that belongs to that session.
import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useMemo, useSyncExternalStore, type ReactNode } from 'react';
import { LiveConnection, type ConnectionState, type EventHandlers } from '@/client/events';
import { live_store } from '@/client/live';
import { keys } from '@/client/queries';
import type { BlockSummary, Me, Page } from '@/client/types';
import { tell } from '@/ui/bits';
import { duration } from '@/ui/format';
import { words } from '@/words';

interface Blocks {
  pages: Page<BlockSummary>[];
  pageParams: unknown[];
}

// A new block stands on top of the list that is shown already, without asking the node again.
function prepend_block(queries: QueryClient, block: BlockSummary): void {
  queries.setQueryData<Blocks>(keys.blocks, (known) => {
    const first = known?.pages[0];
    if (!known || !first || first.items.some((item) => item.height === block.height)) return known;
    const items = [block, ...first.items].slice(0, 60);
    return { ...known, pages: [{ ...first, items }, ...known.pages.slice(1)] };
  });
}

function handlers_for(queries: QueryClient): EventHandlers {
  const old = (key: readonly unknown[]): void => void queries.invalidateQueries({ queryKey: key });
  return {
    vitals: (event) => live_store.on_vitals(event),
    alarm: (alarm) => {
      live_store.on_alarm(alarm);
      old(keys.alarms(alarm.patient));
    },
    report: (report) => {
      old(keys.reports);
      old(keys.patient(report.patient.id));
    },
    block: (block) => {
      prepend_block(queries, block);
      old(keys.mining);
    },
    consent: () => {
      for (const key of [['consents'], keys.ward, ['patient'], ['access']]) old(key);
    },
    device: (event) => {
      live_store.on_device(event);
      old(keys.devices);
      old([...keys.admin, 'devices']);
    },
    missed: () => {
      void queries.invalidateQueries();
      tell(words.connection.missed_detail, words.connection.missed);
    },
    refused: () => old(keys.me),
    resumed: (break_ms) => {
      void queries.invalidateQueries({ predicate: (query) => query.state.status === 'error' });
      if (break_ms < 3_000) return;
      tell(words.connection.resumed_detail(duration(break_ms)), words.connection.resumed);
    },
  };
}

interface Session {
  me: Me;
  connection: LiveConnection;
}
const SessionContext = createContext<Session | null>(null);

export function SessionProvider({ me, children }: { me: Me; children: ReactNode }) {
  const queries = useQueryClient();
  const connection = useMemo(() => new LiveConnection(handlers_for(queries)), [queries]);
  useEffect(() => {
    connection.start();
    return () => connection.stop();
  }, [connection]);
  const session = useMemo(() => ({ me, connection }), [me, connection]);
  return <SessionContext value={session}>{children}</SessionContext>;
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('useSession outside of SessionProvider');
  return session;
}

export function useConnectionState(): ConnectionState {
  const { connection } = useSession();
  return useSyncExternalStore(connection.subscribe, () => connection.current);
}
