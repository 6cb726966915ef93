import { expect, test } from 'vitest';
import {
  ByteReader,
  ByteWriter,
  MalformedBlock,
} from '../../../gateway/journal/codec/byte-stream.ts';
import { writeIntegers } from '../../../gateway/journal/codec/integer-columns.ts';
import {
  type Other,
  readOthers,
  writeOthers,
} from '../../../gateway/journal/codec/other-column.ts';
import { writeText } from '../../../gateway/journal/codec/stored-text.ts';

const [BIGINT, STRING, DECIMAL] = [3, 4, 5];
const kindOf = (other: Other) =>
  typeof other === 'bigint' ? BIGINT : typeof other === 'string' ? STRING : DECIMAL;

/** Rows of one tag, each coded against the one above if that is of its kind. */
function chainOf(kinds: Uint8Array): Int32Array {
  return Int32Array.from(kinds, (kind, row) => (kinds[row - 1] === kind ? row - 1 : -1));
}

function stored(others: Other[]) {
  const kinds = Uint8Array.from(others, kindOf);
  const writer = new ByteWriter();
  const { length } = others;
  const zeros = new Uint8Array(length);
  const batch = {
    ...{ length, tags: new Uint32Array(length), times: new Float64Array(length) },
    ...{ kinds, qualities: zeros, timeBases: zeros, numbers: new Float64Array(length), others },
  };
  writeOthers(writer, batch, chainOf(kinds), undefined);
  const reader = new ByteReader(writer.written());
  const read = readOthers(reader, kinds, chainOf(kinds), undefined);
  expect(reader.remaining).toBe(0);
  return { read, bytes: writer.length };
}

test.each<[string, Other[]]>([
  [
    'an integer of a kilobyte that stays, leaves and comes back',
    [1n << 8000n, 1n << 8000n, (1n << 8000n) + 1n, -(1n << 8000n), 0n, 1n << 8000n],
  ],
  [
    'the sizes where steps end',
    [0n, 2n ** 48n, -1n, 2n ** 49n, 2n ** 127n - 1n, 2n ** 127n, 2n ** 127n + 1n, -(2n ** 127n)],
  ],
  [
    'decimals whose scale changes, in both directions',
    [
      { unscaled: 5n, decimals: 2 },
      { unscaled: 5n, decimals: -3 },
      { unscaled: 2n ** 200n, decimals: 19 },
      { unscaled: 2n ** 200n, decimals: 0 },
    ],
  ],
  ['text that looks like the digits of a number beside it', ['ff', 255n, 'ff', 2n ** 60n, '']],
])('%s', (_what, others) => {
  expect(stored(others).read).toEqual(others);
});

test('values that repeat are stored once', () => {
  const long = 'x'.repeat(1000);
  expect(stored([long, 'y', long, 'y', long]).bytes).toBeLessThan(1020);
  expect(stored([2n ** 4000n, 0n, 2n ** 4000n, 0n, 2n ** 4000n]).bytes).toBeLessThan(1020);
});

test('decimals beyond the scale are refused before they are written', () => {
  expect(() => stored([{ unscaled: 1n, decimals: 2 ** 50 }])).toThrow(RangeError);
});

/** A column of bigints of one tag. */
function hostile(texts: readonly string[], places: number[], steps: number[]): Other[] {
  const writer = new ByteWriter();
  writer.varint(texts.length);
  for (const text of texts) writeText(writer, text);
  writeIntegers(writer, Float64Array.from(places));
  writeIntegers(writer, Float64Array.from(steps));
  const kinds = new Uint8Array(places.length).fill(BIGINT);
  return readOthers(new ByteReader(writer.written()), kinds, chainOf(kinds), undefined);
}

test('a few bytes make no block of huge integers', () => {
  const huge = `1${'0'.repeat(100_000)}`;
  const same = Array<number>(1000).fill(0);
  expect(new Set(hostile([huge], [1, ...same], same)).size).toBe(1);
  expect(() => hostile([huge], [1, 0], [1])).toThrow(MalformedBlock);
  const started = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
  const values = hostile([huge], Array<number>(10_000).fill(1), []);
  const grown = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed - started;
  expect(grown).toBeLessThan(100 * 2 ** 20);
  expect(values).toHaveLength(10_000);
});

test.each([
  ['no place', ['1'], [2]],
  ['a place below 0', ['1'], [-1]],
  ['no digits', ['1g'], [1]],
  ['nothing', [''], [1]],
  ['space', [' 1'], [1]],
])('a number of %s is refused', (_what, texts, places) => {
  expect(() => hostile(texts, places, [])).toThrow(MalformedBlock);
});
