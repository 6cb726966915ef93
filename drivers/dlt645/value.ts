/** What the bytes of an element mean, and numbers and times as bytes: exact, low byte first. Pure. */
import type { Decimal, Value } from '../../gateway/model/sample.ts';
import { type UtcMs, utcMs } from '../../gateway/model/units.ts';
import { fromBcd } from '../codec/bcd.ts';
import type { Scaler } from '../codec/scale.ts';
import type { Element, NumberElement, TimeForm } from './element.ts';

/** The highest bit of the highest byte: sign and magnitude, not two's complement. */
const SIGN = 0x80;
const NOT_AVAILABLE = 0xff;

/** All FFH: the meter does not have this item (a phase that is not there). */
export const isNotAvailable = (bytes: Uint8Array): boolean =>
  bytes.every((byte) => byte === NOT_AVAILABLE);

/** The digits of a number without its point; undefined where a half byte is no digit. */
export function digitsOf(bytes: Uint8Array, isSigned: boolean): number | bigint | undefined {
  const high = Uint8Array.from(bytes).reverse();
  const first = high[0] ?? 0;
  const isNegative = isSigned && (first & SIGN) !== 0;
  if (isNegative) high[0] = first & ~SIGN;
  const digits = fromBcd(new DataView(high.buffer), 0, high.length);
  return isNegative && digits ? -digits : digits;
}

/**
 * The value of an element; null where the meter has none or sends what cannot be one. Numbers go through
 * `scale`, which also sets the point.
 */
export function readElement(element: Element, bytes: Uint8Array, scale: Scaler): Value | null {
  if (isNotAvailable(bytes)) return null;
  switch (element.kind) {
    case 'number': {
      const digits = digitsOf(bytes, element.signed);
      return digits === undefined ? null : (scale(digits) ?? null);
    }
    case 'time':
      return timeText(element.form, bytes) ?? null;
    case 'digits': {
      const digits = hexText(Uint8Array.from(bytes).reverse());
      return /^\d+$/.test(digits) ? digits : null;
    }
    case 'text':
      return asciiText(bytes) ?? null;
    case 'bits':
      return Buffer.from(bytes).readUIntLE(0, bytes.length);
    case 'hex':
      return hexText(bytes);
  }
}

export const hexText = (bytes: Uint8Array): string =>
  Buffer.from(bytes).toString('hex').toUpperCase();

/** Text comes last character first, filled up with zeros or spaces. */
function asciiText(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes).reverse().toString('latin1');
  const trimmed = text.replace(/^[\0 ]+|[\0 ]+$/g, '');
  return /^[ -~]*$/.test(trimmed) ? trimmed : undefined;
}

/** Year, month, day and so on of a meter's clock; it knows no time zone. */
interface Moment {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** The parts of each form in the order of the wire. */
const PARTS: Readonly<Record<TimeForm, readonly (keyof Moment | 'weekday')[]>> = {
  'day-hour': ['hour', 'day'],
  clock: ['second', 'minute', 'hour'],
  date: ['weekday', 'day', 'month', 'year'],
  minute: ['minute', 'hour', 'day', 'month', 'year'],
  second: ['second', 'minute', 'hour', 'day', 'month', 'year'],
  'date-and-clock': ['second', 'minute', 'hour', 'weekday', 'day', 'month', 'year'],
};

const FIRST_YEAR = 2000;
const MINUTE_MS = 60_000;
const DEFAULTS: Moment = { year: FIRST_YEAR, month: 1, day: 1, hour: 0, minute: 0, second: 0 };

/** Undefined when it is no time: broken BCD, or a day that is in no calendar. */
function momentOf(form: TimeForm, bytes: Uint8Array): Moment | undefined {
  const moment: Record<string, number> = { ...DEFAULTS };
  for (const [i, part] of PARTS[form].entries()) {
    const digits = digitsOf(bytes.subarray(i, i + 1), false);
    if (digits === undefined) return undefined;
    moment[part] = Number(digits) + (part === 'year' ? FIRST_YEAR : 0);
  }
  const { weekday = 0, ...rest } = moment;
  const made = rest as Record<keyof Moment, number>;
  return weekday <= 6 && isInCalendar(made) ? made : undefined;
}

function isInCalendar(moment: Moment): boolean {
  const date = new Date(utcOf(moment));
  return (
    moment.hour < 24 &&
    moment.minute < 60 &&
    moment.second < 60 &&
    date.getUTCMonth() + 1 === moment.month &&
    date.getUTCDate() === moment.day
  );
}

const utcOf = ({ year, month, day, hour, minute, second }: Moment): number =>
  Date.UTC(year, month - 1, day, hour, minute, second);

/**
 * ISO 8601 without a zone, as long as the form is exact: `2024-05-20T13:45`, `2024-11-15`, `13:45:00`, and
 * `01T00` for the day and hour of a settlement. Undefined when it is no time.
 */
export function timeText(form: TimeForm, bytes: Uint8Array): string | undefined {
  const moment = momentOf(form, bytes);
  if (moment === undefined) return undefined;
  const text = new Date(utcOf(moment)).toISOString();
  switch (form) {
    case 'day-hour':
      return text.slice('2000-01-'.length, 'YYYY-MM-DDThh'.length);
    case 'clock':
      return text.slice('YYYY-MM-DDT'.length, 'YYYY-MM-DDThh:mm:ss'.length);
    case 'date':
      return text.slice(0, 'YYYY-MM-DD'.length);
    case 'minute':
      return text.slice(0, 'YYYY-MM-DDThh:mm'.length);
    case 'second':
    case 'date-and-clock':
      return text.slice(0, 'YYYY-MM-DDThh:mm:ss'.length);
  }
}

/** The meter's time as a moment, where its clock is ahead of UTC by `offsetMinutes`. */
export function timeOf(
  form: TimeForm,
  bytes: Uint8Array,
  offsetMinutes: number,
): UtcMs | undefined {
  const moment = momentOf(form, bytes);
  return moment && utcMs(utcOf(moment) - offsetMinutes * MINUTE_MS);
}

/** A moment as the meter's clock shows it, in any form. */
export function timeBytes(form: TimeForm, at: UtcMs, offsetMinutes: number): Buffer {
  const date = new Date(at + offsetMinutes * MINUTE_MS);
  const parts = {
    year: date.getUTCFullYear() % 100,
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    weekday: date.getUTCDay(),
  };
  return Buffer.from(PARTS[form].map((part) => bcdByte(parts[part])));
}

const bcdByte = (number: number): number => Math.trunc(number / 10) * 16 + (number % 10);

/** Digits as BCD, low byte first; undefined when they do not fit. */
export function bcdBytes(digits: bigint, bytes: number): Buffer | undefined {
  const text = `${digits}`.padStart(bytes * 2, '0');
  return /^\d+$/.test(text) && text.length === bytes * 2
    ? Buffer.from(text, 'hex').reverse()
    : undefined;
}

/** A number as its element holds it; undefined when it has more digits, or a sign it may not have. */
export function numberBytes(
  element: NumberElement,
  { unscaled, decimals }: Decimal,
): Buffer | undefined {
  const shift = element.decimals - decimals;
  const factor = 10n ** BigInt(Math.abs(shift));
  if (shift < 0 && unscaled % factor !== 0n) return undefined;
  const digits = shift < 0 ? unscaled / factor : unscaled * factor;
  if (digits < 0n && !element.signed) return undefined;
  const bytes = bcdBytes(digits < 0n ? -digits : digits, element.bytes);
  const top = bytes?.at(-1);
  if (bytes === undefined || top === undefined) return undefined;
  if (!element.signed) return bytes;
  if ((top & SIGN) !== 0) return undefined;
  if (digits < 0n) bytes[element.bytes - 1] = top | SIGN;
  return bytes;
}
