import { describe, expect, it } from 'vitest';
import {
  type RemoteAudit,
  RemoteDoor,
  type RemoteDoorOptions,
} from '../../../gateway/command/remote-door.ts';
import { readCommand } from '../../../gateway/forward/command-message.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import type { Command, CommandEnd } from '../../../gateway/model/command.ts';
import type { CommandReply } from '../../../gateway/model/remote-command.ts';
import { millis, minutes, seconds, utcMs } from '../../../gateway/model/units.ts';
import { plainMessage, signedMessage, signerOf } from '../../support/signed-command.ts';

const NOW = 1_732_345_678_123;
const LI = signerOf('li');
const GOOD = {
  gw: 'weihai-3',
  id: 'command-1',
  tag: 'press.pump',
  value: true,
  issued: NOW,
  expires: NOW + 30_000,
  by: 'li',
};
const VERIFIED: CommandEnd = { outcome: 'verified', readBack: true, tookMs: 40 };

/** A desk that ends commands when it is told to. */
function door(set: Partial<RemoteDoorOptions> = {}) {
  const clock = virtualClock(utcMs(NOW));
  const submitted: Command[] = [];
  const ends: PromiseWithResolvers<CommandEnd>[] = [];
  const audit: RemoteAudit[] = [];
  const logged: string[] = [];
  const note = (event: string) => void logged.push(event);
  const remote = new RemoteDoor({
    gateway: 'weihai-3',
    policy: { maxAge: minutes(1), operators: new Map() },
    clock,
    log: { ...silentLog, warn: note, error: note },
    history: () => ({ counters: {}, issued: {} }),
    tag: (id) => (id === 'press.pump' ? { type: 'flag', hold: millis(0) } : undefined),
    desk: {
      submit: (command) => {
        submitted.push(command);
        const end = Promise.withResolvers<CommandEnd>();
        ends.push(end);
        return end.promise;
      },
    },
    recall: async () => undefined,
    audit: (entry) => void audit.push(entry),
    ...set,
  });
  const settle = () => clock.advance(millis(0));
  return {
    clock,
    remote,
    submitted,
    audit,
    logged,
    settle,
    take: (text: string) => {
      const said = readCommand(Buffer.from(text));
      if (!said.ok) throw new Error(said.problem.form.problem);
      const replies: CommandReply[] = [];
      remote.take(said.request, (reply) => void replies.push(reply));
      return replies;
    },
    end: async (at: number, end: CommandEnd = VERIFIED) => {
      ends[at]?.resolve(end);
      await settle();
    },
    fail: async (at: number, error: Error) => {
      ends[at]?.reject(error);
      await settle();
    },
  };
}

const accepted = { state: 'accepted', id: 'command-1', tag: 'press.pump' };
const ended = { state: 'ended', id: 'command-1', tag: 'press.pump' };
const wished = { id: 'command-1', origin: 'remote', tag: 'press.pump', by: 'li' };
const audited = (outcome: string, code: string, value = true) => ({
  state: 'ended',
  command: { ...wished, wish: { kind: 'write', value } },
  outcome,
  reason: { code },
});
const codesIn = (audit: readonly RemoteAudit[]) =>
  audit.map((entry) => entry.state === 'ended' && [entry.command.id, entry.reason.code]);
const signed = (fields: object, signer = LI) => signedMessage({ ...GOOD, ...fields }, signer);
const policy = {
  maxAge: minutes(1),
  operators: new Map([['li', { publicKey: LI.publicKey, tags: undefined }]]),
};

describe('the door for commands from upstream', () => {
  it('hands a command to the desk and answers twice; of what the desk did the desk tells', async () => {
    const { take, submitted, audit, end } = door();
    const replies = take(plainMessage(GOOD));
    expect(replies).toEqual([accepted]);
    expect(submitted).toMatchObject([{ id: 'command-1', origin: 'remote', by: 'li' }]);
    await end(0);
    expect(replies).toEqual([accepted, { ...ended, value: true, end: VERIFIED }]);
    expect(audit).toEqual([]);
  });

  it('answers what it refuses, and tells the audit', async () => {
    const { take, submitted, audit, settle } = door();
    const replies = take(plainMessage({ ...GOOD, gw: 'weihai-4' }));
    await settle();
    const details = { gateway: 'weihai-3', meant: 'weihai-4' };
    const code = 'command.wrong-gateway';
    expect(replies).toEqual([
      { ...ended, value: true, end: { outcome: 'rejected', reason: { code, details }, tookMs: 0 } },
    ]);
    expect(audit).toMatchObject([audited('rejected', code)]);
    expect(audit).toMatchObject([{ reason: { details } }]);
    expect(submitted).toEqual([]);
  });

  it('tells a late command from a refused one', async () => {
    const { take, audit, settle } = door();
    const replies = take(plainMessage({ ...GOOD, issued: 1, expires: 2 }));
    await settle();
    expect(replies).toMatchObject([
      { end: { outcome: 'expired', reason: { code: 'command.stale' } } },
    ]);
    expect(audit).toMatchObject([audited('expired', 'command.stale')]);
  });

  it('gives a known id the end of its first command, while it is open and afterwards', async () => {
    const { take, submitted, audit, end, settle } = door();
    const replies = [
      plainMessage(GOOD),
      plainMessage(GOOD),
      plainMessage({ ...GOOD, value: false }),
    ].map(take);
    await settle();
    expect(replies.map(({ length }) => length)).toEqual([1, 0, 0]);
    await end(0);
    replies.push(take(plainMessage(GOOD)));
    await settle();
    const again = { ...ended, value: true, end: { ...VERIFIED, isRepeated: true } };
    expect(replies.slice(1)).toEqual([[again], [again], [again]]);
    expect(submitted).toHaveLength(1);
    expect(audit).toMatchObject([
      audited('verified', 'command.repeated'),
      audited('verified', 'command.repeated', false),
      audited('verified', 'command.repeated'),
    ]);
  });

  it('says of a message that came twice what it said first, although its counter and its time are over', async () => {
    const { take, audit, end, clock, settle } = door({ policy });
    const text = signed({ counter: 7 });
    take(text);
    await end(0);
    const early = take(text);
    await clock.advance(minutes(5));
    const late = take(text);
    await settle();
    expect([early, late]).toMatchObject([
      [{ end: { outcome: 'verified', isRepeated: true } }],
      [{ end: { outcome: 'verified', isRepeated: true } }],
    ]);
    const repeat = audited('verified', 'command.repeated');
    expect(audit).toMatchObject([repeat, repeat]);
  });

  it('recalls the end of a command of an earlier run', async () => {
    const recalled: string[] = [];
    const { take, audit, settle } = door({
      policy,
      history: () => ({ counters: { li: 7 }, issued: {} }),
      recall: async (id) => {
        recalled.push(id);
        return { outcome: 'unknown', tookMs: 3 };
      },
    });
    const replies = take(signed({ counter: 7 }));
    await settle();
    expect(replies).toEqual([
      { ...ended, value: undefined, end: { outcome: 'unknown', tookMs: 3, isRepeated: true } },
    ]);
    expect(recalled).toEqual(['command-1']);
    expect(audit).toMatchObject([audited('unknown', 'command.repeated')]);
  });

  it('tells a repeat that only the desk knew', async () => {
    const { take, audit, end } = door();
    const replies = take(plainMessage(GOOD));
    await end(0, { outcome: 'written', tookMs: 9, isRepeated: true });
    expect(replies).toMatchObject([accepted, { ...ended, end: { outcome: 'written' } }]);
    expect(audit).toMatchObject([audited('written', 'command.repeated')]);
  });

  it('lets nobody spoil an id: a forgery gets the first end, and the audit says what it was', async () => {
    const { take, audit, end, submitted } = door({ policy });
    const first = take(signed({}));
    const forged = [
      take(signed({ by: 'li' }, signerOf('somebody'))),
      take(plainMessage(GOOD)),
      take(signed({ gw: 'weihai-4' })),
    ];
    await end(0);
    expect(first).toMatchObject([accepted, { end: { outcome: 'verified' } }]);
    for (const replies of forged) expect(replies).toMatchObject([{ end: { outcome: 'verified' } }]);
    expect(submitted).toHaveLength(1);
    expect(codesIn(audit)).toEqual([
      ['command-1', 'command.signature'],
      ['command-1', 'command.unsigned'],
      ['command-1', 'command.wrong-gateway'],
    ]);
  });

  it('lets nobody burn an id: what was refused is not known', async () => {
    const { take, submitted, settle } = door({ policy });
    take(plainMessage(GOOD));
    await settle();
    expect(take(signed({}))).toEqual([accepted]);
    expect(submitted).toHaveLength(1);
  });

  it('does not refuse an id that became one of a command while it was looked up', async () => {
    const looking = Promise.withResolvers<CommandEnd | undefined>();
    const { take, end, settle } = door({ policy, recall: () => looking.promise });
    const forged = take(plainMessage(GOOD));
    take(signed({}));
    looking.resolve(undefined);
    await settle();
    expect(forged).toEqual([]);
    await end(0);
    expect(forged).toMatchObject([{ end: { outcome: 'verified', isRepeated: true } }]);
  });

  it('refuses all the same where nothing can be looked up', async () => {
    const recall = () => Promise.reject(new Error('no disk'));
    const { take, logged, settle } = door({ recall });
    const replies = take(plainMessage({ ...GOOD, gw: 'x' }));
    await settle();
    expect(replies).toMatchObject([{ end: { outcome: 'rejected' } }]);
    expect(logged).toEqual(['command.recall-failed']);
  });

  it('begins with the counters and times of earlier runs, and raises them at once', async () => {
    const names = ['__proto__', 'constructor', 'toString'];
    const { take, audit, settle } = door({
      policy,
      history: () => ({ counters: { li: 7 }, issued: { 'press.pump': NOW - 10 } }),
    });
    take(signed({ id: 'command-2', counter: 7 }));
    take(signed({ id: 'command-3', issued: NOW - 11 }));
    expect(take(signed({ id: 'command-4', counter: 9, issued: NOW - 5 }))).toHaveLength(1);
    take(signed({ id: 'command-5', counter: 8 }));
    take(signed({ id: 'command-6', issued: NOW - 6 }));
    for (const tag of names) expect(take(signed({ id: `id-${tag}`, tag }))).toHaveLength(1);
    await settle();
    expect(codesIn(audit)).toEqual([
      ['command-2', 'command.counter'],
      ['command-3', 'command.out-of-order'],
      ['command-5', 'command.counter'],
      ['command-6', 'command.out-of-order'],
    ]);
  });

  it('says "unknown" where the desk does not say how it ended', async () => {
    const { take, audit, logged, fail } = door();
    const replies = take(plainMessage(GOOD));
    await fail(0, new Error('a bug'));
    const reason = { code: 'command.unclear', details: { reason: 'a bug' } };
    expect(replies[1]).toMatchObject({ end: { outcome: 'unknown', reason } });
    expect(audit).toMatchObject([audited('unknown', 'command.unclear')]);
    expect(logged).toEqual(['command.submit-failed']);
  });

  it('passes counts of what was refused before on', () => {
    const { remote, audit } = door();
    remote.note({ uplink: 'cloud', counts: { 'command.too-fast': 500 } });
    expect(audit).toEqual([
      { state: 'refused', uplink: 'cloud', counts: { 'command.too-fast': 500 } },
    ]);
  });

  it('remembers a thousand ends and every open command', async () => {
    const recalled: string[] = [];
    const { take, end, submitted, clock } = door({
      recall: async (id) => void recalled.push(id),
    });
    const idOf = (i: number) => `command-${String(i).padStart(4, '0')}`;
    for (let i = 0; i < 1_003; i++) take(plainMessage({ ...GOOD, id: idOf(i) }));
    for (let i = 1; i < 1_003; i++) await end(i);
    take(plainMessage({ ...GOOD, id: 'one-more-1' }));
    await clock.advance(seconds(31));
    for (const i of [0, 1, 2, 1_002]) take(plainMessage({ ...GOOD, id: idOf(i) }));
    expect(submitted).toHaveLength(1_004);
    expect(recalled).toEqual([idOf(1)]);
  });
});
