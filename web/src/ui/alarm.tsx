// SPDX-License-Identifier: Apache-2.0
import type { Alarm, Priority } from '@/client/types';
import { word_for, words } from '@/words';
import { PriorityShape } from './icons';

const stars: Record<Priority, string> = { high: '***', medium: '**', low: '*', technical: '*' };

/// An alarm as monitors show it: shape, stars, and the value against its limit, in words.
export function AlarmBadge({ alarm, past = false }: { alarm: Alarm; past?: boolean }) {
  const quiet = past || alarm.acknowledged_at_ms !== null || alarm.cleared_at_ms !== null;
  return (
    <span className="alarm" data-priority={alarm.priority} data-acknowledged={quiet}>
      <PriorityShape priority={alarm.priority} />
      <span className="stars" aria-hidden="true">
        {stars[alarm.priority]}
      </span>
      <span className="visually-hidden">{word_for(words.priorities, alarm.priority)}</span>
      <span className="text">{alarm.message}</span>
    </span>
  );
}
