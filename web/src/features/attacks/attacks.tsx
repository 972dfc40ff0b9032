// SPDX-License-Identifier: Apache-2.0
// The last run of the attacks: what was tried, and what came of it here and against the printed protocol.
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api } from '@/client/api';
import { keys } from '@/client/queries';
import type { Attack } from '@/client/types';
import { Ago, Copy, PageHead, Stamp } from '@/ui/bits';
import { count } from '@/ui/format';
import { CheckIcon, CrossIcon, DashIcon } from '@/ui/icons';
import { Answered, Empty } from '@/ui/states';
import { word_for, words } from '@/words';
import { holds, outcome_of } from './outcome';
import './attacks.css';

const w = words.attacks;
const refresh_ms = 15_000;

// Good is what Salus does; that an attack breaks the printed protocol is only as it must be.
function Verdict({ kind, icon, children }: { kind?: 'good' | 'bad'; icon: ReactNode; children: string }) {
  return (
    <span className="tag" data-kind={kind}>
      {icon}
      {children}
    </span>
  );
}

function Here({ resisted }: { resisted: boolean }) {
  if (resisted) return <Verdict kind="good" icon={<CheckIcon size={14} />}>{w.resisted}</Verdict>;
  return <Verdict kind="bad" icon={<CrossIcon size={14} />}>{w.not_resisted}</Verdict>;
}

function Control({ control }: { control: boolean | null }) {
  if (control === null) return <Verdict icon={<DashIcon size={14} />}>{w.control_none}</Verdict>;
  if (control) return <Verdict icon={<CheckIcon size={14} />}>{w.control_good}</Verdict>;
  return <Verdict kind="bad" icon={<CrossIcon size={14} />}>{w.control_bad}</Verdict>;
}

// The roles stand there because a narrow window shows the rows as cards, which takes them away.
function Row({ attack }: { attack: Attack }) {
  return (
    <tr role="row">
      <th role="rowheader" scope="row">
        {word_for(w.names, attack.name)}
        {w.tries[attack.name] ? <span className="tries">{w.tries[attack.name]}</span> : null}
        {attack.detail ? (
          <details className="tries">
            <summary>{w.detail}</summary>
            {attack.detail}
          </details>
        ) : null}
      </th>
      <td role="cell" data-label={w.here}>
        <Here resisted={attack.resisted} />
      </td>
      <td role="cell" data-label={w.printed}>
        <Control control={attack.control} />
      </td>
      <td role="cell" data-label={w.when}>
        <Stamp ms={attack.ran_at_ms} />
      </td>
    </tr>
  );
}

function Group({ id, title, text, attacks }: { id: string; title: string; text: string; attacks: readonly Attack[] }) {
  if (attacks.length === 0) return null;
  return (
    <section className="panel" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <p className="muted">{text}</p>
      <table className="data attacks" role="table" aria-labelledby={id}>
        <thead role="rowgroup">
          <tr role="row">
            {[w.attack, w.here, w.printed, w.when].map((each) => (
              <th role="columnheader" scope="col" key={each}>
                {each}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {attacks.map((attack) => (
            <Row key={attack.name} attack={attack} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Summary({ attacks }: { attacks: readonly Attack[] }) {
  const outcome = outcome_of(attacks);
  const good = holds(outcome);
  const succeeded = outcome.all - outcome.resisted;
  return (
    <div className="notice" data-kind={good ? 'good' : 'bad'} role="status">
      <h2>{succeeded === 0 ? w.all_resisted(count(outcome.all)) : w.some_succeeded(count(succeeded), count(outcome.all))}</h2>
      <p>
        {w.controls(count(outcome.controls_good), count(outcome.controls))}{' '}
        {outcome.controls_good < outcome.controls ? w.controls_doubt : w.controls_fine}
      </p>
      {outcome.ran_at_ms === null ? null : (
        <p className="muted">
          {w.last_run} <Ago ms={outcome.ran_at_ms} />
        </p>
      )}
    </div>
  );
}

function NoRun() {
  return (
    <Empty title={w.none} text={w.none_do}>
      <p className="hash">
        <code>{w.command}</code>
        <Copy text={w.command} what={w.command_what} />
      </p>
      <p>{w.none_note}</p>
    </Empty>
  );
}

export default function Attacks() {
  const query = useQuery({ queryKey: keys.attacks, queryFn: ({ signal }) => api.attacks(signal), refetchInterval: refresh_ms });
  return (
    <>
      <PageHead title={w.title} />
      <p className="muted attacks-intro">{w.intro}</p>
      <Answered query={query} rows={3} height={120}>
        {({ items }) =>
          items.length === 0 ? (
            <NoRun />
          ) : (
            <div className="attacks-page">
              <Summary attacks={items} />
              <Group id="attacks-paper" title={w.paper} text={w.paper_text} attacks={items.filter((attack) => attack.paper)} />
              <Group id="attacks-more" title={w.more} text={w.more_text} attacks={items.filter((attack) => !attack.paper)} />
              <p className="muted">{w.note}</p>
            </div>
          )
        }
      </Answered>
    </>
  );
}
