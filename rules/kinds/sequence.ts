/** The kind `sequence`: steps that have to be seen one after the other, each in time. See SEMANTICS.md. */
import type { Kept } from '../../gateway/host/state-store.ts';
import type { EngineMs } from '../effect.ts';
import type { Expression, Maybe } from '../expression.ts';
import type { Machine, MachineSite, Step, StepInput, StepOutput } from '../kind.ts';
import type { SequenceRule } from '../rule.ts';
import { isKeptTimeOrNull, keptFields, moved } from './kept-shape.ts';

export interface SequenceState {
  /** Index of the step that is awaited. */
  readonly awaited: number;
  /** When it must have been seen; null: no limit. */
  readonly due: EngineMs | null;
  /** The first step was seen not to be true since the sequence began anew: it can begin. */
  readonly isArmed: boolean;
  /** The step that was not seen in time; null: the sequence was completed since, or never hung. */
  readonly hung: string | null;

  readonly [key: string]: Kept;
}

export function sequenceMachine(rule: SequenceRule, _site: MachineSite): Machine<SequenceState> {
  const { steps, abortWhen, alarm } = rule;
  const expressions = steps.map(({ when }, index): [string, Expression] => [
    `steps[${index}].when`,
    when,
  ]);
  if (abortWhen !== undefined) expressions.push(['abort_when', abortWhen]);

  const anew = (values: readonly Maybe[], hung: string | null): SequenceState => ({
    awaited: 0,
    due: null,
    isArmed: values[0] !== true,
    hung,
  });

  const stepFrom = (before: SequenceState, now: EngineMs, values: readonly Maybe[]) => {
    if (abortWhen !== undefined && values[steps.length] === true)
      return { state: anew(values, before.hung) };
    if (before.awaited === 0 && !(before.isArmed && values[0] === true))
      return { state: anew(values, before.hung) };
    let { awaited, due } = before;
    while (awaited < steps.length && values[awaited] === true && (due === null || now <= due)) {
      awaited++;
      const within = steps[awaited]?.within;
      due = within === undefined ? null : now + within;
    }
    if (awaited === steps.length) return { state: anew(values, null), out: completed(before) };
    if (due !== null && now >= due) {
      const hung = steps[awaited]?.name ?? null;
      return { state: anew(values, hung), out: hanging(before, hung) };
    }
    return { state: { awaited, due, isArmed: before.isArmed, hung: before.hung } };
  };
  const completed = ({ hung }: SequenceState): StepOutput => ({
    ...(alarm !== undefined && hung !== null && { alarm: 'cleared', detail: hung }),
    actions: rule.do,
  });
  const hanging = (before: SequenceState, hung: string | null): StepOutput => ({
    ...(alarm !== undefined && before.hung === null && { alarm: 'active' }),
    ...(hung !== null && { detail: hung }),
    actions: rule.otherwise,
  });

  return {
    expressions,
    alarm,
    begin: () => ({ awaited: 0, due: null, isArmed: false, hung: null }),
    step(before, { now, values }: StepInput<readonly Maybe[]>): Step<SequenceState> {
      const { state, out }: { state: SequenceState; out?: StepOutput } = stepFrom(
        before,
        now,
        values,
      );
      return {
        state: isSame(before, state) ? before : state,
        ...(out !== undefined && { out }),
        wake: state.due ?? undefined,
      };
    },
    restored(kept: Kept, off: number): SequenceState | undefined {
      const fields = keptFields(kept, ['awaited', 'due', 'isArmed', 'hung']);
      if (fields === undefined) return undefined;
      const { awaited, due, isArmed, hung } = fields;
      if (typeof awaited !== 'number' || typeof isArmed !== 'boolean') return undefined;
      const step = steps[awaited];
      const hasLimit = awaited > 0 && step?.within !== undefined;
      if (step === undefined || !isKeptTimeOrNull(due) || (due !== null) !== hasLimit)
        return undefined;
      if (hung !== null && !steps.some(({ name }) => name === hung)) return undefined;
      return { awaited, due: moved(due, off), isArmed, hung: hung as string | null };
    },
    describe({ awaited, due, isArmed, hung }): string {
      const name = steps[awaited]?.name ?? '';
      const limit = due === null ? '' : ` until ${due}`;
      const start = awaited === 0 && !isArmed ? ', which must first be false' : '';
      return `awaits step "${name}"${limit}${start}${hung === null ? '' : `; hung at step "${hung}"`}`;
    },
  };
}

const isSame = (a: SequenceState, b: SequenceState): boolean =>
  a.awaited === b.awaited && a.due === b.due && a.isArmed === b.isArmed && a.hung === b.hung;
