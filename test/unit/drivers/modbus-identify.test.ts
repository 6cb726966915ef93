import { describe, expect, test } from 'vitest';
import { identify } from '../../../drivers/modbus/identify.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { millis, seconds } from '../../../gateway/model/units.ts';
import { modbusDevice, TCP_ACCESS, WIRE_ACCESS } from '../../support/modbus-fixture.ts';
import { packet, wireFrame } from '../../support/modbus-frames.ts';
import { asciiFrame } from '../../support/modbus-session.ts';
import { scriptedLine } from '../../support/scripted-line.ts';

const never = new AbortController().signal;
const text = (id: number, words: string) => [id, Buffer.byteLength(words), ...Buffer.from(words)];
/** Unit, function, MEI type, access, conformity, more follows, next object, number of objects. */
const part = (more: number, next: number, ...objects: readonly number[][]) => [
  1,
  0x2b,
  0x0e,
  3,
  0x83,
  more,
  next,
  objects.length,
  ...objects.flat(),
];

function asking(access = WIRE_ACCESS, options: Readonly<Record<string, unknown>> = {}) {
  const clock = virtualClock();
  const line = scriptedLine(clock, access.timing);
  const io = { ...access, clock, log: silentLog, line };
  const identified = identify(modbusDevice(options), io, 'extended', never);
  return { clock, line, identified };
}

const ALL = new Map([
  [0, 'ACME 测量'],
  [1, 'M-1'],
  [0x80, 'X'],
]);

describe('a device says who it is', () => {
  test('part by part, each asked for where the last one ended', async () => {
    const { line, identified, clock } = asking();
    expect(line.written[0]?.subarray(0, 5)).toEqual(Buffer.of(1, 0x2b, 0x0e, 3, 0));
    line.arrive(wireFrame(...part(0xff, 1, text(0, 'ACME 测量'))));
    await clock.advance(millis(20));
    expect(line.written[1]?.subarray(0, 5)).toEqual(Buffer.of(1, 0x2b, 0x0e, 3, 1));
    line.arrive(wireFrame(...part(0, 0, text(1, 'M-1'), text(0x80, 'X'))));
    expect(await identified).toEqual({ kind: 'identified', objects: ALL, conformity: 0x83 });
    expect(line.written).toHaveLength(2);
  });

  test.each([
    ['on a wire in pieces, behind noise and its echo', WIRE_ACCESS, {}],
    ['in ASCII', WIRE_ACCESS, { mode: 'ascii' }],
    ['on a network', TCP_ACCESS, {}],
  ])('%s', async (_, access, options) => {
    const { line, identified } = asking(access, options);
    const body = part(0, 0, text(0, 'ACME 测量'), text(1, 'M-1'), text(0x80, 'X'));
    const request = line.written[0] ?? Buffer.alloc(0);
    const stream =
      access.framing === 'packets'
        ? packet(request.readUInt16BE(0), ...body)
        : 'mode' in options
          ? asciiFrame(...body)
          : Buffer.concat([request, Buffer.of(0xff, 1, 0x2b), wireFrame(...body)]);
    for (const byte of stream) line.arrive(Buffer.of(byte));
    expect(await identified).toEqual({ kind: 'identified', objects: ALL, conformity: 0x83 });
  });

  test('or that it does not know the question', async () => {
    const { line, identified } = asking();
    line.arrive(wireFrame(1, 0xab, 1));
    expect(await identified).toMatchObject({ kind: 'exception', exception: 1 });
  });

  test('or nothing', async () => {
    const { clock, identified } = asking();
    await clock.advance(seconds(5));
    expect(await identified).toEqual({ kind: 'silent' });
  });

  test('and is not followed when it sends back to where it was', async () => {
    const { line, identified } = asking();
    line.arrive(wireFrame(...part(0xff, 0, text(0, 'A'))));
    expect(await identified).toMatchObject({ kind: 'identified' });
    expect(line.written).toHaveLength(1);
  });

  test('but not with an answer whose objects are longer than it is', async () => {
    const { line, clock, identified } = asking();
    line.arrive(wireFrame(1, 0x2b, 0x0e, 3, 0x83, 0, 0, 1, 0, 200, 65));
    await clock.advance(seconds(5));
    expect(await identified).toEqual({ kind: 'garbled' });
  });
});
