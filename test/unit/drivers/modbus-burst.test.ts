import { describe, expect, test } from 'vitest';
import { millis } from '../../../gateway/model/units.ts';
import { TCP_ACCESS, WIRE_ACCESS } from '../../support/modbus-fixture.ts';
import { packet, packetAnswer } from '../../support/modbus-frames.ts';
import { modbusScene } from '../../support/modbus-session.ts';

const never = new AbortController().signal;

/** Three reads of two registers under way at once. */
function burst() {
  const scene = modbusScene(TCP_ACCESS, { max_in_flight: 3, max_gap: 0 });
  const groups = scene.planned(['holding:10 uint32', 'holding:20 uint32', 'holding:30 uint32']);
  const readings = scene.session.readBurst?.(groups, never) ?? expect.fail('no burst');
  const answers = scene.line.written.map((request) => packetAnswer(request));
  return { ...scene, groups, readings, answers };
}
const value = (start: number) => start * 65536 + start + 1;
const good = (start: number) => ({ outcome: 'answered', samples: [{ value: value(start) }] });

describe('several requests at once', () => {
  test('are offered where the network and the device allow them', () => {
    expect(modbusScene(TCP_ACCESS, { max_in_flight: 8 }).session.burst).toBe(8);
    expect(modbusScene(TCP_ACCESS).session.readBurst).toBeUndefined();
    expect(modbusScene(WIRE_ACCESS, { max_in_flight: 8 }).session.readBurst).toBeUndefined();
  });

  test('leave together, each with a transaction of its own', () => {
    const { line } = burst();
    expect(line.written).toHaveLength(3);
    expect(new Set(line.written.map((frame) => frame.readUInt16BE(0))).size).toBe(3);
  });

  test('are answered in any order, in any pieces', async () => {
    const { line, answers, readings } = burst();
    const stream = Buffer.concat(answers.toReversed());
    for (const byte of stream) line.arrive(Buffer.of(byte));
    expect(await readings).toMatchObject([good(10), good(20), good(30)]);
    expect(line.isOpen).toBe(true);
  });

  test('settle each by its own deadline', async () => {
    const { line, answers, readings, clock } = burst();
    line.arrive(answers[2] ?? Buffer.alloc(0));
    await clock.advance(millis(400));
    line.arrive(answers[0] ?? Buffer.alloc(0));
    await clock.advance(millis(200));
    expect(await readings).toMatchObject([good(10), { outcome: 'silent' }, good(30)]);
    expect(clock.pending()).toEqual([]);
  });

  test('are matched by transaction and unit and function', async () => {
    const { line, answers, readings, clock } = burst();
    const [first, second] = line.written.map((frame) => frame.readUInt16BE(0));
    line.arrive(packet(first ?? 0, 2, 3, 4, 9, 9, 9, 9));
    line.arrive(packet(second ?? 0, 1, 4, 4, 9, 9, 9, 9));
    line.arrive(answers[2] ?? Buffer.alloc(0));
    await clock.advance(millis(600));
    expect(await readings).toMatchObject([
      { outcome: 'garbled' },
      { outcome: 'garbled' },
      good(30),
    ]);
  });

  test('learn each from its own refusal', async () => {
    const { line, answers, readings } = burst();
    const id = line.written[1]?.readUInt16BE(0) ?? 0;
    line.arrive(Buffer.concat([packet(id, 1, 0x83, 6), ...answers]));
    expect(await readings).toMatchObject([good(10), { again: 100 }, good(30)]);
  });

  test('all reject when the session is closed', async () => {
    const { session, readings, clock } = burst();
    const rejected = expect(readings).rejects.toMatchObject({ code: 'line.closed' });
    await session.close();
    await rejected;
    expect(clock.pending()).toEqual([]);
  });

  test('close a stream that stops inside a packet', async () => {
    const { line, answers, readings, clock } = burst();
    line.arrive(Buffer.concat([answers[0] ?? Buffer.alloc(0), Buffer.of(0, 1, 0)]));
    await clock.advance(millis(600));
    expect(await readings).toMatchObject([
      good(10),
      { outcome: 'garbled' },
      { outcome: 'garbled' },
    ]);
    expect(line.isOpen).toBe(false);
  });

  test('never take a late answer to the burst before', async () => {
    const { line, answers, readings, clock, session, groups } = burst();
    await clock.advance(millis(600));
    await readings;
    const next = session.readBurst?.(groups, never) ?? expect.fail('no burst');
    for (const late of answers) line.arrive(late);
    for (const request of line.written.slice(3)) line.arrive(packetAnswer(request));
    expect(await next).toMatchObject([good(10), good(20), good(30)]);
  });
});
