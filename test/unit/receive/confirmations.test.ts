import { describe, expect, it } from 'vitest';
import { Confirmations } from '../../../gateway/receive/confirmations.ts';
import { commonOf, lengthOf, missingIn, rangesOf } from '../../../gateway/receive/ranges.ts';
import { heard, partFields } from '../../support/heard.ts';

const add = (to: Confirmations, seq: number, fields = {}) => {
  const one = heard('telemetry/press', partFields(seq, fields));
  if (one.kind === 'part') to.add(one.envelope);
};

describe('what was stored', () => {
  it('is said in ranges, parts of larger blocks singly, a message a journal', () => {
    const confirmations = new Confirmations();
    for (const seq of [4, 2, 3, 9, 3]) add(confirmations, seq);
    add(confirmations, 7, { part: 2, parts: 3 });
    add(confirmations, 1, { epoch: '00000001' });
    const messages = confirmations.take();
    expect(messages.map(({ topic }) => topic)).toEqual(Array(3).fill('headgate/v1/weihai-3/ack'));
    expect(messages.map(({ text }) => JSON.parse(text))).toEqual([
      {
        v: 1,
        epoch: '9f3c2a17',
        seqs: [
          [2, 4],
          [9, 9],
        ],
      },
      { v: 1, epoch: '9f3c2a17', parts: [[7, 2]] },
      { v: 1, epoch: '00000001', seqs: [[1, 1]] },
    ]);
    expect(confirmations.take()).toEqual([]);
  });

  it('never makes a message that a gateway does not take', () => {
    const confirmations = new Confirmations();
    for (let seq = 1; seq <= 6_000; seq++) add(confirmations, seq * 1_000_003, { parts: 2 });
    const messages = confirmations.take();
    expect(Math.max(...messages.map(({ text }) => text.length))).toBeLessThan(32 * 1024);
    expect(messages.flatMap(({ text }) => JSON.parse(text).parts)).toHaveLength(6_000);
  });
});

describe('ranges', () => {
  it('tell what is missing', () => {
    expect(
      missingIn(1, 10, [
        [7, 8],
        [2, 3],
        [3, 4],
        [12, 20],
      ]),
    ).toEqual([
      [1, 1],
      [5, 6],
      [9, 10],
    ]);
    expect(missingIn(1, 3, [[1, 3]])).toEqual([]);
    expect(missingIn(5, 6, [[1, 3]])).toEqual([[5, 6]]);
    expect(missingIn(5, 6, [[1, 9]])).toEqual([]);
  });
  it('have things in common', () => {
    expect(
      commonOf(
        [
          [1, 5],
          [8, 9],
        ],
        [[4, 8]],
      ),
    ).toEqual([
      [4, 5],
      [8, 8],
    ]);
    expect([
      lengthOf([
        [1, 5],
        [8, 9],
      ]),
      rangesOf([]),
    ]).toEqual([7, []]);
  });
});
