import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { FrameRing, RING_LIMIT } from '../../../drivers/line/frame-ring.ts';
import type { Line, SerialSettings } from '../../../drivers/line/line.ts';
import { type RecorderOptions, recordedLine, recordingOf } from '../../../drivers/line/recorder.ts';
import { eventsJson, eventsOfJson, joined } from '../../../drivers/line/recording.ts';
import { type StreamEvents, streamLine } from '../../../drivers/line/stream-line.ts';
import { type VirtualClock, virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { bytes, millis, monoMs, utcMs } from '../../../gateway/model/units.ts';

const never = new AbortController().signal;
/** One character lasts a millisecond. */
const WIRE: SerialSettings = { baud: 10_000, format: '8N1' };
const METER: SerialSettings = { baud: 2400, format: '8E1' };
const START = Date.UTC(2026, 0, 1);
const text = (content: Uint8Array) => Buffer.from(content).toString('latin1');

describe('the ring', () => {
  const LIMIT = bytes(10_000);
  const OVERHEAD = 11;

  test('holds the newest entries that fit, whatever came before', () => {
    const entry = fc.record({
      kind: fc.constantFrom('sent' as const, 'heard' as const),
      at: fc.double({ min: 0, max: 1e12, noNaN: true }),
      content: fc.uint8Array({ maxLength: 900 }),
    });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 60 }), (entries) => {
        const ring = new FrameRing(LIMIT);
        for (const { kind, at, content } of entries) ring.add(kind, monoMs(at), content);
        let room: number = LIMIT;
        const expected = entries
          .toReversed()
          .filter(({ content }) => {
            room -= content.length + OVERHEAD;
            return room >= 0;
          })
          .toReversed();
        expect(ring.entries().map((own) => ({ ...own, content: text(own.content) }))).toEqual(
          expected.map((own) => ({ ...own, content: text(own.content) })),
        );
        expect(ring.next).toBe(entries.length);
        expect(ring.first).toBe(entries.length - expected.length);
      }),
      { numRuns: 300 },
    );
  });

  test('hands out what came since an entry that was seen', () => {
    const ring = new FrameRing();
    ring.add('sent', monoMs(1), Buffer.of(1));
    const seen = ring.next;
    ring.add('heard', monoMs(2), Buffer.of(2));
    expect(ring.entries(seen).map(({ at }) => at)).toEqual([2]);
    expect(ring.entries(ring.next)).toEqual([]);
  });

  test('cuts a long piece into several', () => {
    const ring = new FrameRing();
    ring.add('heard', monoMs(1), Buffer.alloc(10_000, 7));
    expect(ring.entries().map(({ content }) => content.length)).toEqual([4_096, 4_096, 1_808]);
  });

  test('remembers the settings whose entry was overwritten', () => {
    const ring = new FrameRing(LIMIT);
    ring.add('opened', monoMs(1), Buffer.from('9600 8N1'));
    ring.add('tuned', monoMs(2), Buffer.from('2400 8E1'));
    expect(ring.settings).toBeUndefined();
    for (let i = 0; i < 10; i++) ring.add('heard', monoMs(3), Buffer.alloc(1_000));
    expect(text(ring.settings?.content ?? Buffer.alloc(0))).toBe('2400 8E1');
  });

  test('takes no more than its limit, and hardly any time', () => {
    const ring = new FrameRing();
    const frame = Buffer.alloc(20);
    const ADDS = 100_000;
    const begun = process.cpuUsage();
    for (let i = 0; i < ADDS; i++) ring.add('heard', monoMs(i), frame);
    const { user, system } = process.cpuUsage(begun);
    expect(ring.entries()).toHaveLength(Math.floor(RING_LIMIT / (frame.length + OVERHEAD)));
    // A poll is two entries; 20 microseconds would be 2 % of a millisecond.
    expect((user + system) / ADDS).toBeLessThan(20);
  });
});

describe('a recorded line', () => {
  let clock: VirtualClock;
  let events: StreamEvents;
  let options: RecorderOptions;
  let line: Line;

  beforeEach(() => {
    clock = virtualClock(utcMs(START));
    options = { ring: new FrameRing(), clock, settings: WIRE };
    line = recordedLine(
      streamLine({
        resource: 'test',
        settings: WIRE,
        clock,
        open: async (own) => {
          events = own;
          return {
            write() {},
            drop: async () => {},
            tune: async () => {},
            close: async () => {},
          };
        },
      }),
      options,
    );
  });

  const recorded = () =>
    recordingOf(options).events.map((event) =>
      'bytes' in event
        ? [event.at - START, event.kind, text(event.bytes)]
        : [event.at - START, event.kind, 'reason' in event ? event.reason : event.settings],
    );

  test('remembers what was sent and heard, and what happened to it', async () => {
    await clock.advance(millis(5));
    await line.connect(never);
    line.write(Buffer.from('ask'));
    await clock.advance(millis(20));
    events.data(Buffer.from('answer'));
    await line.tune(METER);
    await line.tune(METER);
    await clock.advance(millis(100));
    events.data(Buffer.from('ab'));
    events.lost(new Error('unplugged'));
    await line.connect(never);
    await line.close();
    await line.close();
    expect(recorded()).toEqual([
      [5, 'opened', WIRE],
      [5, 'sent', 'ask'],
      [20, 'heard', 'answer'],
      [25, 'tuned', METER],
      [expect.closeTo(125 - 11 / 2.4, 2), 'heard', 'ab'],
      [125, 'closed', 'test was closed: unplugged [line.closed]'],
      [125, 'opened', METER],
      [125, 'closed', ''],
    ]);
  });

  test('hears what nobody listens to', async () => {
    await line.connect(never);
    events.data(Buffer.from('late'));
    const heard: string[] = [];
    line.listen({ data: (own) => heard.push(text(own)), closed() {} })();
    events.data(Buffer.from('later'));
    expect(heard).toEqual([]);
    expect(recorded().map(([, , what]) => what)).toEqual([WIRE, 'late', 'later']);
  });

  test('remembers nothing that was not sent', async () => {
    expect(() => line.write(Buffer.from('early'))).toThrow('line.closed');
    expect(recorded()).toEqual([]);
  });

  test('dates by the clock as it is when the recording is taken', async () => {
    await line.connect(never);
    clock.stepWallClock(utcMs(START + 3_600_000));
    expect(recorded()[0]?.[0]).toBe(3_600_000);
  });

  test('knows its settings wherever a reader begins', async () => {
    await line.connect(never);
    await line.tune(METER);
    line.write(Buffer.from('ask'));
    expect(recordingOf(options).settings).toEqual(WIRE);
    expect(recordingOf(options, 2).settings).toEqual(METER);
    for (let i = 0; i < 100; i++) line.write(Buffer.alloc(4_000));
    expect(recordingOf(options).settings).toEqual(METER);
    expect(recordingOf(options, options.ring.next)).toEqual({
      framing: 'wire',
      settings: METER,
      events: [],
    });
  });

  test('crosses the control socket unchanged', async () => {
    await line.connect(never);
    line.write(Buffer.from([0, 0x80, 0xff]));
    await clock.advance(millis(0.125));
    events.data(Buffer.of(1));
    events.lost(new Error('端口已拔出'));
    const recording = recordingOf(options);
    const crossed = JSON.parse(JSON.stringify(eventsJson(recording.events)));
    expect(joined({ ...recording, events: eventsOfJson(crossed) })).toEqual(joined(recording));
  });
});
