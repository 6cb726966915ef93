import { expect, test } from 'vitest';
import { createDevice, processImage } from '../../../firmware-sim/device.ts';
import { definePoint } from '../../../firmware-sim/registers.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { millis, seconds } from '../../../gateway/model/units.ts';

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
