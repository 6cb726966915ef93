import { expect, it } from 'vitest';
import type { DeviceConfig } from '../../../config/site.ts';
import type { Written } from '../../../drivers/driver.ts';
import { busName, deviceName, type Sample, type TagId } from '../../../gateway/model/sample.ts';
import { millis, utcMs } from '../../../gateway/model/units.ts';
import { RuleCommands } from '../../../gateway/rules/rule-commands.ts';
import { recordSample } from '../../../gateway/rules/rule-events.ts';
import type { CommandEffect } from '../../../rules/effect.ts';
import type { Plain } from '../../../rules/expression.ts';
import { manualClock } from '../../../rules/tests/manual-clock.ts';
import { derivedTag } from '../../support/rules-fixture.ts';

const press: DeviceConfig = {
  ...{ name: deviceName('press'), bus: busName('line'), protocol: 'modbus', options: {} },
  tags: (['read', 'write', 'read-write'] as const).map((access) => ({
    ...{ tag: derivedTag(`press.${access}`), addressText: '', address: access, scan: millis(1) },
    access,
  })),
};

const effectOf = (tag: string, value: Plain | null, text = ''): CommandEffect => ({
  ...{ kind: 'command', rule: 'hot', id: 'hot!1', at: 5, time: utcMs(7), value },
  tag: tag as TagId,
  causes: { inputs: [], expressions: [], before: 'off', after: `on${text}` },
});

function commands(written: Written | undefined) {
  const requests: unknown[] = [];
  const events: Sample[] = [];
  const ends: string[] = [];
  const made = new RuleCommands({
    devices: [press],
    busOf: () =>
      written && {
        write: async (device, request) => {
          requests.push([device, request.tag.id, request.address, request.value]);
          return written;
        },
      },
    clock: manualClock(utcMs(100)),
    store: (samples) => void events.push(...samples),
    onEnd: (id, outcome) => void ends.push(`${id} ${outcome}`),
  });
  const told = () => events.map(({ value }) => JSON.parse(String(value)));
  return { made, requests, events, ends, told };
}

const WRITTEN: Written = { outcome: 'written', turnaround: millis(1) };

it.each(['write', 'read-write'])(
  'sends to a tag with access %s, once, and stores what became of it',
  async (access) => {
    const { made, requests, ends, events, told } = commands(WRITTEN);
    made.send(effectOf(`press.${access}`, 5));
    await Promise.resolve();
    await Promise.resolve();
    expect(requests).toEqual([['press', `press.${access}`, access, 5]]);
    expect(ends).toEqual(['hot!1 written']);
    expect(events).toMatchObject([{ tag: 'rules.command_event', time: 7, quality: 'good' }]);
    expect(told()).toMatchObject([
      { rule: 'hot', id: 'hot!1', value: 5, outcome: 'written', causes: { after: 'on' } },
    ]);
    expect(made.counts()).toMatchObject({ written: 1, failed: 0 });
  },
);

it.each([
  ['an unknown value', 'press.write', null, WRITTEN, 'unsent', undefined],
  ['a tag that is only read', 'press.read', 1, WRITTEN, 'failed', 'poll.not-writable'],
  ['a tag that is none', 'press.nothing', 1, WRITTEN, 'failed', 'poll.not-writable'],
  ['a device without a bus', 'press.write', 1, undefined, 'failed', 'poll.not-writable'],
  [
    'a bus whose queue is full',
    'press.write',
    1,
    {
      outcome: 'failed',
      refusal: { code: 'poll.commands-full', details: {} },
      turnaround: undefined,
    },
    'failed',
    'poll.commands-full',
  ],
  [
    'an answer that did not come',
    'press.write',
    1,
    { outcome: 'unknown', turnaround: undefined },
    'unknown',
    undefined,
  ],
] as const)('%s is no secret', async (_what, tag, value, written, outcome, code) => {
  const { made, requests, ends, told } = commands(written);
  made.send(effectOf(tag, value));
  await Promise.resolve();
  await Promise.resolve();
  expect(ends).toEqual([`hot!1 ${outcome}`]);
  expect(told()[0]).toMatchObject({ outcome, ...(code && { code }) });
  expect('code' in told()[0]).toBe(code !== undefined);
  expect(requests).toHaveLength(tag === 'press.write' && value !== null && written ? 1 : 0);
});

it('what rules record is bounded', () => {
  const long = 'x'.repeat(100_000);
  const { causes } = effectOf('press.write', 1, long);
  const sample = recordSample(
    {
      ...{ kind: 'record', rule: 'hot', id: 'hot!2', at: 5, time: utcMs(7), name: 'peak' },
      values: { text: long, number: 3, unknown: null },
      causes,
    },
    'gateway',
  );
  const { values } = JSON.parse(String(sample.value));
  expect(values).toMatchObject({ number: 3, unknown: null });
  expect(String(sample.value).length).toBeLessThan(6_000);
});
