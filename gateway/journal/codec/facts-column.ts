/** Kind, quality and time basis of each row: hardly ever others than those of the tag's row before. Pure; FORMAT.md. */
import { QUALITIES } from '../../model/quality.ts';
import { TIME_BASES } from '../../model/sample.ts';
import { type SampleBatch, VALUE_KINDS } from '../batch.ts';
import { type ByteReader, type ByteWriter, MalformedBlock } from './byte-stream.ts';
import { readIntegers, writeIntegers } from './integer-columns.ts';
import type { KeyFrame } from './key-frame.ts';
import { scratch } from './scratch.ts';
import { OF_KEY } from './tag-chain.ts';

/** A good number with the gateway's time. */
const USUAL = VALUE_KINDS.indexOf('number');

const entryRoom = scratch((rows) => new Float64Array(rows));
const factRoom = scratch((rows) => new Uint16Array(rows));

type Facts = Pick<SampleBatch, 'kinds' | 'qualities' | 'timeBases'>;

/** In bits: 3 the kind, 3 the time basis, the rest the quality. All three lists may grow. */
export const factsOf = ({ kinds, qualities, timeBases }: Facts, row: number): number =>
  (kinds[row] as number) | ((timeBases[row] as number) << 3) | ((qualities[row] as number) << 6);

export function writeFacts(
  writer: ByteWriter,
  batch: SampleBatch,
  before: Int32Array,
  key: KeyFrame | undefined,
): void {
  const entries = entryRoom(batch.length);
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
  const facts = factRoom(length);
  const kinds = new Uint8Array(length);
  const qualities = new Uint8Array(length);
  const timeBases = new Uint8Array(length);
  for (let row = 0; row < length; row++) {
    const from = before[row] as number;
    const entry = entries[row] as number;
    const expected = from >= 0 ? facts[from] : (key?.facts[OF_KEY - from] ?? USUAL);
    const own = entry === 0 ? (expected as number) : entry - 1;
    if (entry !== 0 && !isKnown(own)) throw new MalformedBlock(`facts ${own}`);
    facts[row] = own;
    kinds[row] = own & 7;
    timeBases[row] = (own >> 3) & 7;
    qualities[row] = own >> 6;
  }
  return { kinds, qualities, timeBases };
}

const isKnown = (facts: number): boolean =>
  facts >= 0 &&
  facts < QUALITIES.length << 6 &&
  (facts & 7) < VALUE_KINDS.length &&
  ((facts >> 3) & 7) < TIME_BASES.length;
