/** A slow line that hears of a write before it comes. */
import { expect, test } from 'vitest';
import type { Group, Session, Written } from '../../../drivers/driver.ts';
import type { SerialSettings } from '../../../drivers/line/line.ts';
import { serialTiming } from '../../../drivers/line/serial-timing.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { seededRandom } from '../../../gateway/host/random.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { deviceName, tagId } from '../../../gateway/model/sample.ts';
import type { Tag } from '../../../gateway/model/tag.ts';
import { millis, monoMs } from '../../../gateway/model/units.ts';
import { Bus } from '../../../gateway/poll/bus.ts';
import { scriptedLine } from '../../support/scripted-line.ts';

const tag: Tag = {
  ...{ index: 0, id: tagId('plc', 'pump'), device: deviceName('plc'), quantity: 'pump' },
  ...{
    unit: undefined,
    decimals: undefined,
    report: { deadband: undefined, heartbeat: undefined },
  },
};
const group: Group = {
  ...{ label: 'all', scan: millis(10), tags: [tag] },
  cost: { requestBytes: 8, replyBytes: 8 },
};
const settings: SerialSettings = { baud: 9600, format: '8N1' };
const written: Written = { outcome: 'written', turnaround: millis(5) };

/** A line that is read again and again, 40 ms each time. */
async function saturated({ isSlow }: { readonly isSlow: boolean }) {
  const clock = virtualClock();
  const said: string[] = [];
  const session: Session = {
    ...{ patience: millis(500), silence: millis(0), gap: millis(0) },
    async read() {
      said.push(`${clock.mono()} read`);
      await new Promise<void>(
        (done) => void clock.at('test.read', monoMs(clock.mono() + 40), done),
      );
      return { samples: [], outcome: 'answered', turnaround: millis(1) };
    },
    async write() {
      said.push(`${clock.mono()} write`);
      return written;
    },
    async close() {},
  };
  const timing = isSlow ? serialTiming(settings) : undefined;
  const bus = new Bus<Group>({
    ...{ name: 'line', line: scriptedLine(clock), clock, log: silentLog, random: seededRandom(1) },
    devices: [
      { name: 'plc', unit: 'modbus 1', groups: [group], session, timing, settings: undefined },
    ],
    ...{ silentShare: 0.05, emit: () => {}, onLateness: () => {} },
  });
  await bus.start();
  await clock.advance(millis(30));
  said.length = 0;
  return { bus, clock, said, began: clock.mono() };
}

const write = { tag, address: 0, value: 1 };

test('begins nothing new until the write comes', async () => {
  const { bus, clock, said } = await saturated({ isSlow: true });
  bus.expect('plc');
  await clock.advance(millis(30));
  expect(said).toEqual([]);
  const ended = bus.write('plc', write);
  await clock.advance(millis(1));
  expect(await ended).toEqual(written);
  expect(said[0]).toMatch(/write$/);
  expect(said[1]).toMatch(/read$/);
});

test('goes on reading when the write does not come', async () => {
  const { bus, clock, said, began } = await saturated({ isSlow: true });
  bus.expect('plc');
  await clock.advance(millis(60));
  expect(said).toEqual([`${began + 50} read`]);
});

test('is not kept from its polls by announcements alone', async () => {
  const { bus, clock, said } = await saturated({ isSlow: true });
  for (let ms = 0; ms < 1_000; ms += 10) {
    bus.expect('plc');
    await clock.advance(millis(10));
  }
  expect(said.length).toBeGreaterThan(18);
});

test('a fast connection does not wait', async () => {
  const { bus, clock, said } = await saturated({ isSlow: false });
  bus.expect('plc');
  await clock.advance(millis(30));
  expect(said.length).toBe(1);
});
