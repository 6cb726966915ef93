/** What stands in the data of a reply, field by field, as the meter shows it. Pure. */
import type { Decimal } from '../../gateway/model/sample.ts';
import type { Field, FieldName, Layout } from './layouts.ts';
import type { Cjt188Device, UnitPosition } from './options.ts';
import { type Dimension, unitOfCode } from './unit-codes.ts';

/** `absent`: the meter has no such value and sends FF. `invalid`: a half byte that is no digit. */
export type Digits = Decimal | 'absent' | 'invalid';

export type Decoded =
  | { readonly kind: 'measured'; readonly digits: Digits; readonly unit: number }
  | { readonly kind: 'number'; readonly digits: Digits }
  | { readonly kind: 'clock'; readonly clock: string | 'absent' | 'invalid' }
  /** The first byte lowest. */
  | { readonly kind: 'status'; readonly bits: number }
  | { readonly kind: 'address'; readonly bytes: Uint8Array };

/** How a meter departs from the layout. */
export interface Variant {
  readonly unitPosition: UnitPosition;
  readonly heatOrder: Cjt188Device['heatOrder'];
  readonly decimals: Cjt188Device['decimals'];
}

export const STANDARD: Variant = {
  unitPosition: 'last',
  heatOrder: 'settlement_first',
  decimals: {},
};

/** All fields of the data behind DI and SER, which have the layout's length. */
export function decodeFields(
  layout: Layout,
  data: Uint8Array,
  variant: Variant,
): ReadonlyMap<FieldName, Decoded> {
  return new Map(
    layout.fields.map((field) => [
      nameOf(field, layout, variant),
      decodeField(field, data.subarray(field.at, field.at + field.length), variant),
    ]),
  );
}

const OTHER_ORDER: ReadonlyMap<FieldName, FieldName> = new Map<FieldName, FieldName>([
  ['heat', 'settlement_heat'],
  ['settlement_heat', 'heat'],
  ['cooling', 'settlement_cooling'],
  ['settlement_cooling', 'cooling'],
]);

/** Some firmware sends the current heat first. */
export const nameOf = ({ name }: Field, { year }: Layout, { heatOrder }: Variant): FieldName =>
  year !== undefined && heatOrder === 'current_first' ? (OTHER_ORDER.get(name) ?? name) : name;

/** The bytes of one field. */
export function decodeField(field: Field, bytes: Uint8Array, variant: Variant): Decoded {
  switch (field.kind) {
    case 'measured': {
      const { digits, unit } = parted(bytes, variant.unitPosition);
      return { kind: 'measured', digits: digitsOf(digits, decimalsOf(field, unit, variant)), unit };
    }
    case 'number': {
      const digits = digitsOf(bytes, decimalsOf(field, undefined, variant));
      return { kind: 'number', digits: isOpenSensor(field, digits) ? 'absent' : digits };
    }
    case 'clock':
      return { kind: 'clock', clock: clockOf(bytes) };
    case 'status':
      return { kind: 'status', bits: (bytes[0] as number) | ((bytes[1] as number) << 8) };
    case 'address':
      return { kind: 'address', bytes };
  }
}

const OPEN_SENSOR = 999_999n;
const OPEN_SENSOR_BYTES = 3;

/** A temperature of 9999.99 is a sensor that is not there. */
const isOpenSensor = ({ decimalsOf: of, length }: Field, digits: Digits): boolean =>
  of === 'temperature' &&
  length === OPEN_SENSOR_BYTES &&
  typeof digits === 'object' &&
  digits.unscaled === OPEN_SENSOR;

const DECIMALS_OF_DIMENSION = {
  energy: 'heat',
  power: 'power',
  volume: 'volume',
  flow: 'flow',
} as const satisfies Record<Dimension, keyof Cjt188Device['decimals']>;

function decimalsOf(field: Field, unit: number | undefined, { decimals }: Variant): number {
  const dimension = unit === undefined ? undefined : unitOfCode(unit)?.dimension;
  const of = field.decimalsOf ?? (dimension && DECIMALS_OF_DIMENSION[dimension]);
  return (of && decimals[of]) ?? field.decimals;
}

const parted = (bytes: Uint8Array, position: UnitPosition) =>
  position === 'last'
    ? { digits: bytes.subarray(0, -1), unit: bytes[bytes.length - 1] as number }
    : { digits: bytes.subarray(1), unit: bytes[0] as number };

/** BCD, the low byte first, with its point. */
export function digitsOf(bytes: Uint8Array, decimals: number): Digits {
  if (bytes.every((byte) => byte === 0xff)) return 'absent';
  const hex = Buffer.from(bytes).reverse().toString('hex');
  return /^\d+$/.test(hex) ? { unscaled: BigInt(hex), decimals } : 'invalid';
}

const YEARS = { first: 2000, last: 2099 };

/** ss mm hh DD MM and the year's two bytes, low byte first. All zero or all FF: the meter has no clock. */
export function clockOf(bytes: Uint8Array): string | 'absent' | 'invalid' {
  if (bytes.every((byte) => byte === 0xff) || bytes.every((byte) => byte === 0)) return 'absent';
  const hex = Buffer.from(bytes).reverse().toString('hex');
  const [, year = '', month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(hex) ?? [];
  const text = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  return isLocalTime(text) ? text : 'invalid';
}

/** Whether a text like `2024-11-15T08:30:00` is a time there is, in this century. */
export function isLocalTime(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(text)) return false;
  const year = Number(text.slice(0, 4));
  const time = Date.parse(`${text}Z`);
  if (Number.isNaN(time) || year < YEARS.first || year > YEARS.last) return false;
  return new Date(time).toISOString().startsWith(text);
}

/** Seven bytes for a local time, as a clock is written. */
export const clockBytes = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replace(/\D/g, ''), 'hex')).reverse();

type Valve = 'open' | 'closed' | 'abnormal';

/** D1 D0 of the status; 10 is not used and counts as abnormal. */
export function valveOf(bits: number): Valve {
  switch (bits & 0b11) {
    case 0b00:
      return 'open';
    case 0b01:
      return 'closed';
    default:
      return 'abnormal';
  }
}

/** D2 of the status. */
export const isBatteryLow = (bits: number): boolean => (bits & 0b100) !== 0;

/** What the measured fields of one reply say about the unit's place. */
interface UnitVote {
  /** Undefined: they say nothing, or contradict each other. */
  readonly position: UnitPosition | undefined;
  /** The fields that say so. */
  readonly fields: number;
}

/**
 * Looks at all measured fields of a reply together: in each, one end is a unit that suits the field, with
 * digits or FF beside it, and the other end is not.
 */
export function unitVote(layout: Layout, data: Uint8Array): UnitVote {
  const votes = layout.fields
    .filter(({ kind }) => kind === 'measured')
    .map((field) => voteOf(field, data.subarray(field.at, field.at + field.length)))
    .filter((vote) => vote !== undefined);
  const [position] = votes;
  return votes.every((vote) => vote === position)
    ? { position, fields: votes.length }
    : { position: undefined, fields: votes.length };
}

function voteOf({ dimension }: Field, bytes: Uint8Array): UnitPosition | undefined {
  const suits = (position: UnitPosition) => {
    const { digits, unit } = parted(bytes, position);
    const known = unitOfCode(unit);
    const isSuitable = known !== undefined && (dimension ?? known.dimension) === known.dimension;
    return isSuitable && digitsOf(digits, 0) !== 'invalid';
  };
  const isLast = suits('last');
  if (isLast === suits('first')) return undefined;
  return isLast ? 'last' : 'first';
}
