/**
 * A loop with a proportional and an integral part, see SEMANTICS.md. It calculates with + − × ÷ and comparisons
 * alone, so that the same samples give the same bits everywhere.
 */
import type { Kept } from '../../gateway/host/state-store.ts';
import type { EngineMs } from '../effect.ts';
import type { Maybe } from '../expression.ts';
import type { Machine, MachineSite, Step, StepInput } from '../kind.ts';
import type { LoopRule, PiControl } from '../rule.ts';
import {
  isKeptNumberOrNull,
  isKeptTime,
  isKeptTimeOrNull,
  keptFields,
  moved,
} from './kept-shape.ts';
import { type LoopBase, loopSight } from './loop-base.ts';

/** So many intervals at most are made up for at once, and so long without values is a pause. */
const MOST_INTERVALS = 3;
/** Bound of the error and of the proportional part: whatever a meter says, sums stay finite. */
const MOST_SIZE = 1e15;

const PHASES = ['idle', 'entering', 'acting', 'fallback'] as const;

export interface PiState {
  /** idle: not enabled · entering: begins as soon as it can · acting · fallback: written, and nothing known yet. */
  readonly phase: (typeof PHASES)[number];
  /** As last written, or known at the beginning; null: neither. */
  readonly out: number | null;
  /** Integral part, in units of the output. */
  readonly integral: number;
  /** When the output was last calculated. */
  readonly at: EngineMs;
  /** acting: when it is calculated again · entering: until when it waits for a value of the output. */
  readonly due: EngineMs | null;
  /** Since when the enabled loop cannot see; null: it sees. */
  readonly blind: EngineMs | null;

  readonly [key: string]: Kept;
}

export type PiMachine = Machine<PiState>;

interface Seen {
  readonly now: EngineMs;
  readonly input: number;
  readonly setpoint: number;
}

export function piMachine(
  base: LoopBase,
  rule: LoopRule,
  control: PiControl,
  site: MachineSite,
): PiMachine {
  const { min, max, every, integralTime, outputDeadband } = control;
  const fallback = rule.fallback;
  const fallbackValue = typeof fallback?.value === 'number' ? fallback.value : undefined;

  const proportional = ({ input, setpoint }: Seen): number => {
    const error = control.action === 'heat' ? setpoint - input : input - setpoint;
    const part = control.gain * limited(error, -MOST_SIZE, MOST_SIZE);
    return limited(part, -MOST_SIZE, MOST_SIZE);
  };
  const isWorthWriting = (value: number, out: number | null): boolean => {
    if (out === null) return true;
    if (value === out) return false;
    const change = value > out ? value - out : out - value;
    return change >= outputDeadband || value === min || value === max;
  };

  /** The output `value` from now on, with the integral part that agrees with it. */
  const acting = (before: PiState, seen: Seen, value: number, due: EngineMs): Step<PiState> => {
    const isWritten = isWorthWriting(value, before.out);
    const state: PiState = {
      phase: 'acting',
      out: isWritten ? value : before.out,
      integral: value - proportional(seen),
      at: seen.now,
      due,
      blind: null,
    };
    return { state, ...(isWritten && { out: { write: value } }), wake: due };
  };

  /** Takes the output over as it is. */
  const enter = (before: PiState, seen: Seen): Step<PiState> => {
    const { now } = seen;
    const value = site.lastValue(rule.output).value;
    const found = typeof value === 'number' && Number.isFinite(value) ? value : undefined;
    const present = found ?? before.out;
    const waits = before.phase === 'entering' ? before.due : null;
    if (present === null && (waits === null || now < waits)) {
      const due = waits ?? now + every;
      return { state: { ...before, phase: 'entering', due, blind: null }, wake: due };
    }
    const known = { ...before, out: before.out ?? present };
    return acting(known, seen, limited(present ?? min, min, max), now + every);
  };

  const calculate = (before: PiState, seen: Seen, due: EngineMs): Step<PiState> => {
    const { now } = seen;
    if (now < due) return { state: { ...before, blind: null }, wake: due };
    const elapsed = limited(now - before.at, 0, MOST_INTERVALS * every);
    const part = proportional(seen);
    const value = part + before.integral + part * (elapsed / integralTime);
    const next = due + every > now ? due + every : now + every;
    return acting(before, seen, limited(value, min, max), next);
  };

  const blindStep = (before: PiState, now: EngineMs): Step<PiState> => {
    const phase = before.phase === 'idle' ? 'entering' : before.phase;
    const state = { ...before, phase, blind: before.blind ?? now };
    if (fallback === undefined || fallbackValue === undefined || phase === 'fallback')
      return { state, wake: undefined };
    const despair = state.blind + fallback.after;
    if (now < despair) return { state, wake: despair };
    const isWritten = fallbackValue !== before.out;
    return {
      state: { ...state, phase: 'fallback', out: fallbackValue, due: null },
      ...(isWritten && { out: { write: fallbackValue } }),
      wake: undefined,
    };
  };

  const stepFrom = (before: PiState, now: EngineMs, values: readonly Maybe[]): Step<PiState> => {
    const { enabled, known } = loopSight(rule, values);
    if (enabled === false || (enabled === undefined && before.phase === 'idle'))
      return { state: { ...before, phase: 'idle', due: null, blind: null }, wake: undefined };
    if (known === undefined) return blindStep(before, now);
    const seen = { now, ...known };
    const hasPaused = before.blind !== null && now - before.blind >= MOST_INTERVALS * every;
    if (before.phase !== 'acting' || before.due === null || hasPaused) return enter(before, seen);
    return calculate(before, seen, before.due);
  };

  return {
    ...base,
    begin: () => ({ phase: 'idle', out: null, integral: 0, at: 0, due: null, blind: null }),
    step(before, { now, values }: StepInput<readonly Maybe[]>): Step<PiState> {
      const step = stepFrom(before, now, values);
      return isSame(before, step.state) ? { ...step, state: before } : step;
    },
    restored: restoredPi,
    describe({ phase, out, integral, due, blind }): string {
      const next = due === null ? '' : ` until ${due}`;
      const sight = blind === null ? '' : `, without values since ${blind}`;
      return `${phase}${next}, output ${out ?? 'not known yet'}, integral ${integral}${sight}`;
    },
  };
}

function restoredPi(kept: Kept, off: number): PiState | undefined {
  const fields = keptFields(kept, ['phase', 'out', 'integral', 'at', 'due', 'blind']);
  if (fields === undefined) return undefined;
  const { out, integral, at, due, blind } = fields;
  const phase = PHASES.find((name) => name === fields.phase);
  if (phase === undefined || !isKeptNumberOrNull(out)) return undefined;
  if (!isKeptNumberOrNull(integral) || integral === null) return undefined;
  if (!isKeptTime(at) || !isKeptTimeOrNull(due) || !isKeptTimeOrNull(blind)) return undefined;
  const isAtRest = phase === 'idle' || phase === 'fallback';
  if ((isAtRest && due !== null) || (phase === 'idle' && blind !== null)) return undefined;
  if (phase === 'acting' && (due === null || out === null)) return undefined;
  return {
    phase,
    out,
    integral,
    at: at + off,
    due: moved(due, off),
    blind: moved(blind, off),
  };
}

const limited = (value: number, low: number, high: number): number =>
  value < low ? low : value > high ? high : value;

const isSame = (a: PiState, b: PiState): boolean =>
  a.phase === b.phase &&
  a.out === b.out &&
  a.integral === b.integral &&
  a.at === b.at &&
  a.due === b.due &&
  a.blind === b.blind;
