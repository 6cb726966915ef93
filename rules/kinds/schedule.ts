/** The kind `schedule`: actions at times of the wall clock. See SEMANTICS.md. */
import type { Kept } from '../../gateway/host/state-store.ts';
import { seconds, type UtcMs, utcMs } from '../../gateway/model/units.ts';
import type { Maybe } from '../expression.ts';
import type { Machine, MachineSite, Step, StepInput } from '../kind.ts';
import type { ScheduleRule } from '../rule.ts';
import { isKeptTime, keptFields } from './kept-shape.ts';
import { scheduleTimes } from './schedule-times.ts';

/** A time that passed longer ago was missed. */
export const ON_TIME = seconds(60);
/** A clock that is set back further begins anew. */
export const MOST_STEP_BACK = seconds(86_400);

export type ScheduleState = null | {
  /** The wall clock when the last time had its turn, or when the schedule began. */
  readonly from: number;
  /** The time that is awaited; null: none will come. */
  readonly next: number | null;
};

export function scheduleMachine(rule: ScheduleRule, site: MachineSite): Machine<ScheduleState> {
  const nextTime = scheduleTimes(rule.at, site);
  const beginAt = (utc: UtcMs): ScheduleState => ({ from: utc, next: nextTime(utc) ?? null });

  /** Whether a time within the last minute had its turn. */
  const isOnTime = (next: number, utc: UtcMs): boolean => {
    if (utc - next < ON_TIME) return true;
    const latest = nextTime(utcMs(utc - ON_TIME));
    return latest !== undefined && latest <= utc;
  };

  return {
    expressions: rule.onlyWhen === undefined ? [] : [['only_when', rule.onlyWhen]],
    alarm: undefined,
    begin: () => null,
    step(state, { utc, isSynced, values }: StepInput<readonly Maybe[]>): Step<ScheduleState> {
      if (!isSynced) return { state, wake: undefined };
      if (state === null || utc < state.from - MOST_STEP_BACK)
        return { state: beginAt(utc), wake: undefined };
      if (state.next === null || utc < state.next) return { state, wake: undefined };
      const hasTurn = rule.missed === 'run' || isOnTime(state.next, utc);
      const isWanted = rule.onlyWhen === undefined || values[0] === true;
      const step = { state: beginAt(utc), wake: undefined };
      return hasTurn && isWanted ? { ...step, out: { actions: rule.do } } : step;
    },
    restored(kept: Kept): ScheduleState | undefined {
      if (kept === null) return null;
      const fields = keptFields(kept, ['from', 'next']);
      if (fields === undefined) return undefined;
      const { from, next } = fields;
      if (!isKeptTime(from)) return undefined;
      if (next === null) return nextTime(utcMs(from)) === undefined ? { from, next } : undefined;
      if (!isKeptTime(next) || next <= from) return undefined;
      // The zone, its rules or the place may have changed since.
      return nextTime(utcMs(from)) === next ? { from, next } : undefined;
    },
    describe(state): string {
      if (state === null) return 'waits for a clock that can be believed';
      if (state.next === null) return 'no time will come';
      return `waits for ${new Date(state.next).toISOString()}`;
    },
  };
}
