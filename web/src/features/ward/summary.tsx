// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from 'react';
import { live_store } from '@/client/live';
import type { Priority, WardPatient } from '@/client/types';
import { PriorityShape } from '@/ui/icons';
import { word_for, words } from '@/words';

const priorities: readonly Priority[] = ['high', 'medium', 'low', 'technical'];

/// How many alarms of each priority stand on the ward, those that wait in bold.
export function Summary({ patients }: { patients: readonly WardPatient[] }) {
  const [, repaint] = useState(0);
  useEffect(() => live_store.subscribe_alarms(() => setTimeout(() => repaint((before) => before + 1), 0)), []);
  const alarms = patients.flatMap((patient) => live_store.get(patient.id)?.alarms ?? patient.alarms);
  return (
    <ul className="ward-summary" aria-label={words.ward.summary_label}>
      <li>{words.ward.patients(patients.length)}</li>
      {priorities.map((priority) => {
        const of_it = alarms.filter((alarm) => alarm.priority === priority);
        if (of_it.length === 0) return null;
        return (
          <li key={priority} data-priority={priority} className="count">
            <PriorityShape priority={priority} size={14} />
            <strong>{of_it.length}</strong> {word_for(words.priorities, priority)}
          </li>
        );
      })}
    </ul>
  );
}
