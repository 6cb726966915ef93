/**
 * Cells whose signals come and go at random, which are restarted and whose clock is set: no millisecond and no part is
 * lost or counted twice, and how often somebody looks makes no difference.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CounterName } from '../../rules/kinds/cell/cell-memory.ts';
import { lengthOf } from '../../rules/kinds/cell/cell-tally.ts';
import { cellRule, type Happening, type Picture, Plant } from '../support/cell-fixture.ts';

const SEED = Number(process.env.SEED ?? 20_260_302);
const settings = { seed: SEED, numRuns: 300 };
const BEGIN = Date.parse('2026-03-02T18:30:00+08:00');
const CYCLE = 12_000;
/** Characters of a state as JSON, without wear. */
const LARGEST_STATE = 20_000;

const truth = fc.constantFrom(true, false, false, null);
const SIGNALS = [
  'running',
  'fault',
  'starved',
  'doorClosed',
  'manual',
  'setup',
  'planned',
] as const;
const signal: fc.Arbitrary<Happening> = fc.record({
  kind: fc.constant('set' as const),
  picture: fc.oneof(
    fc.constant({ running: true, fault: false, starved: false, doorClosed: true, setup: false }),
    fc.constant({ manual: false, planned: false, fault: false }),
    fc.tuple(fc.constantFrom(...SIGNALS), truth).map(([name, is]): Picture => ({ [name]: is })),
    fc.constantFrom('A', 'B').map((product): Picture => ({ product })),
    fc.constantFrom('E1', 'E2', 0).map((faultCode): Picture => ({ faultCode })),
  ),
});

type Move =
  | Happening
  | { readonly kind: 'produce'; readonly parts: number }
  | { readonly kind: 'hide' }
  | { readonly kind: 'reset' };

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 8, arbitrary: signal },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('produce' as const), parts: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.constant<Move>({ kind: 'hide' }) },
  { weight: 1, arbitrary: fc.constant<Move>({ kind: 'reset' }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('restart' as const),
      off: fc.oneof(fc.nat(100_000), fc.nat(40 * 3_600_000)),
      isKnown: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('clock' as const),
      by: fc.oneof(fc.integer({ min: -90_000, max: 90_000 }), fc.integer({ min: -2e8, max: 2e8 })),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('synced' as const), is: fc.boolean() }) },
);
/** Often shorter than a dwell, sometimes long. */
const pause = fc.oneof(
  fc.nat(1_500),
  fc.nat(60_000),
  fc.constantFrom(0, 1_000, 300_000, 300_001),
  fc.nat(3 * 3_600_000),
);
const story = fc.array(fc.tuple(pause, move), { maxLength: 80, size: 'max' });

interface Played {
  readonly plant: Plant;
  /** Parts that were really made, by counter. */
  readonly made: Readonly<Record<CounterName, number>>;
}

/** A machine whose counters are right: they only grow, begin again at their modulus, and are reset while they are seen. */
function played(moves: readonly (readonly [number, Move])[], tick: number): Played {
  const modulus = 65_536;
  const counters = { total: { modulus }, good: { modulus: undefined }, reject: { modulus } };
  const rule = cellRule({ counters }, { breaks: [{ from: '19:30', to: '20:15' }], daysOff: [3] });
  const picture: Picture = {
    ...Object.fromEntries(SIGNALS.map((name) => [name, name === 'doorClosed'])),
    total: 65_533,
    good: 10,
    reject: 65_535,
    ideal: CYCLE / 1000,
    product: null,
    faultCode: 0,
  };
  const plant = new Plant({ rule, begin: BEGIN, tick, picture });
  const made = { total: 0, good: 0, reject: 0, rework: 0 };
  let real = 0;
  let hidden: Picture | undefined;
  plant.happen(0, []);
  const seeAgain = (): Happening[] => {
    const seen = hidden;
    hidden = undefined;
    return seen === undefined ? [] : [{ kind: 'set', picture: seen }];
  };
  for (const [by, next] of moves) {
    real += by;
    if (next.kind === 'produce') {
      // No faster than the machine can.
      const parts = Math.min(next.parts, Math.floor(by / CYCLE));
      const rejected = parts > 1 ? 1 : 0;
      const to = { total: parts, good: parts - rejected, reject: rejected };
      for (const [name, by] of Object.entries(to)) made[name as CounterName] += by;
      if (hidden !== undefined && parts === 1) hidden = plant.added(hidden, to);
      else plant.happen(real, [...seeAgain(), { kind: 'add', to }]);
    } else if (next.kind === 'hide') {
      const { total = null, good = null, reject = null } = plant.picture;
      hidden ??= { total, good, reject };
      plant.happen(real, [{ kind: 'set', picture: { total: null, good: null, reject: null } }]);
    } else if (next.kind === 'reset') {
      plant.happen(real, seeAgain());
      const isLow = Number(plant.picture.total) < 30_000;
      if (isLow && !plant.isOff) plant.happen(real, [{ kind: 'set', picture: { total: 0 } }]);
    } else plant.happen(real, [next]);
    // Since its shift began, every millisecond is counted or pending.
    const { tally, dwell } = plant.state;
    if (!plant.isOff && tally.begin + lengthOf(tally) + (dwell.pending?.ms ?? 0) !== plant.engine)
      throw new Error(`time is lost at ${plant.engine}`);
  }
  // Long enough to be on again, and not hidden.
  plant.happen(real + 41 * 3_600_000, seeAgain());
  return { plant, made };
}

const ms = (value: unknown) => Math.round(Number(value) * 1000);

describe('random lives of a cell', () => {
  test('every shift adds up to its length, and all of them to all time', () => {
    fc.assert(
      fc.property(story, (moves) => {
        const { plant } = played(moves, 1_800_000);
        const { state, records } = plant;
        const pending = state.dwell.pending?.ms ?? 0;
        let all = lengthOf(state.tally) + state.tally.missed + pending;
        for (const { name, values } of records) {
          if (name !== 'shift') continue;
          const parts = [
            'producing_s',
            'micro_s',
            'aust_s',
            'adet_s',
            'held_s',
            'waiting_s',
            'off_s',
          ];
          const sum = [...parts, 'planned_s', 'unknown_s'].reduce(
            (so, key) => so + ms(values[key]),
            0,
          );
          expect(sum).toBe(ms(values.length_s));
          all += sum + ms(values.missed_s);
        }
        expect(all).toBe(plant.engine);
        const batches = records.filter(({ name }) => name === 'batch');
        const inBatches = batches.reduce((so, { values }) => so + ms(values.length_s), 0);
        expect(inBatches + lengthOf(state.batch.tally) + pending).toBe(plant.engine);
        expect(JSON.stringify(state).length).toBeLessThan(LARGEST_STATE);
      }),
      settings,
    );
  });

  test('no part is lost or counted twice', () => {
    fc.assert(
      fc.property(story, (moves) => {
        const { plant, made } = played(moves, 1_800_000);
        const { tally } = plant.state;
        const shifts = plant.records.filter(({ name }) => name === 'shift');
        const sum = (key: string, open: number) =>
          shifts.reduce((so, { values }) => so + Number(values[key]), open);
        expect(sum('counter_doubtful', tally.doubtful)).toBe(0);
        expect({
          produced: sum('produced', tally.produced),
          good: sum('good', tally.good),
          reject: sum('reject', tally.reject),
        }).toEqual({ produced: made.total, good: made.good, reject: made.reject });
      }),
      settings,
    );
  });

  test('looking more often makes no difference', () => {
    fc.assert(
      fc.property(story, (moves) => {
        const slow = played(moves, 3_600_000).plant;
        const fast = played(moves, 97_531).plant;
        const plain = (plant: Plant) => plant.records.map(({ name, values }) => ({ name, values }));
        expect(plain(fast)).toEqual(plain(slow));
        expect(fast.state.tally).toEqual(slow.state.tally);
      }),
      { ...settings, numRuns: 100 },
    );
  });
});
