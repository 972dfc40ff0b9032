// SPDX-License-Identifier: Apache-2.0
import type { LivePatient } from '@/client/live';
import { news2_now } from '@/client/news2';
import { words } from '@/words';
import { count } from './format';
import { useNow } from './now';

const w = words.news2;

/// The least that the early warning score is; nothing where it is not known.
export function News2({ live, age }: { live: LivePatient; age: number | null }) {
  useNow(1_000);
  const score = news2_now(live, age, performance.now());
  if (!score) return null;
  const said = `${w.at_least(count(score.least))}, ${w.responses[score.response]}. ${w.why}`;
  return (
    <span className="tag news2" data-response={score.response} title={said}>
      <span aria-hidden="true">{w.short(count(score.least))}</span>
      <span className="visually-hidden">{said}</span>
    </span>
  );
}
