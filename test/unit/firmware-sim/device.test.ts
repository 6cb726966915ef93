import { expect, test } from 'vitest';
import { createDevice, processImage, SERIAL_NUMBER_OBJECT } from '../../../firmware-sim/device.ts';
import { definePoint } from '../../../firmware-sim/registers.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { millis, monoMs, seconds } from '../../../gateway/model/units.ts';

const points = [
  definePoint({ name: 'parts', table: 'input', address: 0, type: 'uint32' }),
  definePoint({ name: 'setpoint', table: 'holding', address: 0, type: 'uint16', writable: true }),
  definePoint({ name: 'running', table: 'coil', address: 0, type: 'bool' }),
  definePoint({ name: 'model', table: 'holding', address: 1, type: 'string', length: 3 }),
];

const setUp = () => {
  const clock = virtualClock();
  const signals = new Map([
    ['parts', { shape: 'counter', min: 0, max: 1000, period: seconds(100) }],
    ['setpoint', { shape: 'constant', min: 5, max: 5, period: seconds(1) }],
  ] as const);
  const image = processImage(points, signals, 1, clock);
  const device = createDevice({ name: 'press', unit: 1, image });
  const ask = (...pdu: number[]) => {
    const { reply } = device.answer(Uint8Array.from(pdu), clock.mono());
    return reply && Buffer.from(reply);
  };
  return {
    clock,
    device,
    ask,
    parts: () => ask(4, 0, 0, 0, 2)?.readUInt32BE(2),
    setpoint: () => ask(3, 0, 0, 0, 1)?.readUInt16BE(2),
  };
};

test('the process moves with the clock', async () => {
  const { clock, parts } = setUp();
  expect(parts()).toBe(0);
  await clock.advance(seconds(25));
  expect(parts()).toBe(250);
});

test('a reboot is silence, then counters from zero and written values gone', async () => {
  const { clock, device, ask, parts, setpoint } = setUp();
  ask(6, 0, 0, 0, 9);
  await clock.advance(seconds(50));
  expect([parts(), setpoint()]).toEqual([500, 9]);
  device.faults.set({ kind: 'reboot', downtime: seconds(2) });
  expect(parts()).toBeUndefined();
  await clock.advance(millis(1_999));
  expect(parts()).toBeUndefined();
  await clock.advance(millis(1));
  expect([parts(), setpoint()]).toEqual([0, 5]);
});

test('points without a signal get one that suits their type', async () => {
  const { clock, ask } = setUp();
  const coils = new Set<number | undefined>();
  for (let second = 0; second < 30; second++) {
    coils.add(ask(1, 0, 0, 0, 1)?.[2]);
    await clock.advance(seconds(1));
  }
  expect([...coils].sort()).toEqual([0, 1]);
  expect(ask(3, 0, 1, 0, 3)?.subarray(2).toString()).toBe('model\0');
});

test('a device may allow less than the document', () => {
  const clock = virtualClock();
  const image = processImage(points, new Map(), 1, clock);
  const device = createDevice({ name: 'vfd', unit: 1, image, limits: { registers: 1 } });
  const { reply } = device.answer(Uint8Array.of(4, 0, 0, 0, 2), clock.mono());
  expect(reply).toEqual(Uint8Array.of(0x84, 3));
});

test('a device says who it is in as many pages as it takes', () => {
  const image = processImage(points, new Map(), 1, virtualClock());
  const objects = new Map([
    [0, 'ABC'],
    [1, 'X1'],
    [2, 'V2.1'],
    [4, 'Press'],
    [0x80, 'SN1'],
  ]);
  const ask = (hex: string, room?: number) => {
    const identity = room === undefined ? { objects } : { objects, room };
    const device = createDevice({ name: 'press', unit: 1, image, identity });
    const request = Buffer.from(hex, 'hex');
    return Buffer.from(device.answer(request, monoMs(0)).reply ?? []).toString('latin1');
  };
  const text = (head: string) => Buffer.from(head, 'hex').toString('latin1');
  const basic = '\0\x03ABC\x01\x02X1\x02\x04V2.1';
  expect(ask('2b0e0100')).toBe(text('2b0e0183000003') + basic);
  expect(ask('2b0e0200')).toBe(`${text('2b0e0283000004')}${basic}\x04\x05Press`);
  expect(ask('2b0e0380')).toBe(`${text('2b0e0383000001')}\x80\x03SN1`);
  expect(ask('2b0e0404')).toBe(`${text('2b0e0483000001')}\x04\x05Press`);
  expect(ask('2b0e0405')).toBe(text('ab02'));
  expect(ask('2b0e0500')).toBe(text('ab03'));
  // Ten bytes hold the first two objects; the third follows.
  expect(ask('2b0e0100', 10)).toBe(`${text('2b0e0183ff0202')}\0\x03ABC\x01\x02X1`);
  expect(ask('2b0e0102', 10)).toBe(`${text('2b0e0183000001')}\x02\x04V2.1`);
});

test('a counter torn between two updates is neither the old nor the new one', async () => {
  const { clock, device, ask } = setUp();
  const counter = { shape: 'counter', min: 0, max: 1e9, period: seconds(1e4) } as const;
  const torn = createDevice({
    name: 'meter',
    unit: 1,
    image: processImage(points, new Map([['parts', counter]]), 1, clock),
    fault: { kind: 'torn', delay: millis(1_000) },
  });
  const read = () =>
    Buffer.from(
      torn.answer(Buffer.from('0400000002', 'hex'), clock.mono()).reply ?? [],
    ).readUInt32BE(2);
  // 100,000 a second: at 0.7 s the upper word goes from 0 to 1.
  await clock.advance(millis(1_300));
  expect(read()).toBe(130_000 - 65_536);
  torn.faults.set(undefined);
  expect(read()).toBe(130_000);
  device.faults.set('zero');
  expect(ask(3, 0, 0, 0, 1)?.toString('hex')).toBe('03020000');
  expect(ask(6, 0, 0, 0, 9)?.toString('hex')).toBe('0600000009');
});

test('a busy device refuses with 06, an acknowledging one obeys all the same', () => {
  const { device, ask, setpoint } = setUp();
  device.faults.set({ kind: 'busy', times: 2 });
  expect([1, 2, 3].map(() => ask(3, 0, 0, 0, 1)?.toString('hex'))).toEqual([
    '8306',
    '8306',
    '03020005',
  ]);
  device.faults.set({ kind: 'exception', code: 5 });
  expect(ask(6, 0, 0, 0, 9)?.toString('hex')).toBe('8605');
  device.faults.set(undefined);
  expect(setpoint()).toBe(9);
});

test('a swapped device has another serial number and counts from the beginning', async () => {
  const { clock } = setUp();
  const identity = { objects: new Map([[SERIAL_NUMBER_OBJECT, 'SN7']]) };
  const counter = { shape: 'counter', min: 0, max: 1_000, period: seconds(100) } as const;
  const image = processImage(points, new Map([['parts', counter]]), 1, clock);
  const device = createDevice({ name: 'meter', unit: 1, image, identity });
  const ask = (hex: string) =>
    Buffer.from(device.answer(Buffer.from(hex, 'hex'), clock.mono()).reply ?? []);
  await clock.advance(seconds(10));
  expect(ask('0400000002').readUInt32BE(2)).toBe(100);
  device.faults.set({ kind: 'swap', downtime: seconds(2) });
  expect(ask('0400000002')).toHaveLength(0);
  device.faults.set(undefined);
  await clock.advance(seconds(3));
  expect(ask('0400000002').readUInt32BE(2)).toBe(10);
  expect(ask('2b0e0480').toString('latin1', 9)).toBe('SN7-2');
  expect(device.faults.counts()).toEqual({ swap: 1 });
});
