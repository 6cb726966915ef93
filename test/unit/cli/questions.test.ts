import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressBytes, encodeFrame } from '../../../drivers/dlt645/frame.ts';
import {
  cjt188Question,
  dlt645Question,
  framesOfAny,
  identificationIn,
  identifyQuestion,
  modbusQuestion,
} from '../../../gateway/cli/wire/questions.ts';
import type { Question } from '../../../gateway/health/question.ts';
import { packet, wireFrame } from '../../support/modbus-frames.ts';

const roles = (question: Question, ...parts: readonly Uint8Array[]) =>
  question.frames(Buffer.concat(parts)).map(({ role, unit, refusal }) => {
    return [role, unit, ...(refusal === undefined ? [] : [refusal])];
  });
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('a question to a Modbus unit', () => {
  const question = modbusQuestion(3, 'rtu');
  const answer = wireFrame(3, 3, 2, 0x12, 0x34);

  it('asks for one holding register', () => {
    expect(Buffer.from(question.request)).toEqual(wireFrame(3, 3, 0, 0, 0, 1));
    expect(Buffer.from(modbusQuestion(3, 'ascii').request).toString()).toBe(':030300000001F9\r\n');
    expect(Buffer.from(modbusQuestion(3, 'packets', 7).request)).toEqual(
      packet(7, 3, 3, 0, 0, 0, 1),
    );
  });

  it.each<[string, readonly Uint8Array[], unknown[]]>([
    ['its answer', [answer], [['answer', '3']]],
    ['its answer in noise', [hex('00 03 FF'), answer, hex('03 03')], [['answer', '3']]],
    [
      'two answers',
      [answer, wireFrame(3, 3, 2, 0, 1)],
      [
        ['answer', '3'],
        ['answer', '3'],
      ],
    ],
    ['a refusal', [wireFrame(3, 0x83, 0x0b)], [['answer', '3', 0x0b]]],
    ['another unit', [wireFrame(4, 3, 2, 0, 1)], [['stranger', '4']]],
    ['another length', [wireFrame(3, 3, 4, 0, 1, 0, 2)], [['stranger', '3']]],
    ['another function', [wireFrame(3, 4, 2, 0, 1)], [['stranger', '3']]],
    ['its own echo', [question.request], [['stranger', '3']]],
    ['a damaged one', [answer.subarray(0, -1), hex('00')], []],
    ['nothing', [], []],
  ])('tells %s', (_what, parts, expected) => {
    expect(roles(question, ...parts)).toEqual(expected);
  });

  it('tells answers in packets by their transaction', () => {
    const asked = modbusQuestion(3, 'packets', 7);
    const right = packet(7, 3, 3, 2, 0, 1);
    expect(roles(asked, packet(6, 3, 3, 2, 0, 1), right)).toEqual([
      ['stranger', '3'],
      ['answer', '3'],
    ]);
    expect(roles(asked, right.subarray(0, -1))).toEqual([]);
  });

  it('finds ASCII frames between other characters', () => {
    const asked = modbusQuestion(3, 'ascii');
    const text = Buffer.from('x:03030212 :0303020001F7\r\n:0303020001F8\r\n');
    expect(roles(asked, text)).toEqual([['answer', '3']]);
  });

  it('reads who it is', () => {
    const objects = [0, 4, ...Buffer.from('Acme'), 1, 2, ...Buffer.from('X1')];
    const answered = wireFrame(3, 0x2b, 0x0e, 1, 1, 0, 0, 2, ...objects);
    expect(roles(identifyQuestion(3, 'rtu'), answered)).toEqual([['answer', '3']]);
    expect(identificationIn(answered, 'rtu')).toEqual(['Acme', 'X1']);
    expect(identificationIn(wireFrame(3, 0xab, 1), 'rtu')).toEqual([]);
    expect(identificationIn(hex(''), 'rtu')).toEqual([]);
  });
});

describe('a question to a meter', () => {
  it('tells the only DL/T 645 meter of a line by its address', () => {
    const asked = dlt645Question('AAAAAAAAAAAA', '2007', 'address');
    const address = '202411110002';
    const reply = encodeFrame({ address, control: 0x93, data: addressBytes(address) }, 2);
    expect(roles(asked, hex('FF 00'), reply, hex('68'))).toEqual([['answer', address]]);
    expect(roles(dlt645Question('202411110003', '2007'), reply)).toEqual([['stranger', address]]);
    expect(Buffer.from(asked.request)).toEqual(
      hex('FE FE FE FE 68 AA AA AA AA AA AA 68 13 00 DF 16'),
    );
    expect(roles(asked, asked.request)).toEqual([['stranger', 'AAAAAAAAAAAA']]);
  });

  it('asks a CJ/T 188 meter in either order of the identifier', () => {
    const high = cjt188Question({ address: 'AAAAAAAAAAAAAA' }, 'high_first', 'address');
    const low = cjt188Question({ address: 'AAAAAAAAAAAAAA' }, 'low_first', 'address');
    expect(Buffer.from(high.request).toString('hex')).toContain('810a01');
    expect(Buffer.from(low.request).toString('hex')).toContain('0a8101');
    expect(roles(high, high.request)).toEqual([['stranger', 'AAAAAAAAAAAAAA']]);
  });
});

describe('the frames of any protocol', () => {
  it('are found beside each other, none inside another', () => {
    const dlt645 = dlt645Question('202411110002', '2007').request;
    const cjt188 = cjt188Question({ type: 0x10, address: '78331234567890' }, 'high_first').request;
    const modbus = wireFrame(1, 3, 0, 0, 0, 2);
    const all = Buffer.concat([modbus, dlt645, hex('00'), cjt188, modbus]);
    const frames = framesOfAny(all);
    expect(frames).toHaveLength(4);
    for (const [i, frame] of frames.entries())
      expect(frame.from).toBeGreaterThanOrEqual(frames[i - 1]?.to ?? 0);
  });

  it('are hardly ever seen in noise, and looking for them never fails', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        for (const { from, to } of framesOfAny(bytes)) {
          expect(from).toBeLessThan(to);
          expect(to).toBeLessThanOrEqual(bytes.length);
        }
        for (const framing of ['rtu', 'ascii', 'packets'] as const)
          expect(() => modbusQuestion(1, framing).frames(bytes)).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });
});
