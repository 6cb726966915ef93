/**
 * What a tag of a CJ/T 188 meter is, as people write it:
 *
 * - `volume`, `settlement_volume`, `heat`, `settlement_heat`, `cooling`, `settlement_cooling`, `power`, `flow` —
 *   of the metering data, one request for all of them; in m3, kWh, kW and m3/h, whatever the meter counts in.
 *   A word behind it asks for something else: a unit (`heat GJ`, `volume L`), `raw` for the digits as the meter
 *   sends them, `unit` for the name of the unit that the meter sends.
 * - `supply_temperature`, `return_temperature` (°C), `supply_pressure`, `return_pressure`, `working_hours` (h).
 * - `clock` — text, `2024-11-15T08:30:00`, or `invalid`: never the time of a sample.
 * - `status` — the 16 bits as a number, the first byte lowest; `valve` — `open`, `closed` or `abnormal`;
 *   `battery_low` — a flag.
 * - `history:1` to `history:12` — the register on the settlement day so many months ago, units as above;
 *   `history2:1 heat`, `cooling` or `volume` — the same in meters of 2018.
 * - `freeze:1 volume`, `flow`, `temperature`, `pressure` or `clock` — the timed freeze so many ago;
 *   `instant_freeze:1 …` the same for freezes on demand.
 * - `settlement_day`, `reading_day`, `key_version`, `meter_address`, `price:1` to `price:3`, `price_volume:1` and
 *   `price_volume:2`, `purchase_number`, `purchase_amount`, `purchase_total`, `balance`.
 * - `di:D134 value`, `di:903F@5 bcd4` — any other data identifier: its bytes behind DI and SER, from an offset,
 *   as `hex` (all, or `hex3`), `bcd1` to `bcd8` and `uint1` to `uint6` (low byte first; the tag's `decimals` set
 *   the point of BCD), `value` (four BCD bytes and a unit, with a unit asked for as above) or `clock`.
 *
 * `valve` takes `open` and `closed`, `clock` a local time, `settlement_day` and `reading_day` a day, `di:…` hex
 * bytes, where the device's `allow` lets them.
 */
import { byLikeness } from '../../gateway/host/likeness.ts';
import type { Refusal } from '../../gateway/host/schema.ts';
import { DI, type FieldName, FREEZE_FIELDS, HISTORY2_FIELDS, METERING_FIELDS } from './layouts.ts';
import { type Dimension, TARGET_UNITS, type Unit } from './unit-codes.ts';

/** What is made of a value with a unit: another unit, the meter's own digits, or the unit's name. */
export type Wanted =
  | { readonly kind: 'normal' }
  | { readonly kind: 'raw' }
  | { readonly kind: 'unit' }
  | { readonly kind: 'in'; readonly unit: Unit };

/** How bytes at an offset are read where no layout says it. */
export interface RawRead {
  readonly type: 'hex' | 'bcd' | 'uint' | 'value' | 'clock';
  readonly at: number;
  /** Undefined: to the end. */
  readonly length: number | undefined;
}

export interface Cjt188Address {
  /** Undefined: the device's metering data. */
  readonly di: number | undefined;
  /** A field of the identifier's layout, or bytes. */
  readonly read: FieldName | RawRead;
  /** A part of the status. */
  readonly bits?: 'valve' | 'battery_low';
  readonly wanted: Wanted;
}

/** Reads the text of a tag's `address:`. */
export function cjt188Address(text: string): { readonly value: Cjt188Address } | Refusal {
  const [place = '', ...words] = text.trim().split(/\s+/);
  const [name = '', argument] = splitAt(place, ':');
  if (name === 'di') return rawAddress(argument ?? '', words);
  const numbered = NUMBERED.get(name);
  if (numbered) return numberedAddress(name, argument, words, numbered);
  if (argument !== undefined && WORDS.has(name))
    return { code: 'cjt188.no-number', details: { word: name } };
  const found = WORDS.get(name);
  return found ? withWanted(found, words) : unknownWord(name, ADDRESS_WORDS);
}

/** A place and what a word behind it may ask for: `any` where the meter's unit alone says what it is. */
type Place = Omit<Cjt188Address, 'wanted'> & { readonly dimension?: Dimension | 'any' };

const DIMENSIONS: Readonly<Partial<Record<FieldName, Dimension | 'any'>>> = {
  volume: 'volume',
  settlement_volume: 'volume',
  heat: 'energy',
  settlement_heat: 'energy',
  cooling: 'energy',
  settlement_cooling: 'energy',
  power: 'power',
  flow: 'flow',
  value: 'any',
};

function place(di: number | undefined, read: FieldName): Place {
  const dimension = DIMENSIONS[read];
  return { di, read, ...(dimension && { dimension }) };
}

const PURCHASE_FIELDS = [
  'purchase_number',
  'purchase_amount',
  'purchase_total',
  'balance',
] as const;

const WORDS: ReadonlyMap<string, Place> = new Map<string, Place>([
  ...METERING_FIELDS.map((field) => [field, place(undefined, field)] as const),
  ['valve', { di: undefined, read: 'status', bits: 'valve' }],
  ['battery_low', { di: undefined, read: 'status', bits: 'battery_low' }],
  ['settlement_day', place(DI.settlementDay, 'settlement_day')],
  ['reading_day', place(DI.readingDay, 'reading_day')],
  ['key_version', place(DI.keyVersion, 'key_version')],
  ['meter_address', place(DI.address, 'meter_address')],
  ...PURCHASE_FIELDS.map((field) => [field, place(DI.purchase, field)] as const),
]);

interface Numbered {
  readonly most: number;
  /** Words that name one of several fields. */
  readonly fields?: readonly FieldName[];
  readonly at: (number: number, field: FieldName) => Place;
}

const NUMBERED: ReadonlyMap<string, Numbered> = new Map<string, Numbered>([
  ['history', { most: 12, at: (n) => place(DI.history + n - 1, 'value') }],
  [
    'history2',
    { most: 256, fields: HISTORY2_FIELDS, at: (n, field) => place(DI.history2 + n - 1, field) },
  ],
  [
    'freeze',
    { most: 256, fields: FREEZE_FIELDS, at: (n, field) => place(DI.timedFreeze + n - 1, field) },
  ],
  [
    'instant_freeze',
    { most: 256, fields: FREEZE_FIELDS, at: (n, field) => place(DI.instantFreeze + n - 1, field) },
  ],
  ['price', { most: 3, at: (n) => place(DI.prices, `price_${n as 1 | 2 | 3}`) }],
  ['price_volume', { most: 2, at: (n) => place(DI.prices, `price_volume_${n as 1 | 2}`) }],
]);

const ADDRESS_WORDS = [...WORDS.keys(), ...NUMBERED.keys(), 'di'];

function numberedAddress(
  name: string,
  argument: string | undefined,
  words: readonly string[],
  { most, fields, at }: Numbered,
): { readonly value: Cjt188Address } | Refusal {
  const number = /^\d{1,3}$/.test(argument ?? '') ? Number(argument) : 0;
  if (number < 1 || number > most)
    return { code: 'cjt188.number-range', details: { word: name, max: most } };
  if (!fields) return withWanted(at(number, 'value'), words);
  const [word = '', ...rest] = words;
  const field = fields.find((one) => one === word);
  return field ? withWanted(at(number, field), rest) : unknownWord(word, fields);
}

/** The word behind a value with a unit; nothing else has one. */
function withWanted(
  { dimension, ...address }: Place,
  [word, tooMuch]: readonly string[],
): { readonly value: Cjt188Address } | Refusal {
  if (word === undefined) return { value: { ...address, wanted: { kind: 'normal' } } };
  if (!dimension || tooMuch !== undefined)
    return { code: 'cjt188.word-too-much', details: { word: tooMuch ?? word } };
  if (word === 'raw' || word === 'unit') return { value: { ...address, wanted: { kind: word } } };
  const units = [...TARGET_UNITS.values()].filter(
    (one) => dimension === 'any' || one.dimension === dimension,
  );
  const unit = units.find(({ name }) => name === word.replace('³', '3'));
  if (!unit) return unknownWord(word, ['raw', 'unit', ...units.map(({ name }) => name)]);
  return { value: { ...address, wanted: { kind: 'in', unit } } };
}

const LONGEST_NUMBERS = { bcd: 8, uint: 6 } as const;
const RAW_WORDS = ['hex', 'bcd4', 'uint2', 'value', 'clock'];

/** `D134@5` and the words behind it. */
function rawAddress(
  argument: string,
  [word = 'hex', ...rest]: readonly string[],
): { readonly value: Cjt188Address } | Refusal {
  const [, digits, offset = '0'] = /^([\da-f]{4})(?:@(\d{1,2}))?$/i.exec(argument) ?? [];
  if (digits === undefined) return { code: 'cjt188.identifier-form' };
  const [, type, length] = /^(hex|bcd|uint|value|clock)(\d{1,2})?$/.exec(word) ?? [];
  const size = length === undefined ? undefined : Number(length);
  const read = rawRead(type as RawRead['type'] | undefined, Number(offset), size);
  if (!read) return unknownWord(word, RAW_WORDS);
  return withWanted(
    { di: Number.parseInt(digits, 16), read, ...(type === 'value' && { dimension: 'any' }) },
    rest,
  );
}

function rawRead(
  type: RawRead['type'] | undefined,
  at: number,
  length: number | undefined,
): RawRead | undefined {
  switch (type) {
    case 'hex':
      return length === 0 ? undefined : { type, at, length };
    case 'bcd':
    case 'uint':
      return length === undefined || length < 1 || length > LONGEST_NUMBERS[type]
        ? undefined
        : { type, at, length };
    case 'value':
      return length === undefined ? { type, at, length: 5 } : undefined;
    case 'clock':
      return length === undefined ? { type, at, length: 7 } : undefined;
    case undefined:
      return undefined;
  }
}

const unknownWord = (word: string, known: readonly string[]): Refusal => ({
  code: 'cjt188.word-unknown',
  details: { word, nearest: byLikeness(word, known)[0] ?? '', known: known.join(' ') },
});

function splitAt(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
