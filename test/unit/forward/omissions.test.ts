/** Blocks of which an uplink wants nothing: passed over, and receivers are told. */
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { OnlyConfig } from '../../../config/site.ts';
import { createForwarder } from '../../../gateway/forward/forwarder.ts';
import { selectionOf } from '../../../gateway/forward/selection.ts';
import type { Forwarder, Uplink } from '../../../gateway/forward/uplink.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { type VirtualClock, virtualClock } from '../../../gateway/host/virtual-clock.ts';
import type { BlockClass } from '../../../gateway/journal/journal.ts';
import { GatewayError } from '../../../gateway/model/errors.ts';
import { millis, minutes, seconds } from '../../../gateway/model/units.ts';
import { EPOCH, sample } from '../../support/forward-fixture.ts';
import { type MemoryJournal, memoryJournal } from '../../support/memory-journal.ts';
import { type MemoryUplink, memoryUplink } from '../../support/memory-uplink.ts';

let clock: VirtualClock;
let journal: MemoryJournal;
let uplink: MemoryUplink;
let forwarder: Forwarder;

const ALARMS: OnlyConfig = { alarm: ['*'] };
/** How often the broker refuses to be told. */
let refusals = 0;
/** What it waits for before it answers. */
let answering: Promise<void> | undefined;
const start = async (only: OnlyConfig, isProven = true) => {
  refusals = 0;
  answering = undefined;
  clock = virtualClock();
  journal = memoryJournal(EPOCH);
  uplink = memoryUplink();
  const { passOver, ...unproven } = uplink;
  const refusing: Uplink['passOver'] = async (seqs) => {
    await answering;
    if (refusals-- > 0) throw new GatewayError('forward.refused', { topic: 't', reason: 'r' });
    return (await passOver?.(seqs)) ?? 0;
  };
  forwarder = createForwarder({
    ...{
      uplink: isProven ? { ...unproven, passOver: refusing } : unproven,
      journal,
      clock,
      log: silentLog,
      random: () => 1,
    },
    ...{ resend: seconds(5), selection: selectionOf(only) },
  });
  await forwarder.start();
  uplink.acknowledgeAll();
};
const append = (...classes: BlockClass[]) => {
  for (const of of classes)
    forwarder.onAppended(journal.put([sample('press.x', journal.head)], of));
};
const settle = () => clock.advance(millis(1));
const sent = () => uplink.sendings.map(({ block }) => block.seq);
const upTo = () => journal.cursor('cloud').upTo;

afterEach(async () => {
  await forwarder.stop();
  expect(clock.pending()).toEqual([]);
});

describe('blocks of which an uplink wants nothing', () => {
  it('are gathered, told as ranges, and passed over when that was acknowledged', async () => {
    await start(ALARMS);
    uplink.up();
    append('telemetry', 'alarm', 'telemetry', 'telemetry', 'alarm');
    await settle();
    expect(sent()).toEqual([2, 5]);
    expect(uplink.passed).toEqual([]);
    expect(upTo()).toBe(0);
    append('telemetry');
    await clock.advance(seconds(30));
    expect(uplink.passed).toEqual([[[1, 1], [3, 4], [6, 6]]]); // biome-ignore format: ranges
    expect(upTo()).toBe(6);
    expect(forwarder.facts()).toMatchObject({ sent: 2, acknowledged: 2, omitted: 4, backlog: 0 });
    expect(uplink.sendings.every(({ historical }) => !historical)).toBe(true);
  });

  it('cost one message of a backlog, and leave others their turn', async () => {
    await start(ALARMS);
    append(...Array<BlockClass>(3_000).fill('telemetry'));
    uplink.up();
    const reading = vi.spyOn(journal, 'read');
    let turns = 0;
    for (; (reading.mock.lastCall?.[0] ?? 0) < 2_969; turns++) await setImmediate();
    await clock.advance(seconds(30));
    expect(uplink.passed).toEqual([[[1, 3_000]]]);
    expect(upTo()).toBe(3_000);
    expect(turns).toBeGreaterThan(50);
  });

  it('are told again when the connection was lost before the acknowledgement', async () => {
    await start(ALARMS);
    uplink.up();
    append('telemetry', 'telemetry');
    await settle();
    uplink.down();
    await clock.advance(seconds(40));
    expect(uplink.passed).toEqual([]);
    expect(upTo()).toBe(0);
    uplink.up();
    await clock.advance(minutes(1));
    expect(uplink.passed).toEqual([[[1, 2]]]);
    expect(upTo()).toBe(2);
  });

  it('are told again, with what has come since, where the broker refuses it, and keep nothing back', async () => {
    await start(ALARMS);
    refusals = 2;
    uplink.up();
    append('telemetry', 'telemetry');
    await clock.advance(seconds(31));
    append('telemetry', 'alarm');
    await clock.advance(seconds(1));
    expect(sent()).toEqual([4]);
    const heldBy = expect.stringContaining('forward.refused');
    expect(forwarder.facts()).toMatchObject({ heldBy, omitted: 0 });
    await clock.advance(seconds(60));
    expect(uplink.passed).toEqual([[[1, 3]]]);
    expect(upTo()).toBe(4);
    expect(forwarder.facts().heldBy).toBeUndefined();
  });

  it('are read again when a broker takes it that had refused for long, and keep nothing back meanwhile', async () => {
    await start(ALARMS);
    refusals = 10;
    append(...Array(2_000).fill(['telemetry', 'alarm']).flat());
    uplink.up();
    while (uplink.sendings.length < 2_000) await clock.advance(millis(10));
    expect(upTo()).toBe(0);
    refusals = 0;
    for (let minute = 0; minute < 10 && upTo() < 4_000; minute++) {
      for (let turn = 0; turn < 500; turn++) await clock.advance(millis(1));
      await clock.advance(minutes(1));
    }
    expect(upTo()).toBe(4_000);
    expect(uplink.sendings).toHaveLength(2_000);
  });

  it('leave no timer behind when the end comes before the answer', async () => {
    await start(ALARMS);
    uplink.up();
    append('telemetry');
    const { promise, resolve } = Promise.withResolvers<void>();
    [answering, refusals] = [promise, 1];
    await clock.advance(seconds(31));
    await forwarder.stop();
    resolve();
    await setImmediate();
    expect(clock.pending()).toEqual([]);
  });

  it('are told at once to whoever asks for them, and settle the question', async () => {
    await start(ALARMS);
    uplink.up();
    append('telemetry', 'alarm', 'telemetry');
    await clock.advance(seconds(31));
    uplink.events.asked?.({ id: 'a', epoch: EPOCH, seqs: [[1, 3]] });
    await settle();
    expect(uplink.passed.slice(1).flat()).toEqual([[1, 1], [3, 3]]); // biome-ignore format: ranges
    expect(uplink.replies).toEqual([
      { about: 'replay', reply: { id: 'a', outcome: 'done', blocks: 3, gone: [] } },
    ]);
  });

  it('are passed over at once where nobody proves anything', async () => {
    await start({ telemetry: ['oven.*'] }, false);
    uplink.up();
    append('telemetry', 'alarm');
    await settle();
    expect(sent()).toEqual([]);
    expect(upTo()).toBe(2);
  });

  it('wait where there are too many holes between them for one message', async () => {
    await start(ALARMS);
    const classes: readonly BlockClass[] = ['telemetry', 'alarm'];
    append(...Array(1_500).fill(classes).flat());
    uplink.up();
    while (uplink.sendings.length < 1_500) await clock.advance(millis(1));
    await clock.advance(seconds(30));
    expect(Math.max(...uplink.passed.map((seqs) => seqs.length))).toBe(500);
    expect(upTo()).toBe(3_000);
  });
});
