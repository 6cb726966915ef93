/**
 * Operators and the functions of values, as rules/SEMANTICS.md and the words of rules/functions-*.ts say: what the
 * naive evaluator of rules computes from values alone. Undefined is unknown.
 */
import type { BinaryOperator, Maybe } from '../../rules/expression.ts';

type Known = Exclude<Maybe, undefined>;

const LONGEST_TEXT = 2_000;
const MOST_DIGITS = 15;
const WORD_BITS = 53;

/** A result that is no number is unknown. */
export const finite = (value: number): Maybe => (Number.isFinite(value) ? value : undefined);
const short = (text: string): string => text.slice(0, LONGEST_TEXT);

export function and(a: Maybe, b: Maybe): Maybe {
  if (a === false || b === false) return false;
  return a === true && b === true ? true : undefined;
}

export function or(a: Maybe, b: Maybe): Maybe {
  if (a === true || b === true) return true;
  return a === false && b === false ? false : undefined;
}

/** All operators but `&&` and `||`. */
export function operate(op: BinaryOperator, a: Maybe, b: Maybe): Maybe {
  if (a === undefined || b === undefined || typeof a !== typeof b) return undefined;
  if (op === '==') return a === b;
  if (op === '!=') return a !== b;
  if (typeof a === 'number' && typeof b === 'number')
    return ARITHMETIC[op]?.(a, b) ?? order(op, a, b);
  if (typeof a === 'string' && typeof b === 'string')
    return op === '+' ? short(a + b) : order(op, a, b);
  return undefined;
}

const ARITHMETIC: Readonly<Partial<Record<BinaryOperator, (a: number, b: number) => Maybe>>> = {
  '+': (a, b) => finite(a + b),
  '-': (a, b) => finite(a - b),
  '*': (a, b) => finite(a * b),
  '/': (a, b) => finite(a / b),
  '%': (a, b) => finite(a % b),
};

function order(op: BinaryOperator, a: Known, b: Known): Maybe {
  if (op === '<') return a < b;
  if (op === '<=') return a <= b;
  if (op === '>') return a > b;
  if (op === '>=') return a >= b;
  return undefined;
}

/**
 * Rounded to so many digits behind the point, half away from zero: half of the number as people read it, so that
 * 1.005 to two digits is 1.01.
 */
export function rounded(value: number, digits = 0): Maybe {
  if (!Number.isInteger(digits) || digits < 0 || digits > MOST_DIGITS) return undefined;
  if (Math.abs(value) >= 2 ** WORD_BITS) return value;
  const shifted = Number(movePoint(Math.abs(value), digits));
  if (shifted >= 2 ** WORD_BITS) return value;
  const whole = Math.floor(shifted) + (shifted - Math.floor(shifted) >= 0.5 ? 1 : 0);
  return Math.sign(value) * Number(movePoint(whole, -digits)) + 0;
}

/** The decimal text of a number with its point moved to the right. */
function movePoint(value: number, by: number): string {
  const [digits = '0', exponent = '0'] = `${value}`.split('e');
  return `${digits}e${Number(exponent) + by}`;
}

const isPlace = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

function bits(word: number, from: number, count: number): Maybe {
  if (!Number.isSafeInteger(word) || !isPlace(from) || !isPlace(count)) return undefined;
  if (count === 0 || from + count > WORD_BITS) return undefined;
  return Number(BigInt.asUintN(count, BigInt(word) >> BigInt(from)));
}

function bit(word: number, place: number): Maybe {
  const found = bits(word, place, 1);
  return found === undefined ? undefined : found === 1;
}

function substring(text: string, from: number, to = text.length): Maybe {
  if (!isPlace(from) || !isPlace(to) || to > text.length || from > to) return undefined;
  return text.substring(from, to);
}

const NUMBER = /^\s*[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?\s*$/;

type OfNumbers = (a: number, b?: number, c?: number) => Maybe;
const OF_NUMBERS: Readonly<Record<string, OfNumbers>> = {
  abs: Math.abs,
  sign: Math.sign,
  floor: Math.floor,
  ceil: Math.ceil,
  round: rounded,
  sqrt: (x) => finite(Math.sqrt(x)),
  min: (a, b = a) => (a < b ? a : b),
  max: (a, b = a) => (a > b ? a : b),
  clamp: (x, low = x, high = x) => (low > high ? undefined : x < low ? low : x > high ? high : x),
  bit: (word, place = 0) => bit(word, place),
  bits: (word, from = 0, count = 0) => bits(word, from, count),
};

type OfText = (text: string, part: string) => Maybe;
const OF_TEXTS: Readonly<Record<string, OfText>> = {
  number: (text) => (NUMBER.test(text) ? finite(Number(text)) : undefined),
  size: (text) => text.length,
  lower: (text) => short(text.toLowerCase()),
  upper: (text) => short(text.toUpperCase()),
  trim: (text) => text.trim(),
  contains: (text, part) => text.includes(part),
  startsWith: (text, part) => text.startsWith(part),
  endsWith: (text, part) => text.endsWith(part),
};

/** A function of values, all of which have to be known but those of `known` and `fallback`. */
export function callOfValues(name: string, args: readonly Maybe[]): Maybe {
  if (name === 'known') return args[0] !== undefined;
  if (name === 'fallback') return args[0] ?? args[1];
  if (args.includes(undefined)) return undefined;
  const [first, ...rest] = args;
  if (name === 'text') return String(first);
  if (name === 'duration') return first;
  if (name === 'substring' && typeof first === 'string')
    return areNumbers(rest) ? substring(first, rest[0] ?? 0, rest[1]) : undefined;
  const ofNumbers = OF_NUMBERS[name];
  const ofTexts = OF_TEXTS[name];
  if (ofNumbers) return areNumbers(args) ? ofNumbers(args[0] ?? 0, args[1], args[2]) : undefined;
  if (ofTexts) return areTexts(args) ? ofTexts(args[0] ?? '', args[1] ?? '') : undefined;
  throw new Error(`no function ${name}`);
}

const areNumbers = (values: readonly Maybe[]): values is readonly number[] =>
  values.every((value) => typeof value === 'number');
const areTexts = (values: readonly Maybe[]): values is readonly string[] =>
  values.every((value) => typeof value === 'string');
