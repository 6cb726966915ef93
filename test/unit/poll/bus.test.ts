import { expect, test } from 'vitest';
import type { Group, Reading, Session, Written } from '../../../drivers/driver.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { seededRandom } from '../../../gateway/host/random.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { deviceName, type Sample, tagId } from '../../../gateway/model/sample.ts';
import type { Tag } from '../../../gateway/model/tag.ts';
import { millis, seconds } from '../../../gateway/model/units.ts';
import { Bus } from '../../../gateway/poll/bus.ts';
import { MOST_WAITING } from '../../../gateway/poll/commands.ts';
import { scriptedLine } from '../../support/scripted-line.ts';

const tag = (device: string, quantity: string): Tag => ({
  index: 0,
  id: tagId(device, quantity),
  device: deviceName(device),
  quantity,
  unit: undefined,
  decimals: undefined,
  report: { deadband: undefined, heartbeat: undefined },
});
const group = (label: string, ...quantities: string[]): Group => ({
  label,
  scan: seconds(10),
  tags: quantities.map((quantity) => tag('plc', quantity)),
  cost: { requestBytes: 8, replyBytes: 8 },
});
const good = (of: Group): Sample[] =>
  of.tags.map(({ id }) => ({
    tag: id,
    value: 1,
    quality: 'good',
    time: 0 as Sample['time'],
    timeBasis: 'gateway',
  }));
const answered = (of: Group, more: Partial<Reading> = {}): Reading => ({
  samples: good(of),
  outcome: 'answered',
  turnaround: millis(5),
  ...more,
});

type Play = Partial<Pick<Session, 'write' | 'readBurst' | 'burst' | 'relearn'>> & {
  readonly read: (group: Group, at: number) => Reading;
};

/** A bus with one device whose session does as it is told; a read takes 40 ms. */
function setup(play: Play, groups: readonly Group[]) {
  const clock = virtualClock();
  const line = scriptedLine(clock);
  const asked: { readonly label: string; readonly at: number }[] = [];
  const { read, ...rest } = play;
  const session: Session = {
    patience: millis(500),
    silence: millis(0),
    gap: millis(0),
    async read(one) {
      const at = clock.mono();
      asked.push({ label: one.label, at });
      await new Promise<void>((done) => void clock.at('test.read', (at + 40) as typeof at, done));
      return read(one, at);
    },
    async close() {},
    ...rest,
  };
  const samples: Sample[] = [];
  const bus = new Bus({
    name: 'line',
    line,
    devices: [
      { name: 'plc', unit: 'modbus 1', session, groups, settings: undefined, timing: undefined },
    ],
    silentShare: 0.05,
    clock,
    log: silentLog,
    random: seededRandom(1),
    emit: (some) => samples.push(...some),
    onLateness: () => {},
  });
  /** Lets a read under way come to its end. */
  const stop = async () => {
    const stopped = bus.stop();
    await clock.advance(seconds(1));
    await stopped;
  };
  return { clock, bus, stop, asked, samples };
}

const written: Written = { outcome: 'written', turnaround: millis(5) };
const request = (quantity: string) => ({ tag: tag('plc', quantity), address: 0, value: 1 });

test('a command goes before every waiting poll, and its tag is read again at once', async () => {
  const groups = ['a', 'b', 'c'].map((name) => group(name, name));
  let wroteAt = Number.NaN;
  const { clock, stop, bus, asked } = setup(
    {
      read: (one) => answered(one),
      write: async () => {
        wroteAt = clock.mono();
        return written;
      },
    },
    groups,
  );
  await bus.start();
  await clock.advance(millis(10));
  const outcome = bus.write('plc', request('c'));
  await clock.advance(seconds(1));
  expect(await outcome).toEqual(written);
  expect(wroteAt).toBe(40);
  expect(asked.map(({ label }) => label)).toEqual(['a', 'c', 'b']);
  const again = bus.write('plc', request('a'));
  await clock.advance(millis(100));
  await again;
  expect(asked.map(({ label }) => label)).toEqual(['a', 'c', 'b', 'a']);
  await stop();
});

test('an idle bus wakes up for a command', async () => {
  let wroteAt = Number.NaN;
  const { clock, stop, bus } = setup(
    {
      read: (one) => answered(one),
      write: async () => {
        wroteAt = clock.mono();
        return written;
      },
    },
    [group('a', 'a')],
  );
  await bus.start();
  await clock.advance(seconds(3));
  const outcome = bus.write('plc', request('a'));
  await clock.advance(millis(1));
  await outcome;
  expect(wroteAt).toBe(3000);
  await stop();
});

test('a write that was not answered is unknown, and sent once', async () => {
  let sent = 0;
  const { clock, stop, bus } = setup(
    {
      read: (one) => answered(one),
      write: async () => {
        sent++;
        return { outcome: 'unknown', turnaround: undefined };
      },
    },
    [group('a', 'a')],
  );
  await bus.start();
  await clock.advance(seconds(1));
  const outcome = bus.write('plc', request('a'));
  await clock.advance(seconds(60));
  expect(await outcome).toMatchObject({ outcome: 'unknown' });
  expect(sent).toBe(1);
  await stop();
});

test('a write during which the line is lost is unknown; one that waits behind it has failed', async () => {
  const { clock, stop, bus } = setup(
    {
      read: (one) => answered(one),
      write: async () => {
        throw new Error('the port is gone');
      },
    },
    [group('a', 'a')],
  );
  await bus.start();
  await clock.advance(seconds(1));
  const first = bus.write('plc', request('a'));
  const second = bus.write('plc', request('a'));
  await clock.advance(millis(1));
  expect(await first).toMatchObject({ outcome: 'unknown', refusal: { code: 'poll.line-down' } });
  expect(await second).toMatchObject({ outcome: 'failed', refusal: { code: 'poll.line-down' } });
  expect(await bus.write('plc', request('a'))).toMatchObject({
    outcome: 'failed',
    refusal: { code: 'poll.line-down' },
  });
  await stop();
});

test('a device without a way to write, a crowd of commands and a stopped bus are told so', async () => {
  const { clock, stop, bus } = setup({ read: (one) => answered(one) }, [group('a', 'a')]);
  await bus.start();
  await clock.advance(millis(10));
  const crowd = Array.from({ length: MOST_WAITING + 1 }, () => bus.write('plc', request('a')));
  expect(await crowd.at(-1)).toMatchObject({ refusal: { code: 'poll.commands-full' } });
  await stop();
  expect(await crowd[0]).toMatchObject({ refusal: { code: 'poll.bus-stopped' } });
  const second = setup({ read: (one) => answered(one) }, [group('a', 'a')]);
  await second.bus.start();
  await second.clock.advance(seconds(1));
  const refused = second.bus.write('plc', request('a'));
  await second.clock.advance(millis(100));
  expect(await refused).toMatchObject({
    outcome: 'failed',
    refusal: { code: 'poll.not-writable' },
  });
  await second.stop();
});

test('what a driver learnt takes the place of the group, at once and then in its scan class', async () => {
  const whole = group('a..z', 'a', 'z');
  const parts = [group('a', 'a'), group('z', 'z')];
  const { clock, stop, bus, asked, samples } = setup(
    {
      read: (one) =>
        one === whole ? answered(one, { samples: [], regroup: parts }) : answered(one),
    },
    [whole],
  );
  await bus.start();
  await clock.advance(seconds(25));
  expect(asked).toEqual([
    { label: 'a..z', at: 0 },
    { label: 'a', at: 40 },
    { label: 'z', at: 80 },
    { label: 'a', at: 10_000 },
    { label: 'z', at: 10_040 },
    { label: 'a', at: 20_000 },
    { label: 'z', at: 20_040 },
  ]);
  expect(samples).toHaveLength(6);
  await stop();
});

test('a device says itself when it wants to be asked again, sooner or later than its scan class', async () => {
  const { clock, stop, bus, asked } = setup(
    {
      read: (one, at) => {
        if (at < 1_000) return answered(one, { again: millis(100) });
        return at < 20_000 ? answered(one, { again: seconds(30) }) : answered(one);
      },
    },
    [group('a', 'a')],
  );
  await bus.start();
  await clock.advance(seconds(65));
  const times = asked.map(({ at }) => at);
  expect(times.slice(0, 3)).toEqual([0, 140, 280]);
  expect(times.slice(-3)).toEqual([40_000, 50_000, 60_000]);
  await stop();
});

test('one miss is repeated soon, not in the next slot', async () => {
  const { clock, stop, bus, asked } = setup(
    {
      read: (one, at) =>
        at === 10_000 ? { samples: [], outcome: 'silent', turnaround: undefined } : answered(one),
    },
    [group('a', 'a')],
  );
  await bus.start();
  await clock.advance(seconds(21));
  expect(asked.map(({ at }) => at)).toEqual([0, 10_000, 10_540, 20_000]);
  await stop();
});

test('a device that takes a burst is read in one go', async () => {
  const groups = ['a', 'b', 'c', 'd', 'e'].map((name) => group(name, name));
  const bursts: number[] = [];
  const { clock, stop, bus, asked } = setup(
    {
      read: (one) => answered(one),
      burst: 3,
      readBurst: async (some) => {
        bursts.push(some.length);
        return some.map((one) => answered(one));
      },
    },
    groups,
  );
  await bus.start();
  await clock.advance(millis(1));
  expect(bursts.length + asked.length).toBeGreaterThan(0);
  await clock.advance(seconds(12));
  expect(bursts.every((size) => size <= 3)).toBe(true);
  expect(Math.max(...bursts)).toBeGreaterThan(1);
  await stop();
});

test('a unit that comes back starts again with what its driver planned at first', async () => {
  const whole = group('a..z', 'a', 'z');
  const parts = [group('a', 'a'), group('z', 'z')];
  let learnt = false;
  const { clock, stop, bus, asked } = setup(
    {
      read: (one, at) => {
        if (at > 5_000 && at < 60_000)
          return { samples: [], outcome: 'silent', turnaround: undefined };
        if (one !== whole) return answered(one);
        learnt = true;
        return answered(one, { samples: [], regroup: parts });
      },
      relearn: () => (learnt ? [whole] : undefined),
    },
    [whole],
  );
  await bus.start();
  await clock.advance(seconds(150));
  const whenWhole = asked.filter(({ label }) => label === 'a..z').map(({ at }) => at);
  expect(whenWhole).toHaveLength(2);
  expect(whenWhole[1]).toBeGreaterThan(60_000);
  await stop();
});
