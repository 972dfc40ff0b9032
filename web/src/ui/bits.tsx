// SPDX-License-Identifier: Apache-2.0
// Small parts that many pages use.
import { notifications } from '@mantine/notifications';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { words } from '@/words';
import { explain } from './states';
import { duration, full, moment, short_id, stamp } from './format';
import { CheckIcon, CopyIcon } from './icons';
import { useNow } from './now';

/// Titles the page for the reader, the tab and the screen reader.
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · ${words.app.name}`;
  }, [title]);
}

export function PageHead({ title, children }: { title: string; children?: ReactNode }) {
  useTitle(title);
  return (
    <div className="head">
      <h1 className="page-title">{title}</h1>
      {children}
    </div>
  );
}

/// A point in time, the zone in its tooltip.
export function Moment({ ms }: { ms: number }) {
  return (
    <time dateTime={new Date(ms).toISOString()} title={full(ms)} className="nowrap">
      {moment(ms)}
    </time>
  );
}

/// A point in time as evidence states it: day, second and zone in sight.
export function Stamp({ ms }: { ms: number }) {
  return (
    <time dateTime={new Date(ms).toISOString()} title={full(ms)} className="nowrap">
      {stamp(ms)}
    </time>
  );
}

/// How long ago, kept up to date.
export function Ago({ ms }: { ms: number }) {
  const now = useNow(1_000);
  const age = now - ms;
  return (
    <time dateTime={new Date(ms).toISOString()} title={full(ms)} className="nowrap">
      {age < 2_000 ? words.value.now : words.value.ago(duration(age))}
    </time>
  );
}

export function Copy({ text, what }: { text: string; what: string }) {
  const [copied, set_copied] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(() => () => void (timer.current && clearTimeout(timer.current)), []);
  return (
    <button
      type="button"
      className="icon-button no-print"
      aria-label={copied ? words.copy.copied : words.copy.copy_what(what)}
      title={copied ? words.copy.copied : words.copy.copy}
      onClick={() => {
        copy_text(text);
        set_copied(true);
        timer.current = setTimeout(() => set_copied(false), 1_500);
      }}
    >
      {copied ? <CheckIcon /> : <CopyIcon />}
    </button>
  );
}

// The clipboard API is missing on plain-http addresses of a local network: a selection does it there.
function copy_text(text: string): void {
  if (window.isSecureContext) {
    void navigator.clipboard.writeText(text);
    return;
  }
  const area = document.createElement('textarea');
  area.value = text;
  area.style.position = 'fixed';
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}

/// A long id: shortened unless `whole`, always to be copied, a link where one is given.
export function Hash({ text, what, whole = false, link }: {
  text: string;
  what: string;
  whole?: boolean;
  link?: (shown: ReactNode) => ReactNode;
}) {
  const shown = <code title={text} className={whole ? undefined : 'nowrap'}>{whole ? text : short_id(text)}</code>;
  return (
    <span className="hash">
      {link ? link(shown) : shown}
      <Copy text={text} what={what} />
    </span>
  );
}

export function tell(message: string, title?: string): void {
  notifications.show({ message, title, autoClose: 6_000, withBorder: true });
}
/// Says why something asked for did not happen; stays until it is closed.
export function tell_failure(title: string, error: unknown): void {
  const explanation = explain(error);
  const message = [explanation.title, explanation.text, explanation.kept].filter(Boolean).join('. ');
  notifications.show({ title, message, color: 'red', autoClose: false, withBorder: true });
}
