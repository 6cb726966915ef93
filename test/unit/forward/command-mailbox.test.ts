import { describe, expect, it } from 'vitest';
import { commandMailbox } from '../../../gateway/forward/command-mailbox.ts';
import { LONGEST_REQUEST, MOST_A_SECOND, MOST_OPEN } from '../../../gateway/forward/inbox.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import type {
  CommandReply,
  CommandRequest,
  RefusedCommands,
} from '../../../gateway/model/remote-command.ts';
import { millis, seconds, utcMs } from '../../../gateway/model/units.ts';
import { SPEAKER } from '../../support/forward-fixture.ts';
import { plainMessage } from '../../support/signed-command.ts';

const GOOD = {
  gw: 'weihai-3',
  id: 'command-1',
  tag: 'press.pump',
  value: true,
  issued: 1_000,
  expires: 2_000,
  by: 'dispatch',
};

function mailbox() {
  const clock = virtualClock(utcMs(1_500));
  const requests: CommandRequest[] = [];
  const refused: RefusedCommands['counts'][] = [];
  const published: { readonly topic: string; readonly message: Record<string, unknown> }[] = [];
  const box = commandMailbox({
    uplink: 'cloud',
    speaker: SPEAKER,
    clock,
    log: silentLog,
    onRequest: (asked) => {
      if (asked.about === 'command') requests.push(asked.request);
      if (asked.about !== 'refused-commands') return;
      expect(asked.refused.uplink).toBe('cloud');
      refused.push(asked.refused.counts);
    },
    send: (topic, payload) => void published.push({ topic, message: JSON.parse(payload) }),
  });
  let sent = 0;
  return {
    clock,
    box,
    requests,
    refused,
    published,
    take: (message: object | string = { ...GOOD, id: `command-${++sent}` }, isRetained = false) =>
      box.take(
        Buffer.from(typeof message === 'string' ? message : plainMessage({ ...message })),
        isRetained,
      ),
    answer: (reply: CommandReply) => box.reply({ about: 'command', reply }),
  };
}

const endOf = (id: string): CommandReply => ({
  state: 'ended',
  id,
  tag: 'press.pump',
  value: true,
  end: { outcome: 'verified', readBack: true, tookMs: 12 },
});

describe('the mailbox of commands', () => {
  it('hands over what is valid, and publishes both answers where their id says', () => {
    const { take, requests, published, refused, answer, box } = mailbox();
    expect(box.topic).toBe('headgate/v1/weihai-3/cmd');
    take(GOOD);
    expect(requests).toMatchObject([{ id: 'command-1', tag: 'press.pump' }]);
    answer({ state: 'accepted', id: 'command-1', tag: 'press.pump' });
    answer(endOf('command-1'));
    const topic = 'headgate/v1/weihai-3/cmd/command-1/outcome';
    const known = { v: 1, gw: 'weihai-3', id: 'command-1', tag: 'press.pump', time: 1_500 };
    expect(published).toEqual([
      { topic, message: { ...known, state: 'accepted' } },
      {
        topic,
        message: {
          ...known,
          state: 'ended',
          outcome: 'verified',
          value: true,
          read_back: true,
          took_ms: 12,
        },
      },
    ]);
    expect(refused).toEqual([]);
  });

  it('says all that is to be said of an end, with every digit', () => {
    const { published, answer } = mailbox();
    answer({
      state: 'ended',
      id: 'command-1',
      tag: 'press.total',
      value: 2n ** 60n,
      end: {
        outcome: 'rejected',
        reason: { code: 'command.operator-tag', details: { by: 'li', tag: 'press.total' } },
        readBack: { unscaled: 5n, decimals: 1 },
        owner: { origin: 'local', by: 'wang', value: 3n, since: utcMs(1), until: undefined },
        allowedAt: utcMs(9),
        isRepeated: true,
        tookMs: 0,
      },
    });
    expect(published[0]?.message).toMatchObject({
      value: '1152921504606846976',
      read_back: '0.5',
      code: 'command.operator-tag',
      reason: {
        en: 'operator "li" may not write press.total [command.operator-tag]',
        zh: expect.stringContaining('li'),
      },
      owner: { origin: 'local', by: 'wang', value: '3', since: 1 },
      allowed_at: 9,
      repeated: true,
    });
  });

  it.each<[string, object | string, boolean, string, string | undefined]>([
    ['was kept by the broker', GOOD, true, 'command.retained', 'command-1'],
    ['has an unknown key', { ...GOOD, more: 1 }, false, 'command.form', 'command-1'],
    ['is kept, and wrong', { ...GOOD, more: 1 }, true, 'command.form', 'command-1'],
    ['is no JSON', '{', false, 'command.form', undefined],
    ['is empty', '', false, 'command.form', undefined],
    ['is too long', ' '.repeat(LONGEST_REQUEST + 1), false, 'command.too-large', undefined],
    [
      'has an id for another topic',
      { ...GOOD, id: '+/#', more: 1 },
      false,
      'command.form',
      undefined,
    ],
  ])(
    'what %s is counted, and answered where there is an id',
    (_, message, isRetained, code, id) => {
      const { take, requests, refused, published } = mailbox();
      take(message, isRetained);
      expect(requests).toEqual([]);
      expect(refused).toEqual([{ [code]: 1 }]);
      const outcome = { state: 'ended', outcome: 'rejected', code, took_ms: 0 };
      expect(published).toMatchObject(
        id === undefined
          ? []
          : [{ topic: `headgate/v1/weihai-3/cmd/${id}/outcome`, message: { ...outcome, id } }],
      );
    },
  );

  it('tells of refusals at once, and then once a second', async () => {
    const { take, refused, clock, box } = mailbox();
    take('');
    take(GOOD, true);
    take('{}');
    expect(refused).toEqual([{ 'command.form': 1 }]);
    await clock.advance(millis(999));
    expect(refused).toHaveLength(1);
    await clock.advance(millis(1));
    expect(refused.slice(1)).toEqual([{ 'command.retained': 1, 'command.form': 1 }]);
    await clock.advance(seconds(5));
    expect(refused).toHaveLength(2);
    take('');
    take('');
    box.close();
    expect(refused.slice(2)).toEqual([{ 'command.form': 1 }, { 'command.form': 1 }]);
    expect(clock.pending()).toEqual([]);
    take('');
    expect(refused).toHaveLength(5);
  });

  it('reads ten in a second, and counts what is beyond without reading it', async () => {
    const { take, refused, requests, published, clock, answer } = mailbox();
    for (let i = 0; i < MOST_A_SECOND + 500; i++) {
      take();
      answer(endOf(requests.at(-1)?.id ?? ''));
    }
    expect(requests).toHaveLength(MOST_A_SECOND);
    await clock.advance(seconds(1));
    expect(refused).toEqual([{ 'command.too-fast': 1 }, { 'command.too-fast': 499 }]);
    expect(published.every(({ message }) => message.outcome === 'verified')).toBe(true);
    take();
    expect(requests).toHaveLength(MOST_A_SECOND + 1);
  });

  it('has twenty open, and says so of the next; an end makes room, a start does not', async () => {
    const { take, refused, requests, published, clock, answer } = mailbox();
    for (let i = 0; i < MOST_OPEN + 1; i++) {
      await clock.advance(seconds(1));
      take();
    }
    expect(requests).toHaveLength(MOST_OPEN);
    expect(refused).toEqual([{ 'command.too-many-open': 1 }]);
    expect(published[0]?.message).toMatchObject({
      id: 'command-21',
      code: 'command.too-many-open',
      reason: { en: expect.stringMatching(/^20 commands/) },
    });
    answer({ state: 'accepted', id: 'command-1', tag: 'press.pump' });
    take();
    expect(requests).toHaveLength(MOST_OPEN);
    answer(endOf('command-1'));
    take();
    expect(requests).toHaveLength(MOST_OPEN + 1);
  });

  it('does not contradict what is said of an id that was handed over', () => {
    const { take, published, refused } = mailbox();
    take(GOOD);
    take(GOOD, true);
    take({ ...GOOD, more: 1 });
    expect(published).toEqual([]);
    expect(refused).toEqual([{ 'command.retained': 1 }]);
  });

  it('publishes nothing for an id that could be another topic, and makes room all the same', async () => {
    const { take, published, requests, clock, answer } = mailbox();
    for (let i = 0; i < MOST_OPEN; i++) {
      await clock.advance(seconds(1));
      take({ ...GOOD, id: '../status' });
    }
    answer(endOf('../status'));
    expect(published).toEqual([]);
    await clock.advance(seconds(1));
    take();
    expect(requests).toHaveLength(MOST_OPEN + 1);
  });
});
