/** The functions of expressions, as SEMANTICS.md and functions.ts say. Total, like everything that is compiled. */
import { isBad } from '../../gateway/model/quality.ts';
import type { CallExpr, Expr, Maybe, Plain } from '../expression.ts';
import { conversionOf, converted } from '../language/units.ts';
import type { LocalTime } from '../picture.ts';
import { type Bench, type Evaluate, finite, LONGEST_TEXT } from './evaluate.ts';
import { WINDOWS } from './windows.ts';

type Compile = (arg: Expr) => Evaluate;

export function compileCall(call: CallExpr, bench: Bench, compile: Compile): Evaluate {
  const { memory, name, args } = call;
  if (memory !== undefined) {
    const { remembered } = bench;
    return () => remembered[memory];
  }
  if (call.isWindow) return compileWindow(call, bench);
  const ofTag = Object.hasOwn(TAG_FUNCTIONS, name) ? TAG_FUNCTIONS[name] : undefined;
  if (ofTag) return ofTag(bench, tagSlot(args[0], bench));
  const ofValues = Object.hasOwn(VALUE_FUNCTIONS, name) ? VALUE_FUNCTIONS[name] : undefined;
  if (ofValues) return ofValues(args.map(compile));
  const ofTime = Object.hasOwn(TIME_FUNCTIONS, name) ? TIME_FUNCTIONS[name] : undefined;
  if (ofTime) return ofTime(bench, args);
  if (name === 'convert') return compileConversion(args, compile);
  throw new Error(`no function ${name}`);
}

function compileWindow({ name, args }: CallExpr, bench: Bench): Evaluate {
  const [tag, ...rest] = args;
  const slot = tagSlot(tag, bench);
  const length = Number(literalOf(rest.at(-1)));
  const window = WINDOWS[name];
  if (window === undefined || tag?.kind !== 'tag') throw new Error(`no window ${name}`);
  const parameter = name === 'percentile' ? Number(literalOf(rest[0])) : bench.moduli[tag.tag];
  const { picture } = bench;
  return () => {
    const history = picture.histories[slot];
    return history && window(history, picture.now, length, parameter);
  };
}

function compileConversion([of, unit]: readonly Expr[], compile: Compile): Evaluate {
  const conversion = conversionOf(of?.unit ?? '', String(literalOf(unit)));
  if (of === undefined || conversion === undefined) throw new Error('nothing to convert');
  return ofNumber((value) => converted(value, conversion))([compile(of)]);
}

const TAG_FUNCTIONS: Readonly<Record<string, (bench: Bench, slot: number) => Evaluate>> = {
  quality:
    ({ picture }, slot) =>
    () =>
      picture.qualities[slot],
  isGood:
    ({ picture }, slot) =>
    () =>
      picture.qualities[slot]?.startsWith('good') ?? false,
  isBad:
    ({ picture }, slot) =>
    () =>
      isBad(picture.qualities[slot] ?? 'bad:waiting'),
  age:
    ({ picture }, slot) =>
    () =>
      finite(picture.now - (picture.valueArrivals[slot] as number)),
  changed:
    ({ picture }, slot) =>
    () =>
      picture.changeMoments[slot] === picture.moment,
  previous:
    ({ picture }, slot) =>
    () =>
      picture.previousValues[slot],
  rate:
    ({ picture }, slot) =>
    () => {
      const value = picture.values[slot];
      const previous = picture.previousValues[slot];
      if (typeof value !== 'number' || typeof previous !== 'number') return undefined;
      const passed =
        (picture.valueArrivals[slot] as number) - (picture.previousArrivals[slot] as number);
      return passed === 0 ? undefined : finite((value - previous) / (passed / 1000));
    },
};

const VALUE_FUNCTIONS: Readonly<Record<string, (args: readonly Evaluate[]) => Evaluate>> = {
  known:
    ([of = NOTHING]) =>
    () =>
      of() !== undefined,
  fallback:
    ([of = NOTHING, otherwise = NOTHING]) =>
    () =>
      of() ?? otherwise(),
  abs: ofNumber(Math.abs),
  floor: ofNumber(Math.floor),
  ceil: ofNumber(Math.ceil),
  sqrt: ofNumber(Math.sqrt),
  sign: ofNumber(Math.sign),
  round:
    ([of = NOTHING, digits]) =>
    () => {
      const value = of();
      const places = digits ? digits() : 0;
      if (typeof value !== 'number' || typeof places !== 'number') return undefined;
      return rounded(value, places);
    },
  min: ofNumbers((a, b) => Math.min(a, b)),
  max: ofNumbers((a, b) => Math.max(a, b)),
  clamp: ofNumbers((value, low = 0, high = 0) =>
    low > high ? undefined : Math.min(Math.max(value, low), high),
  ),
  bit: ofNumbers((value, place) => {
    const bit = bitsOf(value, place, 1);
    return bit === undefined ? undefined : bit === 1;
  }),
  bits: ofNumbers((value, from, count = 0) => bitsOf(value, from, count)),
  number: ofText((text) => (NUMBER.test(text) ? finite(Number(text)) : undefined)),
  text:
    ([of = NOTHING]) =>
    () => {
      const value = of();
      return value === undefined ? undefined : String(value);
    },
  size: ofText((text) => text.length),
  lower: ofText((text) => text.toLowerCase().slice(0, LONGEST_TEXT)),
  upper: ofText((text) => text.toUpperCase().slice(0, LONGEST_TEXT)),
  trim: ofText((text) => text.trim()),
  contains: ofTexts((text, part) => text.includes(part)),
  startsWith: ofTexts((text, part) => text.startsWith(part)),
  endsWith: ofTexts((text, part) => text.endsWith(part)),
  substring:
    ([of = NOTHING, from = NOTHING, to]) =>
    () => {
      const text = of();
      const begin = from();
      if (typeof text !== 'string') return undefined;
      const end = to ? to() : text.length;
      if (!isPlace(begin) || !isPlace(end) || end > text.length) return undefined;
      return begin <= end ? text.slice(begin, end) : undefined;
    },
};

const TIME_FUNCTIONS: Readonly<Record<string, (bench: Bench, args: readonly Expr[]) => Evaluate>> =
  {
    hour: ofLocalTime((time) => time.hour),
    minute: ofLocalTime((time) => time.minute),
    weekday: ofLocalTime((time) => time.weekday),
    day: ofLocalTime((time) => time.day),
    month: ofLocalTime((time) => time.month),
    between({ picture }, args) {
      const [from = 0, to = 0] = args.map((arg) => minutesOf(String(literalOf(arg))));
      return () => {
        const { hour, minute } = picture.localTime();
        const now = hour * 60 + minute;
        return from <= to ? now >= from && now < to : now >= from || now < to;
      };
    },
  };

const NOTHING: Evaluate = () => undefined;

/** A decimal number as CEL and people write it. */
const NUMBER = /^\s*[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?\s*$/;
const MOST_DIGITS = 15;
/** Of a status word: what a double holds. */
const WORD_BITS = 53;

/** Half away from zero, half of the number as people read it: 1.005 to two digits is 1.01. */
export function rounded(value: number, digits: number): number | undefined {
  if (!Number.isInteger(digits) || digits < 0 || digits > MOST_DIGITS) return undefined;
  const scale = 10 ** digits;
  const size = Math.abs(value);
  const scaled = size * scale;
  // Beyond 2^53 there is nothing behind the point to round.
  if (scaled >= Number.MAX_SAFE_INTEGER) return value;
  const whole = Math.floor(scaled);
  // So near to a half the product may lie on the wrong side of it, and the digits decide.
  const isNear = Math.abs(scaled - whole - 0.5) <= 2 * Number.EPSILON * scaled;
  const isUp = (isNear ? shifted(size, digits) : scaled) - whole >= 0.5;
  return finite((Math.sign(value) * (whole + (isUp ? 1 : 0))) / scale);
}

/** The number whose point stands further to the right, exactly. */
function shifted(value: number, digits: number): number {
  const [mantissa = '', exponent = 0] = String(value).split('e');
  return Number(`${mantissa}e${Number(exponent) + digits}`);
}

/** `count` bits from `from` on, of a whole number; negative ones in two's complement. */
function bitsOf(value: number, from: number, count: number): number | undefined {
  if (!Number.isSafeInteger(value) || !isPlace(from) || !isPlace(count)) return undefined;
  if (count < 1 || from + count > WORD_BITS) return undefined;
  return Number(BigInt.asUintN(count, BigInt(value) >> BigInt(from)));
}

function ofNumber(of: (value: number) => number) {
  return ([arg = NOTHING]: readonly Evaluate[]): Evaluate =>
    () => {
      const value = arg();
      return typeof value === 'number' ? finite(of(value)) : undefined;
    };
}

function ofNumbers(of: (a: number, b: number, c?: number) => number | boolean | undefined) {
  return ([first = NOTHING, second = NOTHING, third]: readonly Evaluate[]): Evaluate =>
    () => {
      const a = first();
      const b = second();
      const c = third ? third() : 0;
      if (typeof a !== 'number' || typeof b !== 'number' || typeof c !== 'number') return undefined;
      const result = of(a, b, c);
      return typeof result === 'number' ? finite(result) : result;
    };
}

function ofText(of: (text: string) => Maybe) {
  return ([arg = NOTHING]: readonly Evaluate[]): Evaluate =>
    () => {
      const text = arg();
      return typeof text === 'string' ? of(text) : undefined;
    };
}

function ofTexts(of: (text: string, part: string) => boolean) {
  return ([arg = NOTHING, other = NOTHING]: readonly Evaluate[]): Evaluate =>
    () => {
      const text = arg();
      const part = other();
      return typeof text === 'string' && typeof part === 'string' ? of(text, part) : undefined;
    };
}

function ofLocalTime(of: (time: LocalTime) => number) {
  return ({ picture }: Bench): Evaluate =>
    () =>
      of(picture.localTime());
}

const isPlace = (value: Maybe): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;

const minutesOf = (time: string): number => {
  const [hours, minutes] = time.split(':').map(Number);
  return (hours ?? 0) * 60 + (minutes ?? 0);
};

function tagSlot(arg: Expr | undefined, bench: Bench): number {
  if (arg?.kind !== 'tag') throw new Error('this function needs a tag');
  return bench.slotOf(arg.tag);
}

function literalOf(arg: Expr | undefined): Plain {
  if (arg?.kind !== 'literal') throw new Error('this argument is a literal');
  return arg.value;
}
