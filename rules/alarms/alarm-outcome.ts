/** What became of what a person asked of an alarm. */
import { minutes, type UtcMs } from '../../gateway/model/units.ts';
import type { AlarmEffect } from '../effect.ts';
import type { Act } from './alarm-entry.ts';

/** The shortest and the longest time for which an alarm can be shelved. */
export const SHORTEST_SHELF = minutes(1);
export const LONGEST_SHELF = minutes(24 * 60);

/** Which activation is meant, by whom; `id` undefined: the present one. */
export interface AcknowledgeAct extends Act {
  readonly id?: string;
}

/**
 * already: somebody else was first · stale: what was meant is over, `id` is the latest activation · unknown: the rule
 * has no alarm, or it never was active.
 */
export type AcknowledgeResult =
  | {
      readonly outcome: 'acknowledged';
      readonly id: string;
      readonly effects: readonly AlarmEffect[];
    }
  | {
      readonly outcome: 'already';
      readonly id: string;
      readonly by: string;
      readonly time: UtcMs;
      readonly effects: readonly AlarmEffect[];
    }
  | { readonly outcome: 'stale'; readonly id: string; readonly effects: readonly AlarmEffect[] }
  | { readonly outcome: 'unknown'; readonly effects: readonly AlarmEffect[] };

/** too-short, too-long: see SHORTEST_SHELF and LONGEST_SHELF · refused: the alarm of a flood cannot be shelved. */
export interface ShelveResult {
  readonly outcome:
    | 'shelved'
    | 'unshelved'
    | 'not-shelved'
    | 'too-short'
    | 'too-long'
    | 'refused'
    | 'unknown';
  readonly effects: readonly AlarmEffect[];
}

/** The number in the id of an activation of the rule; undefined: it is none. */
export function numberIn(rule: string, id: string): number | undefined {
  const digits = id.startsWith(`${rule}#`) ? id.slice(rule.length + 1) : '';
  return /^[1-9]\d{0,14}$/.test(digits) ? Number(digits) : undefined;
}
