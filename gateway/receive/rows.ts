/** What a part becomes in tables: a row a sample, its value in the column of its kind. Pure. */
import type { Envelope, EnvelopeSample } from '../forward/envelope-reader.ts';

/** As JSON text goes to the database. */
export interface SampleRow {
  readonly tag: string;
  /** UTC ms. */
  readonly time: number;
  /** The place among the samples of its tag in the part. */
  readonly n: number;
  /** A number, or the digits of one that has more than 15. */
  readonly number: number | string | null;
  /** As it came, also where the text is the digits of a number. */
  readonly text: string | null;
  readonly flag: boolean | null;
  readonly quality: string;
  readonly basis: string;
}

/** Digits that a JSON number holds; the gateway sends more as text. */
const JSON_DIGITS = 15;
const LONGEST_NUMBER = 400;

export function* rowsOf({ device, samples }: Envelope): Generator<SampleRow> {
  for (const [quantity, rows] of samples) {
    const tag = tagOf(device, quantity);
    for (const [n, sample] of rows.entries()) {
      const { time, quality, timeBasis: basis } = sample;
      yield { tag, time, n, ...columnsOf(sample), quality, basis };
    }
  }
}

export const tagOf = (device: string, quantity: string): string =>
  storable(device === '' ? quantity : `${device}.${quantity}`);

function columnsOf({ value }: EnvelopeSample): Pick<SampleRow, 'number' | 'text' | 'flag'> {
  if (typeof value === 'boolean') return { number: null, text: null, flag: value };
  if (typeof value !== 'string') return { number: value, text: null, flag: null };
  return { number: isLongNumber(value) ? value : null, text: storable(value), flag: null };
}

/** A device's own text of so many digits looks the same; so the text stays beside the number. */
export function isLongNumber(text: string): boolean {
  if (text.length > LONGEST_NUMBER || !/^-?(0|[1-9]\d*)(\.\d+)?$/.test(text)) return false;
  return text.replace(/[-.]/g, '').replace(/^0+/, '').length > JSON_DIGITS;
}

/** Databases hold no NUL and no half of a character. */
export const storable = (text: string): string => text.toWellFormed().replaceAll('\0', '␀');
