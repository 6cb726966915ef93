import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createForwarder } from '../../../gateway/forward/forwarder.ts';
import type { Forwarder } from '../../../gateway/forward/uplink.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { type VirtualClock, virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { millis, seconds } from '../../../gateway/model/units.ts';
import { EPOCH, sample } from '../../support/forward-fixture.ts';
import { type MemoryJournal, memoryJournal } from '../../support/memory-journal.ts';
import { type MemoryUplink, memoryUplink } from '../../support/memory-uplink.ts';

const WITHIN = seconds(30);

let clock: VirtualClock;
let journal: MemoryJournal;
let uplink: MemoryUplink;
let forwarder: Forwarder;

const append = (count: number) => {
  for (let index = 0; index < count; index++)
    forwarder.onAppended(journal.put([sample('press.x', index)]));
};
const settle = () => clock.advance(millis(1));
const sent = () => uplink.sendings.map(({ block }) => block.seq);
const upTo = () => journal.cursor('cloud').upTo;
const confirm = async (seqs: readonly (readonly [number, number])[], epoch = EPOCH) => {
  uplink.events.confirmed?.({ epoch, seqs, parts: [] });
  await settle();
};
const confirmParts = async (...parts: readonly (readonly [number, number])[]) => {
  uplink.events.confirmed?.({ epoch: EPOCH, seqs: [], parts });
  await settle();
};

const start = async (confirmWithin: typeof WITHIN | undefined) => {
  clock = virtualClock();
  journal = memoryJournal(EPOCH);
  uplink = memoryUplink();
  const parts = { uplink, journal, clock, log: silentLog, random: () => 1 };
  forwarder = createForwarder({ ...parts, resend: seconds(5), confirmWithin });
  await forwarder.start();
};

afterEach(async () => {
  await forwarder.stop();
  expect(clock.pending()).toEqual([]);
});

describe('delivery that a receiver has to confirm', () => {
  beforeEach(async () => {
    await start(WITHIN);
    uplink.up();
    uplink.acknowledgeAll();
  });

  it('moves the cursor by what receivers have stored, whatever the broker has taken', async () => {
    append(5);
    await settle();
    expect([sent().length, upTo(), forwarder.facts().unconfirmed]).toEqual([5, 0, 5]);
    await confirm([[1, 2]]);
    expect(upTo()).toBe(2);
    await confirm([[5, 9]]);
    await confirm([[3, 4]], 'another');
    expect([upTo(), forwarder.facts().unconfirmed]).toEqual([2, 2]);
    await confirm([[3, 4]]);
    expect([upTo(), forwarder.facts().acknowledged]).toEqual([5, 5]);
  });

  it('waits for every part of a block, from several receivers', async () => {
    uplink.withhold();
    append(1);
    await settle();
    await confirmParts([1, 2], [1, 0]);
    uplink.pending()[0]?.acknowledge(3);
    await settle();
    expect(upTo()).toBe(0);
    await confirmParts([1, 2], [7, 0]);
    expect(upTo()).toBe(0);
    await confirmParts([1, 1]);
    expect(upTo()).toBe(1);
  });

  it('takes a confirmation that is faster than the broker', async () => {
    uplink.withhold();
    append(1);
    await settle();
    await confirm([[1, 1]]);
    expect(upTo()).toBe(0);
    uplink.acknowledgeAll();
    await settle();
    expect(upTo()).toBe(1);
  });

  it('sends again what nobody confirms, one at a time until a receiver answers', async () => {
    append(3);
    await clock.advance(WITHIN);
    expect(forwarder.facts().heldBy).toContain('[forward.receiver-silent]');
    await clock.advance(seconds(2));
    expect(sent()).toEqual([1, 2, 3, 1]);
    append(2);
    await clock.advance(seconds(20));
    expect(sent()).toEqual([1, 2, 3, 1]);
    await clock.advance(seconds(12));
    await clock.advance(seconds(5));
    expect(sent()).toEqual([1, 2, 3, 1, 1]);
    await confirm([[1, 1]]);
    expect(sent().slice(5)).toEqual([2, 3, 4, 5]);
    await confirm([[2, 5]]);
    expect(upTo()).toBe(5);
    expect(forwarder.facts().heldBy).toBeUndefined();
  });

  it('begins anew with a new connection', async () => {
    append(2);
    await settle();
    await confirm([[2, 2]]);
    uplink.down();
    await settle();
    uplink.up();
    await settle();
    expect(sent()).toEqual([1, 2, 1]);
    await confirm([[1, 1]]);
    expect(upTo()).toBe(2);
  });
});

describe('blocks that somebody asks for again', () => {
  beforeEach(async () => {
    await start(undefined);
    uplink.acknowledgeAll();
    append(10);
    uplink.up();
    await settle();
  });

  const ask = async (id: string, ...seqs: readonly (readonly [number, number])[]) => {
    uplink.events.asked?.({ id, epoch: EPOCH, seqs });
    await settle();
  };
  const replies = () =>
    uplink.replies.flatMap((reply) => (reply.about === 'replay' ? [reply.reply] : []));

  it('are sent as history, and told when all are', async () => {
    await ask('a', [9, 9], [2, 4]);
    expect(sent().slice(10)).toEqual([9, 2, 3, 4]);
    expect(uplink.sendings.slice(10).every(({ historical }) => historical)).toBe(true);
    expect(replies()).toEqual([{ id: 'a', outcome: 'done', blocks: 4, gone: [] }]);
    expect(upTo()).toBe(10);
  });

  it('are named where the journal does not have them', async () => {
    journal.remove(1, 3);
    await settle();
    await ask('a', [2, 5], [9, 14]);
    const [reply] = replies();
    expect(reply).toEqual({
      id: 'a',
      outcome: 'done',
      blocks: 4,
      gone: [
        [2, 3],
        [11, 14],
      ],
    });
    await ask('b', [1, 2]);
    expect(replies()[1]).toEqual({ id: 'b', outcome: 'done', blocks: 0, gone: [[1, 2]] });
  });

  it('are told only when the broker has them', async () => {
    uplink.withhold();
    await ask('a', [1, 2]);
    expect(replies()).toEqual([]);
    uplink.pending()[0]?.acknowledge();
    await settle();
    expect(replies()).toEqual([]);
    uplink.pending()[0]?.acknowledge();
    await settle();
    expect(replies()).toHaveLength(1);
  });

  it('are refused of another journal, and beyond four requests', async () => {
    uplink.withhold();
    uplink.events.asked?.({ id: 'old', epoch: '00000000', seqs: [[1, 1]] });
    expect(replies()).toEqual([
      { id: 'old', outcome: 'refused', reason: expect.stringContaining(EPOCH) },
    ]);
    append(40);
    await settle();
    for (const id of ['a', 'b', 'c', 'd', 'e'])
      uplink.events.asked?.({ id, epoch: EPOCH, seqs: [[1, 40]] });
    expect(replies()[1]).toMatchObject({ id: 'e', outcome: 'refused' });
  });

  it('are forgotten with the connection', async () => {
    uplink.withhold();
    await ask('a', [1, 2]);
    uplink.down();
    await settle();
    uplink.acknowledgeAll();
    uplink.up();
    await settle();
    expect(replies()).toEqual([]);
    expect(forwarder.facts().inFlight).toBe(0);
  });
});
