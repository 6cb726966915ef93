import { expect, test } from 'vitest';
import { MODBUS_LIMITS, respond } from '../../../firmware-sim/modbus-slave.ts';
import { createImage, definePoint } from '../../../firmware-sim/registers.ts';
import { monoMs } from '../../../gateway/model/units.ts';

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

const points = [
  definePoint({ name: 'speed', table: 'holding', address: 10, type: 'uint16', writable: true }),
  definePoint({ name: 'energy', table: 'holding', address: 11, type: 'uint32' }),
  definePoint({ name: 'level', table: 'holding', address: 20, type: 'float32' }),
  definePoint({ name: 'ready', table: 'holding', address: 22, type: 'bool', bit: 3 }),
  definePoint({ name: 'fault', table: 'holding', address: 22, type: 'bool', bit: 8 }),
  definePoint({ name: 'temperature', table: 'input', address: 0, type: 'int16', scale: 0.1 }),
  ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((address) =>
    definePoint({ name: `c${address}`, table: 'coil', address, type: 'bool', writable: true }),
  ),
  definePoint({ name: 'd4', table: 'discrete', address: 4, type: 'bool' }),
];
const values: Record<string, number | boolean> = {
  speed: 0x1234,
  energy: 0x01020304,
  level: 12.3,
  ready: true,
  fault: true,
  temperature: -0.5,
  c0: true,
  c3: true,
  c9: true,
  d4: true,
};

const setUp = () => {
  const image = createImage(points, (point) => values[point.name] ?? false);
  const ask = (hex: string, limits = MODBUS_LIMITS) => {
    const reply = respond(image, limits, bytes(hex), monoMs(0));
    return reply && Buffer.from(reply).toString('hex');
  };
  return { image, ask };
};

test.each([
  ['three holding registers, two points', '03 000A 0003', '0306123401020304'],
  ['bits in a register, low and high byte', '03 0016 0001', '03020108'],
  ['an input register, scaled and negative', '04 0000 0001', '0402fffb'],
  ['the second half of a float', '03 0015 0001', '0302cccd'],
  ['ten coils, lowest bit first, padded with zeros', '01 0000 000A', '01020902'],
  ['one discrete input', '02 0004 0001', '020101'],
])('reads %s', (_what, request, reply) => {
  expect(setUp().ask(request)).toBe(reply);
});

test.each([
  ['a hole inside the range', '03 000A 0004'],
  ['addresses below the first point', '03 0009 0002'],
  ['addresses behind the last one', '03 0016 0002'],
  ['a table with other points only', '04 000A 0001'],
  ['the end of the address space', '03 FFFF 0002'],
])('refuses %s with exception 02', (_what, request) => {
  expect(setUp().ask(request)).toBe(`${request.startsWith('03') ? '83' : '84'}02`);
});

test('a quantity beyond the document or the device is exception 03', () => {
  const { ask } = setUp();
  expect(ask('03 000A 0000')).toBe('8303');
  expect(ask('03 000A 007E')).toBe('8303');
  expect(ask('01 0000 07D1')).toBe('8103');
  expect(ask('03 000A 0003', { ...MODBUS_LIMITS, registers: 2 })).toBe('8303');
  expect(ask('03 000A 0002', { ...MODBUS_LIMITS, registers: 2 })).toBe(
    '830612340102'.replace('8306', '0304'),
  );
});

test('an unknown function is exception 01, a malformed request is silence', () => {
  const { ask } = setUp();
  expect(ask('2B 0E 01 00')).toBe('ab01');
  expect(ask('03 000A')).toBeUndefined();
  expect(ask('10 000A 0001 02 00')).toBeUndefined();
  expect(ask('')).toBeUndefined();
});

test('what was written is read back and stays until the device restarts', () => {
  const { image, ask } = setUp();
  expect(ask('06 000A 0007')).toBe('06000a0007');
  expect(ask('03 000A 0001')).toBe('03020007');
  expect(ask('10 000A 0001 02 0009')).toBe('10000a0001');
  expect(ask('03 000A 0001')).toBe('03020009');
  expect(ask('05 0001 FF00')).toBe('050001ff00');
  expect(ask('0F 0008 0002 01 01')).toBe('0f00080002');
  expect(ask('01 0000 000A')).toBe('01020b01');
  image.restart(monoMs(0));
  expect(ask('03 000A 0001')).toBe('03021234');
  expect(ask('01 0000 000A')).toBe('01020902');
});

test('writing what may not be written, a hole, or nonsense is refused and changes nothing', () => {
  const { ask } = setUp();
  expect(ask('06 000B 0007')).toBe('8602');
  expect(ask('10 000A 0002 04 0009 0009')).toBe('9002');
  expect(ask('06 0063 0007')).toBe('8602');
  expect(ask('05 0001 FF01')).toBe('8503');
  expect(ask('10 000A 0002 02 0009')).toBe('9003');
  expect(ask('03 000A 0003')).toBe('0306123401020304');
});

test('a frozen image asks its source once, and carries what is set afterwards', () => {
  let asked = 0;
  const image = createImage(points.slice(0, 2), () => ++asked, { refresh: 'never' });
  const read = () => image.readRegisters('holding', 10, 3, monoMs(0));
  expect([read(), read()]).toEqual([bytes('000100000002'), bytes('000100000002')]);
  expect(asked).toBe(2);
  image.set('energy', 9);
  expect(read()).toEqual(bytes('000100000009'));
  expect(() => image.set('nobody', 1)).toThrow(RangeError);
});

test('a mask write and a read with a write do as the document says, the write first', () => {
  const wide = [0, 1, 2, 3].map((address) =>
    definePoint({ name: `w${address}`, table: 'holding', address, type: 'uint16', writable: true }),
  );
  const command = definePoint({
    name: 'command',
    table: 'holding',
    address: 9,
    type: 'uint16',
    writable: true,
    readable: false,
  });
  const image = createImage([...wide, command], () => 0x12);
  const ask = (hex: string, limits = MODBUS_LIMITS) => {
    const reply = respond(image, limits, bytes(hex), monoMs(0));
    return reply && Buffer.from(reply).toString('hex');
  };
  // V1.1b3 §6.16: 12H with F2H and 25H is 17H.
  expect(ask('16 0001 00F2 0025')).toBe('16000100f20025');
  expect(ask('03 0001 0001')).toBe('03020017');
  expect(ask('17 0000 0002 0001 0001 02 00FF')).toBe('1704001200ff');
  expect(ask('17 0000 0002 0004 0001 02 00FF')).toBe('9702');
  expect(ask('17 0003 0002 0000 0001 02 0001')).toBe('9702');
  expect(ask('03 0000 0001')).toBe('03020012');
  expect(ask('17 0000 007E 0001 0001 02 00FF')).toBe('9703');
  expect(ask('16 0009 00F2 0025')).toBe('9602');
  expect(ask('03 0009 0001')).toBe('8302');
  expect(ask('06 0009 0001')).toBe('0600090001');
  expect(ask('16 0001 00F2')).toBeUndefined();
  const few = { ...MODBUS_LIMITS, writeRegisters: 1, functions: [3, 16] };
  expect(ask('10 0000 0001 02 0001', few)).toBe('1000000001');
  expect(ask('10 0000 0002 04 0001 0001', few)).toBe('9003');
  expect(ask('06 0000 0001', few)).toBe('8601');
});
