import { expect, it } from 'vitest';
import type { Kept } from '../../../gateway/host/state-store.ts';
import { keep, kept, memoryRuleStores } from '../../../gateway/rules/rule-stores.ts';
import type { SavedRules } from '../../../rules/engine/engine.ts';

const saved = (now: number, tags: Readonly<Record<string, Kept>>): SavedRules => ({
  ...{ now, utc: 1_000 + now, isSynced: true, alarms: { flood: null } },
  rules: { hot: { phase: 'on' }, '1': null },
  numbers: [['gone', 3]],
  tags,
});
const WINDOW = { value: 3, arrivals: [1, 5, 9], values: [1, null, 3] };

it('gives back what was kept', () => {
  const stores = memoryRuleStores();
  expect(kept(stores)).toBeUndefined();
  const all = saved(10, { 'a.x': WINDOW, 'a.y': { value: 'text' } });
  keep(stores, all);
  expect(kept(stores)).toEqual(all);
});

it('keeps the samples of windows where they are not saved again, and forgets what is gone', () => {
  const stores = memoryRuleStores();
  keep(stores, saved(10, { 'a.x': WINDOW, 'a.gone': WINDOW }));
  keep(stores, { ...saved(20, { 'a.x': { value: 4 } }), rules: {} });
  expect(kept(stores)?.tags).toEqual({ 'a.x': { ...WINDOW, value: 4 } });
  expect(kept(stores)?.rules).toEqual({});
  expect(stores.windows.keys()).toEqual(['tag a.x']);
});

it('leaves out samples from after the state, where only the file of the windows was written', () => {
  const stores = memoryRuleStores();
  keep(stores, saved(6, { 'a.x': WINDOW }));
  expect(kept(stores)?.tags['a.x']).toEqual({ value: 3, arrivals: [1, 5], values: [1, null] });
});

it('is nothing where the time was damaged', () => {
  const stores = memoryRuleStores();
  keep(stores, saved(6, {}));
  stores.state.set('time', { now: 'never' });
  expect(kept(stores)).toBeUndefined();
});
