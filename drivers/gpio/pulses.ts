/**
 * What pulses add up to: the reading of the meter is where it began and so many pulses of so much each, exactly.
 * Pure.
 */
import type { Kept } from '../../gateway/host/state-store.ts';
import { sum } from '../../gateway/model/decimal.ts';
import { type Decimal, decimalText, type Value } from '../../gateway/model/sample.ts';
import { between, type Millis, type MonoMs } from '../../gateway/model/units.ts';
import { integerScaler, parseDecimal } from '../codec/scale.ts';
import type { Change } from './debounce.ts';

export type PulseEdge = 'rising' | 'falling' | 'both';

/** What the site says of a meter. */
export interface PulseMeter {
  /** What one pulse is worth. */
  readonly pulse: Decimal;
  /** What the meter showed when it was put into service. */
  readonly start: Decimal;
  readonly edge: PulseEdge;
  /** Pulses that follow the one before sooner than this are chatter; undefined: nobody said. */
  readonly leastGap: Millis | undefined;
}

/** What is kept of a meter over a restart; decimals as text. */
export interface PulseCount {
  /** The reading at commissioning that the count belongs to. */
  readonly start: string;
  /** The reading that the pulses are added to: the start, or what was reached when a pulse was worth something else. */
  readonly base: string;
  readonly pulse: string;
  readonly pulses: number;
  /** Too fast to be pulses; not in the count. */
  readonly dropped: number;
}

/**
 * Where the meter stands: as it was kept, or new. Another start in the site is another commissioning; another
 * pulse is worth more or less from now on, and changes nothing of what was counted before.
 */
export function countOf(meter: PulseMeter, kept: Kept | undefined): PulseCount {
  const start = decimalText(meter.start);
  const pulse = decimalText(meter.pulse);
  const fresh = { start, base: start, pulse, pulses: 0, dropped: 0 };
  if (!isCount(kept) || kept.start !== start) return fresh;
  if (kept.pulse === pulse) return kept;
  return { ...fresh, base: decimalText(exactOf(kept)), dropped: kept.dropped };
}

/** As JSON can hold it. */
export const keptCount = (count: PulseCount): Kept => ({ ...count });

function isCount(kept: Kept | undefined): kept is Kept & PulseCount {
  if (typeof kept !== 'object' || kept === null || !('pulses' in kept)) return false;
  const { start, base, pulse, pulses, dropped } = kept;
  return (
    [start, base, pulse].every((one) => typeof one === 'string' && parseDecimal(one)) &&
    [pulses, dropped].every((one) => Number.isSafeInteger(one) && Number(one) >= 0)
  );
}

export interface Counting {
  readonly count: PulseCount;
  /** When the last pulse came that was counted; undefined before the first. */
  readonly last: MonoMs | undefined;
}

/** A change of the contact. Pulses too near to the one before are dropped and counted apart. */
export function counted(counting: Counting, meter: PulseMeter, { isHigh, at }: Change): Counting {
  if (meter.edge !== 'both' && isHigh !== (meter.edge === 'rising')) return counting;
  const { count, last } = counting;
  const { leastGap } = meter;
  if (leastGap !== undefined && last !== undefined && between(last, at) < leastGap)
    return { count: { ...count, dropped: count.dropped + 1 }, last };
  return { count: { ...count, pulses: count.pulses + 1 }, last: at };
}

/** The reading, with as many digits behind the point as start and pulse have. */
export function readingOf(count: PulseCount): Value {
  const { scale, offset } = factorsOf(count);
  return integerScaler({ scale, offset, decimals: undefined })(count.pulses) ?? count.pulses;
}

function exactOf(count: PulseCount): Decimal {
  const { scale, offset } = factorsOf(count);
  return sum(offset, { ...scale, unscaled: scale.unscaled * BigInt(count.pulses) });
}

function factorsOf({ base, pulse }: PulseCount) {
  const scale = parseDecimal(pulse);
  const offset = parseDecimal(base);
  if (!scale || !offset) throw new Error(`no decimals: ${pulse}, ${base}`);
  return { scale, offset };
}
