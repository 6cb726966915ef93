import { describe, expect, test } from 'vitest';
import type { Explainer } from '../../../drivers/explanation.ts';
import {
  modbusAsciiExplainer,
  modbusRtuExplainer,
  modbusTcpExplainer,
} from '../../../drivers/modbus/explain.ts';
import { packet, wireFrame } from '../../support/modbus-frames.ts';
import { asciiFrame } from '../../support/modbus-session.ts';

const hex = (text: string) => [...Buffer.from(text.replaceAll(' ', ''), 'hex')];

interface Framing {
  readonly explainer: Explainer;
  readonly frame: (...body: number[]) => Buffer;
}
const FRAMINGS: Readonly<Record<string, Framing>> = {
  RTU: { explainer: modbusRtuExplainer, frame: wireFrame },
  ASCII: { explainer: modbusAsciiExplainer, frame: asciiFrame },
  TCP: { explainer: modbusTcpExplainer, frame: (...body) => packet(1, ...body) },
};

/** Function, request, answer, and fields of both together. */
const FUNCTIONS: readonly [number, string, string, Readonly<Record<string, unknown>>][] = [
  [1, '11 01 0013 0005', '11 01 01 15', { quantity: 5, coils: [true, false, true, false, true] }],
  [2, '11 02 00C4 0016', '11 02 03 ACDB35', { address: 196, quantity: 22 }],
  [3, '11 03 006B 0003', '11 03 06 022B 0000 0064', { start: 107, registers: [555, 0, 100] }],
  [4, '11 04 0008 0001', '11 04 02 000A', { address: 8, registers: [10], uint16: 10, int16: 10 }],
  [5, '11 05 00AC FF00', '11 05 00AC FF00', { address: 172, value: true }],
  [6, '11 06 0001 0003', '11 06 0001 0003', { address: 1, value: 3 }],
  [7, '11 07', '11 07 6D', { status: 0x6d }],
  [8, '11 08 0000 A537', '11 08 0000 A537', { subfunction: 0, data: 0xa537 }],
  [11, '11 0B', '11 0B FFFF 0108', { status: 0xffff, count: 264 }],
  [12, '11 0C', '11 0C 08 0000 0108 0121 2000', {}],
  [
    15,
    '11 0F 0013 000A 02 CD01',
    '11 0F 0013 000A',
    { address: 19, quantity: 10, coils: [1, 0, 1, 1, 0, 0, 1, 1, 1, 0].map(Boolean) },
  ],
  [16, '11 10 0001 0002 04 000A 0102', '11 10 0001 0002', { address: 1, registers: [10, 258] }],
  [17, '11 11', '11 11 04 2A FF 4142', { serverId: 42, running: true, data: '2A FF 41 42' }],
  [20, '11 14 07 06 0004 0001 0002', '11 14 06 05 06 0DFE 0020', { records: '05 06 0D FE 00 20' }],
  [21, '11 15 09 06 0004 0007 0001 06AF', '11 15 09 06 0004 0007 0001 06AF', {}],
  [22, '11 16 0004 00F2 0025', '11 16 0004 00F2 0025', { and: '00F2', or: '0025' }],
  [
    23,
    '11 17 0003 0002 000E 0001 02 00FF',
    '11 17 04 00FE 0ACD',
    { address: 3, writeAddress: 14, written: [255], registers: [254, 2765] },
  ],
  [24, '11 18 04DE', '11 18 0006 0002 01B8 1284', { address: 1246, registers: [440, 4740] }],
  [
    43,
    '11 2B 0E 01 00',
    '11 2B 0E 01 01 FF 02 01 00 03 414243',
    { access: 1, objects: { 0: 'ABC' }, nextObject: 2 },
  ],
];

describe.each(Object.entries(FRAMINGS))('%s', (_, { explainer, frame }) => {
  test.each(FUNCTIONS)('function %i: request, answer, refusal', (code, request, answer, fields) => {
    const [asked, said] = [frame(...hex(request)), frame(...hex(answer))];
    const explained = explainer.explain(Buffer.concat([asked, said]));
    expect(explained).toMatchObject({ ok: true, fields: { unit: 17, function: code, ...fields } });
    for (const part of [asked, said]) expect(explainer.explain(part)).toMatchObject({ ok: true });

    const refused = explainer.explain(Buffer.concat([asked, frame(17, code | 0x80, 2)]));
    expect(refused).toMatchObject({ ok: true, fields: { function: code, exception: 2 } });
  });

  test.each(FUNCTIONS)('function %i: each byte belongs to one part', (_, request, answer) => {
    const bytes = Buffer.concat([frame(...hex(request)), frame(...hex(answer))]);
    let at = 0;
    for (const part of explainer.explain(bytes).parts) {
      expect(part.at).toBe(at);
      expect(part.label.zh).not.toBe('');
      at += part.length;
    }
    expect(at).toBe(bytes.length);
  });

  test.each([
    ['unit', '12 03 02 0001'],
    ['function', '11 04 02 0001'],
    ['length', '11 03 04 0001 0002'],
  ])('an answer of another %s is refused', (reject, answer) => {
    const bytes = Buffer.concat([frame(...hex('11 03 0000 0001')), frame(...hex(answer))]);
    expect(explainer.explain(bytes)).toMatchObject({ ok: false, reject });
  });

  test('a copy that repeats something else is refused', () => {
    const bytes = [frame(...hex('11 06 0001 0003')), frame(...hex('11 06 0001 0004'))];
    const explained = explainer.explain(Buffer.concat(bytes));
    // It may as well be the next request.
    expect(explained).toMatchObject({ ok: true, fields: { value: 4 } });
    const registers = [frame(...hex('11 10 0001 0001 02 0003')), frame(...hex('11 10 0002 0001'))];
    expect(explainer.explain(Buffer.concat(registers))).toMatchObject({ reject: 'content' });
  });

  test('several exchanges: the last one counts', () => {
    const bytes = [
      frame(...hex('11 03 0000 0001')),
      frame(...hex('11 03 02 0001')),
      frame(...hex('12 06 0007 0005')),
      frame(...hex('12 06 0007 0005')),
    ];
    const explained = explainer.explain(Buffer.concat(bytes));
    expect(explained).toMatchObject({ ok: true, fields: { unit: 18, address: 7, value: 5 } });
    expect(explained.ok && explained.fields).not.toHaveProperty('registers');
  });

  test('nothing at all, and half a frame', () => {
    expect(explainer.explain(Buffer.alloc(0)).ok).toBe(false);
    const half = frame(...hex('11 03 06 022B 0000 0064')).subarray(0, -5);
    expect(explainer.explain(half)).toMatchObject({ ok: false, reject: 'incomplete' });
  });

  test('never throws, and what it explains lies within the bytes', () => {
    for (let seed = 1; seed < 2_000; seed++) {
      const bytes = Uint8Array.from(
        { length: seed % 40 },
        (_, i) => (seed * (i + 7) * 2654435761) >>> 24,
      );
      for (const { at, length } of explainer.explain(bytes).parts)
        expect(at + length).toBeLessThanOrEqual(bytes.length);
    }
  });
});

describe('RTU', () => {
  const { explain } = modbusRtuExplainer;
  const asked = wireFrame(...hex('11 03 0000 0001'));
  const said = wireFrame(...hex('11 03 02 0001'));
  const damaged = Buffer.from([...said.subarray(0, -1), 0]);

  test('noise around frames is passed over', () => {
    const bytes = Buffer.concat([Buffer.of(0, 0xff), asked, Buffer.of(0), said, Buffer.of(0xff)]);
    expect(explain(bytes)).toMatchObject({ ok: true, fields: { registers: [1] } });
  });

  test('a damaged answer is refused, behind its request and alone', () => {
    expect(explain(Buffer.concat([asked, damaged]))).toMatchObject({ ok: false, reject: 'crc' });
    expect(explain(damaged)).toMatchObject({ ok: false, reject: 'crc' });
  });

  test('an echo between request and answer is seen through', () => {
    expect(explain(Buffer.concat([asked, asked, said]))).toMatchObject({
      fields: { isEcho: true, registers: [1] },
    });
    const write = wireFrame(...hex('11 06 0001 0003'));
    expect(explain(Buffer.concat([write, write, write]))).toMatchObject({
      fields: { isEcho: true, value: 3 },
    });
  });

  test('three bytes of coils are no request for 27397 coils', () => {
    const coils = wireFrame(...hex('01 01 03 CD6B05'));
    expect(explain(coils)).toMatchObject({ fields: { coils: expect.any(Array) } });
  });

  test("a function of a vendor's own is shown as its data", () => {
    expect(explain(wireFrame(...hex('01 41 05 01 02')))).toMatchObject({
      ok: true,
      fields: { function: 65, data: '05 01 02' },
    });
  });

  test('noise alone is no frame', () => {
    expect(explain(Buffer.of(0x20, 0x7f, 0x20, 0x7f, 0x20))).toMatchObject({ reject: 'noFrame' });
  });
});

describe('TCP', () => {
  const { explain } = modbusTcpExplainer;

  test('an answer of another transaction is refused', () => {
    const bytes = Buffer.concat([
      packet(7, ...hex('11 03 0000 0001')),
      packet(6, ...hex('11 03 02 0001')),
    ]);
    expect(explain(bytes)).toMatchObject({ ok: false, reject: 'transaction' });
  });

  test('a header that is none is refused', () => {
    expect(explain(Buffer.from(hex('0001 0001 0006 11 03 0000 0001')))).toMatchObject({
      reject: 'header',
    });
    expect(explain(Buffer.from(hex('0001 0000 0100 11 03 0000 0001')))).toMatchObject({
      reject: 'header',
    });
  });

  test('data of another length than the function wants are refused', () => {
    expect(explain(packet(1, ...hex('11 03 02 0001 00')))).toMatchObject({ reject: 'shape' });
  });
});

describe('ASCII', () => {
  const { explain } = modbusAsciiExplainer;

  test.each([
    [':1103000000016A\r\n', 'lrc'],
    [':11030000000G6B\r\n', 'digits'],
    [':110300000001B\r\n', 'incomplete'],
    [':1103', 'incomplete'],
  ])('%j: %s', (text, reject) => {
    expect(explain(Buffer.from(text))).toMatchObject({ ok: false, reject });
  });

  test('bytes without a colon are shown as what they are in ASCII', () => {
    expect(explain(wireFrame(...hex('11 03 0000 0001')))).toMatchObject({
      fields: { ascii: ':110300000001EB\\r\\n' },
    });
  });
});
