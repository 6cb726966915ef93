/** A journal in an array: the contract without a disk. Blocks can be removed, as retention would. */
import { type FlashFacts, flashFacts } from '../../gateway/health/flash-facts.ts';
import { type SampleBatch, toBatch } from '../../gateway/journal/batch.ts';
import {
  type BatchKey,
  type Block,
  type BlockClass,
  type Cursor,
  type FinishedDay,
  type Gap,
  type Journal,
  type Seq,
  seqOf,
  type WearFacts,
} from '../../gateway/journal/journal.ts';
import { newWear } from '../../gateway/journal/space/wear.ts';
import type { Sample, TagId } from '../../gateway/model/sample.ts';
import { bytes, utcMs } from '../../gateway/model/units.ts';
import { ENOUGH_ROOM } from './journal-room-facts.ts';

export interface MemoryJournal extends Journal {
  lastDay: FinishedDay | undefined;
  /** Appends at once and tells the seq. */
  put(samples: readonly Sample[], blockClass?: BlockClass): Seq;
  putGap(gap: Gap): Seq;
  /** Nothing waits for the removed blocks any more: their gap stands for them. */
  remove(from: number, to: number): void;
}

/** The flash of somebody of whom nothing is known. */
export const UNKNOWN_FLASH: FlashFacts = flashFacts(
  { wear: { ...newWear(utcMs(0)), counted: 'wchar', usualDay: undefined, presentDay: undefined } },
  { windowMs: 1000, declaredMs: 1000, budget: undefined, isExceeded: false },
  { device: undefined, lifeUsed: undefined, reserve: undefined },
  undefined,
);

/** Of somebody who writes nothing. */
export const NO_WEAR: WearFacts = {
  ...newWear(utcMs(0)),
  counted: 'write_bytes',
  usualDay: undefined,
  presentDay: undefined,
};

export function memoryJournal(epoch = '9f3c2a17', siteTags: readonly TagId[] = []): MemoryJournal {
  const blocks = new Map<number, Block>();
  const keys = new Map<string, Seq>();
  const cursors = new Map<string, Cursor>();
  const tags: TagId[] = [...siteTags];
  let head = 0;
  const add = (blockClass: BlockClass, samples: SampleBatch, gap?: Gap): Seq => {
    const seq = seqOf(++head);
    const tagOf = (tag: number) => tags[tag] as TagId;
    blocks.set(seq, { seq, class: blockClass, committedAt: utcMs(0), samples, tagOf, gap });
    return seq;
  };
  const indexOf = (tag: TagId) => {
    const known = tags.indexOf(tag);
    return known >= 0 ? known : tags.push(tag) - 1;
  };
  return {
    epoch,
    get head() {
      return seqOf(head);
    },
    lastDay: undefined,
    put: (samples, blockClass = 'telemetry') => add(blockClass, toBatch(samples, indexOf)),
    putGap: (gap) => add(gap.class, toBatch([], indexOf), gap),
    remove(from, to) {
      for (let seq = from; seq <= to; seq++) {
        blocks.delete(seq);
        for (const cursor of cursors.values()) cursor.acknowledge(seqOf(seq));
      }
    },
    async append(blockClass, batch, key: BatchKey) {
      const name = `${key.origin}/${key.number}`;
      const seq = keys.get(name) ?? add(blockClass, batch);
      keys.set(name, seq);
      return seq;
    },
    async appendGap(gap) {
      return add(gap.class, toBatch([], indexOf), gap);
    },
    read(from, limit, samples = Number.POSITIVE_INFINITY) {
      const found: Block[] = [];
      let left = samples;
      for (let seq: number = from; seq <= head && found.length < limit; seq++) {
        const block = blocks.get(seq);
        left -= block?.samples.length ?? 0;
        if (left < 0 && found.length > 0) break;
        if (block) found.push(block);
      }
      return found;
    },
    corrections: () => [],
    cursor(uplink) {
      const cursor = cursors.get(uplink) ?? memoryCursor(uplink);
      cursors.set(uplink, cursor);
      return cursor;
    },
    retain: async () => false,
    stats: () => ({
      epoch,
      head: seqOf(head),
      blocks: blocks.size,
      samples: [...blocks.values()].reduce((sum, block) => sum + block.samples.length, 0),
      backlogBlocks: head - Math.min(head, ...[...cursors.values()].map(({ upTo }) => upTo)),
      bytesOnDisk: bytes(0),
      bytesWritten: bytes(0),
      commits: head,
      gaps: [...blocks.values()].filter(({ gap }) => gap).length,
      lostSamples: 0,
      lastDay: undefined,
      oldest: undefined,
      autonomy: undefined,
      backlogs: [],
      wear: NO_WEAR,
      room: ENOUGH_ROOM,
    }),
    async close() {},
  };
}

function memoryCursor(uplink: string): Cursor {
  const ahead = new Set<number>();
  let upTo = 0;
  const isAcknowledged = (seq: Seq) => seq <= upTo || ahead.has(seq);
  return {
    uplink,
    get upTo() {
      return seqOf(upTo);
    },
    isAcknowledged,
    acknowledge(seq) {
      if (seq > upTo) ahead.add(seq);
      while (ahead.delete(upTo + 1)) upTo++;
    },
    nextAfter(after) {
      let seq: number = after + 1;
      while (isAcknowledged(seqOf(seq))) seq++;
      return seqOf(seq);
    },
  };
}
