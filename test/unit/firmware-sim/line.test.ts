import { expect, test } from 'vitest';
import { hasValidCrc, rtuFrame } from '../../../firmware-sim/crc.ts';
import {
  createDevice,
  type DeviceOptions,
  type SimulatedDevice,
} from '../../../firmware-sim/device.ts';
import { type LineOptions, SimulatedLine } from '../../../firmware-sim/line.ts';
import { createImage, definePoint } from '../../../firmware-sim/registers.ts';
import { rtuStation } from '../../../firmware-sim/rtu-station.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { millis, seconds } from '../../../gateway/model/units.ts';

const points = Array.from({ length: 20 }, (_, address) =>
  definePoint({ name: `r${address}`, table: 'holding', address, type: 'uint16', writable: true }),
);

/** Twenty holding registers that hold their own address plus 100 times the unit. */
const deviceOf = (unit: number, options: Partial<DeviceOptions> = {}) =>
  createDevice({
    name: `device ${unit}`,
    unit,
    image: createImage(points, (point) => unit * 100 + point.address),
    turnaround: millis(5),
    ...options,
  });

const setUp = ({
  devices = [deviceOf(1), deviceOf(2)],
  ...options
}: Partial<LineOptions> & { readonly devices?: readonly SimulatedDevice[] } = {}) => {
  const clock = virtualClock();
  const stations = [...devices.map((device) => rtuStation(device)), ...(options.stations ?? [])];
  const line = new SimulatedLine({ baud: 9600, format: '8N1', ...options, stations }, clock);
  const endpoint = line.endpoint();
  const heard: { at: number; bytes: Buffer }[] = [];
  endpoint.onData((bytes) => heard.push({ at: clock.mono(), bytes: Buffer.from(bytes) }));
  return {
    clock,
    line,
    endpoint,
    heard,
    devices,
    /** Everything heard since the last call. */
    take: () => Buffer.concat(heard.splice(0).map((piece) => piece.bytes)),
  };
};

const readRequest = (unit: number, count: number) =>
  rtuFrame(unit, Uint8Array.of(3, 0, 0, 0, count));
const reply = (unit: number, count: number) => {
  const data = Array.from({ length: count }, (_, n) => [
    (unit * 100 + n) >> 8,
    (unit * 100 + n) & 255,
  ]);
  return Buffer.from(rtuFrame(unit, Uint8Array.from([3, count * 2, ...data.flat()])));
};
const bitsAt = (baud: number, bits: number) => (bits * 1000) / baud;

test('ten registers at 9600 8N1 take exactly the bits of the request, the turn-around and the bits of the reply', async () => {
  const { clock, line, endpoint, heard, take } = setUp();
  endpoint.write(readRequest(1, 10));
  await clock.advance(seconds(1));
  expect(heard.at(-1)?.at).toBeCloseTo(bitsAt(9600, 80) + 5 + bitsAt(9600, 250), 9);
  expect(take()).toEqual(reply(1, 10));
  expect(line.stats()).toEqual({
    requests: 1,
    answered: 1,
    tooEarly: 0,
    collisions: 0,
    ignored: 0,
    usefulMs: expect.closeTo(38_500 / 9600 + bitsAt(9600, 330) + 5, 9),
    busyMs: expect.closeTo(bitsAt(9600, 330), 9),
  });
});

test.each([
  [1200, '8E1', 11, 38_500 / 1200],
  [19_200, '8N2', 11, 38_500 / 19_200],
  [115_200, '8N1', 10, 1.75],
  [2400, '7E1', 10, 38_500 / 2400],
])(
  'a device without turn-around at %s %s answers after 3.5 characters',
  async (baud, format, bits, silence) => {
    const { clock, endpoint, heard } = setUp({
      baud,
      format,
      devices: [deviceOf(1, { turnaround: millis(0) })],
    });
    endpoint.write(readRequest(1, 10));
    await clock.advance(seconds(2));
    expect(heard.at(-1)?.at).toBeCloseTo(
      bitsAt(baud, 8 * bits) + silence + bitsAt(baud, 25 * bits),
      9,
    );
  },
);

test('bytes arrive sixteen at a time as from a UART, the rest when the last stop bit ends', async () => {
  const { clock, endpoint, heard } = setUp();
  endpoint.write(readRequest(1, 20));
  await clock.advance(seconds(1));
  const first = bitsAt(9600, 80) + 5;
  expect(heard.map(({ bytes }) => bytes.length)).toEqual([16, 16, 13]);
  [16, 32, 45].forEach((characters, at) => {
    expect(heard[at]?.at).toBeCloseTo(first + bitsAt(9600, characters * 10), 9);
  });
});

test('a master that waits exactly 3.5 characters is in time, and what it needs is the useful time', async () => {
  const { clock, line, endpoint } = setUp();
  for (let round = 0; round < 5; round++) {
    endpoint.write(readRequest(1 + (round % 2), 3));
    await clock.advance(millis(bitsAt(9600, 80) + 5 + bitsAt(9600, 110) + 38_500 / 9600));
  }
  expect(line.stats()).toMatchObject({ requests: 5, answered: 5, tooEarly: 0 });
  expect(line.stats().usefulMs).toBeCloseTo(clock.mono(), 6);
});

test('a request before 3.5 characters of silence is counted, and only a strict device ignores it', async () => {
  const { clock, line, endpoint, take } = setUp({
    devices: [deviceOf(1), deviceOf(2, { strict: true })],
  });
  const replyEnd = bitsAt(9600, 80) + 5 + bitsAt(9600, 70);
  for (const [unit, expected] of [
    [1, reply(1, 1)],
    [2, Buffer.alloc(0)],
  ] as const) {
    endpoint.write(readRequest(1, 1));
    await clock.advance(millis(replyEnd + 38_500 / 9600 - 0.01));
    take();
    endpoint.write(readRequest(unit, 1));
    await clock.advance(seconds(1));
    expect(take()).toEqual(expected);
  }
  expect(line.stats()).toMatchObject({ requests: 4, tooEarly: 2, ignored: 1, answered: 3 });
});

test('a frame may come in pieces, but a gap of more than 1.5 characters breaks it', async () => {
  const { clock, line, endpoint, take } = setUp();
  const request = readRequest(1, 1);
  const sendInTwo = async (gapCharacters: number) => {
    endpoint.write(request.subarray(0, 3));
    await clock.advance(millis(bitsAt(9600, 30) + bitsAt(9600, 11 * gapCharacters)));
    endpoint.write(request.subarray(3));
    await clock.advance(seconds(1));
    return take();
  };
  expect(await sendInTwo(1.5)).toEqual(reply(1, 1));
  expect(await sendInTwo(1.6)).toHaveLength(0);
  expect(line.stats()).toMatchObject({ requests: 3, answered: 1, ignored: 2 });
});

test('two who talk at once garble each other', async () => {
  const { clock, line, endpoint, take } = setUp();
  endpoint.write(readRequest(1, 10));
  await clock.advance(millis(bitsAt(9600, 80) + 5 + bitsAt(9600, 100)));
  endpoint.write(readRequest(2, 1));
  await clock.advance(seconds(1));
  const heard = take();
  expect(heard).toHaveLength(25);
  expect(heard.subarray(0, 10)).toEqual(reply(1, 10).subarray(0, 10));
  expect(hasValidCrc(heard)).toBe(false);
  expect(line.stats()).toMatchObject({ collisions: 1, tooEarly: 1, answered: 0, ignored: 1 });
});

test('a bad checksum and a unit that nobody has are met with silence', async () => {
  const { clock, line, endpoint, take } = setUp();
  const spoilt = readRequest(1, 1);
  spoilt[7] = (spoilt[7] ?? 0) ^ 1;
  for (const frame of [spoilt, readRequest(9, 1), Uint8Array.of(1), Uint8Array.of()]) {
    endpoint.write(frame);
    await clock.advance(seconds(1));
  }
  expect(take()).toHaveLength(0);
  expect(line.stats()).toMatchObject({ requests: 3, ignored: 3, answered: 0 });
});

test('all devices obey a broadcast and none answers', async () => {
  const { clock, endpoint, take } = setUp();
  endpoint.write(rtuFrame(0, Uint8Array.of(6, 0, 0, 0, 7)));
  await clock.advance(seconds(1));
  expect(take()).toHaveLength(0);
  for (const unit of [1, 2]) {
    endpoint.write(readRequest(unit, 1));
    await clock.advance(seconds(1));
    expect([...take().subarray(3, 5)]).toEqual([0, 7]);
  }
});

test('an adapter with echo hears its own request first', async () => {
  const { clock, endpoint, take } = setUp({ echo: true });
  endpoint.write(readRequest(1, 1));
  await clock.advance(seconds(1));
  expect(take()).toEqual(Buffer.concat([readRequest(1, 1), reply(1, 1)]));
});

test('a late reply comes after its delay and falls into the next request', async () => {
  const { clock, line, endpoint, devices, heard, take } = setUp();
  devices[0]?.faults.set({ kind: 'late', delay: millis(200) });
  endpoint.write(readRequest(1, 1));
  await clock.advance(seconds(1));
  expect(heard.at(-1)?.at).toBeCloseTo(bitsAt(9600, 150) + 205, 9);
  expect(take()).toEqual(reply(1, 1));
  endpoint.write(readRequest(1, 1));
  await clock.advance(millis(bitsAt(9600, 80) + 204));
  endpoint.write(readRequest(2, 1));
  await clock.advance(seconds(1));
  expect(hasValidCrc(take())).toBe(false);
  expect(line.stats()).toMatchObject({ collisions: 1, answered: 0 });
});

test('two late replies of one device follow each other', async () => {
  const { clock, endpoint, devices, take } = setUp();
  devices[0]?.faults.set({ kind: 'late', delay: millis(100) });
  endpoint.write(readRequest(1, 20));
  await clock.advance(millis(20));
  endpoint.write(readRequest(1, 1));
  await clock.advance(seconds(1));
  expect(take()).toEqual(Buffer.concat([reply(1, 20), reply(1, 1)]));
});

test.each([
  ['silent', Buffer.alloc(0)],
  ['reboot', Buffer.alloc(0)],
  ['half-frame', reply(1, 2).subarray(0, 5)],
  ['exception', Buffer.from(rtuFrame(1, Uint8Array.of(0x83, 4)))],
] as const)(
  'a device with the fault %s sends what that is, and is well again afterwards',
  async (fault, expected) => {
    const { clock, endpoint, devices, take } = setUp();
    devices[0]?.faults.set(fault);
    endpoint.write(readRequest(1, 2));
    await clock.advance(seconds(5));
    expect(take()).toEqual(expected);
    expect(devices[0]?.faults.counts()).toEqual({ [fault]: 1 });
    devices[0]?.faults.set(undefined);
    endpoint.write(readRequest(1, 2));
    await clock.advance(seconds(5));
    expect(take()).toEqual(reply(1, 2));
  },
);

test('a damaged reply is no answered request', async () => {
  const { clock, line, endpoint, devices } = setUp();
  for (const fault of ['bad-crc', 'wrong-unit', 'half-frame', 'noise', 'late'] as const) {
    devices[0]?.faults.set(fault);
    endpoint.write(readRequest(1, 2));
    await clock.advance(seconds(5));
  }
  expect(line.stats()).toMatchObject({ requests: 5, answered: 0, usefulMs: 0 });
});

test('every endpoint hears the wire until it is closed, and a stopped line leaves no timer', async () => {
  const { clock, line, endpoint, take } = setUp();
  const other = line.endpoint();
  let heardByOther = 0;
  other.onData((bytes) => {
    heardByOther += bytes.length;
  });
  endpoint.write(readRequest(1, 1));
  await clock.advance(seconds(1));
  expect([take().length, heardByOther]).toEqual([7, 7]);
  other.close();
  endpoint.write(readRequest(1, 1));
  await clock.advance(millis(12));
  line.stop();
  expect(clock.pending()).toEqual([]);
  await clock.advance(seconds(1));
  expect([take().length, heardByOther]).toEqual([0, 7]);
});
