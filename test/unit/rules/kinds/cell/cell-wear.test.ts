import { describe, expect, it } from 'vitest';
import {
  MOST_RECIPES,
  NEW_WEAR,
  recipeIn,
  type Wear,
  type WearConfig,
  type WearLook,
  worn,
} from '../../../../../rules/kinds/cell/cell-wear.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;

const wearConfig = (over: Partial<WearConfig> = {}): WearConfig => ({
  name: 'vacuum_build_up',
  learn: 5,
  over: 3,
  warn: { kind: 'percent', by: 10 },
  limit: { kind: 'percent', by: 30 },
  toward: 'up',
  of: { n: 2, m: 3 },
  warmUp: 0,
  every: undefined,
  trend: 14 * DAY,
  ahead: 7 * DAY,
  ...over,
});

class Bench {
  wear: Wear = NEW_WEAR;
  readonly turns: [now: number, of: string, turn: string][] = [];
  readonly #config: WearConfig;

  constructor(config: WearConfig) {
    this.#config = config;
  }

  look(now: number, value: number | undefined, over: Partial<WearLook> = {}): void {
    const look = { now, value, isRunning: true, isCycle: true, recipe: 'A', relearn: false };
    const step = worn(this.wear, { ...look, ...over }, this.#config);
    this.wear = step.wear;
    if (step.warning) this.turns.push([now, 'warning', step.warning]);
    if (step.limit) this.turns.push([now, 'limit', step.limit]);
  }

  /** One sample a minute. */
  feed(from: number, values: readonly number[], over: Partial<WearLook> = {}): number {
    for (const [index, value] of values.entries()) this.look(from + index * MINUTE, value, over);
    return from + values.length * MINUTE;
  }

  of(recipe = 'A') {
    return recipeIn(this.wear, recipe);
  }
}

const LEARN = [10, 11, 9, 10, 10.5];

describe('wear', () => {
  it('learns the median and its MAD from the first samples', () => {
    const bench = new Bench(wearConfig());
    bench.feed(0, LEARN.slice(0, 4));
    expect(bench.of()).toMatchObject({ level: 'learning', baseline: null });
    bench.feed(5 * MINUTE, LEARN.slice(4));
    // Sorted 9 10 10 10.5 11; distances 1 0 0 0.5 1, sorted 0 0 0.5 1 1.
    expect(bench.of()).toMatchObject({ level: 'ok', baseline: { median: 10, mad: 0.5 } });
  });

  it('warns when two of three medians have gone too far, and ends when two have not', () => {
    const bench = new Bench(wearConfig({ limit: undefined }));
    const learnt = bench.feed(0, LEARN);
    // Medians of three 10, 11, 11; too far from 11 on.
    const warned = bench.feed(learnt, [10, 10, 11, 11]);
    expect(bench.turns).toEqual([]);
    bench.feed(warned, [11]);
    expect(bench.turns).toEqual([[warned, 'warning', 'active']]);
    // Medians 11, 10, 10.
    const back = bench.feed(warned + MINUTE, [10, 10, 10]);
    expect(bench.turns[1]).toEqual([back - MINUTE, 'warning', 'cleared']);
  });

  it('leaves a level only when as many say so as it takes to enter it', () => {
    const bench = new Bench(wearConfig({ limit: undefined, over: 1, of: { n: 3, m: 4 } }));
    const learnt = bench.feed(0, LEARN);
    const entered = bench.feed(learnt, [12, 12, 12]);
    expect(bench.of()?.level).toBe('warn');
    bench.feed(entered, [10, 10]);
    // Two of the last four are still too far.
    expect(bench.of()?.level).toBe('warn');
    bench.feed(entered + 2 * MINUTE, [10]);
    expect(bench.of()?.level).toBe('ok');
  });

  it('tells the limit apart, and keeps the warning with it', () => {
    const bench = new Bench(wearConfig());
    const learnt = bench.feed(0, LEARN);
    bench.feed(learnt, [14, 14, 14, 14]);
    expect(bench.of()?.level).toBe('limit');
    expect(bench.turns.map(([, of, turn]) => `${of} ${turn}`)).toEqual([
      'warning active',
      'limit active',
    ]);
    bench.feed(learnt + 4 * MINUTE, [12, 12, 12, 12]);
    expect(bench.of()?.level).toBe('warn');
    expect(bench.turns[2]).toMatchObject({ 1: 'limit', 2: 'cleared' });
  });

  it('forecasts the limit and warns before it is reached, though the value is still near', () => {
    const bench = new Bench(wearConfig({ warn: { kind: 'percent', by: 25 } }));
    bench.feed(0, [10, 10, 10, 10, 10]);
    // From 10 it rises by 0.1 a day. The first median of each day is still that of the day before: by the line through
    // them 13 will be reached on day 31, which is 7 days ahead on day 24.
    let warnedOn: number | undefined;
    for (let day = 1; day <= 29; day++) {
      for (const part of [0, 1, 2, 3]) {
        const now = day * DAY + part * MINUTE;
        bench.look(now, 10 + 0.1 * (now / DAY));
      }
      if (bench.of()?.level === 'warn') warnedOn ??= day;
      if (day === 20) expect(bench.of()?.forecast).toBeCloseTo(11, 1);
    }
    expect(warnedOn).toBe(24);
    // 25 % would have been reached on day 25.
    expect(bench.turns).toHaveLength(1);
  });

  it('forecasts nothing from noise', () => {
    const bench = new Bench(wearConfig());
    bench.feed(0, LEARN);
    for (let day = 1; day <= 20; day++)
      bench.feed(day * DAY, [10 + (day % 2) / 2, 10, 10.5 - (day % 3) / 4]);
    expect(bench.of()?.forecast).toBeNull();
    expect(bench.turns).toEqual([]);
  });

  it('has a baseline for each recipe, and forgets the one that ran longest ago', () => {
    const bench = new Bench(wearConfig());
    bench.feed(0, LEARN);
    bench.feed(DAY, [20, 20, 20, 20, 20], { recipe: 'B' });
    expect(bench.of('A')?.baseline?.median).toBe(10);
    expect(bench.of('B')?.baseline?.median).toBe(20);
    bench.feed(2 * DAY, [20, 20, 20, 20, 20], { recipe: 'A' });
    expect(bench.of('A')?.level).toBe('limit');
    // The alarms are those of the recipe that runs.
    bench.look(3 * DAY, 20, { recipe: 'B' });
    expect(bench.turns.slice(-2)).toEqual([
      [3 * DAY, 'warning', 'cleared'],
      [3 * DAY, 'limit', 'cleared'],
    ]);
    for (let index = 0; index < MOST_RECIPES; index++)
      bench.look(4 * DAY + index, 5, { recipe: `R${index}` });
    expect(bench.wear.recipes).toHaveLength(MOST_RECIPES);
    expect(bench.of('A')).toBeUndefined();
  });

  it('learns anew when it is told to, once', () => {
    const bench = new Bench(wearConfig());
    bench.feed(0, LEARN);
    bench.feed(DAY, [20, 20, 20, 20, 20]);
    bench.look(2 * DAY, 20, { relearn: true });
    expect(bench.of()).toMatchObject({ level: 'learning', samples: [20] });
    bench.look(2 * DAY + 1, 20, { relearn: true });
    expect(bench.of()?.samples).toEqual([20, 20]);
    expect(bench.turns.slice(-2).map(([, of, turn]) => `${of} ${turn}`)).toEqual([
      'warning cleared',
      'limit cleared',
    ]);
  });

  it('ignores what is unknown, no cycle, not running, or not yet warm', () => {
    const bench = new Bench(wearConfig({ warmUp: 10 * MINUTE }));
    bench.look(0, 10);
    bench.look(10 * MINUTE - 1, 10);
    expect(bench.of()).toBeUndefined();
    bench.look(10 * MINUTE, 10);
    bench.look(11 * MINUTE, undefined);
    bench.look(11 * MINUTE, Number.NaN);
    bench.look(11 * MINUTE, 10, { isCycle: false });
    bench.look(12 * MINUTE, 10, { isRunning: false });
    // A short stop does not cool it down.
    bench.look(13 * MINUTE, 11);
    expect(bench.of()?.samples).toEqual([10, 11]);
    bench.look(14 * MINUTE, 10, { isRunning: false });
    bench.look(24 * MINUTE, 12);
    bench.look(33 * MINUTE, 12);
    expect(bench.of()?.samples).toEqual([10, 11]);
    bench.look(34 * MINUTE, 12);
    expect(bench.of()?.samples).toEqual([10, 11, 12]);
  });

  it('takes samples at an interval where it is given one', () => {
    const bench = new Bench(wearConfig({ every: 10_000 }));
    for (const now of [0, 9_999, 10_000, 15_000, 20_001]) bench.look(now, now, { isCycle: false });
    expect(bench.of()?.samples).toEqual([0, 10_000, 20_001]);
  });

  it('stays small for years', () => {
    const bench = new Bench(wearConfig({ learn: 100, over: 50, of: { n: 26, m: 50 } }));
    for (let day = 0; day < 1_000; day++)
      bench.look(day * DAY, 10 + Math.sin(day), { recipe: `R${day % 12}` });
    for (let day = 1_000; day < 3_000; day++) bench.look(day * DAY, 10 + Math.sin(day));
    expect(JSON.stringify(bench.wear).length).toBeLessThan(20_000);
  });
});
