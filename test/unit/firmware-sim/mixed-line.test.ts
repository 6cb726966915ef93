/** One wire with stations of several protocols, at settings of their own, and what people do to wires. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asciiFrame, asciiStation } from '../../../firmware-sim/ascii-station.ts';
import { FRAMING_188, frame188 } from '../../../firmware-sim/cjt188-frame.ts';
import { meter188 } from '../../../firmware-sim/cjt188-meter.ts';
import { hasValidCrc, rtuFrame } from '../../../firmware-sim/crc.ts';
import { createDevice } from '../../../firmware-sim/device.ts';
import { FRAMING_645, frame645 } from '../../../firmware-sim/dlt645-frame.ts';
import { meter645 } from '../../../firmware-sim/dlt645-meter.ts';
import { Ear } from '../../../firmware-sim/ear.ts';
import { type LineManners, SimulatedLine } from '../../../firmware-sim/line.ts';
import { createImage, definePoint } from '../../../firmware-sim/registers.ts';
import { rtuStation } from '../../../firmware-sim/rtu-station.ts';
import type { WireSpeed } from '../../../firmware-sim/wire.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { millis, seconds } from '../../../gateway/model/units.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const FAST: WireSpeed = { baud: 9600, format: '8N1' };
const SLOW: WireSpeed = { baud: 2400, format: '8E1' };
const ELECTRICITY = '202411110002';
const WATER = '78331234567890';

const ask645 = frame645({ address: ELECTRICITY, control: 0x11, data: hex('00000100') });
const ask188 = frame188({ type: 0x10, address: WATER, control: 1, data: hex('901F05') });
const askRtu = rtuFrame(1, hex('0300000001'));

/** A Modbus device at the line's speed, an electricity and a water meter at another. */
const setUp = (manners: Partial<LineManners> = {}) => {
  const clock = virtualClock();
  const points = [definePoint({ name: 'one', table: 'holding', address: 0, type: 'uint16' })];
  const device = createDevice({
    name: 'plc',
    unit: 1,
    image: createImage(points, () => 4711),
    turnaround: millis(5),
  });
  const electricity = meter645(
    { name: 'e', address: ELECTRICITY, settings: SLOW, turnaround: millis(30) },
    clock,
  );
  const water = meter188(
    { name: 'w', type: 0x10, address: WATER, settings: SLOW, turnaround: millis(40) },
    clock,
  );
  const stations = [rtuStation(device), electricity, water];
  const line = new SimulatedLine({ ...FAST, ...manners, stations }, clock);
  const master = line.endpoint();
  const heard: { at: number; bytes: Buffer }[] = [];
  master.onData((bytes) => heard.push({ at: clock.mono(), bytes: Buffer.from(bytes) }));
  const take = () => Buffer.concat(heard.splice(0).map((piece) => piece.bytes));
  return {
    clock,
    line,
    master,
    device,
    electricity,
    water,
    heard,
    take,
    async exchange(request: Uint8Array, wait = seconds(2)) {
      master.write(request);
      await clock.advance(wait);
      return take();
    },
  };
};
const good = Buffer.from(rtuFrame(1, hex('03021267')));

test('each station answers at its own speed, and the others take no notice', async () => {
  const { master, exchange, line } = setUp();
  expect(await exchange(askRtu)).toEqual(good);
  expect(await exchange(ask645)).toHaveLength(0);
  master.tune(SLOW);
  expect((await exchange(ask645)).subarray(0, 12)).toEqual(hex('FEFEFEFE 68 020011112420 68'));
  expect((await exchange(ask188)).subarray(0, 13)).toEqual(hex('FEFEFEFE 68 10 90785634123378'));
  expect(await exchange(askRtu)).toHaveLength(0);
  master.tune({ baud: 2400, format: '8N1' });
  expect(await exchange(ask645)).toHaveLength(0);
  master.tune(FAST);
  expect(await exchange(askRtu)).toEqual(good);
  expect(line.stats()).toMatchObject({ requests: 7, answered: 4, ignored: 3, tooEarly: 0 });
});

test('the useful time is what a master needs that wastes nothing, whatever the protocol', async () => {
  const { clock, line, master } = setUp();
  const slow = 11 / 2.4;
  for (let round = 0; round < 3; round++) {
    master.tune(FAST);
    await clock.advance(millis(38_500 / 9600));
    master.write(askRtu);
    await clock.advance(millis(8 / 0.96 + 5 + 7 / 0.96));
    master.tune(SLOW);
    master.write(ask645);
    await clock.advance(millis((16 + 4 + 20) * slow + 30 + 38.5 / 2.4));
    master.write(ask188);
    await clock.advance(millis((16 + 4 + 35) * slow + 40 + 38.5 / 2.4));
  }
  expect(line.stats()).toMatchObject({ requests: 9, answered: 9, tooEarly: 0, ignored: 0 });
  expect(line.stats().usefulMs).toBeCloseTo(clock.mono(), 6);
});

test('only Modbus requests can come too early', async () => {
  const { clock, line, master, take } = setUp();
  master.tune(SLOW);
  master.write(ask645);
  await clock.advance(millis((16 + 4 + 20) * (11 / 2.4) + 30));
  master.write(ask188);
  await clock.advance(seconds(1));
  expect(line.stats()).toMatchObject({ answered: 2, tooEarly: 0 });
  master.tune(FAST);
  master.write(askRtu);
  await clock.advance(millis(8 / 0.96 + 5 + 7 / 0.96));
  expect(take().subarray(-7)).toEqual(good);
  master.write(askRtu);
  await clock.advance(seconds(1));
  expect(line.stats()).toMatchObject({ answered: 4, tooEarly: 1 });
});

test('a meter waits half a second for the next byte, and no longer', async () => {
  const { clock, master, take } = setUp();
  master.tune(SLOW);
  const inTwo = async (pause: number) => {
    master.write(ask645.subarray(0, 7));
    await clock.advance(millis(7 * (11 / 2.4) + pause));
    master.write(ask645.subarray(7));
    await clock.advance(seconds(2));
    return take().length;
  };
  expect(await inTwo(499)).toBe(24);
  expect(await inTwo(501)).toBe(0);
});

test('an answer that comes after the master has turned to another speed is garbage of its length in time', async () => {
  const { clock, master, electricity, take } = setUp();
  electricity.faults.set({ kind: 'late', delay: millis(800) });
  const lateTo = async (speed: WireSpeed) => {
    master.tune(SLOW);
    master.write(ask645);
    await clock.advance(millis(500));
    master.tune(speed);
    await clock.advance(seconds(2));
    return take();
  };
  const fast = await lateTo(FAST);
  // 24 characters of 4.6 ms are at most 105 of 1.04 ms.
  expect(fast.length).toBeGreaterThan(40);
  expect(fast.length).toBeLessThan(110);
  expect(fast.includes(hex('68020011112420'))).toBe(false);
  const wrongParity = await lateTo({ baud: 2400, format: '8N1' });
  expect(wrongParity.length).toBeLessThan(27);
  expect(wrongParity.includes(hex('68020011112420'))).toBe(false);
});

test('a meter that changes its rate answers at the old one first', async () => {
  const { master, exchange } = setUp();
  const change = frame645({ address: ELECTRICITY, control: 0x17, data: hex('20') });
  master.tune(SLOW);
  expect((await exchange(change)).subarray(-5)).toEqual(hex('97 01 53 23 16'));
  expect(await exchange(ask645)).toHaveLength(0);
  master.tune({ baud: 9600, format: '8E1' });
  expect(await exchange(ask645)).toHaveLength(24);
});

test('Modbus ASCII lives on the same wire as RTU', async () => {
  const clock = virtualClock();
  const points = [definePoint({ name: 'one', table: 'holding', address: 0, type: 'uint16' })];
  const of = (unit: number) =>
    createDevice({ name: `u${unit}`, unit, image: createImage(points, () => unit) });
  const stations = [rtuStation(of(1)), asciiStation(of(2))];
  const line = new SimulatedLine({ ...FAST, stations }, clock);
  const master = line.endpoint();
  let heard = Buffer.alloc(0);
  master.onData((bytes) => {
    heard = Buffer.concat([heard, bytes]);
  });
  expect(Buffer.from(asciiFrame(1, hex('0300000002'))).toString()).toBe(':010300000002FA\r\n');
  for (const [request, reply] of [
    [asciiFrame(2, hex('0300000001')), asciiFrame(2, hex('03020002'))],
    [rtuFrame(1, hex('0300000001')), rtuFrame(1, hex('03020001'))],
    [asciiFrame(2, hex('0300000009')), asciiFrame(2, hex('8302'))],
    [Buffer.from(':020300000001FF\r\n'), Buffer.alloc(0)],
    [asciiFrame(1, hex('0300000001')), Buffer.alloc(0)],
  ] as const) {
    heard = Buffer.alloc(0);
    master.write(request);
    await clock.advance(seconds(1));
    expect(heard).toEqual(Buffer.from(reply));
  }
});

test('a babbling station is heard between the answers, spoils some, and stops when it is well', async () => {
  const { clock, electricity, exchange, take, line } = setUp();
  const babbling = async () => {
    let spoilt = 0;
    for (let round = 0; round < 50; round++) {
      const bytes = await exchange(askRtu, millis(100));
      if (!bytes.equals(good)) spoilt++;
    }
    return spoilt;
  };
  expect(await babbling()).toBe(0);
  electricity.faults.set({ kind: 'babble', every: millis(60) });
  expect(await babbling()).toBeGreaterThan(10);
  expect(electricity.faults.counts().babble).toBeGreaterThan(20);
  expect(line.stats().collisions).toBeGreaterThan(3);
  electricity.faults.set({ kind: 'babble', every: millis(0) });
  expect(await babbling()).toBe(50);
  electricity.faults.set(undefined);
  await clock.advance(seconds(1));
  take();
  expect(await babbling()).toBe(0);
});

test('two stations of one address spoil each other', async () => {
  const { device, exchange, line } = setUp();
  device.faults.set('collision');
  for (let round = 0; round < 20; round++) expect(hasValidCrc(await exchange(askRtu))).toBe(false);
  expect(line.stats()).toMatchObject({ answered: 0, collisions: 20 });
  expect(device.faults.counts()).toEqual({ collision: 20 });
});

test('a second master is heard with its requests and their answers', async () => {
  const { clock, line, take, exchange } = setUp();
  line.adjust({ secondMaster: { every: seconds(1), requests: [askRtu] } });
  await clock.advance(millis(2_500));
  expect(take()).toEqual(Buffer.concat([askRtu, good, askRtu, good]));
  line.adjust({ secondMaster: undefined });
  expect(await exchange(askRtu)).toEqual(good);
});

test('with swapped wires nobody hears anybody, and the master hears its own driver switch', async () => {
  const { line, exchange } = setUp();
  line.adjust({ isSwapped: true });
  const glitches = await exchange(askRtu);
  expect(glitches).toHaveLength(2);
  expect([...glitches].every((byte) => byte === 0 || byte === 0xff)).toBe(true);
  expect(line.stats()).toMatchObject({ requests: 1, ignored: 1, answered: 0 });
  line.adjust({ isSwapped: false });
  expect(await exchange(askRtu)).toEqual(good);
});

test('an adapter with a latency timer hands bytes over at its turns', async () => {
  const { heard, line, exchange, clock, master } = setUp({ adapterLatency: millis(16) });
  master.write(askRtu);
  await clock.advance(seconds(1));
  expect(heard.length).toBeGreaterThan(0);
  expect(heard.every(({ at }) => at % 16 === 0)).toBe(true);
  heard.splice(0);
  line.adjust({ adapterLatency: millis(0), echo: true });
  expect(await exchange(askRtu)).toEqual(Buffer.concat([askRtu, good]));
});

const noise = fc.uint8Array({ maxLength: 20 });
test.each([
  [
    'DL/T 645',
    FRAMING_645,
    [ask645, frame645({ address: '999999999999', control: 8, data: hex('') })],
  ],
  [
    'CJ/T 188',
    FRAMING_188,
    [ask188, frame188({ type: 0xaa, address: WATER, control: 3, data: hex('810A00') })],
  ],
] as const)('%s frames are found in any pieces', (_name, framing, frames) => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(1), { minLength: 1, maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
      (which, cuts) => {
        const sent = which.map((n) => frames[n] ?? frames[0]);
        const stream = Buffer.concat(sent.flatMap((frame) => [hex('FEFEFE'), frame]));
        const ear = new Ear(framing, []);
        const found: Uint8Array[] = [];
        for (let from = 0, turn = 0; from < stream.length; turn++) {
          const to = from + (cuts[turn % cuts.length] ?? 1);
          const bytes = stream.subarray(from, to);
          const part = {
            from: {},
            speed: SLOW,
            character: 1,
            bytes,
            start: from,
            end: from + bytes.length,
          };
          found.push(...ear.hear({ ...part, isGarbled: false }).map((frame) => frame.bytes));
          from = to;
        }
        expect(found.map((frame) => Buffer.from(frame).toString('hex'))).toEqual(
          sent.map((frame) => Buffer.from(frame).toString('hex')),
        );
      },
    ),
    { numRuns: 200 },
  );
});

test('noise in front of a frame never hides it', () => {
  fc.assert(
    fc.property(noise, (before) => {
      const stream = Buffer.concat([before, ask645]);
      const { from, to } = FRAMING_645.find(stream);
      expect(stream.subarray(from, to)).toEqual(Buffer.from(ask645));
    }),
    { numRuns: 500 },
  );
});
