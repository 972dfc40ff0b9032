// SPDX-License-Identifier: Apache-2.0
// What a run of the attacks comes to.
import type { Attack } from '@/client/types';

export interface Outcome {
  all: number;
  resisted: number;
  /// Of those that the printed protocol can be tried with: so many broke it, as they must.
  controls: number;
  controls_good: number;
  /// Nothing if no attack was run.
  ran_at_ms: number | null;
}

export function outcome_of(attacks: readonly Attack[]): Outcome {
  const with_control = attacks.filter((attack) => attack.control !== null);
  return {
    all: attacks.length,
    resisted: attacks.filter((attack) => attack.resisted).length,
    controls: with_control.length,
    controls_good: with_control.filter((attack) => attack.control).length,
    ran_at_ms: attacks.length === 0 ? null : Math.max(...attacks.map((attack) => attack.ran_at_ms)),
  };
}

/// Each attack failed here, and each control shows that the attack is a real one.
export const holds = (outcome: Outcome): boolean =>
  outcome.resisted === outcome.all && outcome.controls_good === outcome.controls;
