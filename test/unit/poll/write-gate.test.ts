/** The last look at a write: with the line reserved, before the first byte. */
import { describe, expect, test } from 'vitest';
import type { Group, Session, WatchSession, Written } from '../../../drivers/driver.ts';
import type { SerialSettings } from '../../../drivers/line/line.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { seededRandom } from '../../../gateway/host/random.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { deviceName, tagId } from '../../../gateway/model/sample.ts';
import type { Tag } from '../../../gateway/model/tag.ts';
import { millis, monoMs, seconds } from '../../../gateway/model/units.ts';
import { Bus } from '../../../gateway/poll/bus.ts';
import type { FieldBus, Withheld } from '../../../gateway/poll/bus-facts.ts';
import { WatchedBus } from '../../../gateway/poll/watched-bus.ts';
import { scriptedLine } from '../../support/scripted-line.ts';

const tag: Tag = {
  index: 0,
  id: tagId('plc', 'pump'),
  device: deviceName('plc'),
  quantity: 'pump',
  unit: undefined,
  decimals: undefined,
  report: { deadband: undefined, heartbeat: undefined },
};
const group: Group = {
  label: 'all',
  scan: seconds(10),
  tags: [tag],
  cost: { requestBytes: 8, replyBytes: 8 },
};
const request = { tag, address: 0, value: 1 };
const written: Written = { outcome: 'written', turnaround: millis(5) };
const expired: Withheld = {
  outcome: 'expired',
  refusal: { code: 'poll.bus-stopped', details: {} },
  turnaround: undefined,
};
const settings: SerialSettings = { baud: 9600, format: '8N1' };

/** A bus of either kind whose device tells what happens to it. */
function setUp(kind: 'polled' | 'watched') {
  const clock = virtualClock();
  const said: string[] = [];
  const session: WatchSession = {
    patience: millis(500),
    silence: millis(20),
    gap: millis(0),
    async read() {
      said.push('read');
      await new Promise<void>(
        (done) => void clock.at('test.read', monoMs(clock.mono() + 40), done),
      );
      return { samples: [], outcome: 'answered', turnaround: millis(1) };
    },
    async write() {
      said.push('write');
      return written;
    },
    watch: (_groups, _watcher, signal) =>
      new Promise((resolve) => void signal.addEventListener('abort', () => resolve())),
    async close() {},
  };
  const common = { name: 'line', clock, log: silentLog, random: seededRandom(1), emit: () => {} };
  const line = scriptedLine(clock);
  const polled = (): FieldBus =>
    new Bus<Group>({
      ...common,
      line,
      devices: [
        {
          ...{ name: 'plc', unit: 'modbus 1', groups: [group], timing: undefined, settings },
          session: session satisfies Session,
        },
      ],
      silentShare: 0.05,
      onLateness: () => {},
    });
  const watched = (): FieldBus =>
    new WatchedBus<Group>({
      ...common,
      link: { resource: 'test', connect: async () => {}, close: async () => {} },
      devices: [{ name: deviceName('plc'), session, groups: [group] }],
      onAlarm: () => {},
      onStanding: () => {},
    });
  const bus = kind === 'polled' ? polled() : watched();
  return { clock, bus, said, line };
}

describe.each(['polled', 'watched'] as const)('the gate of a %s bus', (kind) => {
  test('is asked once, right before the write, and lets it out', async () => {
    const { clock, bus, said } = setUp(kind);
    await bus.start();
    await clock.advance(seconds(1));
    said.length = 0;
    const outcome = bus.write('plc', request, () => void said.push('gate'));
    await clock.advance(millis(100));
    expect(await outcome).toEqual(written);
    expect(said.slice(0, 2)).toEqual(['gate', 'write']);
    expect(said.filter((what) => what === 'gate')).toHaveLength(1);
    void bus.stop();
    await clock.advance(seconds(1));
  });

  test('has the last word: what it holds back is not sent, and the bus goes on', async () => {
    const { clock, bus, said } = setUp(kind);
    await bus.start();
    await clock.advance(seconds(1));
    const held = bus.write('plc', request, () => expired);
    await clock.advance(millis(100));
    expect(await held).toEqual(expired);
    expect(said).not.toContain('write');
    const next = bus.write('plc', request, () => undefined);
    await clock.advance(millis(100));
    expect(await next).toEqual(written);
    void bus.stop();
    await clock.advance(seconds(1));
  });

  test('is not asked where there is nothing to write to', async () => {
    const { clock, bus, said } = setUp(kind);
    await bus.start();
    await clock.advance(seconds(1));
    const outcome = bus.write('nobody', request, () => void said.push('gate'));
    await clock.advance(millis(100));
    expect(await outcome).toMatchObject({ outcome: 'failed' });
    expect(said).not.toContain('gate');
    void bus.stop();
    await clock.advance(seconds(1));
  });
});

test('the gate is asked behind the read under way, when the line is the write’s own', async () => {
  const { clock, bus, said } = setUp('polled');
  await bus.start();
  await clock.advance(millis(40));
  let askedAt = Number.NaN;
  const outcome = bus.write('plc', request, () => {
    askedAt = clock.mono();
    return undefined;
  });
  await clock.advance(seconds(1));
  await outcome;
  expect(said.slice(0, 2)).toEqual(['read', 'write']);
  expect(askedAt).toBeGreaterThanOrEqual(60);
  void bus.stop();
  await clock.advance(seconds(1));
});
