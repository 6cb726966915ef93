import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acknowledgeFromUpstream } from '../../../gateway/alarms/upstream-acknowledgement.ts';
import { acknowledgeMailbox } from '../../../gateway/forward/acknowledge-mailbox.ts';
import { LONGEST_REQUEST, MOST_A_SECOND, MOST_OPEN } from '../../../gateway/forward/inbox.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import {
  ACKNOWLEDGE_OUTCOMES,
  type AcknowledgeReply,
  type AcknowledgeRequest,
} from '../../../gateway/model/acknowledgement.ts';
import { millis, seconds, utcMs } from '../../../gateway/model/units.ts';
import { SPEAKER } from '../../support/forward-fixture.ts';

const NOTHING = { taken: 0, retained: 0, tooLong: 0, tooFast: 0, tooMany: 0, malformed: 0 };
const GOOD = { key: '4f2a9c01', by: 'li' };

function inbox() {
  const clock = virtualClock(utcMs(0));
  const requests: AcknowledgeRequest[] = [];
  const refusals: AcknowledgeReply[] = [];
  const logged: string[] = [];
  const box = acknowledgeMailbox({
    uplink: 'cloud',
    speaker: SPEAKER,
    clock,
    log: { ...silentLog, warn: (event, fields) => void logged.push(`${event} ${fields?.why}`) },
    onRequest: (asked) => {
      if (asked.about === 'alarm') requests.push(asked.request);
    },
    send: (topic, payload) => {
      expect(topic).toBe(`${box.topic}/outcome`);
      const { v, gw, ...reply } = JSON.parse(payload);
      expect([v, gw]).toEqual([1, 'weihai-3']);
      refusals.push(reply);
    },
  });
  const reply: AcknowledgeReply = { ...GOOD, outcome: 'acknowledged' };
  const bytesOf = (message: unknown) =>
    Buffer.from(typeof message === 'string' ? message : JSON.stringify(message));
  return {
    clock,
    box,
    requests,
    refusals,
    logged,
    answer: () => box.reply({ about: 'alarm', reply }),
    take: (message: unknown, isRetained = false) => box.take(bytesOf(message), isRetained),
  };
}

describe('acknowledgements from a broker', () => {
  it('go on as they are meant, and nothing else goes with them', () => {
    const { take, requests } = inbox();
    take({ ...GOOD, id: 'hot#3', comment: 'fan\u001b[2J\nreplaced', more: { x: 1 } });
    take({ ...GOOD, comment: '' });
    expect(requests).toEqual([{ ...GOOD, id: 'hot#3', comment: 'fan [2J replaced' }, GOOD]);
  });

  it.each<[string, unknown, string | undefined]>([
    ['no JSON', '{', undefined],
    ['no object', [GOOD], undefined],
    ['null', null, undefined],
    ['a key that is none', { ...GOOD, key: '4F2A9C01' }, undefined],
    ['part of a key', { ...GOOD, key: '4f2a' }, undefined],
    ['nobody', { key: GOOD.key }, 'by: 1 to 100 characters'],
    ['a blank name', { ...GOOD, by: ' ' }, 'by: 1 to 100 characters'],
    ['a long name', { ...GOOD, by: 'x'.repeat(101) }, 'by: 1 to 100 characters'],
    ['a number for an id', { ...GOOD, id: 3 }, 'id: 1 to 300 characters'],
    ['a long comment', { ...GOOD, comment: 'x'.repeat(501) }, 'comment: up to 500 characters'],
  ])('with %s are refused', (_, message, reason) => {
    const { take, box, requests, refusals } = inbox();
    take(message);
    expect(requests).toEqual([]);
    expect(refusals).toEqual(
      reason === undefined ? [] : [{ key: GOOD.key, outcome: 'refused', reason }],
    );
    expect(box.facts()).toEqual({ ...NOTHING, malformed: 1 });
  });

  it('that the broker kept, or that are too long, are counted, and logged once in a while', async () => {
    const { take, box, requests, logged, clock } = inbox();
    take(GOOD, true);
    take({ ...GOOD, more: 'x'.repeat(LONGEST_REQUEST) });
    take('\u00ff'.repeat(LONGEST_REQUEST));
    expect(requests).toEqual([]);
    expect(box.facts()).toMatchObject({ taken: 0, retained: 1, tooLong: 2 });
    expect(logged).toEqual(['forward.acknowledgement-ignored retained']);
    await clock.advance(seconds(10));
    take(GOOD, true);
    expect(logged).toHaveLength(2);
  });

  it('are taken at a limited rate: so many in any second', async () => {
    const { take, box, requests, clock, answer } = inbox();
    const takeSome = (count: number) => {
      for (let i = 0; i < count; i++) {
        take(GOOD);
        answer();
      }
    };
    takeSome(1);
    await clock.advance(millis(900));
    takeSome(MOST_A_SECOND + 4);
    expect(requests).toHaveLength(MOST_A_SECOND);
    await clock.advance(millis(100));
    takeSome(2);
    expect(requests).toHaveLength(MOST_A_SECOND + 1);
    await clock.advance(millis(900));
    takeSome(MOST_A_SECOND);
    expect(requests).toHaveLength(2 * MOST_A_SECOND);
    expect(box.facts()).toMatchObject({ taken: 2 * MOST_A_SECOND, tooFast: 7 });
  });

  it('wait for their answers in limited number', async () => {
    const { take, box, requests, clock, answer } = inbox();
    for (let i = 0; i < MOST_OPEN + 3; i++) {
      take(GOOD);
      await clock.advance(seconds(1));
    }
    expect(requests).toHaveLength(MOST_OPEN);
    answer();
    take(GOOD);
    expect(requests).toHaveLength(MOST_OPEN + 1);
    expect(box.facts()).toMatchObject({ tooMany: 3 });
  });

  it('may be any bytes', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.json().map(Buffer.from)),
        (bytes) => {
          const { box, requests } = inbox();
          box.take(bytes, false);
          expect(requests.length + box.facts().malformed).toBe(1);
        },
      ),
      { seed: Number(process.env.SEED ?? 20_261_130) },
    );
  });
});

describe('the answer to an acknowledgement from upstream', () => {
  const matches = [] as const;
  const request = { ...GOOD, id: 'hot#3' };
  const turnaround = undefined;
  const refusal = { code: 'poll.not-writable', details: { device: 'press', tag: 'x' } } as const;

  it.each([
    [{ matches }, { id: 'hot#3', by: 'li', outcome: 'unknown' }],
    [
      { matches, ruled: { outcome: 'acknowledged', id: 'hot#3' } },
      { id: 'hot#3', by: 'li', outcome: 'acknowledged' },
    ],
    [
      { matches, ruled: { outcome: 'already', id: 'hot#3', by: 'wang', time: utcMs(0) } },
      { id: 'hot#3', by: 'wang', outcome: 'already' },
    ],
    [
      { matches, ruled: { outcome: 'stale', id: 'hot#4' } },
      { id: 'hot#4', by: 'li', outcome: 'stale' },
    ],
    [
      { matches, ruled: { outcome: 'unknown' } },
      { id: 'hot#3', by: 'li', outcome: 'unknown' },
    ],
    [
      { matches, written: { outcome: 'written', turnaround } },
      { id: 'hot#3', by: 'li', outcome: 'acknowledged' },
    ],
    [
      { matches, written: { outcome: 'failed', turnaround, refusal } },
      { id: 'hot#3', by: 'li', outcome: 'refused', reason: expect.stringContaining('[poll.') },
    ],
    [
      { matches, written: { outcome: 'unknown', turnaround } },
      { id: 'hot#3', by: 'li', outcome: 'refused', reason: 'unknown' },
    ],
  ] as const)('%j is %j', async (answer, reply) => {
    const asked: unknown[] = [];
    const desk = {
      acknowledge: async (question: unknown) => {
        asked.push(question);
        return answer;
      },
    };
    const got = await acknowledgeFromUpstream(desk, request);
    expect(got).toEqual({ key: GOOD.key, ...reply });
    expect(ACKNOWLEDGE_OUTCOMES).toContain(got.outcome);
    expect(asked).toEqual([{ alarm: GOOD.key, activation: 'hot#3', by: 'li', comment: '' }]);
  });

  it('is one too where the desk fails', async () => {
    const desk = { acknowledge: () => Promise.reject(new Error('a bug')) };
    expect(await acknowledgeFromUpstream(desk, GOOD)).toEqual({
      ...GOOD,
      outcome: 'refused',
      reason: 'a bug',
    });
  });
});
