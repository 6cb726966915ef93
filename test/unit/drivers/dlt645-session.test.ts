import { describe, expect, test } from 'vitest';
import { millis, minutes, seconds, utcMs } from '../../../gateway/model/units.ts';
import { METER, meterFrame, meterOnLine } from '../../support/dlt645-fixture.ts';

const never = new AbortController().signal;

/** A meter with one group, and what it answers when it is asked. */
function setup(
  addresses: readonly unknown[] = ['forward_active_energy'],
  options: Readonly<Record<string, unknown>> = {},
) {
  const parts = meterOnLine(addresses, options);
  const [group] = parts.groups;
  if (!group) throw new Error('no group');
  return {
    ...parts,
    group,
    read: (signal: AbortSignal = never) => parts.session.read(group, signal),
    answer: (control: number, data: string, address = METER) =>
      parts.line.arrive(meterFrame(address, control, data)),
  };
}

const GOOD = { outcome: 'answered', samples: [{ value: 1234.56, quality: 'good' }] };

describe('a reply is found', () => {
  const REPLY = meterFrame(METER, 0x91, '00000100 56341200');
  const cases: readonly [string, (asked: Buffer) => readonly Buffer[]][] = [
    ['alone', () => [REPLY]],
    ['byte by byte', () => [...REPLY].map((byte) => Buffer.of(byte))],
    ['behind four FEH', () => [Buffer.alloc(4, 0xfe), REPLY]],
    ['behind the echo of the request', (asked) => [asked, REPLY]],
    [
      'behind the request of another master',
      () => [Buffer.of(0), meterFrame(METER, 0x11, '00000100'), REPLY],
    ],
    ['behind a DTU that reports', () => [Buffer.from('+CSQ: 21,99\r\nh'), REPLY]],
    [
      'behind a head of more than any frame holds',
      () => [Buffer.of(0x68, 0, 0, 0, 0, 0, 0, 0x68, 0x91, 0xc9), REPLY],
    ],
    ['behind what looks like a head', () => [Buffer.of(0x68, 1, 2, 3, 0x68), REPLY]],
    [
      'behind the late reply about another item',
      () => [meterFrame(METER, 0x91, '00000200 99999900'), REPLY],
    ],
    [
      'behind the reply of another meter',
      () => [meterFrame('202411110003', 0x91, '00000100 99999900'), REPLY],
    ],
    ['behind a damaged one', () => [Buffer.from(REPLY).fill(0x33, 13, 14), REPLY]],
    [
      'behind the answer to another service',
      () => [meterFrame(METER, 0x94, ''), meterFrame(METER, 0x93, '020011112420'), REPLY],
    ],
  ];
  test.each(cases)('%s', async (_, pieces) => {
    const { read, line } = setup();
    const reading = read();
    for (const piece of pieces(line.written[0] ?? Buffer.alloc(0))) line.arrive(piece);
    expect(await reading).toMatchObject(GOOD);
  });

  test('behind a false head that would swallow it, once the line is silent', async () => {
    const { read, line, clock } = setup();
    const reading = read();
    line.arrive(Buffer.of(0x68, 0, 0, 0, 0, 0, 0, 0x68, 0x91, 0xc8));
    line.arrive(REPLY);
    await clock.advance(millis(600));
    expect(await reading).toMatchObject(GOOD);
  });

  test('by the digits that the address names, whatever stands for A', async () => {
    const { read, line, answer } = setup(undefined, { address: 'AAAAAAAA0002' });
    const reading = read();
    expect(line.written[0]?.subarray(1, 7).toString('hex')).toBe('0200aaaaaaaa');
    answer(0x91, '00000100 99999900', '202411110003');
    answer(0x91, '00000100 56341200');
    expect(await reading).toMatchObject(GOOD);
  });

  test('in the words of 1997, with AA behind a block', async () => {
    const tags = ['forward_active_energy', 'forward_active_energy tariff:2'];
    const { read, line, answer } = setup(tags, { version: 1997 });
    const reading = read();
    expect(line.written[0]).toEqual(meterFrame(METER, 0x01, '1F90'));
    answer(0x81, '1F90 56341200 00000000 56341200 AA');
    expect((await reading).samples.map(({ value }) => value)).toEqual([1234.56, 1234.56]);
  });
});

describe('nothing else is taken for a reply', () => {
  const cases: readonly [string, (asked: Buffer) => Buffer, 'silent' | 'garbled'][] = [
    ['silence', () => Buffer.alloc(0), 'silent'],
    ['the echo of the request', (asked) => asked, 'silent'],
    ['another item', () => meterFrame(METER, 0x91, '00000200 56341200'), 'garbled'],
    ['another meter', () => meterFrame('000000000001', 0x91, '00000100 56341200'), 'garbled'],
    ['half a reply', () => meterFrame(METER, 0x91, '00000100 56341200').subarray(0, 15), 'garbled'],
    ['an item without its identifier', () => meterFrame(METER, 0x91, '00'), 'garbled'],
  ];
  test.each(cases)('%s', async (_, answer, outcome) => {
    const { read, line, clock } = setup();
    const reading = read();
    line.arrive(answer(line.written[0] ?? Buffer.alloc(0)));
    await clock.advance(seconds(2));
    expect(await reading).toMatchObject({
      outcome,
      turnaround: undefined,
      samples: [{ value: null, quality: 'bad:comm' }],
    });
  });

  test('not even at a trickle for ever', async () => {
    const { read, line, clock } = setup();
    let isSettled = false;
    const reading = read().finally(() => {
      isSettled = true;
    });
    for (let i = 0; i < 40 && !isSettled; i++) {
      line.arrive(Buffer.of(0x68));
      await clock.advance(millis(400));
    }
    expect(await reading).toMatchObject({ outcome: 'garbled' });
    expect(clock.mono()).toBeLessThan(5_000);
  });
});

describe('a value', () => {
  const readAs = async (address: unknown, data: string, options = {}) => {
    const { read, answer, line } = setup([address], options);
    const reading = read();
    const asked = line.written.at(-1) ?? Buffer.alloc(0);
    const di = [...asked.subarray(10, 14)].map((byte) => (byte - 0x33) & 0xff);
    answer(0x91, Buffer.from(di).toString('hex') + data);
    const [sample] = (await reading).samples;
    return sample?.quality === 'good' ? sample.value : (sample?.quality ?? 'none');
  };

  test.each<[string, unknown, string, unknown]>([
    ['has the sign in its highest bit', 'active_power', '452381', -1.2345],
    ['has no sign where the standard gives none', 'voltage_a', '0182', 820.1],
    ['may be said to have one', 'voltage_a signed', '0182', -20.1],
    ['is zero and not minus zero', 'current_a', '000080', 0],
    ['is refused when it is all FFH', 'current_b', 'FFFFFF', 'bad:device'],
    ['is refused when a half byte is no digit', 'voltage_a', '0A22', 'bad:device'],
    ['is refused when it is too long', 'voltage_a', '012200', 'bad:device'],
    ['is refused when it comes twice', 'voltage_a', '01220122', 'bad:device'],
    ['is refused when it is too short', 'voltage_a', '01', 'bad:device'],
    [
      'is as a manufacturer made it',
      'forward_active_energy bytes:4 decimals:4',
      '78563412',
      1234.5678,
    ],
    ['is found by its identifier alone', '02010100', '0122', 220.1],
    ['need not be in the table', '0201AA00 bytes:2 decimals:1', '0122', 220.1],
    ['is multiplied exactly', { address: 'current_a', scale: 0.1, decimals: 2 }, '505315', 15.54],
    [
      'keeps every digit',
      '00FE0000 bytes:8 decimals:2',
      '7856341290785634',
      { unscaled: 3456789012345678n, decimals: 2 },
    ],
    ['is a date', 'date', '05151124', '2024-11-15'],
    ['is a time', 'time_of_day', '004513', '13:45:00'],
    ['is both', 'clock', '00451305151124', '2024-11-15T13:45:00'],
    ['is a day that is in no calendar', 'date', '05300224', 'bad:device'],
    ['is a settlement', 'settlement_day_1', '0001', '01T00'],
    ['is text, last character first', 'model', '0000000035343644445A', 'ZDD645'],
    ['is a number with leading zeros', 'meter_number', '610100000000', '000000000161'],
    ['is a word of bits', 'run_status_3', '1000', 16],
    ['is no word of bits when it is all FFH', 'run_status_3', 'FFFF', 'bad:device'],
    ['is one bit', 'run_status_3 bit:4', '1000', true],
    ['is another bit', 'run_status_3 bit:5', '1000', false],
    [
      'is when the demand was highest',
      'forward_active_max_demand_time',
      '452301 4513200524',
      '2024-05-20T13:45',
    ],
    ['is the demand', 'forward_active_max_demand', '452301 4513200524', 1.2345],
  ])('%s', async (_, address, data, value) => {
    expect(await readAs(address, data)).toEqual(value);
  });
});

describe('a block', () => {
  const TAGS = ['voltage_a', 'voltage_b', 'voltage_c', 'current_a'];

  test('is read once for all its items', async () => {
    const { groups, read, line, answer } = setup(TAGS);
    expect(groups.map(({ label }) => label)).toEqual(['0201FF00', '02020100']);
    const reading = read();
    expect(line.written[0]).toEqual(meterFrame(METER, 0x11, '00FF0102'));
    answer(0x91, '00FF0102 0122 FFFF 1522');
    expect((await reading).samples).toMatchObject([
      { value: 220.1 },
      { value: null, quality: 'bad:device' },
      { value: 221.5 },
    ]);
  });

  test('that the meter does not have is given up for its items, until the meter is another', async () => {
    const { groups, session, read, answer, events } = setup(TAGS);
    const reading = read();
    answer(0xd1, '02');
    const { samples, regroup, outcome } = await reading;
    expect({ samples, outcome }).toEqual({ samples: [], outcome: 'answered' });
    expect(regroup?.map(({ label }) => label)).toEqual(['02010100', '02010200', '02010300']);
    expect(events.map(({ event }) => event)).toEqual(['dlt645.block-given-up']);
    expect(session.relearn?.()).toEqual(groups);
    expect(session.relearn?.()).toBeUndefined();
  });

  test('is not asked for when the device says never', () => {
    const { groups } = setup(TAGS, { blocks: 'never' });
    expect(groups).toHaveLength(4);
  });

  test('that has fewer tariffs than wanted leaves those without a value', async () => {
    const { read, answer } = setup(['forward_active_energy', 'forward_active_energy tariff:4']);
    const reading = read();
    answer(0x91, '00FF0100 56341200 56341200');
    expect((await reading).samples).toMatchObject([
      { value: 1234.56 },
      { value: null, quality: 'bad:device' },
    ]);
  });
});

describe('a long item', () => {
  const TAGS = ['forward_active_energy', 'forward_active_energy tariff:4'];

  test('is asked for frame by frame and put together', async () => {
    const { read, line, answer, clock } = setup(TAGS);
    const reading = read();
    answer(0xb1, '00FF0100 78563412 11000000');
    await clock.advance(millis(40));
    expect(line.written[1]).toEqual(meterFrame(METER, 0x12, '00FF0100 01'));
    answer(0xb2, '00FF0100 22000000 01');
    await clock.advance(millis(40));
    expect(line.written[2]).toEqual(meterFrame(METER, 0x12, '00FF0100 02'));
    answer(0x92, '00FF0100 22000000 01');
    answer(0x92, '00FF0100 33000000 12567834 02');
    expect((await reading).samples.map(({ value }) => value)).toEqual([123456.78, 347856.12]);
  });

  test('leaves the meter its gap before each frame', async () => {
    const { read, line, answer, clock } = setup(TAGS, { gap: '100ms' });
    const reading = read();
    answer(0xb1, '00FF0100 78563412');
    await clock.advance(millis(99));
    expect(line.written).toHaveLength(1);
    await clock.advance(millis(1));
    expect(line.written).toHaveLength(2);
    await clock.advance(seconds(2));
    expect(await reading).toMatchObject({ outcome: 'silent' });
  });

  test('that never ends is given up', async () => {
    const { read, answer, clock, line } = setup(TAGS);
    const reading = read();
    answer(0xb1, '00FF0100 78563412');
    for (let number = 1; number <= 20; number++) {
      await clock.advance(millis(40));
      answer(0xb2, `00FF0100 11000000 ${number.toString(16).padStart(2, '0')}`);
    }
    expect(await reading).toMatchObject({ outcome: 'garbled' });
    expect(line.written).toHaveLength(17);
  });
});

describe('a refusal', () => {
  test.each([
    ['02', 'bad:config'],
    ['04', 'bad:device'],
    ['01', 'bad:device'],
  ])('with the error word %s makes samples %s', async (error, quality) => {
    const { read, answer } = setup();
    const reading = read();
    answer(0xd1, error);
    expect(await reading).toMatchObject({
      outcome: 'answered',
      samples: [{ value: null, quality }],
    });
  });

  test('is logged when it appears and when it changes, with its reasons', async () => {
    const { read, answer, events } = setup();
    for (const error of ['02', '02', '04', undefined, '04']) {
      const reading = read();
      if (error) answer(0xd1, error);
      else answer(0x91, '00000100 56341200');
      await reading;
    }
    expect(events).toMatchObject([
      { event: 'dlt645.item-refused', fields: { reasons: 'noRequestedData', address: METER } },
      { fields: { reasons: 'passwordErrorOrUnauthorised' } },
      { fields: { reasons: 'passwordErrorOrUnauthorised' } },
    ]);
  });

  test('for no named reason is asked for again as before', async () => {
    const { read, answer } = setup();
    for (let i = 0; i < 4; i++) {
      const reading = read();
      answer(0xd1, '01');
      expect(await reading).not.toHaveProperty('again');
    }
  });

  test('that lasts is asked for again in an hour, and at once when the meter is another', async () => {
    const { read, answer, session } = setup();
    const refused = () => {
      const reading = read();
      answer(0xd1, '02');
      return reading;
    };
    await refused();
    expect(await refused()).not.toHaveProperty('again');
    expect(await refused()).toMatchObject({ again: minutes(60) });
    session.relearn?.();
    expect(await refused()).not.toHaveProperty('again');
  });
});

describe('a freeze', () => {
  const TAGS = [
    'daily_freeze_forward_active_energy',
    'daily_freeze_forward_active_energy tariff:1',
  ];
  const MIDNIGHT = utcMs(Date.UTC(2024, 10, 14, 16));
  const asked = ({ line }: ReturnType<typeof setup>) =>
    [...(line.written.at(-1) ?? [])].slice(10, 14).map((byte) => (byte - 0x33) & 0xff);

  async function play(
    parts: ReturnType<typeof setup>,
    times: readonly (string | undefined)[],
    totals: readonly string[] = [],
  ) {
    const reading = parts.read();
    for (const [i, time] of times.entries()) {
      await parts.clock.advance(millis(40));
      parts.answer(0x91, `01010605 ${totals[i] ?? '78563412'} 11000000`);
      await parts.clock.advance(millis(40));
      if (time === undefined) parts.answer(0xd1, '02');
      else parts.answer(0x91, `01000605 ${time}`);
    }
    return reading;
  }

  test('has the time at which it was made, by the clock of the meter', async () => {
    const parts = setup(TAGS);
    const reading = await play(parts, ['0000151124', '0000151124']);
    expect(asked(parts)).toEqual([1, 0, 6, 5]);
    expect(reading.samples).toMatchObject([
      { value: 123456.78, quality: 'good', time: MIDNIGHT, timeBasis: 'source' },
      { value: 0.11, time: MIDNIGHT, timeBasis: 'source' },
    ]);
  });

  test('is read in two requests once its time is known', async () => {
    const parts = setup(TAGS);
    await play(parts, ['0000151124', '0000151124']);
    const before = parts.line.written.length;
    expect((await play(parts, ['0000151124'])).samples[0]).toMatchObject({ timeBasis: 'source' });
    expect(parts.line.written.length - before).toBe(2);
  });

  test('that is made while it is read is read again', async () => {
    const parts = setup(TAGS);
    await play(parts, ['0000151124', '0000151124']);
    const times = ['0000161124', '0000161124'];
    const reading = await play(parts, times, ['78563412', '99563412']);
    expect(reading.samples[0]).toMatchObject({ value: 123456.99, time: MIDNIGHT + 86_400_000 });
  });

  test.each([
    ['that says no time', [undefined]],
    ['whose time is none', ['0000000000', '0000000000']],
  ])('%s is doubtful and has ours', async (_, times) => {
    const parts = setup(TAGS);
    const reading = await play(parts, times);
    expect(reading.samples[0]).toMatchObject({
      value: 123456.78,
      quality: 'uncertain:last-usable',
      timeBasis: 'gateway',
    });
  });
});

describe('a load record', () => {
  const RECORD =
    'A0A0 1C 4513151124 0122 0222 0322 010000 020000 030080 0050 AA AA AA AA AA AA 00 E5';

  test.each([
    ['whole', RECORD, 220.1],
    ['bare', '4513151124 0122 0222 0322 010000 020000 030080 0050', 220.1],
    ['of another class', 'A0A0 0B 4513151124 AA AA AA AA AA AA 00 E5', null],
  ])('%s has its own time', async (_, record, value) => {
    const { read, answer } = setup(['load_record_voltage_a', 'load_record_current_c']);
    const reading = read();
    answer(0x91, `02000106 ${record}`);
    const { samples } = await reading;
    expect(samples[0]).toMatchObject({
      value,
      time: Date.UTC(2024, 10, 15, 5, 45),
      timeBasis: 'source',
    });
    expect(samples[1]?.value).toBe(value && -0.003);
  });
});

test('a session that is closed ends its read', async () => {
  const { read, session } = setup();
  const reading = read();
  await session.close();
  await session.close();
  await expect(reading).rejects.toThrow('[line.closed]');
});

test('a read ends with its signal, before and while it runs', async () => {
  const { read, clock } = setup();
  const stop = new AbortController();
  const reading = read(stop.signal);
  stop.abort(new Error('enough'));
  await expect(reading).rejects.toThrow('enough');
  await expect(read(stop.signal)).rejects.toThrow('enough');
  expect(clock.pending()).toEqual([]);
});
