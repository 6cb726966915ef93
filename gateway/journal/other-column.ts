/**
 * Values that are no doubles: text, integers beyond 2^53, decimals, against the one before of the same tag. Pure;
 * FORMAT.md.
 */
import { type Decimal, isDecimal } from '../model/sample.ts';
import { type SampleBatch, VALUE_KINDS } from './batch.ts';
import { type ByteReader, type ByteWriter, MalformedBlock } from './byte-stream.ts';
import { readIntegers, writeIntegers } from './integer-columns.ts';
import type { KeyFrame } from './key-frame.ts';
import { OF_KEY } from './tag-chain.ts';
import { readBigint, readText, writeBigint, writeText } from './text-and-bigint.ts';

export type Other = bigint | string | Decimal;

const BIGINT = VALUE_KINDS.indexOf('bigint');
const STRING = VALUE_KINDS.indexOf('string');

/** Differences beyond this stand in the list of long ones. */
const DIFFERENCE_MAX = 2n ** 48n;
/** An integer of more bits is nothing to code against, or a few bytes would make a block of huge ones. */
const EXPECTED_BITS_MAX = 128;
/** Stands for the next of the list; a difference above 0 is one more. */
const LONG = 1;
const DECIMALS_MAX = 2 ** 50;

/** `before` is the chain of values. */
export function writeOthers(
  writer: ByteWriter,
  { kinds, others }: SampleBatch,
  before: Int32Array,
  key: KeyFrame | undefined,
): void {
  if (others.length === 0) return;
  const earlier = new Earlier(kinds, before, key);
  const places = new Map<string, number>();
  const texts: number[] = [];
  const scales: number[] = [];
  const differences: number[] = [];
  const long: bigint[] = [];
  for (const other of others) {
    const last = earlier.expected();
    earlier.push(other);
    if (typeof other === 'string') {
      const place = places.get(other) ?? places.size;
      texts.push(other === last ? 0 : place + 1);
      if (other !== last) places.set(other, place);
      continue;
    }
    if (isDecimal(other)) {
      const { decimals } = other;
      if (!Number.isInteger(decimals) || Math.abs(decimals) >= DECIMALS_MAX)
        throw new RangeError(`${decimals} decimals`);
      scales.push(decimals === decimalsOf(last) ? 0 : decimals < 0 ? decimals : decimals + 1);
    }
    const difference = unscaledOf(other) - expectedOf(other, last);
    if (difference > DIFFERENCE_MAX || difference < -DIFFERENCE_MAX) {
      differences.push(LONG);
      long.push(difference);
    } else differences.push(Number(difference > 0n ? difference + 1n : difference));
  }
  if (texts.length > 0) {
    writer.varint(places.size);
    for (const text of places.keys()) writeText(writer, text);
    writeIntegers(writer, Float64Array.from(texts));
  }
  writeIntegers(writer, Float64Array.from(scales));
  writeIntegers(writer, Float64Array.from(differences));
  for (const difference of long) writeBigint(writer, difference);
}

/** One value for each row whose kind is one of the three. */
export function readOthers(
  reader: ByteReader,
  kinds: Uint8Array,
  before: Int32Array,
  key: KeyFrame | undefined,
): Other[] {
  const counts = [0, 0, 0, 0, 0, 0];
  for (const kind of kinds) counts[kind] = (counts[kind] as number) + 1;
  const [, , , bigints = 0, strings = 0, decimals = 0] = counts;
  if (bigints + strings + decimals === 0) return [];
  const dictionary = strings > 0 ? readDictionary(reader) : [];
  const texts = readIntegers(reader, strings);
  const scales = readIntegers(reader, decimals);
  const differences = readIntegers(reader, bigints + decimals);
  const earlier = new Earlier(kinds, before, key);
  let [text, scale, number] = [0, 0, 0];
  for (const kind of kinds) {
    if (kind < BIGINT) continue;
    const last = earlier.expected();
    if (kind === STRING) {
      const place = texts[text++] as number;
      const value = place === 0 ? last : dictionary[place - 1];
      if (typeof value !== 'string') throw new MalformedBlock('string without a place');
      earlier.push(value);
      continue;
    }
    const stored = differences[number++] as number;
    const difference =
      stored === LONG ? readBigint(reader) : BigInt(stored > LONG ? stored - 1 : stored);
    if (kind === BIGINT) {
      earlier.push(expectedOf(0n, last) + difference);
      continue;
    }
    const entry = scales[scale++] as number;
    const own = entry === 0 ? decimalsOf(last) : entry < 0 ? entry : entry - 1;
    if (own === undefined) throw new MalformedBlock('decimal without decimals');
    const expected = expectedOf({ unscaled: 0n, decimals: own }, last);
    earlier.push({ unscaled: expected + difference, decimals: own });
  }
  return earlier.values;
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

  /** To be asked once before each push. */
  expected(): Other | undefined {
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

function readDictionary(reader: ByteReader): string[] {
  const count = reader.varint();
  if (count > reader.remaining) throw new MalformedBlock(`${count} strings`);
  const texts: string[] = [];
  while (texts.length < count) texts.push(readText(reader));
  return texts;
}

const unscaledOf = (other: bigint | Decimal): bigint =>
  typeof other === 'bigint' ? other : other.unscaled;

const decimalsOf = (last: Other | undefined): number | undefined =>
  typeof last === 'object' ? last.decimals : undefined;

/** 0 where the value before is of another scale, or too long. */
function expectedOf(other: bigint | Decimal, last: Other | undefined): bigint {
  if (last === undefined || typeof last === 'string') return 0n;
  if (typeof other === 'object' && decimalsOf(last) !== other.decimals) return 0n;
  const expected = unscaledOf(last);
  return BigInt.asIntN(EXPECTED_BITS_MAX, expected) === expected ? expected : 0n;
}
