import { describe, expect, test } from 'vitest';
import { serialTiming } from '../../../drivers/line/serial-timing.ts';
import { modbusDriver } from '../../../drivers/modbus/driver.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { millis, seconds, utcMs } from '../../../gateway/model/units.ts';
import { modbusDevice, request, TCP_ACCESS, WIRE_ACCESS } from '../../support/modbus-fixture.ts';
import { packet, packetAnswer, wireAnswer, wireFrame } from '../../support/modbus-frames.ts';
import { scriptedLine } from '../../support/scripted-line.ts';

const never = new AbortController().signal;
const TIMING = serialTiming({ baud: 9600, format: '8E1' });
const NOON = utcMs(Date.UTC(2026, 5, 1, 12));

/** A session on a line in memory and one group of the given tags. */
function setup(
  access: typeof TCP_ACCESS,
  addresses: readonly unknown[] = ['holding:10', 'holding:11'],
  options: Readonly<Record<string, unknown>> = {},
) {
  const clock = virtualClock(NOON);
  const line = scriptedLine(clock, access.timing);
  const device = modbusDevice(options);
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (event: string) => void warnings.push(event) };
  const session = modbusDriver.open(device, { ...access, clock, log, line });
  const requests = addresses.map((written, i) => request(written, i));
  const [group] = modbusDriver.plan(device, requests, access);
  if (!group) throw new Error('no group');
  return {
    clock,
    line,
    warnings,
    session,
    group,
    read: (signal: AbortSignal = never) => session.read(group, signal),
    lastRequest: () => line.written.at(-1) ?? expect.fail('nothing was written'),
    openAnother: () => modbusDriver.open(device, { ...access, clock, log, line }),
  };
}
type Rest = [addresses?: readonly unknown[], options?: Readonly<Record<string, unknown>>];
const onWire = (...rest: Rest) => setup(WIRE_ACCESS, ...rest);
const onTcp = (...rest: Rest) => setup(TCP_ACCESS, ...rest);

const GOOD = { outcome: 'answered', samples: [{ value: 10 }, { value: 11 }] };
const BAD_COMM = [{ value: null, quality: 'bad:comm' }, { quality: 'bad:comm' }];

describe('on a wire an answer is found', () => {
  const cases: readonly [string, (request: Buffer) => readonly Buffer[]][] = [
    ['behind noise', (asked) => [Buffer.of(0, 0xff), wireAnswer(asked)]],
    ['behind noise that looks like its head', (asked) => [Buffer.of(1, 3, 4), wireAnswer(asked)]],
    ['behind the echo of the request', (asked) => [asked, wireAnswer(asked)]],
    ['in pieces', (asked) => [...wireAnswer(asked)].map((byte) => Buffer.of(byte))],
    ['before rubbish', (asked) => [Buffer.concat([wireAnswer(asked), Buffer.of(0xff, 0xff)])]],
    ['before its own repetition', (asked) => [wireAnswer(asked), wireAnswer(asked)]],
    [
      'behind the answer of another unit',
      (asked) => [wireFrame(2, 3, 4, 9, 9, 9, 9), wireAnswer(asked)],
    ],
    [
      'behind an answer of another length',
      (asked) => [wireFrame(1, 3, 2, 9, 9), wireAnswer(asked)],
    ],
    [
      'behind an answer of another function',
      (asked) => [wireFrame(1, 4, 4, 9, 9, 9, 9), wireAnswer(asked)],
    ],
    [
      'behind more noise than a frame is long',
      (asked) => [Buffer.alloc(700, 1), wireAnswer(asked)],
    ],
  ];
  test.each(cases)('%s', async (_, pieces) => {
    const { read, line, lastRequest } = onWire();
    const reading = read();
    for (const piece of pieces(lastRequest())) line.arrive(piece);
    expect(await reading).toMatchObject(GOOD);
  });

  test('as an exception behind noise that looks like a longer answer', async () => {
    const { read, line, clock } = onWire();
    const reading = read();
    line.arrive(Buffer.concat([Buffer.of(1, 3, 4), wireFrame(1, 0x83, 6)]));
    await clock.advance(seconds(1));
    expect(await reading).toMatchObject({
      outcome: 'answered',
      samples: [{ quality: 'bad:device' }, { quality: 'bad:device' }],
    });
  });

  test('although an answer of coils looks exactly like the echo before it', async () => {
    const { read, line, lastRequest } = onWire(['coil:800', 'coil:823']);
    const reading = read();
    expect([...lastRequest().subarray(0, 6)]).toEqual([1, 1, 3, 32, 0, 24]);
    line.arrive(lastRequest());
    line.arrive(wireFrame(1, 1, 3, 0x01, 0, 0x80));
    expect((await reading).samples.map(({ value }) => value)).toEqual([true, true]);
  });
});

describe('on a wire nothing else is taken for an answer', () => {
  const bad = (frame: Buffer) => {
    const damaged = Buffer.from(frame);
    damaged.writeUInt8(damaged.readUInt8(4) ^ 1, 4);
    return damaged;
  };
  const cases: readonly [string, (request: Buffer) => Buffer, 'silent' | 'garbled'][] = [
    ['silence', () => Buffer.alloc(0), 'silent'],
    ['the echo of the request', (asked) => asked, 'silent'],
    ['noise', () => Buffer.of(0, 0xff, 0), 'garbled'],
    ['a damaged answer', (asked) => bad(wireAnswer(asked)), 'garbled'],
    ['half an answer', (asked) => wireAnswer(asked).subarray(0, 5), 'garbled'],
    ['the answer of another unit', () => wireFrame(2, 3, 4, 0, 10, 0, 11), 'garbled'],
    ['an answer of another function', () => wireFrame(1, 4, 4, 0, 10, 0, 11), 'garbled'],
    ['an answer that is too short', () => wireFrame(1, 3, 2, 0, 10), 'garbled'],
    ['an answer that is too long', () => wireFrame(1, 3, 6, 0, 10, 0, 11, 0, 12), 'garbled'],
    ['a wrong byte count', () => wireFrame(1, 3, 2, 0, 10, 0, 11), 'garbled'],
  ];
  test.each(cases)('%s', async (_, answer, outcome) => {
    const { read, line, clock, lastRequest } = onWire();
    const reading = read();
    line.arrive(answer(lastRequest()));
    await clock.advance(seconds(1));
    expect(await reading).toMatchObject({ outcome, turnaround: undefined, samples: BAD_COMM });
  });

  test('bytes that come before the request or after its time', async () => {
    const { read, line, clock } = onWire();
    line.arrive(wireFrame(1, 3, 4, 0, 66, 0, 66));
    const reading = read();
    await clock.advance(seconds(1));
    line.arrive(wireFrame(1, 3, 4, 0, 66, 0, 66));
    expect(await reading).toMatchObject({ outcome: 'silent' });
  });
});

describe('after a request without an answer on a wire', () => {
  const answered = async (parts: ReturnType<typeof onWire>, reading: Promise<unknown>) => {
    const before = parts.line.written.length;
    parts.line.arrive(wireAnswer(parts.lastRequest()));
    await parts.clock.advance(millis(50));
    return parts.line.written.length > before ? parts.lastRequest() : reading;
  };

  test('a read of another length goes first', async () => {
    const parts = onWire();
    const missed = parts.read();
    await parts.clock.advance(seconds(1));
    await missed;
    const reading = parts.read();
    expect(parts.lastRequest().readUInt16BE(4)).toBe(1);
    await answered(parts, reading);
    expect(parts.lastRequest().readUInt16BE(4)).toBe(2);
    parts.line.arrive(wireAnswer(parts.lastRequest()));
    expect(await reading).toMatchObject(GOOD);

    const next = parts.read();
    expect(parts.lastRequest().readUInt16BE(4)).toBe(2);
    parts.line.arrive(wireAnswer(parts.lastRequest()));
    expect(await next).toMatchObject(GOOD);
  });

  test('each further one has yet another length', async () => {
    const parts = onWire(['holding:10', 'holding:11'], { timeout: '10s' });
    const lengths: number[] = [];
    for (let i = 0; i < 4; i++) {
      const reading = parts.read();
      lengths.push(parts.lastRequest().readUInt16BE(4));
      await parts.clock.advance(seconds(11));
      await reading;
    }
    expect(lengths).toEqual([2, 1, 3, 4]);
  });

  test('a read whose answer could not be mistaken goes out at once', async () => {
    const parts = onWire();
    const missed = parts.read();
    await parts.clock.advance(seconds(1));
    await missed;
    const [longer] = modbusDriver.plan(modbusDevice(), [request('holding:10 uint64')], WIRE_ACCESS);
    if (!longer) throw new Error('no group');
    const reading = parts.session.read(longer, never);
    expect(parts.lastRequest().readUInt16BE(4)).toBe(4);
    parts.line.arrive(wireAnswer(parts.lastRequest()));
    expect(await reading).toMatchObject({ outcome: 'answered' });
  });

  test('the unit is left alone when its limits leave no other length', async () => {
    const parts = onWire(['holding:10'], { max_registers: 1 });
    const missed = parts.read();
    await parts.clock.advance(seconds(1));
    await missed;
    expect(await parts.read()).toMatchObject({ outcome: 'silent' });
    expect(parts.line.written).toHaveLength(1);
  });

  test('the precaution ends after four time-outs', async () => {
    const parts = onWire();
    const missed = parts.read();
    await parts.clock.advance(seconds(1));
    await missed;
    await parts.clock.advance(seconds(2));
    const reading = parts.read();
    expect(parts.lastRequest().readUInt16BE(4)).toBe(2);
    parts.line.arrive(wireAnswer(parts.lastRequest()));
    expect(await reading).toMatchObject(GOOD);
  });
});

describe('on a network an answer is found', () => {
  const cases: readonly [string, (request: Buffer) => readonly Buffer[]][] = [
    ['in pieces', (asked) => [...packetAnswer(asked)].map((byte) => Buffer.of(byte))],
    [
      'behind the late answer to an earlier request',
      (asked) => [packet(999, 1, 3, 4, 9, 9, 9, 9), packetAnswer(asked)],
    ],
    [
      'glued to others',
      (asked) => [
        Buffer.concat([packet(999, 1, 3, 4, 9, 9, 9, 9), packetAnswer(asked), packetAnswer(asked)]),
      ],
    ],
    [
      'behind one of another unit',
      (asked) => [packet(asked.readUInt16BE(0), 2, 3, 4, 9, 9, 9, 9), packetAnswer(asked)],
    ],
    [
      'behind one of another function',
      (asked) => [packet(asked.readUInt16BE(0), 1, 4, 4, 9, 9, 9, 9), packetAnswer(asked)],
    ],
    [
      'behind one of another length',
      (asked) => [packet(asked.readUInt16BE(0), 1, 3, 2, 9, 9), packetAnswer(asked)],
    ],
  ];
  test.each(cases)('%s', async (_, pieces) => {
    const { read, line, lastRequest } = onTcp();
    const reading = read();
    for (const piece of pieces(lastRequest())) line.arrive(piece);
    expect(await reading).toMatchObject(GOOD);
    expect(line.isOpen).toBe(true);
  });

  test('by transactions that differ between two devices of one line', async () => {
    const { read, line, lastRequest, openAnother, group } = onTcp();
    const first = read();
    const late = packetAnswer(lastRequest());
    line.arrive(late);
    await first;
    const second = openAnother().read(group, never);
    line.arrive(late);
    expect(lastRequest().readUInt16BE(0)).not.toBe(late.readUInt16BE(0));
    line.arrive(packetAnswer(lastRequest()));
    expect(await second).toMatchObject(GOOD);
  });
});

test('on a network a wrong byte count is no answer and costs no connection', async () => {
  const { read, line, clock, lastRequest } = onTcp();
  const reading = read();
  line.arrive(packet(lastRequest().readUInt16BE(0), 1, 3, 2, 0, 10, 0, 11));
  await clock.advance(seconds(1));
  expect(await reading).toMatchObject({ outcome: 'garbled', samples: BAD_COMM });
  expect(line.isOpen).toBe(true);
});

describe('a stream that has lost its place is closed', () => {
  test.each<[string, Buffer]>([
    ['a protocol that is not 0', Buffer.of(0, 1, 0, 1, 0, 7, 1, 3, 4, 0, 10, 0, 11)],
    ['a length of 0xFFFF', Buffer.of(0, 1, 0, 0, 0xff, 0xff, 1, 3)],
    ['a length of 2', Buffer.of(0, 1, 0, 0, 0, 2, 1, 3)],
    ['half a packet', Buffer.of(0, 1, 0, 0, 0, 7, 1, 3, 4)],
    ['half a packet behind a whole one', Buffer.concat([packet(999, 1, 3, 2, 0, 0), Buffer.of(0)])],
  ])('%s', async (_, bytes) => {
    const { read, line, clock } = onTcp();
    const reading = read();
    line.arrive(bytes);
    await clock.advance(seconds(1));
    expect(await reading).toMatchObject({ outcome: 'garbled', samples: BAD_COMM });
    expect(line.isOpen).toBe(false);
  });
});

describe('an exception', () => {
  test.each([
    [1, 'bad:config', 'answered'],
    [2, 'bad:config', 'answered'],
    [3, 'bad:config', 'answered'],
    [4, 'bad:device', 'answered'],
    [6, 'bad:device', 'answered'],
    [0x0a, 'bad:comm', 'silent'],
    [0x0b, 'bad:comm', 'silent'],
    [0x80, 'bad:device', 'answered'],
  ])('%i makes samples %s of a unit that %s', async (code, quality, outcome) => {
    for (const [parts, frame] of [
      [onWire(['holding:10']), wireFrame(1, 0x83, code)],
      [onTcp(['holding:10']), undefined],
    ] as const) {
      const reading = parts.read();
      parts.line.arrive(frame ?? packet(parts.lastRequest().readUInt16BE(0), 1, 0x83, code));
      expect(await reading).toMatchObject({ outcome, samples: [{ value: null, quality }] });
    }
  });

  test('is logged when it appears and when it changes, not each time', async () => {
    const { read, line, warnings, lastRequest } = onTcp(['holding:10']);
    for (const code of [2, 2, 2, 4, 0, 4]) {
      const reading = read();
      const id = lastRequest().readUInt16BE(0);
      line.arrive(code ? packet(id, 1, 0x83, code) : packetAnswer(lastRequest()));
      await reading;
    }
    expect(warnings).toEqual(new Array(3).fill('modbus.exception-answered'));
  });
});

describe('time', () => {
  test('of a sample is the middle between request and answer', async () => {
    const { read, line, clock, lastRequest } = onTcp();
    await clock.advance(seconds(10));
    const reading = read();
    await clock.advance(millis(60));
    line.arrive(packetAnswer(lastRequest()));
    const { samples, turnaround } = await reading;
    expect(samples.map(({ time }) => time - NOON)).toEqual([10_030, 10_030]);
    expect(samples[0]?.timeBasis).toBe('gateway');
    expect(turnaround).toBe(60);
  });

  test('on the wire counts from the last byte sent to the first byte received', async () => {
    const { read, line, clock, lastRequest } = onWire();
    const reading = read();
    await clock.advance(millis(8 * TIMING.character + 40 + 9 * TIMING.character));
    line.arrive(wireAnswer(lastRequest()));
    const { samples, turnaround } = await reading;
    expect(turnaround).toBeCloseTo(40 + TIMING.character, 6);
    expect(samples[0]?.time).toBe(Math.round(NOON + 8.5 * TIMING.character + 20));
  });

  test('is marked while the clock is not set', async () => {
    const { read, line, clock, lastRequest } = onTcp();
    clock.setSynced(false);
    const reading = read();
    line.arrive(packetAnswer(lastRequest()));
    expect((await reading).samples[0]?.timeBasis).toBe('unsynced');
  });

  test('to wait is the time-out on a network', async () => {
    const { read, clock } = onTcp();
    let settled = false;
    const reading = read().finally(() => {
      settled = true;
    });
    await clock.advance(millis(499));
    expect(settled).toBe(false);
    await clock.advance(millis(1));
    expect(await reading).toMatchObject({ outcome: 'silent' });
  });

  test('to wait on a wire is request, time-out and reply', async () => {
    const { read, clock } = onWire();
    let settled = false;
    const reading = read().finally(() => {
      settled = true;
    });
    await clock.advance(millis(500 + 17 * TIMING.character - 0.5));
    expect(settled).toBe(false);
    await clock.advance(millis(1));
    expect(await reading).toMatchObject({ outcome: 'silent' });
  });

  test('to wait can be said for one read', async () => {
    const { session, group, clock } = onTcp();
    const reading = session.read(group, never, millis(50));
    await clock.advance(millis(50));
    expect(await reading).toMatchObject({ outcome: 'silent' });
    expect(clock.pending()).toEqual([]);
  });
});

describe('a read', () => {
  test('ends with the reason of its signal', async () => {
    const { read, clock } = onTcp();
    const stop = new AbortController();
    const reading = read(stop.signal);
    stop.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
    expect(clock.pending()).toEqual([]);
    await expect(read(AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
  });

  test('marks the tag whose value is none and no other', async () => {
    const { read, line, lastRequest } = onTcp(['holding:0 float32', 'holding:2 bcd16']);
    const reading = read();
    const id = lastRequest().readUInt16BE(0);
    line.arrive(packet(id, 1, 3, 6, 0x7f, 0xc0, 0, 0, 0x12, 0x34));
    expect((await reading).samples).toMatchObject([
      { value: null, quality: 'bad:device' },
      { value: 1234, quality: 'good' },
    ]);
  });

  test('scales each tag by its own scale, offset and decimals', async () => {
    const { read, line, lastRequest } = onTcp([
      { address: 'holding:0', scale: 0.01 },
      { address: 'holding:1 int16', scale: 0.1, offset: -40 },
      { address: 'holding:2 float32', decimals: 1 },
    ]);
    const reading = read();
    const id = lastRequest().readUInt16BE(0);
    line.arrive(packet(id, 1, 3, 8, 0x5a, 0x69, 0xff, 0xff, 0x43, 0x66, 0x33, 0x34));
    expect((await reading).samples.map(({ value }) => value)).toEqual([231.45, -40.1, 230.2]);
  });

  test.each([
    ['coil', 1],
    ['discrete', 2],
    ['holding', 3],
    ['input', 4],
  ])('of a %s uses function %i', async (table, code) => {
    const { read, line, lastRequest } = onTcp([`${table}:300`], { unit: 17 });
    const reading = read();
    expect([...lastRequest().subarray(2)]).toEqual([0, 0, 0, 6, 17, code, 1, 44, 0, 1]);
    line.arrive(packetAnswer(lastRequest()));
    expect(await reading).toMatchObject({ outcome: 'answered' });
  });
});
