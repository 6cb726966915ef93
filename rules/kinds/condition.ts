/** Kind `condition`, as the table in SEMANTICS.md says. Pure. */
import { fieldsOf } from '../../gateway/host/kept-fields.ts';
import type { Kept } from '../../gateway/host/state-store.ts';
import { truthOf } from '../compiled/evaluate.ts';
import type { EngineMs } from '../effect.ts';
import type { Expression, Maybe, Truth } from '../expression.ts';
import type { Machine, Step, StepInput, StepOutput } from '../kind.ts';
import type { AlarmConfig, ConditionRule } from '../rule.ts';

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

/** A class, because its step is most of what a gateway's rules do. */
class ConditionMachine implements Machine<ConditionState> {
  readonly expressions: readonly (readonly [role: string, of: Expression])[];
  readonly alarm: AlarmConfig | undefined;
  readonly #rule: ConditionRule;
  readonly #resetIndex: number;
  /** The latest step without an output: most steps are the same again. */
  #last: Step<ConditionState> = { state: OFF, wake: undefined };

  constructor(rule: ConditionRule) {
    const { when, clearWhen, resetWhen, alarm } = rule;
    const expressions: [string, Expression][] = [['when', when]];
    if (clearWhen) expressions.push(['clear_when', clearWhen]);
    this.#resetIndex = resetWhen ? expressions.push(['reset_when', resetWhen]) - 1 : -1;
    this.#rule = rule;
    this.expressions = expressions;
    this.alarm = alarm;
  }

  begin(): ConditionState {
    return OFF;
  }

  step(before: ConditionState, input: StepInput<readonly Maybe[]>): Step<ConditionState> {
    const { now, values, isAcknowledged } = input;
    const when = truthOf(values[0]);
    if (when !== true && before === OFF && !isAcknowledged) return STAYS_OFF;
    const state = isAcknowledged && !before.isFreed ? { ...before, isFreed: true } : before;
    const after = this.#next(state, when, values, now);
    const wake = after.due ?? undefined;
    if (isOn(after) === isOn(before)) {
      if (after !== this.#last.state) this.#last = { state: after, wake };
      return this.#last;
    }
    const { do: actions, onClear } = this.#rule;
    const out: StepOutput = isOn(after)
      ? { alarm: 'active', actions }
      : { alarm: 'cleared', actions: onClear };
    return { state: after, wake, out };
  }

  restored(kept: Kept, off: number): ConditionState | undefined {
    return restored(kept, off);
  }

  describe({ phase, due }: ConditionState): string {
    return due === null ? phase : `${phase} until ${due}`;
  }

  #next(
    state: ConditionState,
    when: Truth,
    values: readonly Maybe[],
    now: EngineMs,
  ): ConditionState {
    const { phase, due } = state;
    const { onDelay, offDelay } = this.#rule;
    const isDue = due !== null && now >= due;
    switch (phase) {
      case 'off':
        if (when !== true) return state;
        return onDelay > 0 ? { ...OFF, phase: 'on_pending', due: now + onDelay } : ON;
      case 'on_pending':
        if (when !== true) return OFF;
        return isDue ? ON : state;
      case 'on':
        if (!this.#isClear(when, values) || !this.#isFree(state, values)) return state;
        return offDelay > 0 ? { ...state, phase: 'off_pending', due: now + offDelay } : OFF;
      case 'off_pending':
        if (!this.#isClear(when, values)) return { ...state, phase: 'on', due: null };
        return isDue ? OFF : state;
    }
  }

  #isClear(when: Truth, values: readonly Maybe[]): boolean {
    if (when === true) return false;
    return this.#rule.clearWhen ? values[1] === true : when === false;
  }

  /** No latch holds it on. */
  #isFree({ isFreed }: ConditionState, values: readonly Maybe[]): boolean {
    const { latch, resetWhen } = this.#rule;
    return !latch || (resetWhen ? values[this.#resetIndex] === true : isFreed);
  }
}

const STAYS_OFF: Step<ConditionState> = { state: OFF, wake: undefined };

export const conditionMachine = (rule: ConditionRule): Machine<ConditionState> =>
  new ConditionMachine(rule);

const isOn = ({ phase }: ConditionState): boolean => phase === 'on' || phase === 'off_pending';

function restored(kept: Kept, off: number): ConditionState | undefined {
  const { phase, due, isFreed } = fieldsOf(kept);
  const known = PHASES.find((one) => one === phase);
  const isPending = known === 'on_pending' || known === 'off_pending';
  if (known === undefined || typeof isFreed !== 'boolean') return undefined;
  if (isPending !== (typeof due === 'number')) return undefined;
  return { phase: known, due: typeof due === 'number' ? due + off : null, isFreed };
}
