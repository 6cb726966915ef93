import { zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readHeard } from '../../../gateway/receive/received.ts';
import { isLongNumber, rowsOf } from '../../../gateway/receive/rows.ts';
import { createTextEncoder } from '../../support/envelope-texts.ts';
import { blockOf, sample } from '../../support/forward-fixture.ts';
import {
  EPOCH,
  GATEWAY,
  heard,
  partFields,
  T0,
  topicOf,
  watermarkFields,
} from '../../support/heard.ts';

const raw = (name: string, text: string, gateway?: string) =>
  readHeard(topicOf(name, gateway), Buffer.from(text));

describe('what a receiver hears', () => {
  it('is a part, with the class of its topic', () => {
    expect(heard('alarm/press', partFields(3))).toMatchObject({
      ...{ kind: 'part', class: 'alarm' },
      envelope: { gw: GATEWAY, epoch: EPOCH, seq: 3 },
    });
    const [own] = createTextEncoder({ gateway: GATEWAY, epoch: EPOCH, tags: [] })(
      blockOf([sample('press.x', 5)]),
      false,
    );
    expect(readHeard('plant/a', Buffer.from(own?.text ?? ''))).toMatchObject({
      ...{ kind: 'part', class: undefined },
      envelope: { seq: 1 },
    });
  });

  it('is a watermark, a status, an answer', () => {
    const day = { day: '2026-11-29', first: 1, last: 6, link: 'ab'.repeat(32) };
    const clock = [{ seqs: [2, 4], shift_ms: -5 }];
    expect(heard('watermark', watermarkFields(9, { day, clock }))).toEqual({
      kind: 'watermark',
      watermark: {
        ...{ gw: GATEWAY, epoch: EPOCH, head: 9, acked: 9, gaps: [], day },
        corrections: [{ seqs: [2, 4], shift: -5 }],
      },
    });
    const who = { v: 1, gw: GATEWAY, epoch: EPOCH };
    expect(heard('status', { ...who, online: true, version: '1', config: 'c' })).toMatchObject({
      kind: 'status',
    });
    expect(
      heard('replay/x/outcome', { ...who, id: 'x', outcome: 'done', blocks: 1, gone: [[2, 3]] }),
    ).toEqual({
      ...{ kind: 'outcome', gw: GATEWAY, epoch: EPOCH },
      isDone: true,
      gone: [[2, 3]],
      reason: '',
    });
  });

  it('may be packed, and does not grow without end', () => {
    const read = (text: string, type?: string) =>
      readHeard(topicOf('telemetry/press'), zstdCompressSync(text), type);
    const type = 'application/json+zstd';
    const good = JSON.stringify(partFields(3));
    expect(read(good, type)).toMatchObject({ envelope: { seq: 3 } });
    const bomb = JSON.stringify(partFields(3, { more: 'x'.repeat(2 ** 20) }));
    expect(() => read(bomb, type)).toThrow('does not unpack');
    expect(() => read(good)).toThrow('no JSON');
    expect(() => readHeard(topicOf('telemetry/press'), Buffer.from(good), type)).toThrow('unpack');
  });

  it('is something else that belongs there', () => {
    expect(heard('alarm/ack', { key: '4f2a9c01', by: 'Li' })).toEqual({ kind: 'other' });
  });

  const hostile: readonly (readonly [string, () => unknown])[] = [
    ['no JSON', () => raw('telemetry/press', '{')],
    ['bytes', () => readHeard(topicOf('telemetry/press'), Uint8Array.of(0, 255, 254))],
    ['nothing', () => raw('watermark', '')],
    ['a list', () => raw('status', '[]')],
    ['another version', () => heard('telemetry/press', partFields(1, { v: 2 }))],
    ['no number', () => heard('telemetry/press', partFields(0))],
    ['a part too many', () => heard('telemetry/press', partFields(1, { part: 1 }))],
    ['parts without end', () => heard('telemetry/press', partFields(1, { parts: 1e6 }))],
    ['an epoch that is none', () => heard('telemetry/press', partFields(1, { epoch: 'x; DROP' }))],
    ['a long name', () => heard('telemetry/press', partFields(1, { device: 'd'.repeat(201) }))],
    [
      'a long tag',
      () => heard('telemetry/press', partFields(1, { samples: { ['q'.repeat(201)]: [] } })),
    ],
    ['an object', () => heard('telemetry/press', partFields(1, { samples: { x: [[T0, {}]] } }))],
    [
      'an endless number',
      () => raw('telemetry/press', JSON.stringify(partFields(1)).replace(',1]', ',1e999]')),
    ],
    [
      'an endless time',
      () => raw('telemetry/press', JSON.stringify(partFields(1)).replace(`[${T0 + 1}`, '[1e999')),
    ],
    [
      'the name of another gateway',
      () => raw('telemetry/press', JSON.stringify(partFields(1)), 'evil'),
    ],
    [
      'the watermark of another',
      () => raw('watermark', JSON.stringify(watermarkFields(1)), 'evil'),
    ],
    ['acknowledged beyond the head', () => heard('watermark', watermarkFields(5, { head: 4 }))],
    [
      'gaps without end',
      () => heard('watermark', watermarkFields(5, { gaps: Array(1_001).fill({}) })),
    ],
    ['a gap that is none', () => heard('watermark', watermarkFields(5, { gaps: [{ seq: 1 }] }))],
    ['a day that is none', () => heard('watermark', watermarkFields(5, { day: { day: 'today' } }))],
    [
      'ranges backwards',
      () =>
        heard('replay/x/outcome', { gw: GATEWAY, epoch: EPOCH, outcome: 'done', gone: [[3, 2]] }),
    ],
    ['a prototype', () => raw('status', '{"__proto__":{"v":1}}')],
  ];
  it.each(hostile)('is not %s', (_, read) => {
    expect(read).toThrow(/\[(receive\.message|forward\.envelope)-invalid\]/);
  });
});

describe('a text of digits', () => {
  it.each(['9007199254740993', '-1234567890.1234567', '0.1234567890123456'])(
    'is a number: %s',
    (text) => {
      expect(isLongNumber(text)).toBe(true);
    },
  );
  it.each([
    '123456789012345',
    '0000000000000001',
    '1e20',
    ' 9007199254740993',
    '0.0000000000000001',
    '9'.repeat(401),
  ])('is a text: %s', (text) => expect(isLongNumber(text)).toBe(false));
  it('is named by its device', () => {
    const one = heard('telemetry/_gateway', partFields(1, { device: '' }));
    expect(one.kind === 'part' && [...rowsOf(one.envelope)].map(({ tag }) => tag)).toEqual(['x']);
  });
});
