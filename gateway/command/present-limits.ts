/** What stands in the way of a write at present, whoever wants it, as moments and ranges for people. Pure. */
import { roughly } from '../model/decimal.ts';
import { isDecimal, type Value } from '../model/sample.ts';
import { later, type MonoMs, millis } from '../model/units.ts';
import type { PresentLimit } from './command-answers.ts';
import { baseOf, HOUR } from './limits.ts';
import type { TagView } from './verdict.ts';
import { MOST_COUNTED } from './write-history.ts';

export function presentLimits(view: TagView): readonly PresentLimit[] {
  return [...moments(view), ...ranges(view), ...interlock(view)];
}

function moments({ tag: { policy }, history, now, utcOf }: TagView): readonly PresentLimit[] {
  const { left, state } = history;
  const { minInterval, minOn, minOff, maxPerHour } = policy;
  const until = (
    kind: Extract<PresentLimit, { until: number }>['kind'],
    from: MonoMs | undefined,
    least: number,
  ): PresentLimit[] => {
    if (from === undefined || least <= 0) return [];
    const due = later(from, millis(least));
    return now < due ? [{ kind, until: utcOf(due) }] : [];
  };
  const counted = maxPerHour && left.at(-Math.min(maxPerHour, MOST_COUNTED));
  return [
    ...until('interval', left.at(-1), minInterval),
    ...(state?.isOn === true ? until('on', state.since, minOn) : []),
    ...(state?.isOn === false ? until('off', state.since, minOff) : []),
    ...until('hourly', counted || undefined, HOUR),
  ];
}

function ranges(view: TagView): readonly PresentLimit[] {
  const { tag, history, now, isReadable } = view;
  const { maxStep, slewPerHour } = tag.policy;
  if (maxStep === undefined && slewPerHour === undefined) return [];
  const base = numberOf(baseOf({ ...view, tag: tag.tag.id, policy: tag.policy }));
  if (base === undefined) return isReadable ? [{ kind: 'present-unknown' }] : [];
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = tag.policy;
  const around = (kind: 'step' | 'slew', by: number): PresentLimit => ({
    ...{ kind, min: shown(Math.max(min, base - by)), max: shown(Math.min(max, base + by)) },
  });
  // What a slew allows grows all the time: more digits than the tag has, or three, are out of date when they are read.
  const scale = 10 ** (tag.tag.decimals ?? 3);
  const slewed = (by: number) => around('slew', Math.floor(shown(by * scale)) / scale);
  const last = history.left.at(-1);
  return [
    ...(maxStep === undefined ? [] : [around('step', maxStep)]),
    ...(slewPerHour === undefined || last === undefined
      ? []
      : [slewed((slewPerHour * Math.max(0, now - last)) / HOUR)]),
  ];
}

const interlock = ({ permit }: TagView): readonly PresentLimit[] =>
  permit === true ? [] : [{ kind: 'interlock', is: permit === false ? 'false' : 'unknown' }];

/** What arithmetic of doubles adds behind the twelfth digit says nothing to people. */
const shown = (value: number): number => Number(value.toPrecision(12));

function numberOf(value: Value | undefined): number | undefined {
  if (value === undefined || typeof value === 'boolean' || typeof value === 'string')
    return undefined;
  return isDecimal(value) ? roughly(value) : Number(value);
}
