// SPDX-License-Identifier: Apache-2.0
// What an entry of the access log says was asked for, in words: the node writes it as "vital=co2 from_ms=1 to_ms=2".
import { span, stamp, within_sentence } from './format';
import { word_for, words } from '@/words';

export function what_in_words(what: string, now_ms?: number): string {
  const parts = what.split(' ').filter(Boolean);
  const asked = new Map(parts.map((part): [string, string] => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]));
  if (parts.length === 0 || parts.some((part) => !/^[a-z_]+=./.test(part))) return word_for({}, what);
  const vital = asked.get('vital');
  const time_of = (name: string): number | null => {
    const ms = asked.get(name);
    return ms !== undefined && /^\d{1,15}$/.test(ms) ? Number(ms) : null;
  };
  const from = time_of('from_ms');
  const to = time_of('to_ms');
  const said = vital === undefined ? [] : [within_sentence(word_for(words.vitals, vital))];
  if (from !== null && to !== null) said.push(span(from, to, now_ms));
  else if (from !== null) said.push(words.audit.since(stamp(from)));
  else if (to !== null) said.push(words.audit.until(stamp(to)));
  const known = new Set(['vital', 'from_ms', 'to_ms']);
  for (const [name, value] of asked) if (!known.has(name)) said.push(`${word_for({}, name)} ${value}`);
  return said.join(', ');
}
