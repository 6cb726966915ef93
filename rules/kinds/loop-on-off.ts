/** A loop that switches: on below the setpoint and off above it, or the other way round. See SEMANTICS.md. */
import type { Kept } from '../../gateway/host/state-store.ts';
import type { EngineMs } from '../effect.ts';
import type { Maybe } from '../expression.ts';
import type { Machine, MachineSite, Step, StepInput } from '../kind.ts';
import type { LoopRule, OnOffControl } from '../rule.ts';
import { isKeptTimeOrNull, keptFields, moved } from './kept-shape.ts';
import { type LoopBase, loopSight, sooner } from './loop-base.ts';

export interface OnOffState {
  /** The output as last written, or known at the beginning. */
  readonly isOn: boolean;
  /** False: nothing was written and nothing is known; taken for off. */
  readonly isKnown: boolean;
  /** When it came to be so, or when the loop began; null before the first step. */
  readonly since: EngineMs | null;
  /** Null: `enabled_when` was never known. */
  readonly isEnabled: boolean | null;
  /** Since when the enabled loop cannot see; null: it sees. */
  readonly blind: EngineMs | null;

  readonly [key: string]: Kept;
}

export type OnOffMachine = Machine<OnOffState>;

export function onOffMachine(
  base: LoopBase,
  rule: LoopRule,
  control: OnOffControl,
  site: MachineSite,
): OnOffMachine {
  const half = control.band / 2;
  const fallback = rule.fallback && { ...rule.fallback, isOn: switchOf(rule.fallback.value) };

  /** Undefined: as it is. */
  const wanted = ({
    input,
    setpoint,
  }: {
    readonly input: number;
    readonly setpoint: number;
  }): boolean | undefined => {
    const isCold = input < setpoint - half;
    const isWarm = input > setpoint + half;
    if (isCold === isWarm) return undefined;
    return control.action === 'heat' ? isCold : isWarm;
  };

  return {
    ...base,
    begin: () => ({ isOn: false, isKnown: false, since: null, isEnabled: null, blind: null }),
    step(before, { now, values }: StepInput<readonly Maybe[]>): Step<OnOffState> {
      const { enabled, known } = loopSight(rule, values);
      const found = before.isKnown ? undefined : switchOf(site.lastValue(rule.output).value);
      const isOn = found ?? before.isOn;
      const isKnown = before.isKnown || found !== undefined;
      const since = before.since ?? now;
      const isEnabled = enabled ?? before.isEnabled;
      const blind = isEnabled === true && known === undefined ? (before.blind ?? now) : null;

      const despair = blind === null || fallback === undefined ? undefined : blind + fallback.after;
      const isDesperate = despair !== undefined && now >= despair;
      const wish =
        isEnabled === false
          ? false
          : isDesperate
            ? fallback?.isOn
            : isEnabled === true && known !== undefined
              ? wanted(known)
              : undefined;
      const isChange = wish !== undefined && wish !== isOn;
      const free = since + (isOn ? control.minOn : control.minOff);
      const isHeld = isChange && now < free;
      const isWritten = wish !== undefined && !isHeld && (isChange || !isKnown);
      const state: OnOffState = {
        isOn: isWritten ? wish : isOn,
        isKnown: isKnown || isWritten,
        since: isChange && isWritten ? now : since,
        isEnabled,
        blind,
      };
      return {
        state: isSame(before, state) ? before : state,
        ...(isWritten && { out: { write: wish } }),
        wake: sooner(isHeld ? free : undefined, isDesperate ? undefined : despair),
      };
    },
    restored(kept: Kept, off: number): OnOffState | undefined {
      const fields = keptFields(kept, ['isOn', 'isKnown', 'since', 'isEnabled', 'blind']);
      if (fields === undefined) return undefined;
      const { isOn, isKnown, since, isEnabled, blind } = fields;
      if (typeof isOn !== 'boolean' || typeof isKnown !== 'boolean') return undefined;
      if (typeof isEnabled !== 'boolean' && isEnabled !== null) return undefined;
      if (!isKeptTimeOrNull(since) || !isKeptTimeOrNull(blind)) return undefined;
      if ((isOn && !isKnown) || (blind !== null && isEnabled !== true)) return undefined;
      return { isOn, isKnown, since: moved(since, off), isEnabled, blind: moved(blind, off) };
    },
    describe({ isOn, isKnown, since, isEnabled, blind }): string {
      const output = isKnown ? `${isOn ? 'on' : 'off'} since ${since}` : 'output not known yet';
      const sight = blind === null ? '' : `, without values since ${blind}`;
      return `${isEnabled === true ? '' : 'not enabled, '}${output}${sight}`;
    },
  };
}

/** What a value means to something that switches; relays that are registers say 0 and 1. */
function switchOf(value: Maybe): boolean | undefined {
  if (typeof value === 'number') return value !== 0;
  return typeof value === 'boolean' ? value : undefined;
}

const isSame = (a: OnOffState, b: OnOffState): boolean =>
  a.isOn === b.isOn &&
  a.isKnown === b.isKnown &&
  a.since === b.since &&
  a.isEnabled === b.isEnabled &&
  a.blind === b.blind;
