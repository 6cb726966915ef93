import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Range, RangeSet } from '../../../gateway/model/range-set.ts';

const SEED = Number(process.env.SEED ?? 20_260_101);
const TOP = 40;
const ranges = fc.array(
  fc
    .tuple(fc.integer({ min: 1, max: TOP }), fc.nat(6))
    .map(([from, more]): Range => [from, from + more]),
);
const numbersOf = (list: readonly Range[]) =>
  new Set(list.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i)));

test('a range set behaves as a set of numbers and stays in normal form', () => {
  fc.assert(
    fc.property(ranges, ranges, (left, right) => {
      const set = new RangeSet(left);
      const numbers = numbersOf(left);
      expect(set.size).toBe(numbers.size);
      for (let value = 0; value <= TOP + 8; value++) {
        expect(set.has(value)).toBe(numbers.has(value));
        let missing = value + 1;
        while (numbers.has(missing)) missing++;
        expect(set.firstMissingAfter(value)).toBe(missing);
      }
      for (const [index, [from, to]] of set.ranges.entries()) {
        expect(to).toBeGreaterThanOrEqual(from);
        expect(from).toBeGreaterThan((set.ranges[index - 1]?.[1] ?? -1) + 1);
      }
      for (const [from, to] of right) {
        const absent = set.missingIn(from, to);
        expect(absent).toEqual(new RangeSet(absent).ranges);
        expect(numbersOf(absent)).toEqual(numbersOf([[from, to]]).difference(numbers));
      }
      const common = set.intersect(new RangeSet(right));
      expect(numbersOf(common.ranges)).toEqual(numbers.intersection(numbersOf(right)));
    }),
    { seed: SEED },
  );
});
