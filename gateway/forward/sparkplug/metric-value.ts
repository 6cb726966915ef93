/** A sample as a metric's value, and what is said beside it. Pure. */
import { isBad, type Quality } from '../../model/quality.ts';
import { decimalText, isDecimal, type TimeBasis, type Value } from '../../model/sample.ts';
import type { FieldTag } from '../../model/tag.ts';
import { DATATYPE } from './datatype.ts';
import type { Metric, Property } from './payload.ts';

/**
 * What a metric holds as long as a session lasts: Boolean, Double or String. All numbers are Double, so that one tag has one
 * datatype however large it grows; digits that a Double has no room for stand in a property.
 */
export type MetricKind = NonNullable<FieldTag['holds']>;

export const DATATYPE_OF: Readonly<Record<MetricKind, number>> = {
  flag: DATATYPE.Boolean,
  number: DATATYPE.Double,
  text: DATATYPE.String,
};

/** What is known of a tag at a moment. */
export interface Reading {
  readonly value: Value | null;
  readonly quality: Quality;
  readonly timeBasis: TimeBasis;
}

export const kindOf = (value: Value): MetricKind =>
  typeof value === 'boolean' ? 'flag' : typeof value === 'string' ? 'text' : 'number';

/** What a sample of its tag looks like. The value must be one of its kind; text takes all. */
export function shownAs(
  kind: MetricKind,
  { value, quality, timeBasis }: Reading,
): Pick<Metric, 'value' | 'properties'> {
  if (value === null) return { value, properties: marks(quality, timeBasis) };
  if (kind === 'text') return { value: textOf(value), properties: marks(quality, timeBasis) };
  if (typeof value === 'boolean') return { value, properties: marks(quality, timeBasis) };
  const number = Number(typeof value === 'object' ? decimalText(value) : value);
  // Not a number and infinity are nothing that a device measured.
  if (!Number.isFinite(number)) return { value: null, properties: marks('bad:device', timeBasis) };
  return { value: number, properties: [...exact(value, number), ...marks(quality, timeBasis)] };
}

const textOf = (value: Value): string => (isDecimal(value) ? decimalText(value) : `${value}`);

/** All digits, where the Double does not have them. */
function exact(value: Value, number: number): readonly Property[] {
  if (typeof value === 'number') return [];
  const text = textOf(value);
  return `${number}` === text ? [] : [{ key: 'exact', datatype: DATATYPE.String, value: text }];
}

const BAD = 0;
const STALE = 500;

/**
 * Quality is only told when it is not good (§6), and knows bad and stale; what is uncertain is no bad value and no good
 * one. Why, and whether the time was of a clock that was not set, stand beside it in our words.
 */
function marks(quality: Quality, timeBasis: TimeBasis): readonly Property[] {
  const isUnset = timeBasis === 'unsynced' || timeBasis === 'corrected';
  return [
    ...(quality.startsWith('good')
      ? []
      : [{ key: 'Quality', datatype: DATATYPE.Int32, value: isBad(quality) ? BAD : STALE }]),
    ...(quality === 'good' ? [] : [{ key: 'detail', datatype: DATATYPE.String, value: quality }]),
    ...(isUnset ? [{ key: 'clock', datatype: DATATYPE.String, value: timeBasis }] : []),
  ];
}
