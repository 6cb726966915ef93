import { describe, expect, test } from 'vitest';
import type {
  Group,
  Link,
  Watcher,
  WatchSession,
  WriteRequest,
  Written,
} from '../../../drivers/driver.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { deviceName, type Sample, tagId } from '../../../gateway/model/sample.ts';
import type { Tag } from '../../../gateway/model/tag.ts';
import { millis, seconds } from '../../../gateway/model/units.ts';
import { WatchedBus } from '../../../gateway/poll/watched-bus.ts';

const tag: Tag = {
  index: 0,
  id: tagId('plc', 'a'),
  device: deviceName('plc'),
  quantity: 'a',
  unit: undefined,
  decimals: undefined,
  report: { deadband: undefined, heartbeat: undefined },
};
const group: Group = {
  label: 'all',
  scan: millis(100),
  tags: [tag],
  cost: { requestBytes: 0, replyBytes: 0 },
};

const written: Written = { outcome: 'written', turnaround: undefined };

/** A link and one device on it, played by the test. */
function setUp({ isAbsent = false } = {}) {
  const clock = virtualClock();
  const said: string[] = [];
  const samples: Sample[] = [];
  let absent = isAbsent;
  let watcher: Watcher | undefined;
  let lose: (reason: Error) => void = () => {};
  const link: Link = {
    resource: 'test',
    connect: async () => {
      said.push('connect');
      if (absent) throw new Error('nobody there');
    },
    close: async (forGood) => {
      said.push(forGood ? 'close for good' : 'close');
    },
    facts: () => ({ sessions: 1 }),
  };
  const writes: WriteRequest[] = [];
  let write = async (request: WriteRequest): Promise<Written> => {
    writes.push(request);
    return written;
  };
  const session: WatchSession = {
    patience: millis(1_000),
    silence: millis(0),
    gap: millis(0),
    read: () => Promise.reject(new Error('not read here')),
    write: (request) => write(request),
    watch: (_groups, with_, signal) =>
      new Promise((resolve, reject) => {
        said.push('watch');
        watcher = with_;
        lose = reject;
        signal.addEventListener('abort', () => resolve());
      }),
    close: async () => {
      said.push('session closed');
    },
  };
  const bus = new WatchedBus({
    name: 'plc',
    link,
    devices: [{ name: deviceName('plc'), session, groups: [group] }],
    clock,
    log: silentLog,
    random: () => 1,
    emit: (batch) => samples.push(...batch),
    onAlarm: (device, { id }) => said.push(`alarm ${id} of ${device}`),
    onStanding: () => {},
  });
  const report = (value: number) => {
    const sample = { tag: tag.id, value, quality: 'good', time: clock.utc() } as const;
    watcher?.samples([{ ...sample, timeBasis: 'source' }]);
  };
  return {
    clock,
    bus,
    said,
    samples,
    writes,
    report,
    lose: (reason: string) => lose(new Error(reason)),
    come: () => {
      absent = false;
    },
    onWrite: (then: typeof write) => {
      write = then;
    },
  };
}

const request: WriteRequest = { tag, address: 'a', value: 1 };

describe('a bus whose devices report by themselves', () => {
  test('connects, watches and hands over what comes', async () => {
    const { bus, clock, said, samples, report } = setUp();
    await bus.start();
    await clock.advance(millis(1));
    report(5);
    expect(said).toEqual(['connect', 'watch']);
    expect(samples).toMatchObject([{ value: 5, quality: 'good' }]);
    expect(bus.facts()).toMatchObject({
      line: 'open',
      devices: [{ name: 'plc', state: 'up', polls: 1 }],
      link: { sessions: 1 },
    });
    await bus.stop();
    expect(said.slice(2)).toEqual(['session closed', 'close for good']);
  });

  test('marks everything bad when the link is lost, and opens it again, each time later', async () => {
    const { bus, clock, said, samples, report, lose } = setUp();
    await bus.start();
    await clock.advance(millis(1));
    report(5);
    lose('cable');
    await clock.advance(millis(1));
    expect(samples.at(-1)).toMatchObject({ value: null, quality: 'bad:comm' });
    expect(bus.facts()).toMatchObject({ line: 'waiting', lastError: 'cable' });
    expect(said).toEqual(['connect', 'watch', 'close']);
    await clock.advance(seconds(1));
    expect(said.slice(3)).toEqual(['connect', 'watch']);
    lose('cable');
    await clock.advance(millis(1_500));
    expect(said.slice(5)).toEqual(['close']);
    await clock.advance(millis(600));
    expect(said.slice(6)).toEqual(['connect', 'watch']);
    await bus.stop();
  });

  test('says once that an absent server is absent, and waits for it', async () => {
    const { bus, clock, said, samples, come, report } = setUp({ isAbsent: true });
    await bus.start();
    await clock.advance(seconds(200));
    expect(samples).toHaveLength(1);
    expect(samples[0]).toMatchObject({ quality: 'bad:comm' });
    const attempts = said.filter((what) => what === 'connect').length;
    expect(attempts).toBeGreaterThan(6);
    expect(attempts).toBeLessThan(12);
    come();
    await clock.advance(seconds(30));
    report(7);
    expect(bus.facts().devices[0]).toMatchObject({ state: 'up', silent: 1 });
    expect(bus.facts().lastError).toBeUndefined();
    await bus.stop();
  });

  test('begins anew with the pauses once something came', async () => {
    const { bus, clock, said, report, lose } = setUp();
    await bus.start();
    for (let i = 0; i < 5; i++) {
      await clock.advance(seconds(2));
      report(i);
      lose('again');
    }
    await clock.advance(seconds(2));
    expect(said.filter((what) => what === 'connect')).toHaveLength(6);
    await bus.stop();
  });

  test('writes while the link is open and keeps nothing for later', async () => {
    const { bus, clock, writes, lose } = setUp();
    expect(await bus.write('plc', request)).toMatchObject({ outcome: 'failed' });
    await bus.start();
    await clock.advance(millis(1));
    expect(await bus.write('plc', request)).toEqual(written);
    expect(await bus.write('nobody', request)).toMatchObject({
      outcome: 'failed',
      refusal: { code: 'poll.not-writable' },
    });
    lose('cable');
    await clock.advance(millis(1));
    expect(await bus.write('plc', request)).toMatchObject({
      outcome: 'failed',
      refusal: { code: 'poll.line-down' },
    });
    expect(writes).toHaveLength(1);
    await bus.stop();
  });

  test('does not know what became of a write that the link was lost over', async () => {
    const { bus, clock, onWrite } = setUp();
    onWrite(() => Promise.reject(new Error('lost')));
    await bus.start();
    await clock.advance(millis(1));
    expect(await bus.write('plc', request)).toMatchObject({ outcome: 'unknown' });
    await bus.stop();
  });

  test('takes no more than a few writes at once', async () => {
    const { bus, clock, onWrite } = setUp();
    onWrite(() => new Promise(() => {}));
    await bus.start();
    await clock.advance(millis(1));
    for (let i = 0; i < 32; i++) void bus.write('plc', request);
    expect(await bus.write('plc', request)).toMatchObject({
      outcome: 'failed',
      refusal: { code: 'poll.commands-full' },
    });
    await bus.stop();
  });

  test('shows the watchdog that it lives while nothing happens', async () => {
    const { bus, clock } = setUp();
    await bus.start();
    await clock.advance(seconds(3_600));
    expect(clock.mono() - bus.lastProgress()).toBeLessThan(6_000);
    await bus.stop();
  });
});
