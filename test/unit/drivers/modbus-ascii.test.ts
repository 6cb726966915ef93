import { describe, expect, test } from 'vitest';
import { asciiLength } from '../../../drivers/modbus/ascii-text.ts';
import { millis, seconds } from '../../../gateway/model/units.ts';
import { TCP_ACCESS, WIRE_ACCESS } from '../../support/modbus-fixture.ts';
import { asciiFrame, bodyOf, modbusScene } from '../../support/modbus-session.ts';

const scene = () => {
  const own = modbusScene(WIRE_ACCESS, { mode: 'ascii' });
  return { ...own, group: own.groupOf(['holding:10', 'holding:11']) };
};
const ANSWER = asciiFrame(1, 3, 4, 0, 10, 0, 11);
const GOOD = { outcome: 'answered', samples: [{ value: 10 }, { value: 11 }] };

test('a request in ASCII is a line of text', () => {
  const { read, sent, group } = scene();
  void read(group);
  expect(sent().toString('latin1')).toBe(':0103000A0002F0\r\n');
});

describe('in ASCII an answer is found', () => {
  const parity = (bytes: Buffer) => Buffer.from(bytes.map((byte) => byte | 0x80));
  const text = (written: string) => Buffer.from(written, 'latin1');
  test.each<[string, readonly Buffer[]]>([
    ['whole', [ANSWER]],
    ['character by character', [...ANSWER].map((byte) => Buffer.of(byte))],
    ['behind noise', [Buffer.of(0, 0xff, 0x31), ANSWER]],
    ['behind half a frame', [text(':0103'), ANSWER]],
    ['behind its echo', [asciiFrame(1, 3, 0, 10, 0, 2), ANSWER]],
    ['behind the answer of another unit', [asciiFrame(2, 3, 4, 9, 9, 9, 9), ANSWER]],
    ['behind one of another length', [asciiFrame(1, 3, 2, 9, 9), ANSWER]],
    ['in small letters', [text(ANSWER.toString('latin1').toLowerCase())]],
    ['without a carriage return', [text(ANSWER.toString('latin1').replace('\r', ''))]],
    ['with a parity bit in each byte', [parity(ANSWER)]],
  ])('%s', async (_, pieces) => {
    const { read, line, group } = scene();
    const reading = read(group);
    for (const piece of pieces) line.arrive(piece);
    expect(await reading).toMatchObject(GOOD);
  });

  test('as an exception', async () => {
    const { read, line, groupOf } = scene();
    const reading = read(groupOf(['holding:10']));
    line.arrive(asciiFrame(1, 0x83, 4));
    expect(await reading).toMatchObject({ samples: [{ quality: 'bad:device' }] });
  });

  test('with a pause of nearly a second inside it', async () => {
    const { read, line, group, clock } = modbusAsciiSlow();
    const reading = read(group);
    line.arrive(ANSWER.subarray(0, 5));
    await clock.advance(millis(900));
    line.arrive(ANSWER.subarray(5));
    expect(await reading).toMatchObject(GOOD);
  });

  function modbusAsciiSlow() {
    const own = modbusScene(WIRE_ACCESS, { mode: 'ascii', timeout: '1s' });
    return { ...own, group: own.groupOf(['holding:10', 'holding:11']) };
  }
});

describe('in ASCII nothing else is an answer', () => {
  const damaged = Buffer.from(ANSWER);
  damaged.writeUInt8(0x39, 8);
  test.each<[string, Buffer, string]>([
    ['silence', Buffer.alloc(0), 'silent'],
    ['the echo', asciiFrame(1, 3, 0, 10, 0, 2), 'silent'],
    ['a wrong LRC', damaged, 'garbled'],
    ['half a frame', ANSWER.subarray(0, 9), 'garbled'],
    ['a frame without its colon', ANSWER.subarray(1), 'garbled'],
    ['characters that are no digits', Buffer.from(':01030G\r\n'), 'garbled'],
    ['a line that never ends', Buffer.from(`:${'0'.repeat(2_000)}`), 'garbled'],
    ['another unit', asciiFrame(2, 3, 4, 0, 10, 0, 11), 'garbled'],
  ])('%s', async (_, bytes, outcome) => {
    const { read, line, group, clock } = scene();
    const reading = read(group);
    line.arrive(bytes);
    await clock.advance(seconds(2));
    expect(await reading).toMatchObject({ outcome, samples: [{ value: null }, { value: null }] });
  });
});

describe('a write in ASCII', () => {
  test('is acknowledged by its copy, and on a line with an echo by the second one', async () => {
    const { read, write, line, sent, group, wait } = scene();
    const reading = read(group);
    line.arrive(sent());
    line.arrive(ANSWER);
    await reading;
    const first = write('holding:7', 231);
    expect([...bodyOf(sent())]).toEqual([1, 6, 0, 7, 0, 231]);
    line.arrive(sent());
    line.arrive(sent());
    expect(await first).toMatchObject({ outcome: 'written' });
    const second = write('holding:7', 231);
    line.arrive(sent());
    await wait();
    expect(await second).toMatchObject({ outcome: 'unknown' });
  });
});

test('a plan in ASCII costs its characters', () => {
  const { group } = scene();
  expect(group.cost).toEqual({ requestBytes: 17, replyBytes: 19 });
  expect(asciiLength(8)).toBe(17);
  expect(ANSWER).toHaveLength(19);
});

test('a packet network knows no ASCII', () => {
  const { read, sent, groupOf } = modbusScene(TCP_ACCESS, { mode: 'ascii' });
  void read(groupOf(['holding:0']));
  expect(sent()).toHaveLength(12);
});
