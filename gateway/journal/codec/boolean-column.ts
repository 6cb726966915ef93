/** Booleans: whether each differs from the one before of the same tag. Pure; FORMAT.md. */
import { type SampleBatch, VALUE_KINDS } from '../batch.ts';
import { type ByteReader, type ByteWriter, MalformedBlock } from './byte-stream.ts';
import { readIntegers, writeIntegers } from './integer-columns.ts';
import type { KeyFrame } from './key-frame.ts';
import { OF_KEY } from './tag-chain.ts';

const BOOLEAN = VALUE_KINDS.indexOf('boolean');

/** `before` is the chain of values. */
export function writeBooleans(
  writer: ByteWriter,
  { kinds, numbers }: SampleBatch,
  before: Int32Array,
  key: KeyFrame | undefined,
): void {
  const changes: number[] = [];
  for (let row = 0; row < kinds.length; row++) {
    if (kinds[row] !== BOOLEAN) continue;
    const from = before[row] as number;
    const last = from >= 0 ? numbers[from] : (key?.numbers[OF_KEY - from] ?? 0);
    changes.push(numbers[row] === last ? 0 : 1);
  }
  writeIntegers(writer, Float64Array.from(changes));
}

/** Fills in the rows of kind boolean. */
export function readBooleans(
  reader: ByteReader,
  numbers: Float64Array,
  kinds: Uint8Array,
  before: Int32Array,
  key: KeyFrame | undefined,
): void {
  let count = 0;
  for (let row = 0; row < kinds.length; row++) if (kinds[row] === BOOLEAN) count++;
  if (count === 0) return;
  const changes = readIntegers(reader, count);
  let entry = 0;
  for (let row = 0; row < kinds.length; row++) {
    if (kinds[row] !== BOOLEAN) continue;
    const from = before[row] as number;
    const last = from >= 0 ? (numbers[from] as number) : (key?.numbers[OF_KEY - from] ?? 0);
    const change = changes[entry++] as number;
    if (change !== 0 && change !== 1) throw new MalformedBlock(`change ${change} of a boolean`);
    numbers[row] = change === 0 ? last : 1 - last;
  }
}
