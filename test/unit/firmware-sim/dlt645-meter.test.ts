/** The simulated electricity meter against captured and computed frames, and in what it does over time. */
import { expect, test } from 'vitest';
import { fromBcdLowFirst } from '../../../firmware-sim/digits.ts';
import {
  FRAMING_645,
  type Frame645,
  frame645,
  parse645,
} from '../../../firmware-sim/dlt645-frame.ts';
import { type Meter645Setting, meter645 } from '../../../firmware-sim/dlt645-meter.ts';
import type { Signal } from '../../../firmware-sim/process.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { millis, minutes, seconds, utcMs } from '../../../gateway/model/units.ts';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const spaced = (data: Uint8Array) =>
  Buffer.from(data)
    .toString('hex')
    .toUpperCase()
    .replace(/..(?=.)/g, '$& ');
const still = (value: number): Signal => ({
  shape: 'constant',
  min: value,
  max: value,
  period: seconds(1),
});
const ADDRESS = '202411110002';
/** 2024-11-15 13:50 in China. */
const START = Date.UTC(2024, 10, 15, 5, 50);

const setUp = (options: Partial<Meter645Setting> = {}, values: Record<string, number> = {}) => {
  const clock = virtualClock(utcMs(START));
  const signals = new Map([
    ...Object.entries(values).map(([di, value]) => [di, still(value)] as const),
    ...(options.signals ?? []),
  ]);
  const meter = meter645(
    { name: 'meter', address: ADDRESS, preamble: 0, ...options, signals },
    clock,
  );
  const hear = (frame: Uint8Array) => meter.hear(frame, { now: clock.mono(), isEarly: false });
  /** The answer to a command, its wake-up bytes taken off. */
  const ask = (control: number, data: string, address = meter.address): Frame645 | undefined => {
    const reply = hear(frame645({ address, control, data: bytes(data) }))?.reply;
    return reply && parse645(reply.subarray(reply.indexOf(0x68)));
  };
  const read = (di: string, extra = '') => {
    const wire = Buffer.from(di, 'hex').reverse().toString('hex');
    return ask(di.length === 4 ? 1 : 0x11, wire + extra);
  };
  /** The digits of an item of one number. */
  const digits = (di: string) =>
    fromBcdLowFirst(read(di)?.data.subarray(di.length / 2) ?? bytes(''));
  return { clock, meter, hear, ask, read, digits };
};

/** Captured and computed exchanges, and what the meter showed then. */
const EXCHANGES: readonly (readonly [
  id: string,
  request: string,
  reply: string,
  options: Partial<Meter645Setting>,
  shown: Record<string, number>,
])[] = [
  [
    'D02',
    '68 AA AA AA AA AA AA 68 13 00 DF 16',
    'FE 68 12 90 78 56 34 12 68 93 06 45 C3 AB 89 67 45 07 16',
    { address: '123456789012', preamble: 1 },
    {},
  ],
  [
    'D03',
    '68 61 01 00 00 00 00 68 11 04 33 33 34 33 14 16',
    '68 61 01 00 00 00 00 68 91 08 33 33 34 33 59 33 33 33 8A 16',
    { address: '000000000161' },
    { '00010000': 0.26 },
  ],
  [
    'D04',
    '68 61 01 00 00 00 00 68 11 04 33 33 35 33 15 16',
    '68 61 01 00 00 00 00 68 91 08 33 33 35 33 59 34 33 33 8C 16',
    { address: '000000000161' },
    { '00020000': 1.26 },
  ],
  [
    'D06',
    '68 61 01 00 00 00 00 68 11 04 33 34 34 35 17 16',
    '68 61 01 00 00 00 00 68 91 06 33 34 34 35 34 43 10 16',
    { address: '000000000161' },
    { '02010100': 100.1 },
  ],
  [
    'D07',
    '68 61 01 00 00 00 00 68 11 04 33 34 35 35 18 16',
    '68 61 01 00 00 00 00 68 91 07 33 34 35 35 CC 7C 33 16 16',
    { address: '000000000161' },
    { '02020100': 4.999 },
  ],
  [
    'D08',
    '68 61 01 00 00 00 00 68 11 04 33 33 36 35 18 16',
    '68 61 01 00 00 00 00 68 91 07 33 33 36 35 45 58 33 6B 16',
    { address: '000000000161' },
    { '02030000': 0.2512 },
  ],
  [
    'D09',
    '68 61 01 00 00 00 00 68 11 04 33 33 37 35 19 16',
    '68 61 01 00 00 00 00 68 91 07 33 33 37 35 64 76 33 A9 16',
    { address: '000000000161' },
    { '02040000': 0.4331 },
  ],
  [
    'D10',
    '68 61 01 00 00 00 00 68 11 04 33 33 38 35 1A 16',
    '68 61 01 00 00 00 00 68 91 07 33 33 38 35 39 83 33 8C 16',
    { address: '000000000161' },
    { '02050000': 0.5006 },
  ],
  [
    'D11',
    '68 61 01 00 00 00 00 68 11 04 33 33 39 35 1B 16',
    '68 61 01 00 00 00 00 68 91 06 33 33 39 35 34 38 09 16',
    { address: '000000000161' },
    { '02060000': 0.501 },
  ],
  [
    'D15',
    'FE FE FE FE 68 12 90 78 56 34 12 68 11 04 33 33 34 33 68 16',
    'FE FE 68 12 90 78 56 34 12 68 91 08 33 33 34 33 89 67 45 33 54 16',
    { address: '123456789012', preamble: 2 },
    { '00010000': 1234.56 },
  ],
  [
    'D16',
    '68 12 90 78 56 34 12 68 11 04 33 33 34 33 68 16',
    '68 12 90 78 56 34 12 68 D1 01 35 8D 16',
    { address: '123456789012', fault: { kind: 'exception', code: 2 } },
    {},
  ],
  [
    'D22',
    '68 54 07 13 00 80 13 68 01 02 43 C3 DA 16',
    '68 54 07 13 00 80 13 68 81 06 43 C3 34 33 33 33 2B 16',
    { address: '138000130754', version: '1997' },
    { '00010000': 0.01 },
  ],
  [
    'D30',
    '68 02 00 11 11 24 20 68 11 04 33 33 36 35 1E 16',
    '68 02 00 11 11 24 20 68 91 07 33 33 36 35 78 56 B4 23 16',
    {},
    { '02030000': -1.2345 },
  ],
  [
    'D31',
    '68 02 00 11 11 24 20 68 11 04 33 34 35 35 1E 16',
    '68 02 00 11 11 24 20 68 91 07 33 34 35 35 56 84 B3 2E 16',
    {},
    { '02020100': -5.123 },
  ],
  [
    'D32',
    '68 02 00 11 11 24 20 68 11 04 33 33 39 35 21 16',
    '68 02 00 11 11 24 20 68 91 06 33 33 39 35 B8 BC 17 16',
    {},
    { '02060000': -0.985 },
  ],
  [
    'D33',
    '68 02 00 11 11 24 20 68 11 04 33 33 33 33 19 16',
    '68 02 00 11 11 24 20 68 91 08 33 33 33 33 67 45 33 B3 2F 16',
    {},
    { '00000000': -12.34 },
  ],
  [
    'D34',
    '68 02 00 11 11 24 20 68 11 04 33 32 34 35 1B 16',
    '68 02 00 11 11 24 20 68 91 0A 33 32 34 35 34 55 CB 54 48 55 E6 16',
    {},
    { '02010100': 220.1, '02010200': 219.8, '02010300': 221.5 },
  ],
  [
    'D35',
    '68 02 00 11 11 24 20 68 11 04 33 32 35 35 1C 16',
    '68 02 00 11 11 24 20 68 91 0D 33 32 35 35 83 34 33 33 A8 B3 CC 6B 34 88 16',
    {},
    { '02020100': 0.15, '02020200': -7.5, '02020300': 13.899 },
  ],
  [
    'D36',
    '68 02 00 11 11 24 20 68 11 04 33 32 36 35 1D 16',
    '68 02 00 11 11 24 20 68 91 10 33 32 36 35 33 78 36 33 58 34 33 83 34 33 A3 B3 BC 16',
    {},
    { '02030000': 3.45, '02030100': 1.25, '02030200': 1.5, '02030300': -0.7 },
  ],
  [
    'D38',
    '68 02 00 11 11 24 20 68 11 04 34 34 33 37 1F 16',
    '68 02 00 11 11 24 20 68 91 08 34 34 33 37 38 48 44 57 BE 16',
    {},
    {},
  ],
  [
    'D39',
    '68 02 00 11 11 24 20 68 11 04 34 34 39 38 26 16',
    '68 02 00 11 11 24 20 68 91 18 34 34 39 38 AB 89 67 45 44 33 33 33 55 33 33 33 66 33 33 33 45 89 67 45 DE 16',
    {},
    {
      '00010000': 123456.78,
      '00010100': 0.11,
      '00010200': 0.22,
      '00010300': 0.33,
      '00010400': 123456.12,
    },
  ],
  [
    'D42',
    '68 02 00 11 11 24 20 68 14 0D 35 36 33 37 35 89 67 45 34 33 33 33 38 9D 16',
    '68 02 00 11 11 24 20 68 94 00 CC 16',
    { password: '123456' },
    {},
  ],
  [
    'D43',
    '68 02 00 11 11 24 20 68 14 0D 35 36 33 37 35 89 67 45 34 33 33 33 38 9D 16',
    '68 02 00 11 11 24 20 68 D4 01 37 44 16',
    { password: '654321' },
    {},
  ],
  [
    'D45',
    '68 02 00 11 11 24 20 68 16 04 33 33 CC CC 50 16',
    '68 02 00 11 11 24 20 68 96 00 CE 16',
    {},
    {},
  ],
  [
    'D46',
    '68 02 00 11 11 24 20 68 17 01 53 A3 16',
    '68 02 00 11 11 24 20 68 97 01 53 23 16',
    {},
    {},
  ],
  [
    'D47',
    '68 02 00 AA AA AA AA 68 11 04 33 33 34 33 5C 16',
    '68 02 00 11 11 24 20 68 91 08 33 33 34 33 67 45 33 33 B0 16',
    {},
    { '00010000': 12.34 },
  ],
  [
    'D48',
    '68 02 00 11 11 24 20 68 11 04 33 33 34 33 1A 16',
    '68 02 00 11 11 24 20 68 91 08 33 33 34 33 68 68 55 44 07 16',
    {},
    { '00010000': 112235.35 },
  ],
];

test.each(EXCHANGES)(
  'answers the request of vector %s byte by byte',
  (_id, request, reply, options, shown) => {
    const { hear } = setUp(options, shown);
    const wire = bytes(request);
    const { from, to } = FRAMING_645.find(wire);
    const answer = hear(wire.subarray(from, to));
    expect(spaced(answer?.reply ?? bytes(''))).toBe(reply);
  },
);

test('a long item comes in pieces, the number of each further one behind it', () => {
  const shown = {
    '00010000': 123456.78,
    '00010100': 0.11,
    '00010200': 0.22,
    '00010300': 0.33,
    '00010400': 123456.12,
  };
  const { hear, ask } = setUp({ frameLimit: 12 }, shown);
  const first = hear(bytes('68 02 00 11 11 24 20 68 11 04 33 32 34 33 19 16'))?.reply;
  expect(spaced(first ?? bytes(''))).toBe(
    '68 02 00 11 11 24 20 68 B1 0C 33 32 34 33 AB 89 67 45 44 33 33 33 7E 16',
  );
  // Seven bytes of the item fit beside the number.
  expect(ask(0x12, '00FF010001')).toMatchObject({
    control: 0xb2,
    data: bytes('00FF0100 22000000330000 01'),
  });
  expect(ask(0x12, '00FF010002')).toMatchObject({
    control: 0x92,
    data: bytes('00FF0100 0012563412 02'),
  });
  expect(ask(0x12, '00FF010003')).toMatchObject({ control: 0xd2, data: bytes('02') });
  expect(ask(0x12, '00FF020001')).toMatchObject({ control: 0xd2, data: bytes('02') });
});

test('the tariffs of a counter add up to its total to the last digit, and it counts exactly', async () => {
  const rising = { shape: 'counter', min: 0, max: 1_000_000, period: millis(3.6e12) } as const;
  const { clock, read } = setUp({ signals: new Map([['00010000', rising]]) });
  for (let round = 1; round <= 20; round++) {
    await clock.advance(minutes(7));
    const block = read('0001FF00')?.data.subarray(4) ?? bytes('');
    const [total, ...tariffs] = [0, 4, 8, 12, 16].map((at) =>
      fromBcdLowFirst(block.subarray(at, at + 4)),
    );
    expect(total).toBe(BigInt(Math.round(((round * 7 * 60_000 * 1e6) / 3.6e12) * 100)));
    expect(tariffs.reduce((sum, part) => (sum ?? 0n) + (part ?? 0n), 0n)).toBe(total);
  }
});

test('a counter rolls over after its last digit', async () => {
  const nearEnd = { shape: 'ramp', min: 999_999.9, max: 1_000_000.1, period: seconds(20) } as const;
  const { clock, digits } = setUp({ signals: new Map([['00010000', nearEnd]]) });
  await clock.advance(seconds(9));
  expect(digits('00010000')).toBe(99_999_999n);
  await clock.advance(seconds(2));
  expect(digits('00010000')).toBe(1n);
});

test('history is the same counter at another time: settlements, freezes, load records', async () => {
  // 0.01 kWh a minute, since 2024-11-15 13:50.
  const rising = {
    shape: 'counter',
    min: 100,
    max: 1_000_000,
    period: minutes(99_990_000),
  } as const;
  const { clock, digits, read, ask } = setUp({ signals: new Map([['00010000', rising]]) });
  await clock.advance(minutes(24 * 60));
  expect(digits('00010000')).toBe(10_000n + 1_440n);
  expect(digits('00010001')).toBe(10_000n);
  // The day froze at midnight, the hour at 13:00.
  expect(read('05060001')?.data).toEqual(bytes('01000605 0000161124'));
  expect(fromBcdLowFirst(read('05060101')?.data.subarray(4, 8) ?? bytes(''))).toBe(10_000n + 610n);
  expect(read('05040001')?.data).toEqual(bytes('01000405 0013161124'));
  expect(read('05060040')?.data).toEqual(bytes('02'));
  // What nobody ordered is not there; ordered, it is.
  expect(read('05010001')?.control).toBe(0xd1);
  expect(ask(0x16, '99999999')?.control).toBe(0x96);
  await clock.advance(minutes(5));
  expect(fromBcdLowFirst(read('05010101')?.data.subarray(4, 8) ?? bytes(''))).toBe(11_440n);
  expect(ask(0x16, '00159999')?.control).toBe(0x96);
  expect(read('05000001')?.control).toBe(0xd1);
  await clock.advance(minutes(24 * 60));
  expect(read('05000001')?.data).toEqual(bytes('01000005 0015161124'));
  // Record of 14:00 on the 16th, class 4: forward active energy first.
  const record = read('06040001', '010014161124')?.data.subarray(4);
  expect(record?.subarray(0, 2)).toEqual(bytes('A0A0'));
  expect(record?.subarray(3, 8)).toEqual(bytes('0014161124'));
  expect(fromBcdLowFirst(record?.subarray(11, 15) ?? bytes(''))).toBe(11_450n);
  expect(record?.at(-1)).toBe(0xe5);
});

test('a broadcast sets the clock of every meter once a day, by five minutes at most, and freezes them', async () => {
  const { hear, read, digits } = setUp({}, { '00010000': 5 });
  const everybody = (control: number, data: string) =>
    hear(frame645({ address: '999999999999', control, data: bytes(data) }));
  const time = () => spaced(read('0400010C')?.data.subarray(4) ?? bytes(''));
  expect(time()).toBe('00 50 13 05 15 11 24');
  expect(everybody(0x08, '000014151124')).toEqual({});
  expect(time()).toBe('00 50 13 05 15 11 24');
  everybody(0x08, '305413151124');
  expect(time()).toBe('30 54 13 05 15 11 24');
  everybody(0x08, '305213151124');
  expect(time()).toBe('30 54 13 05 15 11 24');
  expect(everybody(0x16, '99999999')).toEqual({});
  expect(digits('05010101')).not.toBeUndefined();
  expect(everybody(0x11, '00000100')).toBeUndefined();
});

test('writing takes the password, the switch and the right length', () => {
  const { ask, read } = setUp({ password: '123456' });
  const write = (password: string, value: string, di = '02030004') =>
    ask(0x14, `${di}02${password}01000000${value}`);
  expect(write('563412', '12')).toMatchObject({ control: 0x94, data: bytes('') });
  expect(read('04000302')?.data).toEqual(bytes('02030004 12'));
  expect(write('000000', '13')).toMatchObject({ control: 0xd4, data: bytes('04') });
  expect(write('563412', '1313')).toMatchObject({ control: 0xd4, data: bytes('01') });
  expect(write('563412', '13', '09040004')).toMatchObject({ control: 0xd4 });
  expect(write('563412', '13', 'FFFFFF04')).toMatchObject({ control: 0xd4, data: bytes('02') });
  expect(read('04000302')?.data).toEqual(bytes('02030004 12'));
  const locked = setUp({ isProgrammable: false });
  expect(locked.ask(0x14, '0203000402000000010000001')?.control).toBe(0xd4);
});

test('the switch opens and closes: status word, power and counter follow', async () => {
  const rising = { shape: 'counter', min: 0, max: 1_000, period: seconds(100_000) } as const;
  const { clock, ask, read, digits } = setUp(
    { signals: new Map([['00010000', rising]]) },
    { '02030000': 3 },
  );
  const order = (n1: string) => ask(0x1c, `0200000030303030${n1}00000000000000`);
  await clock.advance(seconds(100));
  expect(order('1A')).toMatchObject({ control: 0x9c, data: bytes('') });
  await clock.advance(seconds(500));
  expect([digits('00010000'), digits('02030000')]).toEqual([100n, 0n]);
  expect(read('04000503')?.data).toEqual(bytes('03050004 5000'));
  expect(order('1C')?.control).toBe(0x9c);
  await clock.advance(seconds(100));
  expect([digits('00010000'), digits('02030000')]).toEqual([200n, 30_000n]);
  expect(read('04000503')?.data).toEqual(bytes('03050004 0000'));
  expect(order('77')).toMatchObject({ control: 0xdc, data: bytes('01') });
  const modern = setUp({ hasSecurityModule: true });
  expect(modern.ask(0x1c, '02000000303030301A00000000000000')).toMatchObject({ control: 0xdc });
});

test('a meter of one phase shows FF for the others, a cheap one refuses blocks', () => {
  const single = setUp({ phases: 1 }, { '02010100': 230 });
  expect(single.read('0201FF00')?.data).toEqual(bytes('00FF0102 0023FFFFFFFF'));
  expect(setUp({ hasNoBlocks: true }).read('0001FF00')).toMatchObject({
    control: 0xd1,
    data: bytes('02'),
  });
  expect(setUp().read('02990000')).toMatchObject({ control: 0xd1, data: bytes('02') });
});

test('an address is read and written by the only meter on the line, and wildcards must fit', () => {
  const { ask, meter } = setUp();
  expect(ask(0x13, '', 'AAAAAAAAAAAA')?.data).toEqual(bytes('020011112420'));
  expect(ask(0x11, '00000100', 'AAAAAAAA0003')).toBeUndefined();
  expect(ask(0x11, '00000100', '202411110003')).toBeUndefined();
  expect(ask(0x15, '112233445566', 'AAAAAAAAAAAA')).toMatchObject({ address: '665544332211' });
  expect(meter.address).toBe('665544332211');
});

test('the 1997 meter knows no address command, ends blocks with AA and shows coarser values', () => {
  const shown = { '02010100': 229.7, '02020100': 4.999, '00010000': 100 };
  const { ask, read } = setUp({ version: '1997' }, shown);
  expect(ask(0x13, '', 'AAAAAAAAAAAA')).toBeUndefined();
  expect(read('B611')).toMatchObject({ control: 0x81, data: bytes('11B6 3002') });
  expect(read('B621')?.data).toEqual(bytes('21B6 0005'));
  expect(read('901F')?.data).toEqual(bytes('1F90 00000100 00100000 00300000 00400000 00200000 AA'));
  expect(read('9999')).toMatchObject({ control: 0xc1, data: bytes('02') });
  expect(read('C010')?.data).toEqual(bytes('10C0 05151124'));
});

test('a swapped meter keeps its address, has another number, and begins to count at 0', async () => {
  const rising = { shape: 'counter', min: 500, max: 1_500, period: seconds(100_000) } as const;
  const { clock, meter, digits } = setUp({ signals: new Map([['00010000', rising]]) });
  await clock.advance(seconds(100));
  const number = digits('04000402');
  meter.faults.set({ kind: 'swap', downtime: seconds(60) });
  expect(digits('00010000')).toBeUndefined();
  meter.faults.set(undefined);
  await clock.advance(seconds(160));
  expect(digits('00010000')).toBe(100n);
  expect(digits('04000402')).toBe((number ?? 0n) + 1n);
  expect(digits('04000401')).toBe(BigInt(ADDRESS));
  expect(meter.faults.counts()).toMatchObject({ swap: 1 });
});

test('faults: refused, zero, and another meter that answers', () => {
  const { meter, read } = setUp({}, { '00010000': 12.34 });
  meter.faults.set('exception');
  expect(read('00010000')).toMatchObject({ control: 0xd1, data: bytes('01') });
  meter.faults.set('zero');
  expect(read('00010000')).toMatchObject({ control: 0x91, data: bytes('00000100 00000000') });
  meter.faults.set('wrong-unit');
  expect(read('00010000')).toMatchObject({ address: '202411110003' });
});
