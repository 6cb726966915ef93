/** The story of a kit: read with every problem at its place, moved as it says, and judged by what arrived. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadSite } from '../../../config/load.ts';
import { type LoadedStory, loadStory, type Story } from '../../../config/story.ts';
import { DRIVER_OPTIONS } from '../../../drivers/options.ts';
import { Arrivals } from '../../../gateway/cli/story/arrivals.ts';
import { MovingPlant } from '../../../gateway/cli/story/moving-plant.ts';
import { eventText, isTrue, storyOutcome } from '../../../gateway/cli/story/outcome.ts';
import type { TagId } from '../../../gateway/model/sample.ts';
import { minutes, seconds } from '../../../gateway/model/units.ts';
import { temporaryDirectory } from '../../support/journal-fixture.ts';

const SITE = `
gateway: { id: a, timezone: Asia/Shanghai }
uplinks: { cloud: { mqtt: "mqtt://127.0.0.1" } }
buses: { plc: { tcp: "127.0.0.1:502" } }
devices:
  tank:
    bus: plc
    protocol: modbus
    scan: 1s
    tags:
      level: { address: "holding:0 float32" }
      pump: { address: "coil:0", access: read-write }
      serial: { address: "holding:4 string8" }
`;
const HEAD = `
title: { en: a day, zh: 一天 }
day: "2026-04-18"
from: "06:00"
to: "25:00"
`;
const LEVEL = 'tank.level' as TagId;
const SERIAL = 'tank.serial' as TagId;

async function read(text: string): Promise<LoadedStory | undefined> {
  const folder = temporaryDirectory();
  writeFileSync(join(folder, 'gateway.yaml'), SITE);
  const loaded = await loadSite(folder, DRIVER_OPTIONS, {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  if (text === '') return loadStory(folder, loaded.site);
  mkdirSync(join(folder, 'story'));
  writeFileSync(join(folder, 'story/day.yaml'), HEAD + text);
  return loadStory(folder, loaded.site);
}

async function storyOf(text: string): Promise<Story> {
  const loaded = await read(text);
  if (!loaded?.ok) throw new Error(JSON.stringify(loaded?.problems));
  return loaded.story;
}

const problemsOf = async (text: string) => {
  const loaded = await read(text);
  return loaded?.ok === false ? loaded.problems.map(({ line, code }) => `${line} ${code}`) : [];
};

const NOTHING = 'acts: []\nexpect: [ { at: "07:00", field: tank.pump, shows: false } ]\n';

describe('reading', () => {
  test('a site without a story has none', async () => {
    expect(await read('')).toBeUndefined();
  });

  test('times are local, and go on behind midnight', async () => {
    const story = await storyOf(NOTHING);
    expect(new Date(story.start).toISOString()).toBe('2026-04-17T22:00:00.000Z');
    expect(story.length).toBe(minutes(19 * 60));
    expect(story.expected[0]).toMatchObject({ at: minutes(60), text: /field: tank.pump/ });
  });

  test.each([
    ['plant: { tank.levle: 3 }\n', '6 config.simulated-unknown'],
    ['plant: { tank.level: { at: { "7": 3 } } }\n', '6 config.text-form'],
    [
      'plant: { tank.level: { at: {}, effects: [ { of: x, adds: 1, within: 1m } ] } }\n',
      '6 config.simulated-unknown',
    ],
    ['plant: { tank.level: { at: {}, wobble: 1 } }\n', '6 config.unknown-key'],
    ['plant: { tank.level: { at: { "07:00:0.04": 3 } } }\n', '6 config.text-form'],
  ])('says what is wrong with %s', async (text, problem) => {
    expect(await problemsOf(text + NOTHING)).toEqual([problem]);
  });

  test('acts and expectations stand in the order of time, on the day, about what there is', async () => {
    const acts = `acts:
  - { at: "08:00", cut: cloud }
  - { at: "07:00", restore: clod }
  - { at: "08:30", fault: { device: tnak, kind: silent } }
expect:
  - { at: "26:00", field: tank.pump, shows: false }
  - { alarm: x }
`;
    expect(await problemsOf(acts)).toEqual(['12 config.missing-key']);
    expect(await problemsOf(acts.replace('{ alarm: x }', '{ alarm: x, to: active }'))).toEqual([
      '8 config.out-of-range',
      '8 config.simulated-unknown',
      '9 config.simulated-unknown',
      '11 config.out-of-range',
    ]);
  });
});

describe('moving', () => {
  test('a tag is on its line, and outputs move it within their time and back', async () => {
    const story = await storyOf(`plant:
  tank.level: { at: { "06:00": 10, "08:00": 30 }, effects: [ { of: tank.pump, adds: -8, within: 10m, fades: 30m } ] }
${NOTHING}`);
    let isOn = false;
    const plant = new MovingPlant(story, { seed: 1, holds: () => isOn });
    plant.moveTo(minutes(60));
    expect(plant.value(LEVEL)).toBeCloseTo(20, 6);
    isOn = true;
    plant.moveTo(minutes(70));
    expect(plant.value(LEVEL)).toBeCloseTo(10 + 70 / 6 - 8 * 0.95, 1);
    isOn = false;
    plant.moveTo(minutes(120));
    plant.moveTo(minutes(150));
    expect(plant.value(LEVEL)).toBeCloseTo(30, 1);
    plant.set(LEVEL, 99);
    expect(plant.value(LEVEL)).toBe(99);
    plant.set(LEVEL, undefined);
    expect(plant.value(LEVEL)).toBeCloseTo(30, 1);
  });

  test('noise stays within what is said', async () => {
    const story = await storyOf(
      `plant: { tank.level: { at: { "06:00": 10 }, noise: 0.5 } }\n${NOTHING}`,
    );
    const plant = new MovingPlant(story, { seed: 1, holds: () => false });
    const values = Array.from({ length: 500 }, (_, n) => {
      plant.moveTo(seconds(n * 17));
      return Number(plant.value(LEVEL));
    });
    expect(Math.max(...values)).toBeLessThanOrEqual(10.5);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(9.5);
    expect(new Set(values).size).toBeGreaterThan(100);
  });
});

describe('moving in rounds and as text', () => {
  test('a round begins anew, and stands while something is set', async () => {
    const story = await storyOf(`plant:
  tank.level: { repeats: 20s, at: { "00:00": 4, "00:00:10": 8 } }
${NOTHING}`);
    const plant = new MovingPlant(story, { seed: 1, holds: () => false });
    const levels = [0, 5, 10, 20, 25].map((at) => {
      plant.moveTo(seconds(at));
      return plant.value(LEVEL);
    });
    expect(levels).toEqual([4, 6, 8, 4, 6]);
  });

  test('a text has its number in it, as many digits as it has places; a text alone is itself', async () => {
    const story = await storyOf(`plant:
  tank.serial: { text: "A7-####", at: { "06:00": 7, "06:01": 13 } }
${NOTHING}`);
    const plant = new MovingPlant(story, { seed: 1, holds: () => false });
    expect(plant.value(SERIAL)).toBe('A7-0007');
    plant.moveTo(seconds(20));
    expect(plant.value(SERIAL)).toBe('A7-0009');
    plant.set(SERIAL, 'none');
    expect(plant.value(SERIAL)).toBe('none');
    const still = new MovingPlant(await storyOf(`plant: { tank.serial: "x" }\n${NOTHING}`), {
      seed: 1,
      holds: () => false,
    });
    expect(still.value(SERIAL)).toBe('x');
  });
});

describe('judging', () => {
  const EXPECT = `acts: []
expect:
  - { at: "07:00", alarm: low, to: active }
  - { at: "07:00", until: "07:10", write: tank.pump, value: true }
  - { alarm: low, to: cleared }
  - { at: "07:30", tag: tank.level, min: 5, max: 6 }
  - { at: "07:40", field: tank.pump, shows: true }
`;
  const seen = { shots: new Map([[4, true]]), showed: () => undefined };

  async function judged(...events: readonly [minute: number, event: object][]) {
    const story = await storyOf(EXPECT);
    const arrivals = new Arrivals(['tank.level']);
    const at = (minute: number) => story.start + minutes(minute);
    const take = (device: string, quantity: string, minute: number, value: unknown) =>
      arrivals.take({ device, quantity, time: at(minute), value, quality: 'good' });
    take('tank', 'level', 80, 5.5);
    take('tank', 'level', 95, 50);
    for (const [minute, event] of events) {
      const isAlarm = 'change' in event;
      const text = JSON.stringify({
        time: at(minute),
        took_ms: 0,
        messages: { en: 'm' },
        ...event,
      });
      if (isAlarm) take('rules', 'alarm_event', minute, text);
      else take('commands', 'event', minute, text);
    }
    return storyOutcome(story, arrivals, seen);
  }
  const alarm = (change: string, id = 'low') => ({ id, change });
  const write = (outcome = 'verified', code?: string) => ({
    ...{ state: 'ended', tag: 'tank.pump', value: true, outcome, origin: 'rule', by: 'x', code },
  });
  const came = ({ expected }: Awaited<ReturnType<typeof judged>>) =>
    expected.map((one) => one.came);

  test('all in its order is true', async () => {
    const outcome = await judged([60, alarm('active')], [61, write()], [65, alarm('cleared')]);
    expect(came(outcome)).toEqual([true, true, true, true, true]);
    expect(isTrue(outcome)).toBe(true);
  });

  test('what arrived late counts by its own time, and what came before another is not behind it', async () => {
    const late = await judged([65, alarm('cleared')], [60, alarm('active')], [61, write()]);
    expect(isTrue(late)).toBe(true);
    const crossed = await judged([59, write()], [60, alarm('active')], [65, alarm('cleared')]);
    expect(came(crossed)).toEqual([true, false, true, true, true]);
  });

  test('too late, too early and too bad are not it', async () => {
    const outcome = await judged([62, alarm('active')], [71, write()], [80, alarm('cleared')]);
    expect(came(outcome)).toEqual([false, false, true, true, true]);
    const failed = await judged([60, alarm('active')], [61, write('failed', 'poll.line-down')]);
    expect(came(failed)).toEqual([true, false, false, true, true]);
    expect(failed.unexpected).toEqual(['tank.pump = true (rule x): failed [poll.line-down]']);
  });

  test('an alarm that nobody expects makes it untrue', async () => {
    const usual = [
      [60, alarm('active')],
      [61, write()],
      [65, alarm('cleared')],
    ] as const;
    const outcome = await judged(...usual.map(([at, of]): [number, object] => [at, of]), [
      70,
      alarm('active', 'high'),
    ]);
    expect(came(outcome)).not.toContain(false);
    expect([isTrue(outcome), outcome.unexpected]).toEqual([false, ['high active: m']]);
    const wished = await judged(...usual.map(([at, of]): [number, object] => [at, of]), [
      70,
      write('rejected', 'command.superseded'),
    ]);
    expect(isTrue(wished)).toBe(true);
  });

  test('values of a record may lie between two numbers; none at all is not between', async () => {
    const story = await storyOf(`acts: []
expect:
  - { at: "07:00", record: shift, values: { oee: { min: 0.6, max: 0.7 }, shift: 1 } }
`);
    expect(story.expected[0]?.text).toContain('oee: 0.6..0.7');
    const holdsWith = (oee: unknown) => {
      const arrivals = new Arrivals([]);
      const time = story.start + minutes(60);
      const value = JSON.stringify({ name: 'shift', values: { oee, shift: 1 } });
      arrivals.take({ device: 'rules', quantity: 'record_event', time, value, quality: 'good' });
      return isTrue(storyOutcome(story, arrivals, seen));
    };
    expect([0.65, 0.71, null].map(holdsWith)).toEqual([true, false, false]);
  });

  test('a value within a value is named by its path, one of several by its meter; a list is one text', async () => {
    const wanted = [
      'balance.loss: 3.4',
      'items.water.raw: 87.65',
      'missing: "gas, heat"',
      'items.gas.raw: 1',
      'nothing.at.all: 1',
    ];
    const values = {
      balance: { loss: '3.40' },
      missing: ['gas', 'heat'],
      items: [{ meter: 'gas' }, { meter: 'water', raw: '87.65' }],
    };
    const came = wanted.map(async (one) => {
      const story = await storyOf(
        `acts: []\nexpect: [ { at: "07:00", record: read, values: { ${one} } } ]\n`,
      );
      const arrivals = new Arrivals([]);
      const time = story.start + minutes(60);
      const value = JSON.stringify({ name: 'read', values });
      arrivals.take({ device: 'rules', quantity: 'record_event', time, value, quality: 'good' });
      return isTrue(storyOutcome(story, arrivals, seen));
    });
    expect(await Promise.all(came)).toEqual([true, true, true, false, false]);
  });

  test('a value stands since the time of the first sample that says so, to the millisecond and however late it came', async () => {
    const came = async (...samples: readonly [at: number, value: unknown][]) => {
      const story = await storyOf(`acts: []
expect: [ { at: "07:10", tag: tank.pump, is: false, since: "07:00:10.04" } ]
`);
      const arrivals = new Arrivals(['tank.pump']);
      for (const [at, value] of samples) {
        const time = story.start + at;
        arrivals.take({ device: 'tank', quantity: 'pump', time, value, quality: 'good' });
      }
      return isTrue(storyOutcome(story, arrivals, seen));
    };
    const [before, edge, later] = [3_600_000, 3_610_040, 3_700_000];
    expect(await came([before, true], [edge, false], [later, false])).toBe(true);
    expect(await came([later, false], [edge, false], [before, true])).toBe(true);
    expect(await came([before, true], [edge + 1, false])).toBe(false);
    expect(await came([before, false], [edge, false])).toBe(false);
    expect(await came([edge, false], [edge + 5, true], [later, false])).toBe(false);
  });

  test('of a day that is not over, what may still come is neither missing nor unexpected', async () => {
    const story = await storyOf(EXPECT);
    const arrivals = new Arrivals(['tank.level']);
    const time = story.start + minutes(60);
    const text = JSON.stringify({ id: 'low', change: 'active', messages: { en: 'm' } });
    arrivals.take({ device: 'rules', quantity: 'alarm_event', time, value: text, quality: 'good' });
    const playedTo = (minute: number) => storyOutcome(story, arrivals, seen, minutes(minute));
    expect(playedTo(60)).toEqual({ expected: [], unexpected: [] });
    expect(playedTo(61).expected.map((one) => one.came)).toEqual([true]);
    expect(playedTo(72).expected.map((one) => one.came)).toEqual([true, false]);
  });
});

test('what happens is told in the words of who watches', () => {
  const write = { kind: 'write', time: 0, write: 'relay.fan', value: true } as const;
  const ended = {
    ...write,
    outcome: 'rejected',
    origin: 'remote',
    by: 'li',
    code: 'command.owned',
  };
  expect(eventText(ended, 'en')).toBe('relay.fan = true (remote li): rejected [command.owned]');
  expect(eventText(ended, 'zh')).toBe('relay.fan = true (远程 li): 被拒绝 [command.owned]');
  const messages = { en: 'hot', zh: '过热' };
  const alarm = { kind: 'alarm', time: 0, alarm: 'oil', to: 'active', messages } as const;
  expect(eventText(alarm, 'zh')).toBe('oil 活动: 过热');
});
