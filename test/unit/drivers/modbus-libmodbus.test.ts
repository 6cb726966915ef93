/** The driver on a real serial port, against a slave by libmodbus: two implementations that share no line. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Line } from '../../../drivers/line/line.ts';
import { serialLine } from '../../../drivers/line/serial-line.ts';
import { modbusDriver } from '../../../drivers/modbus/driver.ts';
import { type Clock, systemClock } from '../../../gateway/host/clock.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { plainValue, type Value } from '../../../gateway/model/sample.ts';
import { modbusDevice, request, WIRE_ACCESS } from '../../support/modbus-fixture.ts';
import { type ModbusPeer, modbusPeer, PEER_PARTS } from '../../support/modbus-peer.ts';
import { describeWith } from '../../support/real-parts.ts';
import { until } from '../../support/waiting.ts';

const never = new AbortController().signal;
const UNIT = 17;
type Options = Readonly<Record<string, unknown>>;

let peer: ModbusPeer;
let line: Line;
let clock: Clock;

function openSession(options: Options = {}) {
  const device = modbusDevice({ unit: UNIT, timeout: '2s', ...options });
  const io = { ...WIRE_ACCESS, clock, log: silentLog, line };
  return { device, session: modbusDriver.open(device, io) };
}

async function read(addresses: readonly unknown[], options: Options = {}) {
  const { device, session } = openSession(options);
  const requests = addresses.map((written, i) => request(written, i));
  const [group, ...others] = modbusDriver.plan(device, requests, WIRE_ACCESS);
  if (!group || others.length > 0) throw new Error('one read expected');
  const { samples, regroup } = await session.read(group, never);
  return {
    values: samples.map(({ value }) => plainValue(value)),
    qualities: samples.map(({ quality }) => quality),
    regroup: regroup?.map(({ label }) => label),
  };
}

async function write(address: unknown, value: Value, options: Options = {}) {
  const { session } = openSession(options);
  const { tag, address: place } = request(address);
  const before = peer.writes.length;
  const written = await session.write?.({ tag, address: place, value }, never);
  if (written?.outcome === 'written')
    await until('the slave to say so', () => peer.writes.length > before);
  return { ...written, peer: peer.writes[before] };
}

describeWith(PEER_PARTS, 'a slave by libmodbus', () => {
  beforeAll(async () => {
    peer = await modbusPeer();
    clock = systemClock();
    line = serialLine({ path: peer.path, settings: { baud: 9600, format: '8N1' } }, clock);
    await line.connect(never);
  });
  afterAll(async () => {
    await line?.close();
    await peer?.close();
  });

  describe('gives every type in every order', () => {
    test.each<[unknown, unknown, Options?]>([
      ['holding:0', 65535],
      ['holding:0 int16', -1],
      ['holding:0.15', true],
      ['holding:2 int32', -1234],
      ['holding:4 uint32', 0x12345678],
      ['holding:6 uint32 cdab', 0x12345678],
      ['holding:8 uint32 badc', 0x12345678],
      ['holding:10 uint32 dcba', 0x12345678],
      ['holding:6 uint32', 0x12345678, { order: 'cdab' }],
      ['holding:12 float32', 230.25],
      ['holding:14 float32 cdab', 230.25],
      ['holding:16 float32 badc', 230.25],
      ['holding:18 float32 dcba', 230.25],
      ['holding:20 uint64', '9007199254740993'],
      ['holding:24 uint64 cdab', '9007199254740993'],
      ['holding:28 int64', -5],
      ['holding:32 float64', 123.456],
      ['holding:36 float64 dcba', 123.456],
      ['holding:40 bcd32', 12345678],
      ['holding:42 m10k32 cdab', 12345678],
      ['holding:44 sm10k32', -12345678],
      ['holding:46 string4', 'ABC1'],
      [{ address: 'holding:48 int16', null_when: [0x8000] }, null],
      [{ address: 'holding:50', scale_from: 'holding:51' }, 231.4],
      [{ address: 'holding:50', scale: 0.01, decimals: 2 }, 23.14],
      ['input:99', 1099],
      ['coil:99', true],
      ['coil:98', false],
      ['discrete:95', true],
    ])('%o is %s', async (address, value, options) => {
      expect((await read([address], options)).values).toEqual([value]);
    });

    test('many at once, as far as a request goes', async () => {
      const addresses = Array.from({ length: 100 }, (_, i) => `input:${i}`);
      const { values } = await read(addresses);
      expect(values).toEqual(addresses.map((_, i) => 1000 + i));
    });
  });

  describe('obeys', () => {
    test.each<[unknown, Value, number, readonly number[], Options?]>([
      ['coil:40', true, 5, [1, 0, 1]],
      ['coil:41', true, 15, [1, 1, 0], { writes: 'multiple' }],
      ['holding:60', 4711, 6, [4711, 61]],
      ['holding:61', 4711, 16, [4711, 62], { writes: 'multiple' }],
      ['holding:62', 4711, 23, [4711, 63], { writes: 'read_write' }],
      ['holding:64.1', true, 22, [66, 65]],
      ['holding:65.0', false, 22, [64, 66]],
      ['holding:66.0', true, 6, [67, 67], { bit_writes: 'read_modify_write' }],
      ['holding:68 uint32 cdab', 0x12345678, 16, [0x5678, 0x1234, 70]],
      ['holding:70 int64', -2n, 16, [65535, 65535, 65535, 65534, 74]],
      ['holding:74 bcd32', 12345678, 16, [0x1234, 0x5678, 76]],
      ['holding:76 m10k32 cdab', 12345678, 16, [5678, 1234, 78]],
      ['holding:78 string6', 'AB1', 16, [0x4142, 0x3100, 0, 81]],
      [{ address: 'holding:82', scale: 0.1 }, 23.1, 6, [231, 83]],
    ])('%o = %s', async (address, value, code, values, options) => {
      const written = await write(address, value, options);
      expect(written).toMatchObject({ outcome: 'written', peer: { function: code } });
      expect(written.peer?.values.slice(0, values.length)).toEqual(values);
      const again = await read([address], options);
      expect(again.values).toEqual([plainValue(typeof value === 'bigint' ? -2 : value)]);
    });

    test.each(['abcd', 'cdab', 'badc', 'dcba'] as const)('a float in %s', async (order) => {
      const { peer: seen } = await write(`holding:84 float32 ${order}`, -1234.5);
      expect(seen?.floats?.[order]).toBe(-1234.5);
    });
  });

  describe('refuses', () => {
    test('registers it does not have: a block is divided, a value is a matter of configuration', async () => {
      expect(await read(['holding:98', 'holding:99 uint32'])).toMatchObject({
        regroup: ['holding 98', 'holding 99..100'],
      });
      expect(await read(['holding:99 uint32'])).toMatchObject({ qualities: ['bad:config'] });
    });

    test('to write them, and nothing is written', async () => {
      const before = peer.writes.length;
      expect(await write('holding:99 uint32', 1)).toMatchObject({
        outcome: 'rejected',
        refusal: { code: 'modbus.write-address' },
      });
      expect(peer.writes).toHaveLength(before);
    });
  });

  test('is silent to other units', async () => {
    const { values, qualities } = await read(['holding:0'], { unit: 18, timeout: '200ms' });
    expect({ values, qualities }).toEqual({ values: [null], qualities: ['bad:comm'] });
  });
});
