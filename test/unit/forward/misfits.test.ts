/** Blocks that a target cannot bear, whatever else it takes: they block nobody, and can be sent again. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createForwarder } from '../../../gateway/forward/forwarder.ts';
import { MOST_LISTED, Quarantine } from '../../../gateway/forward/quarantine.ts';
import { CONVICT_AFTER, SUSPECT_AFTER } from '../../../gateway/forward/suspects.ts';
import type { Forwarder } from '../../../gateway/forward/uplink.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { memoryStateStore, type StateStore } from '../../../gateway/host/state-store.ts';
import { type VirtualClock, virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { seqOf } from '../../../gateway/journal/journal.ts';
import { millis, seconds, utcMs } from '../../../gateway/model/units.ts';
import { EPOCH, sample } from '../../support/forward-fixture.ts';
import { type MemoryJournal, memoryJournal } from '../../support/memory-journal.ts';
import { type MemoryUplink, memoryUplink } from '../../support/memory-uplink.ts';

let clock: VirtualClock;
let journal: MemoryJournal;
let uplink: MemoryUplink;
let forwarder: Forwarder;
let state: StateStore;

const append = (count: number) => {
  for (let index = 0; index < count; index++)
    forwarder.onAppended(journal.put([sample('press.x', journal.head)]));
};
const settle = () => clock.advance(millis(1));
const upTo = () => journal.cursor('cloud').upTo;
const aside = () => forwarder.facts().aside?.map(({ seq }) => seq);
const start = async () => {
  uplink = memoryUplink();
  const parts = { uplink, journal, clock, log: silentLog, random: () => 1, state };
  forwarder = createForwarder({ ...parts, resend: seconds(5) });
  await forwarder.start();
  uplink.acknowledgeAll();
};
/** Until the connection stands; how many connections that took. */
const connect = async () => {
  let attempts = 0;
  while (uplink.facts().state !== 'up' && attempts < 100) {
    uplink.up();
    attempts++;
    await settle();
  }
  return attempts;
};

beforeEach(async () => {
  clock = virtualClock();
  journal = memoryJournal(EPOCH);
  state = memoryStateStore();
  await start();
});
afterEach(async () => {
  await forwarder.stop();
  expect(clock.pending()).toEqual([]);
});

describe('a block at which the broker hangs up each time', () => {
  it('is set aside after a bounded number of attempts, and no other is', async () => {
    append(20);
    uplink.poison = seqOf(7);
    expect(await connect()).toBeLessThan(30);
    await settle();
    expect(aside()).toEqual([7]);
    expect(upTo()).toBe(20);
    expect(forwarder.facts()).toMatchObject({ refusedBlocks: 1, backlog: 0 });
    expect(forwarder.facts().aside?.[0]?.reason).toContain('forward.lost-at-block');
  });

  it('keeps nothing back meanwhile that is new', async () => {
    append(1);
    uplink.poison = seqOf(1);
    for (let attempt = 0; attempt < SUSPECT_AFTER + CONVICT_AFTER - 1; attempt++) {
      uplink.up();
      await settle();
      append(1);
      await settle();
    }
    expect(journal.cursor('cloud').isAcknowledged(seqOf(5))).toBe(true);
    expect(upTo()).toBe(0);
    append(1);
    await connect();
    expect(aside()).toEqual([1]);
  });

  it('is not looked for at a broker that takes nothing', async () => {
    append(1);
    uplink.poison = seqOf(1);
    expect(await connect()).toBe(100);
    expect(aside()).toEqual([]);
    uplink.poison = undefined;
    await connect();
    expect(upTo()).toBe(1);
  });

  it('is none of those that were under way on a bad line', async () => {
    append(2_000);
    uplink.withhold();
    for (let loss = 0; loss < 60; loss++) {
      uplink.up();
      await settle();
      for (const sending of uplink.pending().slice(0, 3)) sending.acknowledge();
      await settle();
      uplink.down();
      await settle();
    }
    expect(aside()).toEqual([]);
    uplink.acknowledgeAll();
    await connect();
    await clock.advance(seconds(20));
    expect(upTo()).toBe(2_000);
  });
});

describe('what was set aside', () => {
  const setOneAside = async () => {
    append(20);
    uplink.poison = seqOf(7);
    await connect();
    await settle();
  };

  it('outlives a restart, and is sent again when somebody asks for it', async () => {
    await setOneAside();
    await forwarder.stop();
    await start();
    expect(aside()).toEqual([7]);
    await connect();
    forwarder.sendAside?.();
    await settle();
    expect(uplink.sendings.map(({ block }) => block.seq)).toEqual([7]);
    expect(forwarder.facts()).toMatchObject({ refusedBlocks: 0, aside: [] });
  });

  it('is taken off the list by a receiver that asks for it', async () => {
    await setOneAside();
    uplink.poison = undefined;
    uplink.events.asked?.({ id: 'a', epoch: EPOCH, seqs: [[7, 7]] });
    await settle();
    expect(aside()).toEqual([]);
  });

  it('is forgotten when the journal does not have it any more', async () => {
    await setOneAside();
    journal.remove(1, 10);
    forwarder.sendAside?.();
    await settle();
    expect(aside()).toEqual([]);
  });

  it('stays aside when it is lost again', async () => {
    await setOneAside();
    forwarder.sendAside?.();
    await settle();
    append(5);
    await connect();
    await settle();
    expect(aside()).toEqual([7]);
    expect(upTo()).toBe(25);
  });
});

describe('the list', () => {
  const block = (seq: number) => ({
    ...({ seq: seqOf(seq), class: 'telemetry', samples: 1, reason: 'r', at: utcMs(5) } as const),
  });

  it('is bounded, counts all, and belongs to one journal', async () => {
    const quarantine = new Quarantine(state, EPOCH);
    for (let seq = 1; seq <= MOST_LISTED + 50; seq++) await quarantine.add(block(seq));
    expect(quarantine.facts().blocks).toBe(MOST_LISTED + 50);
    const again = new Quarantine(state, EPOCH);
    expect(again.facts()).toEqual(quarantine.facts());
    expect(again.seqs[0]).toBe(51);
    expect(new Quarantine(state, '00c0ffee').facts()).toEqual({ blocks: 0, newest: [] });
  });

  it('is empty where its file says something else', () => {
    for (const kept of [5, 'x', null, [], { epoch: EPOCH }, { epoch: EPOCH, blocks: [5, {}] }]) {
      state.set('aside', kept);
      expect(new Quarantine(state, EPOCH).facts().newest).toEqual([]);
    }
  });
});
