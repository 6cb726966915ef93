import { describe, expect, test } from 'vitest';
import { seconds } from '../../../gateway/model/units.ts';
import { fromHex, meterFrame, meterReply, meterSession } from '../../support/cjt188-fixture.ts';

/** 8765.43 m3 now, 8760.00 on the settlement day, 2024-11-15 08:30:00, valve open, battery low. */
const WATER = '43 65 87 00 2C 00 60 87 00 2C 00 30 08 15 11 24 20 04 00';
/** The same at another time, or of another meter. */
const OTHER = WATER.replace('43 65', '99 99');
/** 10 GJ, 12.34 GJ, 123.5 kW, 0.125 m3/h, 56.78 m3, 55.5 and 30.2 °C, 1234 h. */
const HEAT =
  '00 10 00 00 11 34 12 00 00 11 50 23 01 00 17 50 12 00 00 35 78 56 00 00 2C 50 55 00 20 30 00 34 12 00 00 00 00 15 11 24 20 00 00';
/** Before each request of 20 bytes at 2400 8E1 are answered, and far beyond any reply. */
const LONG = seconds(20);

/** One read that is answered with this payload. */
async function answered(
  payload: string,
  addresses: readonly string[],
  options: Readonly<Record<string, unknown>> = {},
  decimals?: number,
) {
  const parts = meterSession(addresses, options, decimals);
  const reading = parts.read();
  parts.line.arrive(meterReply(parts.lastRequest(), payload));
  const { samples, outcome } = await reading;
  return {
    ...parts,
    outcome,
    samples,
    values: samples.map(({ value }) => value),
    qualities: samples.map(({ quality }) => quality),
  };
}

const TAG = ['volume'];
const GOOD = { outcome: 'answered', samples: [{ value: 8765.43, quality: 'good' }] };

describe('metering data', () => {
  test('of a water or gas meter give all its tags in one request', async () => {
    const addresses = ['volume', 'settlement_volume', 'clock', 'status', 'valve', 'battery_low'];
    const { values, groups, line } = await answered(WATER, addresses);
    expect(values).toEqual([8765.43, 8760, '2024-11-15T08:30:00', 4, 'open', true]);
    expect(groups).toHaveLength(1);
    expect(line.written[0]?.toString('hex')).toBe('fefefefe68109078563412337801' + '03901f007a16');
  });

  test('of a heat meter of 2004 are kWh, kW, m3/h and m3 whatever the meter counts in', async () => {
    const { values } = await answered(
      HEAT,
      ['settlement_heat', 'heat', 'power', 'flow', 'volume', 'supply_temperature', 'working_hours'],
      { type: 'heat' },
    );
    expect(values).toEqual([2777.778, 3427.778, 123.5, 0.125, 56.78, 55.5, 1234]);
  });

  test('keep the meter’s own digits, its unit and any other unit for who asks', async () => {
    const { values } = await answered(
      HEAT,
      ['heat raw', 'heat unit', 'heat GJ', 'heat MWh', 'volume L'],
      { type: 'heat' },
    );
    expect(values).toEqual([12.34, 'GJ', 12.34, 3.427778, 56780]);
  });

  test('of a heat meter of 2018 are told by their length', async () => {
    const payload =
      '00 10 00 00 08 34 12 00 00 08 50 23 01 17 25 01 00 35 78 56 00 00 2C 50 55 20 30 34 12 00 00 00 00 00 15 11 24 20 00 00';
    const { values } = await answered(
      payload,
      [
        'heat',
        'power',
        'flow',
        'volume',
        'supply_temperature',
        'return_temperature',
        'working_hours',
      ],
      { type: 'heat' },
    );
    expect(values).toEqual([12340, 123.5, 0.125, 56.78, 55.5, 30.2, 1234]);
  });

  test('for heat and cooling come with an identifier of their own', async () => {
    const payload =
      '01 00 00 00 08 02 00 00 00 08 03 00 00 00 08 04 00 00 00 08 50 23 01 17 25 01 00 35 78 56 00 00 2C 50 55 20 30 16 00 15 00 34 12 00 00 00 00 00 15 11 24 20 00 00';
    const { values, lastRequest } = await answered(
      payload,
      ['heat', 'cooling', 'settlement_cooling', 'supply_pressure'],
      { type: 'heat_cooling', metering: '911F' },
    );
    expect(lastRequest().subarray(11, 13).toString('hex')).toBe('911f');
    expect(values).toEqual([30, 40, 20, 0.16]);
  });

  test('may have the current heat first', async () => {
    const options = { type: 'heat', heat_order: 'current_first' };
    const { values } = await answered(HEAT, ['heat GJ', 'settlement_heat GJ'], options);
    expect(values).toEqual([10, 12.34]);
  });

  test('have the decimals that the options say', async () => {
    const { values } = await answered(WATER, ['volume'], { decimals_volume: 3 });
    expect(values).toEqual([876.543]);
  });

  test('of another edition than the options say are nobody’s guess', async () => {
    const { qualities } = await answered(HEAT, ['heat'], { type: 'heat', layout: 2018 });
    expect(qualities).toEqual(['bad:device']);
  });

  test('of an unknown length are bad, and logged once with their bytes', async () => {
    const parts = meterSession(['volume', 'valve', 'di:901F hex'], { di_order: 'high_first' });
    for (let i = 0; i < 3; i++) {
      const reading = parts.read();
      parts.line.arrive(meterReply(parts.lastRequest(), '01 02 03'));
      const { samples } = await reading;
      expect(samples.map(({ value }) => value)).toEqual([null, null, '010203']);
      expect(samples[0]?.quality).toBe('bad:device');
    }
    expect(parts.warnings).toMatchObject([
      { event: 'cjt188.reply-unreadable', fields: { raw: '010203' } },
    ]);
  });

  test('that lack a field say that the address does not suit the meter', async () => {
    expect((await answered(WATER, ['heat'])).qualities).toEqual(['bad:config']);
  });
});

describe('values', () => {
  test('of 123456.78 litres are 123.45678 m3, digit by digit', async () => {
    const litres = WATER.replace('43 65 87 00 2C', '78 56 34 12 29');
    expect((await answered(litres, ['volume', 'volume raw', 'volume unit'])).values).toEqual([
      123.45678,
      123456.78,
      'L',
    ]);
  });

  test('are rounded to the decimals of the tag where it has some', async () => {
    const { values } = await answered(HEAT, ['heat', 'volume'], { type: 'heat' }, 1);
    expect(values).toEqual([3427.8, 56.8]);
  });

  test('of FF are no values', async () => {
    const absent = WATER.replace('00 60 87 00 2C', 'FF FF FF FF 2C').replace(
      '00 30 08 15 11 24 20',
      'FF FF FF FF FF FF FF',
    );
    const { values, qualities } = await answered(absent, ['volume', 'settlement_volume', 'clock']);
    expect(values).toEqual([8765.43, null, null]);
    expect(qualities).toEqual(['good', 'bad:device', 'bad:device']);
  });

  test('with a half byte that is no digit are bad', async () => {
    const broken = WATER.replace('43 65 87 00 2C', '43 6A 87 00 2C');
    const { qualities } = await answered(broken, ['volume', 'settlement_volume']);
    expect(qualities).toEqual(['bad:device', 'good']);
  });

  test('in a unit that nobody knows are published as they are, and never as m3', async () => {
    const unknown = WATER.replace('43 65 87 00 2C', '43 65 87 00 00');
    const { values } = await answered(unknown, ['volume', 'volume raw', 'volume unit']);
    expect(values).toEqual([null, 8765.43, 'unknown(00)']);
  });

  test('of a sensor that is not there are no temperatures', async () => {
    const open = HEAT.replace('50 55 00', '99 99 99');
    const { values } = await answered(open, ['supply_temperature', 'return_temperature'], {
      type: 'heat',
    });
    expect(values).toEqual([null, 30.2]);
  });

  test('of a clock that shows nonsense are "invalid", and never the time of a sample', async () => {
    const nonsense = WATER.replace('00 30 08 15 11 24 20', '60 20 20 00 00 00 00');
    const { samples } = await answered(nonsense, ['clock', 'volume']);
    expect(samples).toMatchObject([{ value: 'invalid' }, { value: 8765.43, timeBasis: 'gateway' }]);
    expect(new Date(samples[1]?.time ?? 0).toISOString()).toMatch(/^2026-06-01T12:00:00/);
  });

  test.each([
    ['closed', '01'],
    ['abnormal', '03'],
    ['abnormal', '02'],
  ])('of a valve that is %s come from two bits', async (valve, status) => {
    const payload = WATER.replace(/04 00$/, `${status} FF`);
    const { values } = await answered(payload, ['valve', 'battery_low', 'status']);
    expect(values).toEqual([valve, false, 0xff00 + Number.parseInt(status, 16)]);
  });
});

describe('the unit may stand before the digits', () => {
  const UNIT_FIRST =
    '08 02 00 00 00 08 02 00 00 00 17 00 00 00 00 35 00 00 00 00 2C 34 10 00 00 35 25 00 66 25 00 00 00 00 53 00 12 10 07 15 20 00 00';
  test('as all values of a reply together show', async () => {
    const { values } = await answered(UNIT_FIRST, ['heat MWh', 'volume', 'flow'], { type: 'heat' });
    expect(values).toEqual([0.02, 10.34, 0]);
  });

  test('which a reply with one value follows once it is known', async () => {
    const parts = meterSession(['heat MWh', 'history:1 raw'], { type: 'heat' });
    const never = new AbortController().signal;
    const [metering, history] = parts.groups;
    if (!metering || !history) throw new Error('two groups expected');
    const first = parts.session.read(metering, never);
    parts.line.arrive(meterReply(parts.lastRequest(), UNIT_FIRST));
    await first;
    const second = parts.session.read(history, never);
    parts.line.arrive(meterReply(parts.lastRequest(), '05 34 12 00 05'));
    expect((await second).samples[0]?.value).toBe(500_12.34);
  });

  test('or as the options say', async () => {
    const options = { type: 'heat', unit_position: 'last' };
    expect((await answered(UNIT_FIRST, ['volume'], options)).values).toEqual([null]);
  });
});

describe('other identifiers', () => {
  test.each([
    ['history:1', 'd120', '56 34 00 00 2C', 34.56],
    ['history:12 L', 'd12b', '56 34 00 00 2C', 34560],
    ['history2:1 volume', 'd200', '56 34 00 00 2C', 34.56],
    ['history2:256 cooling', 'd2ff', '01 00 00 00 05 02 00 00 00 05 03 00 00 00 2C', 0.02],
    [
      'freeze:1 pressure',
      'd300',
      '00 00 00 15 11 24 20 56 34 00 00 2C 50 12 00 00 35 12 20 00 35 00 00',
      0.35,
    ],
    [
      'instant_freeze:2 clock',
      'd401',
      '00 00 00 15 11 24 20 56 34 00 00 2C 50 12 00 00 35 12 20 00 35 00 00',
      '2024-11-15T00:00:00',
    ],
    ['price:2', '8102', '50 02 00 80 01 00 50 03 00 50 02 00 50 04 00', 3.5],
    ['price_volume:1', '8102', '50 02 00 80 01 00 50 03 00 50 02 00 50 04 00', 180],
    ['settlement_day', '8103', '25', 25],
    ['reading_day', '8104', '01', 1],
    ['balance', '8105', '07 00 00 01 00 00 00 02 00 45 23 01 00 00 00', 123.45],
    ['key_version', '8106', '03', 3],
    ['meter_address', '810a', '90 78 56 34 12 33 78', '78331234567890'],
    ['di:D134', 'd134', '56 34 00 00 2C', '563400002C'],
    ['di:D134 value', 'd134', '56 34 00 00 2C', 34.56],
    ['di:903F@5 bcd4', '903f', '56 34 00 00 2C 78 56 34 12', 12345678],
    ['di:A017 uint2', 'a017', '01 FF', 0xff01],
    ['di:907F clock', '907f', '00 30 08 15 11 24 20', '2024-11-15T08:30:00'],
  ])('%s reads %s', async (address, di, payload, value) => {
    const { values, lastRequest } = await answered(payload, [address]);
    expect(lastRequest().subarray(11, 13).toString('hex')).toBe(di);
    expect(values).toEqual([value]);
  });

  test('beyond the end of the reply are bad', async () => {
    expect((await answered('01 02', ['di:D134@1 bcd4'])).qualities).toEqual(['bad:device']);
  });
});

describe('the order of an identifier’s bytes', () => {
  const orderOf = (request: Buffer | undefined) =>
    request?.subarray(request.indexOf(0x68) + 11, request.indexOf(0x68) + 13).toString('hex');
  const orders = (line: { written: readonly Buffer[] }) => line.written.map(orderOf);

  test('is the other one when the first is not answered, and is remembered', async () => {
    const parts = meterSession(TAG);
    const reading = parts.read();
    await parts.clock.advance(seconds(3));
    parts.line.arrive(meterReply(parts.lastRequest(), WATER));
    expect(await reading).toMatchObject(GOOD);
    const next = parts.read();
    parts.line.arrive(meterReply(parts.lastRequest(), WATER));
    expect(await next).toMatchObject(GOOD);
    expect(orders(parts.line)).toEqual(['901f', '1f90', '1f90']);
  });

  test('is also the other one when the meter refuses the first', async () => {
    const parts = meterSession(TAG);
    const reading = parts.read();
    parts.line.arrive(meterFrame(0xc1, '00 00 00'));
    await parts.clock.advance(seconds(1));
    parts.line.arrive(meterReply(parts.lastRequest(), WATER));
    expect(await reading).toMatchObject(GOOD);
    expect(orders(parts.line)).toEqual(['901f', '1f90']);
  });

  test('begins with the other one after a read that nobody answered', async () => {
    const parts = meterSession(TAG);
    for (let i = 0; i < 2; i++) {
      const reading = parts.read();
      await parts.clock.advance(LONG);
      expect(await reading).toMatchObject({
        outcome: 'silent',
        samples: [{ value: null, quality: 'bad:comm' }],
      });
    }
    expect(orders(parts.line)).toEqual(['901f', '1f90', '1f90', '901f']);
  });

  test('is doubted after three silent reads, since another meter may have come', async () => {
    const parts = meterSession(TAG);
    const first = parts.read();
    parts.line.arrive(meterReply(parts.lastRequest(), WATER));
    await first;
    for (let i = 0; i < 4; i++) {
      const reading = parts.read();
      await parts.clock.advance(LONG);
      await reading;
    }
    expect(orders(parts.line).slice(1, 4)).toEqual(['901f', '901f', '901f']);
    expect(new Set(orders(parts.line).slice(4))).toEqual(new Set(['901f', '1f90']));
  });

  test('is what the options say, and is accepted in either order from the meter', async () => {
    const parts = meterSession(TAG, { di_order: 'low_first' });
    expect(parts.session.patience).toBe(2_000);
    const reading = parts.read();
    expect(orders(parts.line)).toEqual(['1f90']);
    parts.line.arrive(meterFrame(0x81, `90 1F 00 ${WATER}`));
    expect(await reading).toMatchObject(GOOD);
  });

  test('is tried once in a probe', async () => {
    const parts = meterSession(TAG);
    for (let i = 0; i < 2; i++) {
      const reading = parts.read(100);
      await parts.clock.advance(seconds(1));
      expect(await reading).toMatchObject({ outcome: 'silent' });
    }
    expect(orders(parts.line)).toEqual(['901f', '1f90']);
  });
});

describe('a meter that sleeps', () => {
  test('is woken by FE bytes and asked again', async () => {
    const options = { preamble: 40, tries: 3, di_order: 'high_first' };
    const parts = meterSession(TAG, options);
    expect(parts.session.patience).toBe(2_000);
    const reading = parts.read();
    await parts.clock.advance(seconds(5));
    parts.line.arrive(meterReply(parts.lastRequest(), WATER));
    expect(await reading).toMatchObject(GOOD);
    expect(parts.line.written).toHaveLength(3);
    expect(parts.line.written[0]?.subarray(0, 41)).toEqual(
      Buffer.of(...Array(40).fill(0xfe), 0x68),
    );
  });
});

/** With one bit wrong. */
const damaged = (frame: Uint8Array) => {
  const copy = Buffer.from(frame);
  copy.writeUInt8(copy.readUInt8(14) ^ 1, 14);
  return copy;
};

describe('a reply is found', () => {
  const reply = (asked: Buffer) => meterReply(asked, WATER);
  const foreign645 = fromHex('68 61 01 00 00 00 00 68 91 08 33 33 34 33 59 33 33 33 8A 16');
  const mbus = fromHex('68 03 03 68 08 01 72 7B 16');
  test.each<[string, (asked: Buffer) => readonly Buffer[]]>([
    ['behind many FE', (asked) => [Buffer.alloc(40, 0xfe), reply(asked)]],
    ['byte by byte', (asked) => [...reply(asked)].map((byte) => Buffer.of(byte))],
    ['behind the echo of the request', (asked) => [asked, reply(asked)]],
    ['behind noise', (asked) => [Buffer.of(0, 0xff, 0x16), reply(asked)]],
    ['behind noise that looks like a short frame', (asked) => [fromHex('68 10 01'), reply(asked)]],
    ['behind a frame of DL/T 645', (asked) => [foreign645, reply(asked)]],
    ['behind a damaged frame of DL/T 645', (asked) => [damaged(foreign645), reply(asked)]],
    ['behind a frame of M-Bus', (asked) => [mbus, reply(asked)]],
    [
      'behind a late reply with an older SER',
      (asked) => [meterReply(asked, OTHER, { ser: 0xff }), reply(asked)],
    ],
    [
      'behind the reply of another meter',
      (asked) => [meterReply(asked, OTHER, { address: '00000000000001' }), reply(asked)],
    ],
    [
      'behind the reply of another kind of meter',
      (asked) => [meterReply(asked, OTHER, { type: 0x30 }), reply(asked)],
    ],
    [
      'behind the reply to another identifier',
      (asked) => [meterFrame(0x81, 'D1 20 00 56 34 00 00 2C'), reply(asked)],
    ],
    [
      'behind the refusal of an older request',
      (asked) => [meterFrame(0xc1, 'EE 00 00'), reply(asked)],
    ],
  ])('%s', async (_, pieces) => {
    const parts = meterSession(TAG, { di_order: 'high_first' });
    const reading = parts.read();
    for (const piece of pieces(parts.line.written.at(-1) ?? Buffer.alloc(0)))
      parts.line.arrive(piece);
    await parts.clock.advance(seconds(1));
    expect(await reading).toMatchObject(GOOD);
  });

  test('from an address with a 68H where DL/T 645 has its second', async () => {
    const parts = meterSession(TAG, { address: '78681234567890' });
    const reading = parts.read();
    parts.line.arrive(meterReply(parts.lastRequest(), WATER, { address: '78681234567890' }));
    await parts.clock.advance(seconds(1));
    expect(await reading).toMatchObject(GOOD);
  });

  test('from an address that is not BCD', async () => {
    const address = 'FF331234ABCDEF';
    const parts = meterSession(TAG, { address: address.toLowerCase() });
    const reading = parts.read();
    parts.line.arrive(meterReply(parts.lastRequest(), WATER, { address }));
    expect(await reading).toMatchObject(GOOD);
  });

  test('from whoever answers the wildcard', async () => {
    const parts = meterSession(['volume'], { address: 'AAAAAAAAAAAAAA', type: 'AA' });
    const reading = parts.read();
    parts.line.arrive(
      meterReply(parts.lastRequest(), WATER, { address: '00002020120218', type: 0x10 }),
    );
    expect(await reading).toMatchObject(GOOD);
  });

  test('with any SER where the options say so', async () => {
    const parts = meterSession(TAG, { ser: 'loose' });
    const reading = parts.read();
    parts.line.arrive(meterReply(parts.lastRequest(), WATER, { ser: 0x77 }));
    expect(await reading).toMatchObject(GOOD);
  });
});

describe('nothing else is taken for a reply', () => {
  test.each<[string, (asked: Buffer) => Buffer]>([
    ['a late reply', (asked) => meterReply(asked, WATER, { ser: 0xff })],
    ['another meter’s', (asked) => meterReply(asked, WATER, { address: '00000000000001' })],
    ['a damaged one', (asked) => damaged(meterReply(asked, WATER))],
    ['half of one', (asked) => meterReply(asked, WATER).subarray(0, 20)],
    ['a reply without data', () => meterFrame(0x81, '')],
    [
      'a frame of DL/T 645',
      () => fromHex('68 61 01 00 00 00 00 68 91 08 33 33 34 33 59 33 33 33 8A 16'),
    ],
    ['noise', () => fromHex('00 FF 68 68')],
  ])('%s', async (_, bytes) => {
    const parts = meterSession(TAG, { di_order: 'high_first' });
    const reading = parts.read();
    parts.line.arrive(bytes(parts.lastRequest()));
    await parts.clock.advance(LONG);
    expect(await reading).toMatchObject({
      outcome: 'garbled',
      samples: [{ value: null, quality: 'bad:comm' }],
    });
  });
});

describe('a refusal', () => {
  test('is a bad sample of a meter that answered, logged once', async () => {
    const parts = meterSession(TAG, { di_order: 'high_first' });
    for (let ser = 0; ser < 3; ser++) {
      const reading = parts.read();
      parts.line.arrive(meterFrame(0xc1, `0${ser} 04 00`));
      expect(await reading).toMatchObject({
        outcome: 'answered',
        samples: [{ value: null, quality: 'bad:device' }],
      });
    }
    expect(parts.warnings).toMatchObject([
      { event: 'cjt188.read-refused', fields: { raw: '0400' } },
    ]);
  });

  test('may have one byte of status and no SER', async () => {
    const parts = meterSession(TAG, { di_order: 'high_first' });
    const reading = parts.read();
    parts.line.arrive(meterFrame(0xc1, '04'));
    expect(await reading).toMatchObject({
      outcome: 'answered',
      samples: [{ quality: 'bad:device' }],
    });
  });

  test('of one order and silence in the other is a refusal', async () => {
    const parts = meterSession(TAG);
    const reading = parts.read();
    parts.line.arrive(meterFrame(0xc1, '00 04 00'));
    await parts.clock.advance(LONG);
    expect(await reading).toMatchObject({
      outcome: 'answered',
      samples: [{ quality: 'bad:device' }],
    });
  });
});

test('SER counts modulo 256', async () => {
  const parts = meterSession(TAG, { di_order: 'high_first' });
  const sers: number[] = [];
  for (let i = 0; i < 258; i++) {
    const reading = parts.read();
    sers.push(parts.lastRequest().readUInt8(13));
    parts.line.arrive(meterReply(parts.lastRequest(), WATER));
    await reading;
  }
  expect(sers).toEqual(Array.from({ length: 258 }, (_, i) => i % 256));
});

test('an abort ends the read', async () => {
  const { session, groups } = meterSession(TAG);
  const abort = new AbortController();
  const [group] = groups;
  if (!group) throw new Error('no group');
  const reading = session.read(group, abort.signal);
  abort.abort(new Error('stopped'));
  await expect(reading).rejects.toThrow('stopped');
  await session.close();
});
