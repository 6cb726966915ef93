/**
 * Values that are no doubles: text, integers beyond 2^53, decimals. Each is a text of the block's list, or the value
 * before of the same tag and a step. Pure; FORMAT.md.
 */
import { type Decimal, isDecimal } from '../../model/sample.ts';
import { type SampleBatch, VALUE_KINDS } from '../batch.ts';
import { type ByteReader, type ByteWriter, MalformedBlock } from './byte-stream.ts';
import { readIntegers, writeIntegers } from './integer-columns.ts';
import type { KeyFrame } from './key-frame.ts';
import { readText, writeText } from './stored-text.ts';
import { OF_KEY } from './tag-chain.ts';

export type Other = bigint | string | Decimal;

const BIGINT = VALUE_KINDS.indexOf('bigint');
const STRING = VALUE_KINDS.indexOf('string');
const DECIMAL = VALUE_KINDS.indexOf('decimal');

/** The place of a value that is a step from the one before. */
const STEP = 0;
const STEP_MAX = 2n ** 48n;
/** From an integer of more bits there are no steps but 0, or a few bytes would make a block of huge ones. */
const STEP_FROM_BITS_MAX = 128;
const DECIMALS_MAX = 2 ** 50;

/** V8's own limit is 2^30 bits; beyond it BigInt throws what is no MalformedBlock. */
const DIGITS_MAX = 2 ** 25;
const DIGITS = /^-?[0-9a-f]+$/;

/** `before` is the chain of values. */
export function writeOthers(
  writer: ByteWriter,
  { kinds, others }: SampleBatch,
  before: Int32Array,
  key: KeyFrame | undefined,
): void {
  if (others.length === 0) return;
  const earlier = new Earlier(kinds, before, key);
  const texts = new Map<string, number>();
  const places = new Float64Array(others.length);
  const scales: number[] = [];
  const steps: number[] = [];
  for (let at = 0; at < others.length; at++) {
    const other = others[at] as Other;
    const last = earlier.last();
    earlier.push(other);
    if (isDecimal(other)) scales.push(checked(other.decimals) - decimalsOf(last));
    const step = stepTo(other, last);
    if (step === undefined) {
      const text = typeof other === 'string' ? other : unscaledOf(other).toString(16);
      const place = texts.get(text) ?? texts.size + 1;
      texts.set(text, place);
      places[at] = place;
    } else if (typeof other !== 'string') steps.push(step);
  }
  writer.varint(texts.size);
  for (const text of texts.keys()) writeText(writer, text);
  writeIntegers(writer, places);
  writeIntegers(writer, Float64Array.from(scales));
  writeIntegers(writer, Float64Array.from(steps));
}

/** Undefined where the value has to be written out; 0 for a text that stayed. */
function stepTo(other: Other, last: Other | undefined): number | undefined {
  if (typeof other === 'string') return other === last ? 0 : undefined;
  const from = unscaledOf(last);
  const step = unscaledOf(other) - from;
  if (step === 0n) return 0;
  return step <= STEP_MAX && step >= -STEP_MAX && mayStepFrom(from) ? Number(step) : undefined;
}

function checked(decimals: number): number {
  if (isScale(decimals)) return decimals;
  throw new RangeError(`${decimals} decimals`);
}

/** One value for each row whose kind is one of the three. */
export function readOthers(
  reader: ByteReader,
  kinds: Uint8Array,
  before: Int32Array,
  key: KeyFrame | undefined,
): Other[] {
  if (!hasOthers(kinds)) return [];
  const others = kinds.filter((kind) => kind >= BIGINT);
  const texts = new Texts(reader);
  const places = readIntegers(reader, others.length).slice();
  const scales = readIntegers(reader, others.filter((kind) => kind === DECIMAL).length).slice();
  const isStep = (kind: number, at: number) => kind !== STRING && places[at] === STEP;
  const steps = readIntegers(reader, others.filter(isStep).length);
  const earlier = new Earlier(kinds, before, key);
  let [scale, step] = [0, 0];
  for (let at = 0; at < others.length; at++) {
    const last = earlier.last();
    const place = places[at] as number;
    if (others[at] === STRING) {
      const text = place === STEP ? last : texts.text(place);
      if (typeof text !== 'string') throw new MalformedBlock('string without a place');
      earlier.push(text);
      continue;
    }
    const unscaled =
      place === STEP ? stepped(unscaledOf(last), steps[step++] as number) : texts.integer(place);
    if (others[at] === BIGINT) {
      earlier.push(unscaled);
      continue;
    }
    const decimals = decimalsOf(last) + (scales[scale++] as number);
    if (!isScale(decimals)) throw new MalformedBlock(`${decimals} decimals`);
    earlier.push({ unscaled, decimals });
  }
  return earlier.values;
}

function hasOthers(kinds: Uint8Array): boolean {
  for (let row = 0; row < kinds.length; row++) if ((kinds[row] as number) >= BIGINT) return true;
  return false;
}

function stepped(from: bigint, step: number): bigint {
  if (step === 0) return from;
  if (!mayStepFrom(from)) throw new MalformedBlock('step from a long integer');
  return from + BigInt(step);
}

/** A block's list of texts, by place, from 1. */
class Texts {
  readonly #texts: string[] = [];
  /** Each is made once only, however many rows name it. */
  readonly #integers: (bigint | undefined)[] = [];

  constructor(reader: ByteReader) {
    const count = reader.varint();
    if (count > reader.remaining) throw new MalformedBlock(`${count} texts`);
    while (this.#texts.length < count) this.#texts.push(readText(reader));
  }

  text(place: number): string {
    const text = this.#texts[place - 1];
    if (text === undefined) throw new MalformedBlock(`place ${place} of a text`);
    return text;
  }

  integer(place: number): bigint {
    const known = this.#integers[place];
    if (known !== undefined) return known;
    const text = this.text(place);
    if (text.length > DIGITS_MAX || !DIGITS.test(text)) throw new MalformedBlock('no digits');
    const integer = text.startsWith('-') ? -BigInt(`0x${text.slice(1)}`) : BigInt(`0x${text}`);
    this.#integers[place] = integer;
    return integer;
  }
}

/** The values so far, and what the next one is coded against. */
class Earlier {
  readonly values: Other[] = [];
  readonly #kinds: Uint8Array;
  readonly #before: Int32Array;
  readonly #key: KeyFrame | undefined;
  readonly #places: Int32Array;
  #row = -1;

  constructor(kinds: Uint8Array, before: Int32Array, key: KeyFrame | undefined) {
    this.#kinds = kinds;
    this.#before = before;
    this.#key = key;
    this.#places = new Int32Array(kinds.length);
  }

  /** The tag's value before; to be asked once before each push. */
  last(): Other | undefined {
    do this.#row++;
    while ((this.#kinds[this.#row] as number) < BIGINT);
    const from = this.#before[this.#row] as number;
    return from >= 0
      ? this.values[this.#places[from] as number]
      : this.#key?.others.get(OF_KEY - from);
  }

  push(value: Other): void {
    this.#places[this.#row] = this.values.length;
    this.values.push(value);
  }
}

const isScale = (decimals: number): boolean =>
  Number.isInteger(decimals) && Math.abs(decimals) < DECIMALS_MAX;

const mayStepFrom = (integer: bigint): boolean =>
  BigInt.asIntN(STEP_FROM_BITS_MAX, integer) === integer;

/** 0 where there is none. */
function unscaledOf(other: Other | undefined): bigint {
  if (typeof other === 'bigint') return other;
  return typeof other === 'object' ? other.unscaled : 0n;
}

/** 0 where there are none. */
const decimalsOf = (last: Other | undefined): number =>
  typeof last === 'object' ? last.decimals : 0;
