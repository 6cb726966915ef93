/** Kind, quality and time basis of each row: hardly ever others than those of the tag's row before. Pure; FORMAT.md. */
import { QUALITIES } from '../model/quality.ts';
import { type SampleBatch, TIME_BASES, VALUE_KINDS } from './batch.ts';
import { type ByteReader, type ByteWriter, MalformedBlock } from './byte-stream.ts';
import { readIntegers, writeIntegers } from './integer-columns.ts';
import type { KeyFrame } from './key-frame.ts';
import { OF_KEY } from './tag-chain.ts';

const KINDS = VALUE_KINDS.length;
const BASES = TIME_BASES.length;
/** A good number with the gateway's time. */
const USUAL = VALUE_KINDS.indexOf('number');

type Facts = Pick<SampleBatch, 'kinds' | 'qualities' | 'timeBases'>;

export const factsOf = ({ kinds, qualities, timeBases }: Facts, row: number): number =>
  (kinds[row] as number) +
  KINDS * ((timeBases[row] as number) + BASES * (qualities[row] as number));

export function writeFacts(
  writer: ByteWriter,
  batch: SampleBatch,
  before: Int32Array,
  key: KeyFrame | undefined,
): void {
  const entries = new Float64Array(batch.length);
  for (let row = 0; row < batch.length; row++) {
    const from = before[row] as number;
    const expected = from >= 0 ? factsOf(batch, from) : (key?.facts[OF_KEY - from] ?? USUAL);
    const facts = factsOf(batch, row);
    entries[row] = facts === expected ? 0 : facts + 1;
  }
  writeIntegers(writer, entries);
}

export function readFacts(reader: ByteReader, before: Int32Array, key: KeyFrame | undefined) {
  const { length } = before;
  const entries = readIntegers(reader, length);
  const facts = new Uint16Array(length);
  const kinds = new Uint8Array(length);
  const qualities = new Uint8Array(length);
  const timeBases = new Uint8Array(length);
  for (let row = 0; row < length; row++) {
    const from = before[row] as number;
    const entry = entries[row] as number;
    if (entry < 0 || entry > FACTS_MAX + 1) throw new MalformedBlock(`facts ${entry}`);
    const expected = from >= 0 ? facts[from] : (key?.facts[OF_KEY - from] ?? USUAL);
    const own = entry === 0 ? (expected as number) : entry - 1;
    facts[row] = own;
    kinds[row] = own % KINDS;
    const rest = (own / KINDS) | 0;
    timeBases[row] = rest % BASES;
    qualities[row] = (rest / BASES) | 0;
  }
  return { kinds, qualities, timeBases };
}

const FACTS_MAX = KINDS * BASES * QUALITIES.length - 1;
