/** The rules at work: where each effect goes, and when their state is saved. */

import { describe, expect, it } from 'vitest';
import { ruleAlarms } from '../../../gateway/alarms/rule-alarms.ts';
import { StandingAlarms } from '../../../gateway/alarms/standing-alarms.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { memoryStateStore } from '../../../gateway/host/state-store.ts';
import { TagImage } from '../../../gateway/image/tag-image.ts';
import { RULES_DEVICE } from '../../../gateway/model/event-tag.ts';
import type { Sample, TagId } from '../../../gateway/model/sample.ts';
import { minutes, monoMs } from '../../../gateway/model/units.ts';
import { RuleHost } from '../../../gateway/rules/rule-host.ts';
import { kept, memoryRuleStores, type RuleStores } from '../../../gateway/rules/rule-stores.ts';
import type { CommandEffect } from '../../../rules/effect.ts';
import { RuleEngine } from '../../../rules/engine/engine.ts';
import type { RuleConfig } from '../../../rules/rule.ts';
import { manualClock } from '../../../rules/tests/manual-clock.ts';
import {
  type Batch,
  conditionOf,
  derivedTag,
  deriveOf,
  START,
  samplesOf,
  setOf,
} from '../../support/rules-fixture.ts';

const INPUTS = ['a.x', 'a.y'].map((id) => derivedTag(id));

function atWork(rules: readonly RuleConfig[], stores: RuleStores = memoryRuleStores()) {
  const clock = manualClock(START);
  const set = setOf(rules);
  const tags = [...INPUTS, ...set.derived].map((tag, index) => ({ ...tag, index }));
  const image = new TagImage(tags, clock.utc());
  const events: Sample[] = [];
  const records: Sample[] = [];
  const commands: CommandEffect[] = [];
  const updates: string[] = [];
  const standing = new StandingAlarms({
    ...{ devices: [RULES_DEVICE], clock, log: silentLog, state: memoryStateStore() },
    store: (samples) => void events.push(...samples),
  });
  const host = new RuleHost({
    ...{ set, stores, clock, log: silentLog, alarms: ruleAlarms(standing, clock) },
    makeEngine: (...of) => new RuleEngine(...of),
    image: {
      apply: (samples) => image.apply(samples, clock.mono()),
      latest: (tag) => image.latest(tag),
    },
    record: (samples) => void records.push(...samples),
    command: (effect) => void commands.push(effect),
    interlock: () => {},
    read: () => {},
    atWork: () => {},
  });
  image.subscribe(({ samples }) => {
    updates.push(samples.map(({ tag, value }) => `${tag}=${value}`).join(' '));
    host.take(samples);
  });
  host.start();
  return {
    ...{ host, clock, image, standing, events, records, commands, updates, stores },
    at(time: number, batch: Batch = {}) {
      clock.moveTo(monoMs(time));
      if (Object.keys(batch).length > 0) image.apply(samplesOf(batch), clock.mono());
    },
    latest: (tag: string) => image.latest(tag as TagId),
  };
}

describe('what rules ask for', () => {
  it('a derived value is a sample of the image, once, and is not fed back', () => {
    const { at, updates, latest, host } = atWork([deriveOf('b.double', 'a.x * 2')]);
    at(1_500, { 'a.x': 3 });
    expect(updates).toEqual(['b.double=null', 'a.x=3', 'b.double=6']);
    expect(latest('b.double')).toMatchObject({ quality: 'good', time: START + 1_500 });
    expect(host.facts().evaluations).toBe(2);
    expect(host.facts().effects).toMatchObject({ derive: 2 });
  });

  it('a rule in shadow is shown, and nothing comes of it', () => {
    const shadow = conditionOf({
      ...{ name: 'quiet', when: 'a.x > 5', mode: 'shadow', alarm: true },
      do: { 'a.y': '1' },
    });
    const { at, commands, events, host } = atWork([
      shadow,
      { ...deriveOf('b.double', 'a.x * 2'), mode: 'shadow' },
    ]);
    at(0, { 'a.x': 9 });
    expect([commands, events]).toEqual([[], []]);
    expect(host.recent.list().map(({ effect }) => effect.kind)).toEqual(['alarm', 'command']);
    expect(host.facts().effects).toMatchObject({ shadow: 3, alarm: 0, command: 0, derive: 0 });
  });

  it('a derived tag of a rule that is off, or in shadow, is out of service', () => {
    const { latest } = atWork([
      { ...deriveOf('b.off', 'a.x * 2'), mode: 'off' },
      { ...deriveOf('b.shadow', 'a.x * 2'), mode: 'shadow' },
      deriveOf('b.active', 'a.x * 2'),
    ]);
    expect(latest('b.off')?.quality).toBe('bad:out-of-service');
    expect(latest('b.shadow')?.quality).toBe('bad:out-of-service');
    expect(latest('b.active')?.quality).toBe('bad:waiting');
  });

  it('a rule that throws is stopped, with an alarm in both languages until other rules run', () => {
    const broken = conditionOf({ name: 'broken', when: 'a.x > 5', alarm: true });
    const sound = conditionOf({ name: 'sound', when: 'a.x > 5', do: { 'a.y': '2' } });
    const trial = atWork([sound]);
    const { at, host, standing, commands } = trial;
    // Only a bug of ours makes a rule throw; here it is a step that was tampered with.
    host.engine.alarms.turn = () => {
      throw new Error('bug');
    };
    host.replace(setOf([broken, sound]));
    at(0, { 'a.x': 9 });
    expect(host.facts().faulty).toEqual(['broken']);
    expect(commands.map(({ rule: name }) => name)).toEqual(['sound']);
    const [alarm] = standing.list();
    expect(alarm).toMatchObject({ id: 'broken.stopped', severity: 800, isActive: true });
    expect(alarm?.messages?.zh).toContain('规则 broken 因网关自身故障已停止：bug');
    expect(host.acknowledge('broken.stopped', { by: 'Li' })).toMatchObject({
      outcome: 'acknowledged',
    });
    expect(host.shelve('broken.stopped', minutes(1), { by: 'Li' }).outcome).toBe('refused');
    host.replace(setOf([sound]));
    expect(standing.list()).toEqual([]);
  });
});

describe('the state of rules', () => {
  const hot = conditionOf({ name: 'hot', when: 'a.x > 5', latch: true, alarm: true });
  const mean = deriveOf('b.mean', 'avg(a.x, "60s")');
  const phase = (stores: RuleStores) =>
    (kept(stores)?.rules.hot as { state?: { state?: { phase?: string } } })?.state?.state?.phase;

  it('is in the store four seconds after something was decided, windows after five minutes', () => {
    const { at, stores } = atWork([hot, mean]);
    at(10_000, { 'a.x': 9 });
    at(13_999);
    expect(phase(stores)).toBe('off');
    at(14_000);
    expect(phase(stores)).toBe('on');
    expect(stores.windows.keys()).toEqual([]);
    at(300_000);
    expect(stores.windows.keys()).toEqual(['tag a.x']);
  });

  it('saves long windows one after the other, so that nobody waits', () => {
    const far = { 'a.x': 'avg(a.x, "1h")', 'a.y': 'avg(a.y, "1h")' };
    const { at, stores } = atWork([deriveOf('b.x', far['a.x']), deriveOf('b.y', far['a.y'])]);
    for (let time = 0; time < 6_000; time++) at(time, { 'a.x': time % 7, 'a.y': 1 });
    at(300_000);
    expect(stores.windows.keys()).toEqual(['tag a.x']);
    at(300_019);
    expect(stores.windows.keys()).toEqual(['tag a.x']);
    at(300_020);
    expect(stores.windows.keys()).toEqual(['tag a.x', 'tag a.y']);
  });

  it('is not written because values change', () => {
    const { at, stores } = atWork([hot, mean]);
    at(10_000);
    const before = kept(stores)?.now;
    for (let time = 11_000; time < 200_000; time += 1_000) at(time, { 'a.x': (time / 1_000) % 4 });
    expect(kept(stores)?.now).toBe(before);
  });

  it('makes no file for a gateway without rules', async () => {
    const { stores, host, at } = atWork([]);
    at(400_000);
    await host.stop();
    expect(stores.state.keys()).toEqual([]);
  });

  it('goes on after a stop, with what was asked why', async () => {
    const first = atWork([hot, mean]);
    first.at(10_000, { 'a.x': 9 });
    first.at(11_000, { 'a.x': 1 });
    await first.host.stop();
    const next = atWork([hot, mean], first.stores);
    expect(next.host.engine.restored.kept).toEqual(['hot', 'derive-b.mean']);
    expect(next.host.states()).toMatchObject([{ rule: 'hot', id: 'hot#1', isActive: true }]);
    expect(next.host.recent.list()).toMatchObject([{ effect: { kind: 'alarm', to: 'active' } }]);
    // The wall clock of the second one is behind: nobody can tell how old the last sample is.
    expect(next.host.engine.save().tags['a.x']).toMatchObject({ values: [9, 1, null] });
  });
});
