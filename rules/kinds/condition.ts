/** Kind `condition`, as the table in SEMANTICS.md says. Pure. */
import type { Kept } from '../../gateway/host/state-store.ts';
import type { EngineMs } from '../effect.ts';
import { truthOf } from '../evaluate.ts';
import type { Expression, Truth } from '../expression.ts';
import type { Machine, Step } from '../kind.ts';
import type { ConditionRule } from '../rule.ts';

const PHASES = ['off', 'on_pending', 'on', 'off_pending'] as const;
type Phase = (typeof PHASES)[number];

export type ConditionState = {
  readonly phase: Phase;
  /** When a pending phase is over. */
  readonly due: EngineMs | null;
  /** A latched rule is free to leave on, because its alarm was acknowledged. */
  readonly isFreed: boolean;
};

const OFF: ConditionState = { phase: 'off', due: null, isFreed: false };
const ON: ConditionState = { phase: 'on', due: null, isFreed: false };

export function conditionMachine(rule: ConditionRule): Machine<ConditionState> {
  const { clearWhen, resetWhen, onDelay, offDelay } = rule;
  const expressions: [string, Expression][] = [['when', rule.when]];
  if (clearWhen) expressions.push(['clear_when', clearWhen]);
  const resetIndex = resetWhen ? expressions.push(['reset_when', resetWhen]) - 1 : -1;

  /** `isFree`: no latch holds it on. */
  function next(
    state: ConditionState,
    when: Truth,
    { isClear, isFree }: { readonly isClear: boolean; readonly isFree: boolean },
    now: EngineMs,
  ) {
    const { phase, due } = state;
    const isDue = due !== null && now >= due;
    switch (phase) {
      case 'off':
        if (when !== true) return state;
        return onDelay > 0 ? { ...OFF, phase: 'on_pending' as const, due: now + onDelay } : ON;
      case 'on_pending':
        if (when !== true) return OFF;
        return isDue ? ON : state;
      case 'on':
        if (!isClear || !isFree) return state;
        return offDelay > 0
          ? { ...state, phase: 'off_pending' as const, due: now + offDelay }
          : OFF;
      case 'off_pending':
        if (!isClear) return { ...state, phase: 'on' as const, due: null };
        return isDue ? OFF : state;
    }
  }

  /** The latest step without an output: most steps are the same again. */
  let last: Step<ConditionState> = { state: OFF, wake: undefined };

  return {
    expressions,
    alarm: rule.alarm,
    begin: () => OFF,
    step(before, { now, values, isAcknowledged }): Step<ConditionState> {
      const when = truthOf(values[0]);
      const clear = clearWhen ? truthOf(values[1]) : when === undefined ? undefined : !when;
      const state = isAcknowledged && !before.isFreed ? { ...before, isFreed: true } : before;
      const isFree =
        !rule.latch || (resetWhen ? truthOf(values[resetIndex]) === true : state.isFreed);
      const isClear = clear === true && when !== true;
      const after = next(state, when, { isClear, isFree }, now);
      const wake = after.due ?? undefined;
      if (isOn(after) === isOn(before)) {
        if (after !== last.state) last = { state: after, wake };
        return last;
      }
      return {
        state: after,
        wake,
        out: isOn(after)
          ? { alarm: 'active', actions: rule.do }
          : { alarm: 'cleared', actions: rule.onClear },
      };
    },
    restored,
    describe: ({ phase, due }) => (due === null ? phase : `${phase} until ${due}`),
  };
}

const isOn = ({ phase }: ConditionState): boolean => phase === 'on' || phase === 'off_pending';

function restored(kept: Kept, off: number): ConditionState | undefined {
  if (typeof kept !== 'object' || kept === null || Array.isArray(kept)) return undefined;
  const { phase, due, isFreed } = kept as Readonly<Record<string, Kept>>;
  const known = PHASES.find((one) => one === phase);
  const isPending = known === 'on_pending' || known === 'off_pending';
  if (known === undefined || typeof isFreed !== 'boolean') return undefined;
  if (isPending !== (typeof due === 'number')) return undefined;
  return { phase: known, due: typeof due === 'number' ? due + off : null, isFreed };
}
