import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createForwarder } from '../../../gateway/forward/forwarder.ts';
import { REFUSAL_LIMIT } from '../../../gateway/forward/refusal-ledger.ts';
import type { Forwarder } from '../../../gateway/forward/uplink.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { type VirtualClock, virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { type Gap, seqOf } from '../../../gateway/journal/journal.ts';
import { GatewayError } from '../../../gateway/model/errors.ts';
import { millis, seconds, utcMs } from '../../../gateway/model/units.ts';
import { EPOCH, sample } from '../../support/forward-fixture.ts';
import { type MemoryJournal, memoryJournal } from '../../support/memory-journal.ts';
import { type MemoryUplink, memoryUplink } from '../../support/memory-uplink.ts';

const LOOK = millis(1);

let clock: VirtualClock;
let journal: MemoryJournal;
let uplink: MemoryUplink;
let forwarder: Forwarder;
let logged: { event: string; fields: Readonly<Record<string, unknown>> | undefined }[];

const append = (count: number) => {
  for (let index = 0; index < count; index++)
    forwarder.onAppended(journal.put([sample('press.x', journal.head)]));
};
const settle = () => clock.advance(LOOK);
const sentSeqs = () => uplink.sendings.map(({ block }) => block.seq);
const pendingSeqs = () => uplink.pending().map(({ block }) => block.seq);
const acknowledgePending = () => {
  for (const sending of uplink.pending()) sending.acknowledge();
};
const cursor = () => journal.cursor('cloud');
const refused = (topic = 't', parts_taken = 0) =>
  new GatewayError('forward.refused', { topic, reason: 'Not authorized (0x87)', parts_taken });
const gap = (class_: Gap['class'] = 'telemetry'): Gap => ({
  reason: 'retention',
  class: class_,
  count: 5,
  seqs: undefined,
  from: utcMs(1),
  to: utcMs(2),
});

beforeEach(async () => {
  clock = virtualClock();
  journal = memoryJournal(EPOCH);
  uplink = memoryUplink();
  logged = [];
  const note = (event: string, fields?: Readonly<Record<string, unknown>>) => {
    logged.push({ event, fields });
  };
  forwarder = createForwarder({
    uplink,
    journal,
    clock,
    log: { ...silentLog, info: note, warn: note, error: note },
    random: () => 1,
    resend: seconds(5),
  });
  await forwarder.start();
});

afterEach(async () => {
  await forwarder.stop();
  expect(clock.pending()).toEqual([]);
});

describe('the forwarder', () => {
  it('sends nothing before the connection is up', async () => {
    append(3);
    await settle();
    expect(sentSeqs()).toEqual([]);
    expect(forwarder.facts()).toMatchObject({ state: 'waiting', backlog: 3, inFlight: 0 });
  });

  it('sends in seq order, 32 at once, and moves the cursor on the acknowledgement alone', async () => {
    const all = Array.from({ length: 40 }, (_, index) => index + 1);
    append(40);
    uplink.up();
    await settle();
    expect(sentSeqs()).toEqual(all.slice(0, 32));
    expect(cursor().upTo).toBe(0);
    uplink.pending()[1]?.acknowledge();
    await settle();
    expect(sentSeqs().slice(32)).toEqual([33]);
    expect(cursor().upTo).toBe(0);
    uplink.pending()[0]?.acknowledge();
    await settle();
    expect(cursor().upTo).toBe(2);
    uplink.acknowledgeAll();
    await settle();
    expect(cursor().upTo).toBe(40);
    expect(sentSeqs()).toEqual(all);
    expect(forwarder.facts()).toMatchObject({ sent: 40, acknowledged: 40, backlog: 0 });
  });

  it('takes no further block of the backlog while more than 6,144 samples are on their way', async () => {
    for (const samples of [12_000, 7_000, 500, 2_000, 5_500, 500, 500])
      forwarder.onAppended(
        journal.put(Array.from({ length: samples }, (_, index) => sample('oven.x', index))),
      );
    const acknowledge = async (seq: number) => {
      uplink.pending()[pendingSeqs().indexOf(seqOf(seq))]?.acknowledge();
      await settle();
    };
    uplink.up();
    await settle();
    expect(pendingSeqs()).toEqual([1]);
    await acknowledge(1);
    expect(pendingSeqs()).toEqual([2, 3]);
    await acknowledge(3);
    expect(pendingSeqs()).toEqual([2]);
    await acknowledge(2);
    expect(pendingSeqs()).toEqual([4, 5, 6]);
    await acknowledge(6);
    expect(pendingSeqs()).toEqual([4, 5]);
    await acknowledge(4);
    expect(pendingSeqs()).toEqual([5, 7]);
  });

  it('sends a new block as soon as it is told of it', async () => {
    uplink.up();
    uplink.acknowledgeAll();
    await settle();
    append(1);
    await settle();
    append(1);
    await settle();
    expect(sentSeqs()).toEqual([1, 2]);
  });

  it('goes on where the cursor stands, past what was acknowledged out of order', async () => {
    for (const seq of [1, 2, 4]) cursor().acknowledge(seqOf(seq));
    append(5);
    uplink.up();
    await settle();
    expect(sentSeqs()).toEqual([3, 5]);
  });

  it('marks as historical what was in the journal before the connection came up', async () => {
    append(2);
    uplink.up();
    uplink.acknowledgeAll();
    await settle();
    append(1);
    await settle();
    uplink.down();
    append(1);
    uplink.up();
    await settle();
    append(1);
    await settle();
    const flags = new Map(uplink.sendings.map(({ block, historical }) => [block.seq, historical]));
    expect([...flags].sort()).toEqual([[1, true], [2, true], [3, true], [4, true], [5, false]]); // biome-ignore format: a table
    expect(uplink.sendings[2]?.historical).toBe(false);
  });

  it('sends again what was not acknowledged when the connection was lost, in seq order', async () => {
    append(10);
    uplink.up();
    await settle();
    uplink.pending()[3]?.acknowledge();
    await clock.advance(seconds(6));
    uplink.pending()[3]?.acknowledge();
    await settle();
    uplink.down();
    await settle();
    uplink.up();
    await settle();
    expect(pendingSeqs()).toEqual([5, 1, 2, 3, 6, 7, 8, 9, 10]);
    expect(forwarder.facts().resent).toBe(1);
  });

  it('sends again, once, what was acknowledged shortly before the last acknowledgement of a lost connection', async () => {
    append(3);
    uplink.up();
    await settle();
    uplink.pending()[0]?.acknowledge();
    await clock.advance(seconds(4));
    uplink.pending()[0]?.acknowledge();
    await clock.advance(seconds(3));
    uplink.pending()[0]?.acknowledge();
    await clock.advance(seconds(100));
    uplink.down();
    uplink.up();
    await settle();
    expect(pendingSeqs()).toEqual([2, 3]);
    acknowledgePending();
    await settle();
    expect(sentSeqs().length).toBe(5);
    uplink.down();
    uplink.up();
    await settle();
    expect(pendingSeqs()).toEqual([2, 3]);
  });

  it('keeps a doubtful block in mind until it is acknowledged again', async () => {
    append(1);
    uplink.up();
    await settle();
    acknowledgePending();
    await settle();
    for (let loss = 0; loss < 3; loss++) {
      uplink.down();
      uplink.up();
      await settle();
      expect(pendingSeqs()).toEqual([1]);
    }
  });

  it('waits longer and longer while nobody listens, and says so once', async () => {
    append(2);
    uplink.up();
    await settle();
    const nobody = () => new GatewayError('forward.no-subscriber', { topic: 't' });
    const refuseAll = () => {
      for (const sending of uplink.pending()) sending.refuse(nobody());
    };
    const waits: number[] = [];
    for (let round = 0; round < 6; round++) {
      refuseAll();
      await settle();
      const before = clock.mono();
      while (uplink.pending().length === 0) await clock.advance(millis(100));
      waits.push(Math.round((clock.mono() - before) / 1000));
    }
    expect(waits).toEqual([1, 2, 4, 8, 15, 15]);
    expect(pendingSeqs()).toEqual([1, 2]);
    expect(forwarder.facts().heldBy).toContain('[forward.no-subscriber]');
    acknowledgePending();
    await settle();
    expect(forwarder.facts()).toMatchObject({ heldBy: undefined, refusedBlocks: 0, backlog: 0 });
    expect(logged.map(({ event }) => event)).toEqual(['forward.hold-began', 'forward.hold-ended']);
  });

  it('lets a lost connection end a wait', async () => {
    append(1);
    uplink.up();
    await settle();
    uplink.pending()[0]?.refuse(refused());
    await settle();
    uplink.down();
    uplink.up();
    await settle();
    expect(pendingSeqs()).toEqual([1]);
  });

  it('sets a block aside that is refused again and again while others are taken, and says so loudly', async () => {
    append(3);
    uplink.up();
    for (let attempt = 1; attempt <= REFUSAL_LIMIT; attempt++) {
      await settle();
      expect(pendingSeqs()).toContain(2);
      expect(forwarder.facts().refusedBlocks).toBe(0);
      for (const sending of uplink.pending())
        if (sending.block.seq === 2) sending.refuse(refused());
        else sending.acknowledge();
      await clock.advance(seconds(20));
      append(1);
    }
    uplink.acknowledgeAll();
    await settle();
    expect(forwarder.facts()).toMatchObject({ refusedBlocks: 1, backlog: 0 });
    expect(logged.filter(({ event }) => event === 'forward.block-set-aside')).toMatchObject([
      { fields: { seq: 2, class: 'telemetry', samples: 1, blocks: 1 } },
    ]);
  });

  it('keeps up with a device whose topic alone is refused in every block', async () => {
    append(100);
    uplink.up();
    for (let round = 0; round < 40; round++) {
      await clock.advance(seconds(1));
      for (const sending of uplink.pending()) sending.refuse(refused('t', 3));
    }
    await clock.advance(seconds(30));
    expect(forwarder.facts()).toMatchObject({ refusedBlocks: 100, backlog: 0 });
    expect(logged.filter(({ event }) => event === 'forward.block-set-aside').length).toBeLessThan(
      8,
    );
  });

  it('sets nothing aside while the broker refuses everything', async () => {
    append(20);
    uplink.up();
    for (let round = 0; round < 200; round++) {
      await clock.advance(seconds(5));
      for (const sending of uplink.pending()) sending.refuse(refused());
    }
    expect(forwarder.facts()).toMatchObject({ refusedBlocks: 0, backlog: 20 });
    uplink.acknowledgeAll();
    await clock.advance(seconds(20));
    expect(forwarder.facts()).toMatchObject({ refusedBlocks: 0, backlog: 0 });
  });

  it('passes over blocks that retention removed, and delivers their gap', async () => {
    append(6);
    journal.remove(1, 2);
    journal.remove(4, 4);
    forwarder.onAppended(journal.putGap(gap()));
    uplink.up();
    uplink.acknowledgeAll();
    await settle();
    expect(sentSeqs()).toEqual([3, 5, 6, 7]);
    expect(cursor().upTo).toBe(7);
  });

  it('announces the watermark at the connection, then every five seconds at most, and at the end', async () => {
    append(1);
    uplink.up();
    uplink.acknowledgeAll();
    expect(uplink.watermarks).toEqual([{ epoch: EPOCH, head: 1, acknowledged: 0, gaps: [] }]);
    for (let step = 0; step < 40; step++) {
      append(1);
      await clock.advance(millis(250));
    }
    expect(uplink.watermarks.length).toBe(3);
    forwarder.onAppended(journal.putGap(gap('record')));
    await settle();
    await forwarder.stop();
    expect(uplink.watermarks.at(-1)).toEqual({
      epoch: EPOCH,
      head: 42,
      acknowledged: 42,
      gaps: [{ ...gap('record'), seq: 42 }],
    });
  });

  it('announces the day that is over, with its link', async () => {
    const day = { day: '2025-12-31', first: 1, last: 7, link: 'ab'.repeat(32) };
    journal.lastDay = day;
    append(1);
    uplink.up();
    expect(uplink.watermarks).toMatchObject([{ day }]);
  });

  it('keeps the last hundred gaps in the watermark, each once', async () => {
    for (let index = 0; index < 150; index++) journal.putGap(gap());
    uplink.up();
    await settle();
    uplink.down();
    uplink.up();
    uplink.acknowledgeAll();
    await clock.advance(seconds(6));
    expect(uplink.watermarks.at(-1)?.gaps.map(({ seq }) => seq)).toEqual(
      Array.from({ length: 100 }, (_, index) => index + 51),
    );
  });

  it('takes a journal that cannot be read for a failure to be tried again', async () => {
    const read = journal.read;
    journal.read = () => {
      throw new Error('disk I/O error');
    };
    append(1);
    uplink.up();
    uplink.acknowledgeAll();
    await settle();
    expect(forwarder.facts().heldBy).toBe('disk I/O error');
    journal.read = read;
    await clock.advance(seconds(2));
    expect(cursor().upTo).toBe(1);
  });

  it('shows no progress only while blocks are on their way and nothing comes back', async () => {
    await clock.advance(seconds(60));
    expect(forwarder.lastProgress()).toBe(clock.mono());
    append(1);
    uplink.up();
    await settle();
    const sent = forwarder.lastProgress();
    await clock.advance(seconds(40));
    expect(forwarder.lastProgress()).toBe(sent);
    acknowledgePending();
    await settle();
    expect(forwarder.lastProgress()).toBe(clock.mono());
  });

  it('can be started and stopped twice, in any order', async () => {
    append(50);
    await Promise.all([forwarder.start(), forwarder.start()]);
    uplink.up();
    await settle();
    await Promise.all([forwarder.stop(), forwarder.stop()]);
    await forwarder.start();
    await settle();
    expect(sentSeqs().length).toBe(32);
    expect(forwarder.facts()).toMatchObject({ state: 'closed', inFlight: 0 });
  });

  it('stops without having been started', async () => {
    const unstarted = createForwarder({
      uplink: memoryUplink('other'),
      journal,
      clock,
      log: silentLog,
      random: () => 0,
      resend: seconds(5),
    });
    await unstarted.stop();
    expect(unstarted.facts().state).toBe('closed');
  });
});
