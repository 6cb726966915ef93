/**
 * Values in 16-bit registers: every type in every order of words and bytes, decoded straight from
 * the bytes of a reply.
 */
import type { Value } from '../../gateway/model/sample.ts';
import { fromBcd } from './bcd.ts';
import { fromM10k } from './m10k.ts';
import { floatScaler, integerScaler, type Scaler, type Scaling, timesPowerOfTen } from './scale.ts';

export const NUMBER_TYPES = [
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'float32',
  'float64',
  'bcd16',
  'bcd32',
  'bcd64',
  'm10k32',
  'm10k48',
  'm10k64',
  'sm10k32',
  'sm10k48',
  'sm10k64',
] as const;
export type NumberType = (typeof NUMBER_TYPES)[number];
export type FloatType = 'float32' | 'float64';
export type IntegerType = Exclude<NumberType, FloatType>;
export type RegisterType = 'bool' | NumberType | 'string';

export const isFloatType = (type: NumberType): type is FloatType =>
  type === 'float32' || type === 'float64';

/**
 * The order of words, then of the bytes in each word. Of 12345678H the registers hold: abcd 1234
 * 5678 · cdab 5678 1234 · badc 3412 7856 · dcba 7856 3412. Longer values follow the same rule.
 */
export const ORDERS = ['abcd', 'cdab', 'badc', 'dcba'] as const;
export type Order = (typeof ORDERS)[number];

/** What stands in the registers of one tag. */
export interface RegisterValue {
  readonly type: RegisterType;
  readonly order: Order;
  /** Bytes of a string; 0 for other types. */
  readonly length: number;
  /** Bit of a bool, 0 is the lowest; 0 for other types. */
  readonly bit: number;
  /** Raw registers, as one number without a sign, by which the device says that it has no value. */
  readonly nulls?: readonly bigint[];
}

/**
 * Decodes the value whose first register begins at byte `at`; null where the device sent no value
 * (NaN, broken BCD).
 */
export type Decode = (view: DataView, at: number) => Value | null;

const BITS_PER_REGISTER = 16;

/** How many registers a value takes. */
export function registersOf({ type, length }: Pick<RegisterValue, 'type' | 'length'>): number {
  if (type === 'bool') return 1;
  if (type === 'string') return Math.ceil(length / 2);
  return Number(type.slice(-2)) / BITS_PER_REGISTER;
}

/** A decoder for one tag, made once; numbers are scaled when there is a scaling. */
export function decoder(value: RegisterValue, scaling: Scaling | undefined): Decode {
  return inOrder(value, unlessNull(value, decoderOf(value, scaling)));
}

/**
 * The decoder for a number whose power of ten stands in another register, `exponentAt` bytes behind
 * the value's own: SunSpec's scale factors, 8000H where they are not implemented.
 */
export function scaledByRegister(
  value: RegisterValue,
  scaling: Scaling,
  exponentAt: number,
): Decode {
  const byExponent = new Map<number, Decode>();
  return (view, at) => {
    const exponent = view.getInt16(at + exponentAt);
    let decode = byExponent.get(exponent);
    if (!decode) {
      if (Math.abs(exponent) > LARGEST_EXPONENT) return null;
      decode = decoder(value, { ...scaling, scale: timesPowerOfTen(scaling.scale, exponent) });
      byExponent.set(exponent, decode);
    }
    return decode(view, at);
  };
}

/** SunSpec scale factors go from -10 to 10. */
const LARGEST_EXPONENT = 10;

function decoderOf(value: RegisterValue, scaling: Scaling | undefined): Decode {
  const { type } = value;
  switch (type) {
    case 'bool': {
      const mask = 1 << value.bit;
      return (view, at) => (view.getUint16(at) & mask) !== 0;
    }
    case 'string':
      return (view, at) => textOf(view, at, value.length);
    case 'float32':
    case 'float64':
      return floatDecoder(type, scaling);
    default:
      return integerDecoder(type, scaling);
  }
}

function floatDecoder(type: FloatType, scaling: Scaling | undefined): Decode {
  const scale = scaling ? floatScaler(scaling) : finite;
  return type === 'float32'
    ? (view, at) => scale(view.getFloat32(at)) ?? null
    : (view, at) => scale(view.getFloat64(at)) ?? null;
}

function integerDecoder(type: IntegerType, scaling: Scaling | undefined): Decode {
  const raw = rawInteger(type);
  if (!scaling) return (view, at) => raw(view, at) ?? null;
  const scale = integerScaler(scaling);
  return (view, at) => {
    const integer = raw(view, at);
    return integer === undefined ? null : (scale(integer) ?? null);
  };
}

type RawInteger = (view: DataView, at: number) => number | bigint | undefined;

function rawInteger(type: IntegerType): RawInteger {
  switch (type) {
    case 'int16':
      return (view, at) => view.getInt16(at);
    case 'uint16':
      return (view, at) => view.getUint16(at);
    case 'int32':
      return (view, at) => view.getInt32(at);
    case 'uint32':
      return (view, at) => view.getUint32(at);
    case 'int64':
      return (view, at) => narrowed(view.getBigInt64(at));
    case 'uint64':
      return (view, at) => narrowed(view.getBigUint64(at));
    case 'bcd16':
      return (view, at) => fromBcd(view, at, 2);
    case 'bcd32':
      return (view, at) => fromBcd(view, at, 4);
    case 'bcd64':
      return (view, at) => fromBcd(view, at, 8);
    case 'm10k32':
    case 'm10k48':
    case 'm10k64':
      return m10kReader(type, { signed: false });
    case 'sm10k32':
    case 'sm10k48':
    case 'sm10k64':
      return m10kReader(type, { signed: true });
  }
}

function m10kReader(type: IntegerType, { signed }: { readonly signed: boolean }): RawInteger {
  const registers = registersOf({ type, length: 0 });
  return (view, at) => fromM10k(view, at, { registers, signed });
}

const finite: Scaler = (raw) => (Number.isFinite(raw) ? raw : undefined);

/** A number up to 2^53, where a double still holds every integer. */
function narrowed(integer: bigint): number | bigint {
  const number = Number(integer);
  return number >= -(2 ** 53) && number <= 2 ** 53 && BigInt(number) === integer ? number : integer;
}

const TEXT = new TextDecoder();

/** Text ends at the first zero byte; blanks that pad it are not part of it. */
function textOf(view: DataView, at: number, length: number): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, length);
  const end = bytes.indexOf(0);
  return TEXT.decode(end < 0 ? bytes : bytes.subarray(0, end)).trimEnd();
}

/** Null where the registers, big-endian by now, hold one of the values that mean "none". */
function unlessNull(value: RegisterValue, decode: Decode): Decode {
  const { nulls = [] } = value;
  if (nulls.length === 0) return decode;
  const registers = registersOf(value);
  const patterns = nulls.map((raw) => wordsOf(raw, registers));
  return (view, at) =>
    patterns.some((words) => words.every((word, i) => view.getUint16(at + 2 * i) === word))
      ? null
      : decode(view, at);
}

const wordsOf = (raw: bigint, registers: number): readonly number[] =>
  Array.from({ length: registers }, (_, i) =>
    Number((raw >> BigInt(BITS_PER_REGISTER * (registers - 1 - i))) & 0xffffn),
  );

/** Lays the bytes out big-endian before they are decoded; the common order costs nothing. */
function inOrder(value: RegisterValue, decode: Decode): Decode {
  if (value.order === 'abcd') return decode;
  const sources = byteSources(value);
  const scratch = new DataView(new ArrayBuffer(sources.length));
  return (view, at) => {
    for (let i = 0; i < sources.length; i++)
      scratch.setUint8(i, view.getUint8(at + (sources[i] as number)));
    return decode(scratch, 0);
  };
}

/**
 * For each byte of the big-endian value, where in the registers it stands. The words of a text keep
 * their places; only the two characters in each may be swapped.
 */
export function byteSources(value: RegisterValue): readonly number[] {
  const { order, type } = value;
  const registers = registersOf(value);
  const wordsReversed = type !== 'string' && (order === 'cdab' || order === 'dcba');
  const bytesSwapped = order === 'badc' || order === 'dcba';
  return Array.from({ length: 2 * registers }, (_, i) => {
    const word = wordsReversed ? registers - 1 - (i >> 1) : i >> 1;
    return 2 * word + (bytesSwapped ? 1 - (i & 1) : i & 1);
  });
}
