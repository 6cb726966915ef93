/**
 * What a site lets be written to a tag: type, range and listed values, and, against what was written before, step, slew,
 * interval, on and off times, and the number an hour. Exact for every make of number. Pure.
 */
import type { WritePolicy } from '../model/command.ts';
import { decimalOf, roughly } from '../model/decimal.ts';
import { isDecimal, plainValue, type TagId, type Value } from '../model/sample.ts';
import { later, type MonoMs, millis, minutes, monoMs } from '../model/units.ts';
import {
  compared,
  distanceOf,
  isNumeric,
  isOff,
  isSame,
  product,
  shownAsFloat32,
} from './comparison.ts';
import type { Reason } from './open-command.ts';
import { MOST_COUNTED, type WriteHistory } from './write-history.ts';

export const HOUR = minutes(60);

/** A limit that stands in the way now. */
export interface LimitReason extends Reason {
  /** When it does not any more; undefined: waiting alone does not help. */
  readonly allowedAt: MonoMs | undefined;
}

/** Why the tag does not take such a value at all; undefined where it does. */
export function valueReason(tag: TagId, policy: WritePolicy, value: Value): Reason | undefined {
  const details = { tag, value: textOf(value) };
  if (!isOfType(value, policy.type))
    return { code: 'command.value-type', details: { ...details, type: policy.type } };
  const { min, max, values } = policy;
  if (isNumeric(value)) {
    const isBelow = min !== undefined && (compared(value, min) ?? -1) < 0;
    const isAbove = max !== undefined && (compared(value, max) ?? 1) > 0;
    if (isBelow || isAbove) {
      const range = `${min ?? '−∞'} … ${max ?? '∞'}`;
      return { code: 'command.value-range', details: { ...details, range } };
    }
  }
  if (values === undefined || values.some((one) => isSame(one, value))) return undefined;
  const listed = values.slice(0, MOST_LISTED).map(textOf).join(', ');
  return { code: 'command.value-unlisted', details: { ...details, values: listed } };
}

/** In the text of an error. */
const MOST_LISTED = 20;
/** Of a value in the text of an error, in characters. */
const LONGEST_SHOWN = 100;

export function textOf(value: Value): string {
  const text = String(plainValue(value));
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}

function isOfType(value: Value, type: WritePolicy['type']): boolean {
  if (typeof value === 'number' && !Number.isFinite(value)) return false;
  if (isDecimal(value) && !isWhole(value.decimals)) return false;
  switch (type) {
    case 'flag':
      return typeof value === 'boolean';
    case 'number':
      return isNumeric(value);
    case 'text':
      return typeof value === 'string';
    case 'any':
      return true;
  }
}

const isWhole = (decimals: number): boolean => Number.isInteger(decimals) && decimals >= 0;

/** What limits look at besides the value. */
export interface Situation {
  readonly tag: TagId;
  readonly policy: WritePolicy;
  readonly history: WriteHistory;
  /** What the tag holds now; undefined: not known at present. */
  readonly present: Value | undefined;
  /** Whether what the tag holds can be known at all. */
  readonly isReadable: boolean;
  readonly now: MonoMs;
}

/** The first limit that stands in the way, with the moment at which none does any more; undefined: none does. */
export function limitReason(situation: Situation, value: Value): LimitReason | undefined {
  const reasons = LIMITS.flatMap((limit) => limit(situation, value) ?? []);
  const [first] = reasons;
  if (first === undefined) return undefined;
  const moments = reasons.map(({ allowedAt }) => allowedAt);
  const allowedAt = moments.reduce((latest, moment) =>
    latest === undefined || moment === undefined ? undefined : monoMs(Math.max(latest, moment)),
  );
  return { ...first, allowedAt };
}

type Limit = (situation: Situation, value: Value) => LimitReason | undefined;

/** What the next write is measured against: what is there, or what was written where nobody can look. */
export const baseOf = ({ present, isReadable, history, policy }: Situation): Value | undefined => {
  const base = present ?? (isReadable ? undefined : history.value);
  return base !== undefined && policy.isFloat32 ? shownAsFloat32(base) : base;
};

const step: Limit = (situation, value) => {
  const { tag, policy, isReadable } = situation;
  const { maxStep } = policy;
  if ((maxStep ?? policy.slewPerHour) === undefined || !isNumeric(value)) return undefined;
  const base = baseOf(situation);
  // A slew, too, is measured from what the tag holds.
  if (base === undefined && isReadable)
    return { code: 'command.present-unknown', details: { tag }, allowedAt: undefined };
  if (base === undefined || maxStep === undefined) return undefined;
  const distance = distanceOf(base, value);
  if (distance === undefined || (compared(distance, maxStep) ?? 1) <= 0) return undefined;
  const details = { tag, value: textOf(value), present: textOf(base), limit: maxStep };
  return { code: 'command.step', details, allowedAt: undefined };
};

const slew: Limit = (situation, value) => {
  const { tag, policy, history, now } = situation;
  const { slewPerHour } = policy;
  const last = history.left.at(-1);
  const base = baseOf(situation);
  if (slewPerHour === undefined || last === undefined || base === undefined) return undefined;
  const distance = distanceOf(base, value);
  const [rate, elapsed, hour] = [slewPerHour, Math.max(0, now - last), HOUR].map(decimalOf);
  if (!distance || !rate || !elapsed || !hour) return undefined;
  if ((compared(product(distance, hour), product(rate, elapsed)) ?? 1) <= 0) return undefined;
  const wait = (roughly(distance) / slewPerHour) * HOUR;
  const details = { tag, value: textOf(value), present: textOf(base), limit: slewPerHour };
  return { code: 'command.slew', details, allowedAt: after(situation, last, wait) };
};

const interval: Limit = (situation) => {
  const { tag, policy, history } = situation;
  const last = history.left.at(-1);
  if (last === undefined) return undefined;
  return until(situation, last, policy.minInterval, (wait) => ({
    code: 'command.interval',
    details: { tag, limit: policy.minInterval / 1000, wait },
  }));
};

const onOff: Limit = (situation, value) => {
  const { tag, policy, history } = situation;
  const { state } = history;
  if (state === undefined || state.isOn === !isOff(value)) return undefined;
  const least = state.isOn ? policy.minOn : policy.minOff;
  return until(situation, state.since, least, (wait) => ({
    code: state.isOn ? 'command.on-time' : 'command.off-time',
    details: { tag, limit: least / 1000, wait },
  }));
};

const hourly: Limit = (situation) => {
  const { tag, policy, history } = situation;
  if (policy.maxPerHour === undefined) return undefined;
  const most = Math.min(policy.maxPerHour, MOST_COUNTED);
  const details = { tag, limit: most };
  if (most <= 0)
    return {
      code: 'command.hourly',
      details: { ...details, wait: HOUR / 1000 },
      allowedAt: undefined,
    };
  const oldest = history.left.at(-most);
  if (oldest === undefined) return undefined;
  return until(situation, oldest, HOUR, (wait) => ({
    code: 'command.hourly',
    details: { ...details, wait },
  }));
};

const LIMITS: readonly Limit[] = [step, slew, interval, onOff, hourly];

/** Stands in the way until `least` after `from`. */
function until(
  situation: Situation,
  from: MonoMs,
  least: number,
  reason: (wait: number) => Reason,
): LimitReason | undefined {
  const due = later(from, millis(least));
  if (least <= 0 || situation.now >= due) return undefined;
  return { ...reason(secondsUntil(situation.now, due)), allowedAt: due };
}

/** The exact comparison decides; this is when to look again, never now. */
function after({ now }: Situation, from: MonoMs, wait: number): MonoMs | undefined {
  if (!Number.isFinite(wait)) return undefined;
  return monoMs(Math.max(from + Math.ceil(wait), now + 1));
}

/** Whole seconds for people, rounded up. */
export const secondsUntil = (now: MonoMs, due: MonoMs): number =>
  Math.max(0, Math.ceil((due - now) / 1000));
