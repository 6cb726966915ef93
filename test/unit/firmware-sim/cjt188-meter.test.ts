/** The simulated water, gas and heat meters against captured and computed frames, and over time. */
import { expect, test } from 'vitest';
import {
  FRAMING_188,
  type Frame188,
  frame188,
  parse188,
} from '../../../firmware-sim/cjt188-frame.ts';
import { type Meter188Setting, meter188 } from '../../../firmware-sim/cjt188-meter.ts';
import { fromBcdLowFirst } from '../../../firmware-sim/digits.ts';
import type { Signal } from '../../../firmware-sim/process.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { millis, minutes, seconds, utcMs } from '../../../gateway/model/units.ts';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const spaced = (data: Uint8Array | undefined) =>
  Buffer.from(data ?? [])
    .toString('hex')
    .toUpperCase()
    .replace(/..(?=.)/g, '$& ');
const still = (value: number): Signal => ({
  shape: 'constant',
  min: value,
  max: value,
  period: seconds(1),
});
/** A step at the last midnight of October in China: lower on the settlement day, higher now. */
const stepped = (before: number, now: number): Signal => ({
  shape: 'square',
  min: before,
  max: now,
  period: millis(2 * AGE),
});
/** 2024-11-15 08:30 in China. */
const START = Date.UTC(2024, 10, 15, 0, 30);
const AGE = 1_000;

const setUp = (options: Partial<Meter188Setting> = {}, values: Record<string, Signal> = {}) => {
  const clock = virtualClock(utcMs(START));
  const meter = meter188(
    {
      name: 'meter',
      type: 0x10,
      address: '78331234567890',
      preamble: 0,
      ...options,
      signals: new Map(Object.entries(values)),
    },
    clock,
  );
  const hear = (frame: Uint8Array) => meter.hear(frame, { now: clock.mono(), isEarly: false });
  const ask = (control: number, data: string, address = meter.address): Frame188 | undefined => {
    const { type } = meter.state.options;
    const reply = hear(frame188({ type, address, control, data: bytes(data) }))?.reply;
    return reply && parse188(reply.subarray(reply.indexOf(0x68)));
  };
  const volume = () => fromBcdLowFirst(ask(1, '90 1F 00')?.data.subarray(3, 7) ?? bytes(''));
  return { clock, meter, hear, ask, volume };
};

/** Captured and computed exchanges, what the meter showed then, and whether a second had to pass. */
const EXCHANGES: readonly (readonly [
  id: string,
  request: string,
  reply: string,
  options: Partial<Meter188Setting>,
  shown: Record<string, Signal>,
])[] = [
  [
    'C01',
    'FE FE FE FE 68 AA AA AA AA AA AA AA AA 03 03 81 0A 00 49 16',
    'FE FE FE FE 68 10 18 02 12 20 20 00 00 83 03 81 0A 00 F5 16',
    { address: '00002020120218', preamble: 4 },
    {},
  ],
  [
    'C02',
    'FE FE FE FE 68 10 18 02 12 20 20 00 00 01 03 90 1F 00 97 16',
    'FE FE FE FE 68 10 18 02 12 20 20 00 00 81 16 90 1F 00 00 02 00 00 2C 00 02 00 00 2C 00 00 00 00 00 00 00 00 FF 85 16',
    { address: '00002020120218', preamble: 4, shownClock: new Uint8Array(7), vendorStatus: 0xff },
    { volume: still(2) },
  ],
  [
    'C05',
    'FE FE 68 10 AA AA AA AA AA AA AA 01 03 90 1F AA 7B 16',
    'FE FE 68 10 45 41 10 05 15 33 78 81 16 90 1F AA 00 59 59 00 2C FF FF FF FF 2C FF FF FF FF FF FF FF 00 00 C2 16',
    {
      address: '78331505104145',
      preamble: 2,
      absent: ['settlement'],
      shownClock: bytes('FFFFFFFFFFFFFF'),
    },
    { volume: still(5959) },
  ],
  [
    'C10',
    'FE FE FE FE 68 20 32 41 31 40 00 00 00 01 03 90 1F 01 20 16',
    'FE FE FE FE 68 20 32 41 31 40 00 00 00 81 2E 90 1F 01 08 02 00 00 00 08 02 00 00 00 17 00 00 00 00 35 00 00 00 00 2C 34 10 00 00 35 25 00 66 25 00 00 00 00 53 00 12 10 07 15 20 00 00 31 16',
    {
      type: 0x20,
      address: '00000040314132',
      preamble: 4,
      isUnitFirst: true,
      heatUnit: 0x08,
      shownClock: bytes('53 00 12 10 07 15 20'),
    },
    {
      heat: still(0.02),
      power: still(0),
      flow: still(0),
      volume: still(10.34),
      supply_temperature: still(25.35),
      return_temperature: still(25.66),
      working_hours: still(0),
    },
  ],
  [
    'C20',
    '68 30 90 78 56 34 12 33 78 01 03 90 1F 05 9F 16',
    '68 30 90 78 56 34 12 33 78 81 16 90 1F 05 43 65 87 00 2C 00 60 87 00 2C 00 30 08 15 11 24 20 04 00 46 16',
    { type: 0x30, isBatteryLow: true },
    { volume: stepped(8760, 8765.43) },
  ],
  [
    'C21',
    '68 20 90 78 56 34 12 33 78 01 03 90 1F 06 90 16',
    '68 20 90 78 56 34 12 33 78 81 2E 90 1F 06 00 10 00 00 11 34 12 00 00 11 50 23 01 00 17 50 12 00 00 35 78 56 00 00 2C 50 55 00 20 30 00 34 12 00 00 00 00 15 11 24 20 00 00 74 16',
    { type: 0x20, heatUnit: 0x11, shownClock: bytes('00 00 00 15 11 24 20') },
    {
      heat: stepped(10, 12.34),
      power: still(123.5),
      flow: still(0.125),
      volume: still(56.78),
      supply_temperature: still(55.5),
      return_temperature: still(30.2),
      working_hours: still(1234),
    },
  ],
  [
    'C22',
    '68 10 90 78 56 34 12 33 78 01 03 90 1F 07 81 16',
    '68 10 90 78 56 34 12 33 78 C1 03 07 04 00 96 16',
    { isBatteryLow: true, fault: 'exception' },
    {},
  ],
  [
    'C23',
    '68 10 90 78 56 34 12 33 78 04 04 A0 17 08 99 27 16',
    '68 10 90 78 56 34 12 33 78 84 05 A0 17 08 01 00 10 16',
    { valveTravel: millis(0) },
    {},
  ],
  [
    'C24',
    '68 10 90 78 56 34 12 33 78 01 03 D1 20 09 C5 16',
    '68 10 90 78 56 34 12 33 78 81 08 D1 20 09 56 34 00 00 2C 00 16',
    {},
    { volume: still(34.56) },
  ],
  [
    'C26',
    '68 10 90 78 56 34 12 33 78 01 03 90 1F 0B 85 16',
    '68 10 90 78 56 34 12 33 78 81 16 90 1F 0B 78 56 34 12 29 00 00 00 12 29 00 30 08 15 11 24 20 00 00 32 16',
    { volumeUnit: 0x29 },
    { volume: stepped(120_000, 123456.78) },
  ],
];

test.each(EXCHANGES)(
  'answers the request of vector %s byte by byte',
  async (_id, request, reply, options, shown) => {
    const { clock, hear } = setUp({ ...options, clockOffset: millis(8 * 3_600_000 - AGE) }, shown);
    await clock.advance(millis(AGE));
    const wire = bytes(request);
    const { from, to } = FRAMING_188.find(wire);
    expect(spaced(hear(wire.subarray(from, to))?.reply)).toBe(reply);
  },
);

test('a meter answers an identifier in the order it was asked, or knows only one', () => {
  const either = setUp();
  expect(either.ask(1, '1F 90 05')?.data.subarray(0, 3)).toEqual(bytes('1F9005'));
  expect(either.ask(1, '90 1F 05')?.data.subarray(0, 3)).toEqual(bytes('901F05'));
  const old = setUp({ diOrder: 'high-first' });
  expect([old.ask(1, '1F 90 05'), old.ask(1, '90 1F 05')?.control]).toEqual([undefined, 0x81]);
  const fresh = setUp({ diOrder: 'low-first', valveTravel: millis(0) });
  expect([fresh.ask(1, '90 1F 05'), fresh.ask(1, '1F 90 05')?.control]).toEqual([undefined, 0x81]);
  expect(fresh.ask(4, '17 A0 01 99')).toMatchObject({ control: 0x84, data: bytes('17A001 0100') });
});

test('some meters put 0 or a number of their own where the request number belongs', () => {
  const zero = setUp({ ser: 'zero' });
  expect(zero.ask(1, '90 1F 77')?.data[2]).toBe(0);
  const own = setUp({ ser: 'own' });
  expect([own.ask(1, '90 1F 77')?.data[2], own.ask(1, '90 1F 77')?.data[2]]).toEqual([1, 2]);
});

test('a valve takes its time, tells its old end meanwhile, and what it closes stops the counter', async () => {
  const rising: Signal = { shape: 'counter', min: 0, max: 1_000, period: seconds(100_000) };
  const { clock, ask, volume } = setUp({ valveTravel: seconds(30) }, { volume: rising });
  const status = () => spaced(ask(1, 'A0 17 00')?.data.subarray(3));
  await clock.advance(seconds(100));
  expect(ask(4, 'A0 17 01 99')).toMatchObject({ control: 0x84, data: bytes('A01701 0000') });
  await clock.advance(seconds(29));
  expect(status()).toBe('00 00');
  await clock.advance(seconds(71));
  expect(status()).toBe('01 00');
  expect(volume()).toBe(130n);
  ask(4, 'A0 17 02 55');
  await clock.advance(seconds(40));
  expect([status(), volume()]).toEqual(['00 00', 140n]);
  expect(ask(4, 'A0 17 03 66')).toMatchObject({ control: 0xc4, data: bytes('03 0000') });
  expect(setUp().ask(4, 'A0 17 01 99')?.control).toBe(0xc4);
});

test('a stuck valve ends between its ends, and is counted once a command', async () => {
  const { clock, meter, ask } = setUp({ valveTravel: seconds(5), fault: 'stuck' });
  ask(1, '90 1F 00');
  ask(4, 'A0 17 01 99');
  await clock.advance(seconds(6));
  expect(ask(1, 'A0 17 02')?.data.subarray(3)).toEqual(bytes('0300'));
  expect(meter.faults.counts()).toEqual({ stuck: 1 });
});

test('months of history, settlement days and the register can be read and set', async () => {
  const rising: Signal = {
    shape: 'counter',
    min: 100,
    max: 1_000_000,
    period: minutes(99_990_000),
  };
  const { clock, ask, volume } = setUp({}, { volume: rising });
  await clock.advance(minutes(20 * 24 * 60));
  const days = BigInt(20 * 24 * 60);
  const untilDecember = BigInt(15 * 24 * 60 + 15 * 60 + 30);
  const history = (month: string) =>
    fromBcdLowFirst(ask(1, `D1 ${month} 00`)?.data.subarray(3, 7) ?? bytes(''));
  expect(volume()).toBe(10_000n + days);
  expect([history('20'), history('21')]).toEqual([10_000n + untilDecember, 10_000n]);
  expect(ask(4, 'A0 11 00 03')).toMatchObject({ control: 0x84, data: bytes('A01100') });
  expect(history('20')).toBe(10_000n + untilDecember + 2n * 1_440n);
  expect(ask(1, '81 03 00')?.data).toEqual(bytes('81030003'));
  expect(ask(0x16, 'A0 16 00 78 56 34 12 00')).toMatchObject({
    control: 0x96,
    data: bytes('A01600 0000'),
  });
  expect(volume()).toBe(12_345_678n);
  expect(ask(4, 'A0 15 00 30 15 10 02 01 25 20')?.control).toBe(0x84);
  expect(ask(1, '90 1F 00')?.data.subarray(13, 20)).toEqual(bytes('30151002012520'));
});

test('an address is any seven bytes, read by the only meter on the line and written', () => {
  const { ask, meter } = setUp({ address: 'FF33ABCDEF0001', repeatsAddress: true });
  expect(ask(3, '81 0A 00', 'AAAAAAAAAAAAAA')?.data).toEqual(bytes('810A00 0100EFCDAB33FF'));
  expect(ask(1, '90 1F 00', 'FF33ABCDEF0002')).toBeUndefined();
  expect(ask(0x15, 'A0 18 00 05 00 00 00 00 00 00')?.control).toBe(0x95);
  expect(meter.address).toBe('00000000000005');
});

test('the widths of 2018, decimals and FF are as the meter has them', () => {
  const heat = setUp(
    { type: 0x20, layout: 2018 },
    { flow: still(1.234), supply_temperature: still(55.5) },
  );
  const { data } = heat.ask(1, '90 1F 00') ?? {};
  expect([data?.length, spaced(data?.subarray(17, 21)), spaced(data?.subarray(26, 28))]).toEqual([
    43,
    '34 12 00 35',
    '50 55',
  ]);
  const coarse = setUp({ type: 0x30, decimals: { volume: 0 } }, { volume: still(12_345) });
  expect(coarse.volume()).toBe(12_345n);
  const mute = setUp({ absent: ['volume'] });
  expect(mute.ask(1, '90 1F 00')?.data.subarray(3, 8)).toEqual(bytes('FFFFFFFF2C'));
});

test('what wakes a sleeping meter is lost on it', async () => {
  const { clock, ask } = setUp({ sleepsAfter: seconds(10) });
  expect(ask(1, '90 1F 00')).toBeUndefined();
  expect(ask(1, '90 1F 01')?.control).toBe(0x81);
  await clock.advance(seconds(11));
  expect(ask(1, '90 1F 02')).toBeUndefined();
});

test('faults: one status byte, zero for a moment, another meter that answers, a swap', async () => {
  const rising: Signal = { shape: 'counter', min: 500, max: 1_500, period: seconds(100_000) };
  const { clock, meter, ask, volume } = setUp({ abnormalBytes: 1 }, { volume: rising });
  expect(ask(1, '90 FF 07')).toMatchObject({ control: 0xc1, data: bytes('0700') });
  meter.faults.set('zero');
  expect(ask(1, '90 1F 00')?.data.subarray(3, 8)).toEqual(bytes('000000002C'));
  meter.faults.set('wrong-unit');
  expect(ask(1, '90 1F 00')?.address).toBe('78331234567891');
  meter.faults.set({ kind: 'swap', downtime: seconds(60) });
  expect(volume()).toBeUndefined();
  meter.faults.set(undefined);
  await clock.advance(seconds(160));
  expect(volume()).toBe(100n);
});
