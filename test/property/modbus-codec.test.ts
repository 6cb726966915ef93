import fc from 'fast-check';
import { test } from 'vitest';
import { decoder, type Order, type RegisterType } from '../../drivers/codec/registers.ts';
import { integerScaler, parseDecimal } from '../../drivers/codec/scale.ts';
import { isDecimal, type Value } from '../../gateway/model/sample.ts';

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
