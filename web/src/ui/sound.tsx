// SPDX-License-Identifier: Apache-2.0
// One voice for the page, off until somebody turns it on, with a mute whose remaining time is seen.
import { Button } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { live_store } from '@/client/live';
import type { Priority } from '@/client/types';
import { words } from '@/words';
import { duration } from './format';
import { MutedIcon, SoundIcon } from './icons';
import { useNow } from './now';

const mute_ms = 120_000;
// Bursts after the practice of bedside monitors: more pulses, closer together, for what is worse.
const bursts: Record<Priority, { pulses: number; hz: number }> = {
  high: { pulses: 5, hz: 880 },
  medium: { pulses: 3, hz: 660 },
  low: { pulses: 1, hz: 523 },
  technical: { pulses: 1, hz: 440 },
};

function play(context: AudioContext, priority: Priority): void {
  const { pulses, hz } = bursts[priority];
  for (let pulse = 0; pulse < pulses; ++pulse) {
    const start = context.currentTime + pulse * 0.22;
    const tone = context.createOscillator();
    const level = context.createGain();
    tone.frequency.value = hz;
    level.gain.setValueAtTime(0, start);
    level.gain.linearRampToValueAtTime(0.2, start + 0.02);
    level.gain.linearRampToValueAtTime(0, start + 0.16);
    tone.connect(level).connect(context.destination);
    tone.start(start);
    tone.stop(start + 0.18);
  }
}

export function AlarmSound() {
  const context = useRef<AudioContext | null>(null);
  const [on, set_on] = useState(false);
  const [muted_until, set_muted_until] = useState(0);
  const now = useNow(1_000);
  const muted = now < muted_until;
  useEffect(() => {
    if (!on) return undefined;
    return live_store.subscribe_alarms((alarm) => {
      const fresh = alarm.cleared_at_ms === null && alarm.acknowledged_at_ms === null;
      if (fresh && context.current && Date.now() >= muted_until) play(context.current, alarm.priority);
    });
  }, [on, muted_until]);
  const press = (): void => {
    if (!on) {
      context.current ??= new AudioContext();
      set_on(true);
    } else if (muted) {
      set_muted_until(0);
    } else {
      set_muted_until(Date.now() + mute_ms);
    }
  };
  const label = !on ? words.sound.on : muted ? words.sound.muted(duration(muted_until - now)) : words.sound.mute;
  return (
    <Button variant="default" className="no-print" leftSection={on && !muted ? <SoundIcon /> : <MutedIcon />} onClick={press}>
      {label}
    </Button>
  );
}
