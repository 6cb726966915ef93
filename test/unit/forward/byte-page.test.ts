import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BytePage, Pieces } from '../../../gateway/forward/byte-page.ts';

const LARGEST = 2 ** 31 - 1;

function textOf(page: BytePage): string {
  const text = page.text(0, page.length).toString();
  page.clear();
  return text;
}

describe('a page of bytes', () => {
  it('gives back what was written, text of any language and length too', () => {
    const page = new BytePage();
    const long = '温度 é😀'.repeat(50_000);
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary' }).map((text) => text.toWellFormed())),
        (texts) => {
          for (const text of texts) page.write(text);
          expect(textOf(page)).toBe(texts.join(''));
        },
      ),
    );
    page.ascii('a');
    const pieces = new Pieces();
    const texts = ['温', '', 'bc', '', '"quantity":['];
    const places = texts.map((text) => pieces.add(text));
    for (const [index, text] of texts.entries())
      page.piece(pieces, places[index] as number, Buffer.byteLength(text));
    page.repeat(4, 5);
    expect(textOf(page)).toBe('a温bc"quantity":[bc"qu');
    page.ascii('[17,');
    for (let times = 0; times < 50_000; times++) page.repeat(0, 4);
    expect(page.length).toBe(200_004);
    expect(textOf(page)).toBe('[17,'.repeat(50_001));
    page.write(long);
    expect(textOf(page)).toBe(long);
    page.ascii('b');
    expect(textOf(page)).toBe('b');
  });

  it('takes one number after the other from a list', () => {
    const page = new BytePage();
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 }),
        (numbers) => {
          const list = JSON.stringify(numbers);
          let next = 1;
          for (const number of numbers) {
            next = page.listed(list, next);
            expect(textOf(page)).toBe(`${number}`);
          }
          expect(next).toBe(list.length);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('prints a time as a number prints', () => {
    const page = new BytePage();
    fc.assert(
      fc.property(
        fc.oneof(
          fc.maxSafeNat(),
          fc.integer({ min: 0, max: 100_000_000 }),
          fc.constantFrom(0, 9_999, 10_000, 99_999_999, 1e8, 1e8 + 10_000, 2 ** 53 - 1, -1, 0.5),
          fc.double({ noNaN: true }),
        ),
        (time) => {
          page.time(time);
          expect(textOf(page)).toBe(`${time}`);
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it('prints an integer behind its point as its quotient prints', () => {
    const page = new BytePage();
    fc.assert(
      fc.property(
        fc.oneof(
          fc.integer({ min: -LARGEST, max: LARGEST }),
          fc.integer({ min: -2000, max: 2000 }),
        ),
        fc.constantFrom(1, 10, 100, 1000),
        (value, scale) => {
          page.decimal(value, scale);
          expect(textOf(page)).toBe(`${value / scale}`);
        },
      ),
      { numRuns: 5_000 },
    );
  });
});
