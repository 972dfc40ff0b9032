// SPDX-License-Identifier: Apache-2.0
import type { ReactNode } from 'react';
import { step_names_of, type Facts, type Verdict } from '@/verify/verdict';
import { count, full, stamp } from '@/ui/format';
import { CheckIcon, CrossIcon, DashIcon } from '@/ui/icons';
import { word_for, words } from '@/words';
import { ReceiptQr } from './qr';
import type { Anchor } from './verifier';

const w = words.verify;

const headings: Record<Verdict['status'], { title: string; text: string }> = {
  verified: { title: w.good, text: w.good_text },
  issuer_unknown: { title: w.unknown, text: w.unknown_text },
  failed: { title: w.bad, text: w.bad_text },
};

/// How far a verified receipt reaches: the issuer's word, or more.
function strength_text(verdict: Verdict): string {
  const parts: string[] = [];
  if (verdict.agreed) parts.push(w.agreed_text);
  if (verdict.witnesses.length > 0) {
    parts.push(w.witnessed_text(verdict.witnesses.map((one) => `${one.name} (${full(one.time_ms)})`).join(', ')));
  }
  return parts.length > 0 ? parts.join(' ') : w.good_text;
}

const kind_text = (facts: Facts): string =>
  word_for(facts.claim === 'transaction' ? words.ledger.kinds : w.kinds, facts.kind);

function FactList({ facts }: { facts: Facts }) {
  const rows: [string, ReactNode][] = [
    [words.ledger.kind, kind_text(facts)],
    [w.sealed_in, w.sealed_text(count(Number(facts.height)), facts.chain_id)],
    [words.ledger.sealed, <time key="time" dateTime={new Date(facts.time_ms).toISOString()}>{full(facts.time_ms)}</time>],
  ];
  if (facts.period) rows.push([w.period, words.reports.period(stamp(facts.period.start_ms), stamp(facts.period.end_ms))]);
  if (facts.category) rows.push([w.category, word_for(words.my_health.categories, facts.category)]);
  if (facts.reading_count !== null) rows.push([w.reading_count, count(facts.reading_count)]);
  if (facts.purpose) rows.push([w.purpose, word_for(words.my_health.purposes, facts.purpose)]);
  const mono = (name: string, value: string): [string, ReactNode] => [name, <code key={value} className="mono">{value}</code>];
  if (facts.patient && facts.claim !== 'transaction') rows.push(mono(w.patient, facts.patient));
  for (const reader of facts.readers) rows.push(mono(facts.claim === 'consent' ? w.reader : w.not_reader, reader));
  if (facts.content_id) rows.push(mono(w.content_id, facts.content_id));
  if (facts.transaction) rows.push(mono(words.ledger.transaction, facts.transaction));
  return (
    <section className="panel">
      <h2>{w.says}</h2>
      <dl className="facts">
        {rows.map(([name, value]) => (
          <div key={name} className="fact-row">
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Steps({ verdict, anchored }: { verdict: Verdict; anchored: boolean }) {
  const names = [...new Set([...step_names_of(verdict.kind), ...verdict.steps.map((step) => step.name)])];
  return (
    <section className="panel">
      <h2>{w.steps}</h2>
      <ol className="steps">
        {names.map((name) => {
          const step = verdict.steps.find((each) => each.name === name);
          const open = step?.ok === true && name === 'seal' && !anchored;
          const state = !step ? 'skipped' : open ? 'open' : step.ok ? 'ok' : 'failed';
          const said = { skipped: w.step_skipped, open: w.step_unknown, ok: w.step_ok, failed: w.step_failed }[state];
          return (
            <li key={name} data-state={state}>
              <span className="step-mark">{state === 'ok' ? <CheckIcon /> : state === 'failed' ? <CrossIcon /> : <DashIcon />}</span>
              <div>
                <p>
                  {word_for(w.names, name)} <span className="step-state">{said}</span>
                </p>
                {step ? <p className="muted found-words">{step.words}</p> : null}
              </div>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

export function Outcome({ receipt, verdict, anchor }: {
  receipt: Uint8Array | string;
  verdict: Verdict;
  anchor: Anchor | null;
}) {
  const heading = headings[verdict.status];
  return (
    <div className="outcome">
      <div className="verdict" data-status={verdict.status} role="status">
        <span className="verdict-mark" aria-hidden="true">
          {verdict.status === 'verified' ? <CheckIcon size={34} /> : verdict.status === 'failed' ? <CrossIcon size={34} /> : <DashIcon size={34} />}
        </span>
        <div>
          <h2>{heading.title}</h2>
          <p>{verdict.status === 'verified' ? strength_text(verdict) : heading.text}</p>
          {verdict.status === 'verified' && anchor?.from_node ? <p>{w.anchor_not_independent}</p> : null}
          {verdict.by_program ? (
            <p>
              <strong>{w.program}</strong>
            </p>
          ) : null}
          {verdict.facts?.custody.includes('node') ? <p>{w.custody_node}</p> : null}
        </div>
      </div>
      <div className="outcome-pair">
        <Steps verdict={verdict} anchored={anchor !== null} />
        {verdict.facts && verdict.status !== 'failed' ? <FactList facts={verdict.facts} /> : null}
      </div>
      {verdict.facts && verdict.status !== 'failed' ? <ReceiptQr receipt={receipt} kind={kind_text(verdict.facts)} /> : null}
    </div>
  );
}
