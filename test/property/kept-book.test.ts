/** What was kept of a combined reading: taken back whole, or not at all, and never a reason to fall over. SEED=… */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Kept } from '../../gateway/host/state-store.ts';
import { turned } from '../../rules/kinds/reading/book-turn.ts';
import { keptBook } from '../../rules/kinds/reading/kept-book.ts';
import { readingTaken } from '../../rules/kinds/reading/reading-book.ts';
import {
  groupSetup,
  House,
  local,
  meterSetup,
  number,
  QUARTER,
  waterSetup,
} from '../support/reading-fixture.ts';

const SEED = Number(process.env.SEED ?? 20_260_302);

/** A book with everything in it. */
function full(): House {
  const setup = groupSetup({
    meters: [meterSetup({ freezeDays: 3 }), waterSetup()],
    periods: { timezone: 'Asia/Shanghai', every: QUARTER, freeze: { hour: 0, minute: 0 } },
  });
  const house = new House(setup, local('2026-03-01 22:00'));
  for (let i = 0; i < 20; i++) {
    house.until(house.now + QUARTER);
    house.read('electricity', `${100 + i}.00`);
    if (i < 9) house.read('water', '5.000');
  }
  house.note('water', { battery: true, cover: 2, valve: 'open' });
  house.read('electricity', '3.00');
  return house;
}

/** The same with one place of it changed. */
function damaged(kept: Kept, path: readonly number[], by: Kept): Kept {
  if (typeof kept !== 'object' || kept === null) return by;
  const keys = Object.keys(kept);
  const [at = 0, ...rest] = path;
  const key = keys[at % Math.max(1, keys.length)];
  if (key === undefined || path.length === 0) return by;
  const inner = (kept as Record<string, Kept>)[key] ?? null;
  if (Array.isArray(kept))
    return kept.map((one, i) => (`${i}` === key ? damaged(one, rest, by) : one));
  return { ...kept, [key]: damaged(inner, rest, by) };
}

test(`a damaged book is not believed, or does no harm (seed ${SEED})`, () => {
  const house = full();
  const whole = JSON.parse(JSON.stringify(house.book)) as Kept;
  expect(keptBook(whole)).toEqual(house.book);
  const nonsense = fc.oneof(
    fc.constantFrom<Kept>(null, -1, 0, 1e300, 'x', '', '1e5', true, [], {}, '9'.repeat(61)),
    fc.jsonValue().map((value) => value as Kept),
  );
  let believed = 0;
  fc.assert(
    fc.property(fc.array(fc.nat(30), { maxLength: 7 }), nonsense, (path, by) => {
      const book = keptBook(damaged(whole, path, by));
      if (book === undefined) return;
      believed++;
      const meter = house.meter('electricity');
      const step = readingTaken(
        book,
        meter,
        { time: house.now, value: number('119.50'), origin: 'read' },
        house.now,
      );
      turned(step.book, house.setup, house.calendar, house.now);
    }),
    { seed: SEED, numRuns: 2000 },
  );
  expect(believed).toBeGreaterThan(20);
});

test('readings out of their order are not believed', () => {
  const { book } = full();
  const meter = book.meters.electricity;
  const points = meter?.series.points.toReversed() ?? [];
  const series = { ...meter?.series, base: points.at(-1) ?? null, points };
  const changed = { ...book, meters: { ...book.meters, electricity: { ...meter, series } } };
  expect(points.length).toBeGreaterThan(2);
  expect(keptBook(JSON.parse(JSON.stringify(changed)) as Kept)).toBeUndefined();
});
