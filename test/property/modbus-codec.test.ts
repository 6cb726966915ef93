import fc from 'fast-check';
import { test } from 'vitest';
import { encode } from '../../drivers/codec/register-encoding.ts';
import {
  decoder,
  isFloatType,
  NUMBER_TYPES,
  type NumberType,
  ORDERS,
  type Order,
  type RegisterType,
} from '../../drivers/codec/registers.ts';
import { integerScaler, parseDecimal, type Scaling } from '../../drivers/codec/scale.ts';
import { isDecimal, type Value } from '../../gateway/model/sample.ts';
import { cases } from '../support/long-run.ts';

/** A value as an exact fraction of a power of ten, by its shortest decimal text. */
function exactly(value: Value): { unscaled: bigint; decimals: number } | undefined {
  return isDecimal(value) ? value : parseDecimal(String(value));
}

const decimalText = fc
  .tuple(fc.integer({ min: -99_999, max: 99_999 }), fc.integer({ min: 0, max: 6 }))
  .map(([digits, decimals]) => `${digits}e-${decimals}`);
const raw = fc.oneof(
  fc.integer({ min: -(2 ** 31), max: 2 ** 32 - 1 }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
);

test('a scaled integer is what the arithmetic of whole numbers gives, to the last digit', () => {
  fc.assert(
    fc.property(raw, decimalText, decimalText, (integer, scaleText, offsetText) => {
      const scale = parseDecimal(scaleText);
      const offset = parseDecimal(offsetText);
      if (!scale || !offset) return false;
      const value = integerScaler({ scale, offset, decimals: undefined })(integer);
      const shown = value === undefined ? undefined : exactly(value);
      if (!shown) return false;
      const power = (digits: number) => 10n ** BigInt(digits);
      const expected =
        BigInt(integer) * scale.unscaled * power(offset.decimals) +
        offset.unscaled * power(scale.decimals);
      const decimals = scale.decimals + offset.decimals;
      return shown.unscaled * power(decimals) === expected * power(shown.decimals);
    }),
    { numRuns: 2_000 },
  );
});

/** Where the bytes of a big-endian value go, written down from the definition and not from the decoder. */
function laidOut(bytes: readonly number[], order: Order): Buffer {
  let words = Array.from({ length: bytes.length / 2 }, (_, i) => bytes.slice(2 * i, 2 * i + 2));
  if (order === 'badc' || order === 'dcba') words = words.map((word) => word.toReversed());
  if (order === 'cdab' || order === 'dcba') words = words.toReversed();
  return Buffer.from(words.flat());
}

test('an integer comes back from its registers in every order, at every place', () => {
  const types: readonly [RegisterType, number, bigint, bigint][] = [
    ['int16', 2, -(2n ** 15n), 2n ** 15n - 1n],
    ['uint16', 2, 0n, 2n ** 16n - 1n],
    ['int32', 4, -(2n ** 31n), 2n ** 31n - 1n],
    ['uint32', 4, 0n, 2n ** 32n - 1n],
    ['int64', 8, -(2n ** 63n), 2n ** 63n - 1n],
    ['uint64', 8, 0n, 2n ** 64n - 1n],
  ];
  const cases = fc.constantFrom(...types).chain(([type, width, min, max]) =>
    fc.record({
      type: fc.constant(type),
      width: fc.constant(width),
      integer: fc.bigInt({ min, max }),
      order: fc.constantFrom<Order>('abcd', 'cdab', 'badc', 'dcba'),
      at: fc.integer({ min: 0, max: 3 }),
    }),
  );
  fc.assert(
    fc.property(cases, ({ type, width, integer, order, at }) => {
      const bytes = Array.from({ length: width }, (_, i) =>
        Number((BigInt.asUintN(64, integer) >> BigInt(8 * (width - 1 - i))) & 0xffn),
      );
      const reply = Buffer.concat([Buffer.alloc(2 * at, 0xee), laidOut(bytes, order)]);
      const decode = decoder({ type, order, length: 0, bit: 0 }, undefined);
      const value = decode(new DataView(reply.buffer, reply.byteOffset, reply.length), 2 * at);
      return typeof value === 'number' || typeof value === 'bigint'
        ? BigInt(value) === integer
        : false;
    }),
    { numRuns: 1_000 },
  );
});

/** Written down from the document and not from the codec. */
const RANGES: Readonly<Record<string, readonly [bigint, bigint]>> = {
  int16: [-(2n ** 15n), 2n ** 15n - 1n],
  uint16: [0n, 2n ** 16n - 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  bcd16: [0n, 10n ** 4n - 1n],
  bcd32: [0n, 10n ** 8n - 1n],
  bcd64: [0n, 10n ** 16n - 1n],
  m10k32: [0n, 10n ** 8n - 1n],
  m10k48: [0n, 10n ** 12n - 1n],
  m10k64: [0n, 10n ** 16n - 1n],
  sm10k32: [-(10n ** 8n) + 1n, 10n ** 8n - 1n],
  sm10k48: [-(10n ** 12n) + 1n, 10n ** 12n - 1n],
  sm10k64: [-(10n ** 16n) + 1n, 10n ** 16n - 1n],
};
const integerTypes = NUMBER_TYPES.filter((type) => !isFloatType(type));
const scalings = fc
  .record({ scale: decimalText, offset: decimalText })
  .map(({ scale, offset }) => ({ scale: parseDecimal(scale), offset: parseDecimal(offset) }))
  .filter(({ scale, offset }) => scale?.unscaled !== 0n && offset !== undefined)
  .map(({ scale, offset }) => ({ scale, offset, decimals: undefined }) as Scaling);

function there(type: NumberType, order: Order, scaling: Scaling | undefined, value: Value) {
  const encoded = encode({ type, order, length: 0, bit: 0 }, scaling, value);
  if ('refused' in encoded) return encoded.refused;
  const { buffer, byteOffset, byteLength } = encoded.bytes;
  const view = new DataView(buffer, byteOffset, byteLength);
  return decoder({ type, order, length: 0, bit: 0 }, scaling)(view, 0);
}

test('what is written reads back as itself in every type, order and scale, or is refused', () => {
  const numbers = fc.constantFrom(...integerTypes).chain((type) => {
    const [min, max] = RANGES[type] ?? [0n, 0n];
    return fc.record({
      type: fc.constant(type),
      order: fc.constantFrom(...ORDERS),
      raw: fc.bigInt({ min, max }),
      scaling: fc.option(scalings, { nil: undefined }),
    });
  });
  fc.assert(
    fc.property(numbers, ({ type, order, raw: integer, scaling }) => {
      const value = scaling ? integerScaler(scaling)(integer) : integer;
      if (value === undefined) return false;
      const back = there(type, order, scaling, value);
      const [min, max] = RANGES[type] ?? [0n, 0n];
      if (back === null || back === 'range' || back === 'step' || back === 'kind') return false;
      const isBack = JSON.stringify(exactly(back), text) === JSON.stringify(exactly(value), text);
      return (
        isBack &&
        there(type, order, undefined, max + 1n) === 'range' &&
        there(type, order, undefined, min - 1n) === 'range'
      );
    }),
    { numRuns: cases(2_000, 100_000) },
  );
});

const text = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}` : value);

test('a float reads back as the nearest one, and none becomes another size', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...ORDERS),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      (order, value) => {
        const single = there('float32', order, undefined, value);
        const nearest = Math.fround(value);
        const isLost = !Number.isFinite(nearest) || (nearest === 0 && value !== 0);
        const isHeld = parseDecimal(String(value)) !== undefined;
        if (!isHeld) return single === 'range';
        return (
          single === (isLost ? 'range' : nearest + 0) &&
          there('float64', order, undefined, value) === value + 0
        );
      },
    ),
    { numRuns: cases(2_000, 100_000) },
  );
});
