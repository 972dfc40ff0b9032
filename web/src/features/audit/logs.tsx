// SPDX-License-Identifier: Apache-2.0
import { Button, Switch } from '@mantine/core';
import { useState } from 'react';
import { api } from '@/client/api';
import { keys, usePages } from '@/client/queries';
import type { Access } from '@/client/types';
import { Hash, Stamp } from '@/ui/bits';
import { count } from '@/ui/format';
import { save_file } from '@/ui/save_file';
import { PagedTable } from '@/ui/table';
import { what_in_words } from '@/ui/what';
import { word_for, words } from '@/words';
import { csv_of } from './csv';

const w = words.audit;

function export_access(items: readonly Access[]): void {
  const head = ['time_utc', 'time_ms', 'actor', 'role', 'patient', 'action', 'what', 'basis', 'allowed', 'hash'];
  const rows = items.map((each) => [
    new Date(each.time_ms).toISOString(), each.time_ms, each.actor.id, each.actor.role, each.patient, each.action, each.what, each.basis, each.allowed, each.hash,
  ]);
  save_file('salus-access-log.csv', 'text/csv', csv_of([head, ...rows]));
}

function Outcome({ allowed }: { allowed: boolean }) {
  return (
    <span className="tag" data-kind={allowed ? 'good' : 'bad'}>
      {allowed ? w.allowed : w.refused_word}
    </span>
  );
}

// A consent is named by its id: shortened, so that the outcome beside it stays in sight.
function Basis({ text }: { text: string }) {
  const consent = /^consent ([0-9a-f]{24,})$/.exec(text)?.[1];
  if (!consent) return text;
  return (
    <span className="nowrap">
      {w.consent} <Hash text={consent} what={w.basis} />
    </span>
  );
}

export function AccessLog() {
  const query = usePages([...keys.audit, 'access'], (cursor, signal) => api.audit_log(cursor, signal));
  const [refused, set_refused] = useState(false);
  return (
    <>
      <div style={{ display: 'flex', flexWrap: 'wrap', gap: 16, alignItems: 'center', marginBlockEnd: 10 }}>
        <Switch label={w.only_refused} checked={refused} onChange={(event) => set_refused(event.currentTarget.checked)} />
        <Button variant="default" ml="auto" disabled={query.items.length === 0} title={w.csv_note(count(query.items.length))} onClick={() => export_access(query.items)}>
          {w.csv}
        </Button>
      </div>
      <PagedTable
        query={query}
        row_key={(each) => each.hash}
        empty={w.none}
        filter={(each) => !refused || !each.allowed}
        columns={[
          { title: w.time, cell: (each) => <Stamp ms={each.time_ms} /> },
          { title: w.actor, cell: (each) => <Hash text={each.actor.id} what={w.actor} /> },
          { title: w.role, cell: (each) => word_for(words.roles, each.actor.role) },
          { title: w.subject, cell: (each) => <Hash text={each.patient} what={w.subject} /> },
          { title: w.action, cell: (each) => <span className="nowrap">{word_for({}, each.action)}</span> },
          { title: w.what, cell: (each) => what_in_words(each.what) },
          { title: w.basis, cell: (each) => <Basis text={each.basis} /> },
          { title: w.outcome, cell: (each) => <Outcome allowed={each.allowed} /> },
          { title: w.entry_hash, cell: (each) => <Hash text={each.hash} what={w.entry_hash} /> },
        ]}
      />
    </>
  );
}

export function RefusedOperations() {
  const query = usePages([...keys.audit, 'refused'], (cursor, signal) => api.audit_refusals(cursor, signal));
  return (
    <PagedTable
      query={query}
      row_key={(each, index) => `${each.time_ms}-${index}`}
      empty={w.none_refused}
      columns={[
        { title: w.time, cell: (each) => <Stamp ms={each.time_ms} /> },
        { title: w.actor, cell: (each) => (each.actor ? <Hash text={each.actor} what={w.actor} /> : w.nobody) },
        { title: w.action, cell: (each) => <span className="nowrap">{word_for({}, each.action)}</span> },
        { title: w.code, cell: (each) => <code className="mono">{each.code}</code> },
      ]}
    />
  );
}
