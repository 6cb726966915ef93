/** Rules that are replaced and come back: what was put aside of them is there again, and the rest went on. */
import { expect, it } from 'vitest';
import type { Kept } from '../../../gateway/host/state-store.ts';
import { conditionOf, deriveOf, engineFixture, setOf } from '../../support/rules-fixture.ts';

const copy = (kept: Kept): Kept => JSON.parse(JSON.stringify(kept));

const latched = (when: string) =>
  conditionOf({ name: 'hot', when, latch: true, alarm: true, do: { 'a.y': '1' } });

it('a latch that was replaced holds again when its rule comes back, and its alarm begins anew', () => {
  const run = engineFixture([latched('a.x > 5')]);
  run.at(0, { 'a.x': 9 }).at(100, { 'a.x': 1 });
  const aside = copy(run.engine.save());
  run.at(1_000);
  run.engine.replace(setOf([latched('a.x > 50')]));
  run.at(2_000, { 'a.x': 2 });
  const change = run.engine.replace(setOf([latched('a.x > 5')]), aside);
  expect(change).toEqual({ kept: ['hot'], changed: [], added: [], removed: [] });
  run.at(3_000, { 'a.x': 1 });
  expect(run.told).toEqual(['0 hot active', '0 a.y := 1', '1000 hot cleared', '2000 hot active']);
  const ids = run.effects.flatMap((effect) => (effect.kind === 'alarm' ? [effect.id] : []));
  expect(ids).toEqual(['hot#1', 'hot#1', 'hot#2']);
  expect(run.engine.explain('hot')?.after).toBe('on');
});

it('a number is not given twice, although the rule was gone in between', () => {
  const rule = conditionOf({ name: 'hot', when: 'a.x > 5', alarm: true });
  const run = engineFixture([rule]);
  run.at(0, { 'a.x': 9 }).at(100, { 'a.x': 1 });
  const aside = copy(run.engine.save());
  run.engine.replace(setOf([]));
  run.engine.replace(setOf([rule]), aside);
  run.at(200, { 'a.x': 9 });
  expect(run.effects.at(-1)).toMatchObject({ kind: 'alarm', to: 'active', id: 'hot#2' });
});

it('the time in which nobody looked does not count for a delay', () => {
  const rule = conditionOf({ name: 'hot', when: 'a.x > 5', onDelay: 10_000, alarm: true });
  const run = engineFixture([rule]);
  run.at(0, { 'a.x': 9 }).at(4_000);
  const aside = copy(run.engine.save());
  run.engine.replace(setOf([]));
  run.at(60_000);
  run.engine.replace(setOf([rule]), aside);
  run.at(65_999);
  expect(run.told).toEqual([]);
  run.at(66_000);
  expect(run.told).toEqual(['66000 hot active']);
});

it('a rule that both sets have goes on with what it is now', () => {
  const kept = conditionOf({ name: 'both', when: 'times(a.x > 5) >= 3', do: { 'a.y': '1' } });
  const run = engineFixture([kept, latched('a.x > 5')]);
  run.at(0, { 'a.x': 1 }).at(1, { 'a.x': 9 }).at(2, { 'a.x': 1 });
  const aside = copy(run.engine.save());
  run.engine.replace(setOf([kept]));
  run.at(3, { 'a.x': 9 }).at(4, { 'a.x': 1 });
  run.engine.replace(setOf([kept, latched('a.x > 5')]), aside);
  run.at(5, { 'a.x': 9 });
  expect(run.told.filter((line) => line.includes('a.y'))).toEqual(['1 a.y := 1', '5 a.y := 1']);
});

it('a window that nobody needed meanwhile has its past again, and no value for the time between', () => {
  const rule = deriveOf('b.mean', 'avg(a.x, "60s")');
  const share = deriveOf('b.share', 'coverage(a.x, "60s")');
  const run = engineFixture([rule, share]);
  run.at(0, { 'a.x': 10 }).at(10_000, { 'a.x': 20 });
  const aside = copy(run.engine.save());
  run.engine.replace(setOf([]));
  run.at(20_000);
  run.engine.replace(setOf([rule, share]), aside);
  run.at(30_000, { 'a.x': 30 }).at(40_000);
  const last = (tag: string) =>
    run.effects.findLast((effect) => effect.kind === 'derive' && effect.tag === tag);
  // 10 s of 10 and 10 s of 30; what was between 10 s and 30 s nobody saw.
  expect(last('b.mean')).toMatchObject({ value: 20 });
  expect(last('b.share')).toMatchObject({ value: 20 / 60 });
});

it('starts with rules that were put aside, with newer state of those that go on', () => {
  const kept = conditionOf({ name: 'both', when: 'times(a.x > 5) >= 2', do: { 'a.y': '1' } });
  const run = engineFixture([kept, latched('a.x > 5')]);
  run.at(0, { 'a.x': 1 }).at(1, { 'a.x': 9 }).at(2, { 'a.x': 1 });
  const aside = copy(run.engine.save());
  run.engine.replace(setOf([kept, latched('a.x > 50')]));
  run.at(3, { 'a.x': 9 }).at(4, { 'a.x': 1 });
  const saved = copy(run.engine.save());
  const next = engineFixture([kept, latched('a.x > 5')], { saved, aside });
  expect(next.engine.restored).toMatchObject({ kept: ['both', 'hot'], changed: [], removed: [] });
  expect(next.told).toEqual(['4 hot active']);
  expect(next.engine.explain('both')?.after).toBe('on');
});

it('tells of what a kill should not undo, and of nothing else', () => {
  let changes = 0;
  const rules = [
    conditionOf({ name: 'pending', when: 'a.x > 5', onDelay: 1_000, alarm: true }),
    conditionOf({ name: 'timer', when: 'since(a.x > 20) > duration("1m")' }),
    deriveOf('b.double', 'a.x * 2'),
  ];
  const run = engineFixture(rules, { onChange: () => void changes++ });
  const seen = (time: number, x?: number) => {
    changes = 0;
    run.at(time, x === undefined ? {} : { 'a.x': x });
    return changes > 0;
  };
  expect(seen(0, 1)).toBe(true);
  expect(seen(500, 2)).toBe(false);
  expect(seen(5_000)).toBe(false);
  expect(seen(5_100, 9)).toBe(true);
  expect(seen(6_100)).toBe(true);
  expect(seen(7_000, 8)).toBe(false);
  expect(seen(8_000, 30)).toBe(true);
});

it('saves windows only where all is wanted', () => {
  const run = engineFixture([deriveOf('b.mean', 'avg(a.x, "60s")')]);
  run.at(0, { 'a.x': 10 });
  expect(run.engine.save().tags['a.x']).toMatchObject({ value: 10, values: [10] });
  expect(run.engine.save('brief').tags['a.x']).not.toHaveProperty('values');
});

it('the ids of writes are not given twice: not when a rule changes, comes again, or comes back', () => {
  const rule = (limit: number) =>
    conditionOf({ name: 'hot', when: `a.x > ${limit}`, do: { 'a.y': '1' } });
  const rules = [rule(5)];
  let run = engineFixture(rules);
  const ids = () => run.effects.flatMap((one) => (one.kind === 'command' ? [one.id] : []));
  run.at(0, { 'a.x': 1 }).at(1, { 'a.x': 9 });
  const aside = copy(run.engine.save());
  run.engine.replace(setOf([rule(6)]));
  run.at(2, { 'a.x': 1 }).at(3, { 'a.x': 9 });
  run.engine.replace(setOf([]));
  run.engine.replace(setOf([rule(7)]));
  run.at(4, { 'a.x': 1 }).at(5, { 'a.x': 9 });
  run.engine.replace(setOf(rules), aside);
  run.at(6, { 'a.x': 1 }).at(7, { 'a.x': 9 });
  expect(ids()).toEqual(['hot!1', 'hot!2', 'hot!3', 'hot!4']);
  run.engine.replace(setOf([]));
  run = engineFixture([], { saved: copy(run.engine.save()) });
  run = engineFixture([rule(8)], { saved: copy(run.engine.save()) });
  run.at(9, { 'a.x': 1 }).at(10, { 'a.x': 9 });
  expect(ids()).toEqual(['hot!5']);
});
