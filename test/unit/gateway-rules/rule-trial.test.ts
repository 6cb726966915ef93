/** Rules on trial: kept apart over a restart, for the same software and the same devices. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { silentLog } from '../../../gateway/host/log.ts';
import { changingMemoryStore, fileStateStore } from '../../../gateway/host/state-store.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { millis } from '../../../gateway/model/units.ts';
import { ApartRules } from '../../../gateway/rules/rule-trial.ts';
import { temporaryDirectory } from '../../support/journal-fixture.ts';
import { conditionOf, setOf } from '../../support/rules-fixture.ts';

const set = setOf([conditionOf({ name: 'hot', when: 'a.x > 5', alarm: true })]);
const trial = {
  config: 'new',
  previous: { set, config: 'old' },
  aside: { now: 5 },
  surroundings: 'devices',
  due: 99,
};
const begun = async () => {
  const store = changingMemoryStore();
  expect(await new ApartRules(store, '1.0').begin(trial)).toBe(true);
  return store;
};
const same = (kept: unknown) => JSON.parse(JSON.stringify(kept));

it('what ran before is there again, whatever the files say meanwhile', async () => {
  const apart = new ApartRules(await begun(), '1.0');
  expect(same(apart.instead('new', 'devices')?.set)).toEqual(same(set));
  expect(apart.instead('edited', 'devices')?.config).toBe('old');
  expect(apart.trial).toMatchObject({ config: 'new', due: 99, aside: { now: 5 } });
});

it('rules that were refused are left out as long as the files hold just those', async () => {
  const store = await begun();
  new ApartRules(store, '1.0').refuse('new');
  const apart = new ApartRules(store, '1.0');
  expect(apart.trial).toBeUndefined();
  expect(apart.refused).toBe('new');
  expect(apart.instead('new', 'devices')?.config).toBe('old');
  expect(apart.instead('edited', 'devices')).toBeUndefined();
});

it('rules for other devices, or of other software, are no good', async () => {
  const store = await begun();
  expect(new ApartRules(store, '1.0').instead('new', 'other devices')).toBeUndefined();
  const newer = new ApartRules(store, '1.1');
  expect(newer.instead('new', 'devices')).toBeUndefined();
  expect(newer.isForeign).toBe(true);
  newer.clear();
  expect(new ApartRules(store, '1.0').instead('new', 'devices')).toBeUndefined();
  expect(newer.isForeign).toBe(false);
});

it('nothing is on trial where the disk does not take what ran before', async () => {
  const folder = temporaryDirectory();
  writeFileSync(join(folder, 'file'), '');
  const limits = { keys: 10, characters: 1_000_000, gather: millis(1) };
  const open = (path: string, more = {}) =>
    fileStateStore(path, virtualClock(), silentLog, { ...limits, ...more });
  const broken = new ApartRules(await open(join(folder, 'file', 'rules.json')), '1.0');
  expect(await broken.begin(trial)).toBe(false);
  expect(broken.trial).toBeUndefined();
  const full = new ApartRules(await open(join(folder, 'rules.json'), { characters: 100 }), '1.0');
  expect(await full.begin(trial)).toBe(false);
  expect(full.trial).toBeUndefined();
});
