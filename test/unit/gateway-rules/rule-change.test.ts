import { expect, it } from 'vitest';
import type { DeviceConfig } from '../../../config/site.ts';
import { busName, deviceName } from '../../../gateway/model/sample.ts';
import { bytes, millis } from '../../../gateway/model/units.ts';
import {
  needsRestart,
  rulesChange,
  type Surroundings,
  surroundingsHash,
} from '../../../gateway/rules/rule-change.ts';
import { MOST_LATE_TAGS, TagPlaces } from '../../../gateway/rules/tag-places.ts';
import { conditionOf, derivedTag, deriveOf, setOf } from '../../support/rules-fixture.ts';

it('says which rules go on, begin anew, come and go, with their tags', () => {
  const rule = (name: string, limit = 5) => conditionOf({ name, when: `a.x > ${limit}` });
  const off = { ...rule('off'), mode: 'off' as const };
  const running = setOf([rule('same'), rule('other'), rule('gone'), off, deriveOf('b.old', 'a.x')]);
  const next = setOf([
    ...[rule('same'), rule('other', 6), rule('new'), rule('off')],
    deriveOf('b.new', 'a.x'),
  ]);
  expect(rulesChange(running, next)).toEqual({
    kept: ['same'],
    changed: ['other'],
    added: ['new', 'off', 'derive-b.new'],
    removed: ['gone', 'derive-b.old'],
    derivedAdded: ['b.new'],
    derivedRemoved: ['b.old'],
  });
});

const site = (change: Partial<Surroundings> = {}): Surroundings => ({
  gateway: { id: 'g', timezone: 'UTC' },
  journal: { path: '/j', lossWindow: millis(1), maxSize: bytes(1), keep: millis(1) },
  uplinks: [],
  buses: [],
  devices: [],
  rules: setOf([]),
  commands: { maxAge: millis(1), operators: new Map() },
  ...change,
});
const operators = (key: number): Surroundings['commands'] => ({
  maxAge: millis(1),
  operators: new Map([['day', { publicKey: Uint8Array.of(key), tags: undefined }]]),
});
const press = (options: unknown): DeviceConfig => ({
  ...{ name: deviceName('press'), bus: busName('b'), protocol: 'p', options, tags: [] },
});

it.each<[string, Partial<Surroundings>, Partial<Surroundings>, readonly string[]]>([
  ['rules', {}, { rules: setOf([conditionOf({ when: 'a.x > 1' })]) }, []],
  ['the zone', {}, { rules: setOf([], { timezone: 'Asia/Shanghai' }) }, ['gateway']],
  ['the name', {}, { gateway: { id: 'h', timezone: 'UTC' } }, ['gateway']],
  ['a device', { devices: [press(1)] }, { devices: [press(2)] }, ['device press']],
  ['digits of a counter', { devices: [press(1n)] }, { devices: [press(2n)] }, ['device press']],
  ['an operator', {}, { commands: operators(1) }, ['commands']],
  ['the key of an operator', { commands: operators(1) }, { commands: operators(2) }, ['commands']],
  ['one device less', { devices: [press(1)] }, {}, ['device press', 'order of devices']],
])('%s: what needs a restart is named', (_what, before, after, names) => {
  expect(needsRestart(site(before), site(after))).toEqual(names);
  const isForOthers = names.some((name) => name.startsWith('device'));
  expect(surroundingsHash(site(before)) !== surroundingsHash(site(after))).toBe(isForOthers);
});

it('a tag keeps its index whatever becomes of it, and new ones get the next', () => {
  const places = new TagPlaces([derivedTag('a.x'), { ...derivedTag('a.y'), index: 1 }]);
  const indexes = (...ids: readonly string[]) =>
    places.place(ids.map((id) => derivedTag(id))).map(({ index }) => index);
  expect(indexes('b.p', 'b.q')).toEqual([2, 3]);
  expect(indexes('b.r', 'b.p', 'a.y')).toEqual([4, 2, 1]);
  const many = Array.from({ length: MOST_LATE_TAGS - 3 }, (_, i) => derivedTag(`c.t${i}`));
  expect(places.hasRoomFor(many)).toBe(true);
  expect(places.hasRoomFor([...many, derivedTag('c.more')])).toBe(false);
});
