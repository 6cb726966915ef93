/**
 * Transactions in the journal's file and the room for them: each commit takes changed cursors along, and where the file
 * is full, what has to leave leaves first. Whatever changes the totals goes through here.
 */
import type { Clock } from '../../host/clock.ts';
import type { Log } from '../../host/log.ts';
import { RangeSet } from '../../model/range-set.ts';
import type { TagId } from '../../model/sample.ts';
import { type Bytes, bytes, type Millis } from '../../model/units.ts';
import type { SampleBatch } from '../batch.ts';
import { type BlockPlace, gapBlock, type NewBlock } from '../blocks/block-maker.ts';
import { type DecodeRow, gapOf } from '../blocks/loss.ts';
import {
  type BlockFacts,
  nextRetentionStep,
  type RetentionFacts,
  type RetentionStep,
  STEP_BLOCKS_MAX,
} from '../blocks/retention.ts';
import { thinnedBlock } from '../blocks/thinned-block.ts';
import { type Totals, withBlock, withoutBlocks, withoutLosses } from '../blocks/totals.ts';
import { JournalChain } from '../chain/journal-chain.ts';
import { type CommitTime, JournalClock } from '../clock/journal-clock.ts';
import type { JournalCursor } from '../cursors/journal-cursor.ts';
import { JournalCursors } from '../cursors/journal-cursors.ts';
import { isFull, type JournalFile } from '../file/journal-file.ts';
import type { JournalRows, OriginPosition } from '../file/journal-rows.ts';
import { JournalTail } from '../file/journal-tail.ts';
import { type BatchKey, type BlockClass, type FinishedDay, type Seq, seqOf } from '../journal.ts';
import { JournalRoom } from './journal-room.ts';
import { JournalWear } from './journal-wear.ts';
import { LossLog } from './loss-log.ts';

export interface JournalSpaceOptions {
  readonly path: string;
  readonly file: JournalFile;
  readonly rows: JournalRows;
  readonly decode: DecodeRow;
  /** As a block that stands alone. */
  readonly encode: (batch: SampleBatch) => Uint8Array<ArrayBuffer>;
  /** The id behind a tag number of the journal. */
  readonly tagOf: (tag: number) => TagId;
  /** A block that later ones will refer to. */
  readonly needed: () => Seq | undefined;
  readonly keep: Millis;
  readonly clock: Clock;
  readonly log: Log;
}

/** Above this share of the capacity retention goes by size; the rest is for appends meanwhile. */
export const TARGET_SHARE = 0.9;
/** Above this share what is not acknowledged has to go. */
const LOSS_SHARE = 0.98;
/** Retention steps for one append; each removes up to 64 blocks or what is needed. */
const STEPS_FOR_ROOM_MAX = 64;

/** Free bytes asked for beyond what is stored: index pages, positions. */
const FULL_MARGIN_BYTES = 16_384;

export class JournalSpace {
  readonly wear: JournalWear;
  readonly room: JournalRoom;
  readonly cursors: JournalCursors;
  readonly clock: JournalClock;
  readonly #options: JournalSpaceOptions;
  readonly #rows: JournalRows;
  #removed: RangeSet;
  readonly #tail: JournalTail;
  readonly #chain: JournalChain;
  readonly #losses: LossLog;
  /** No block of its class is below it: nobody looks there again. */
  readonly #oldest: Record<BlockClass, number> = { record: 1, alarm: 1, telemetry: 1 };
  /** The same for telemetry that may still be thinned. */
  #thinnableFrom = 1;
  /** The newest block that stands for several. */
  #thinnedAt = 0;
  #commits = 0;

  constructor(options: JournalSpaceOptions) {
    this.#options = options;
    this.#rows = options.rows;
    const { connection, plan } = options.file;
    this.wear = new JournalWear(options.file, options.clock);
    const writeBack = () => this.wear.checkpoint('RESTART');
    this.room = new JournalRoom({ ...options, connection, plan, writeBack });
    this.#losses = new LossLog(options.clock, options.log);
    this.cursors = new JournalCursors(options.clock);
    this.clock = new JournalClock(options.file.connection, options.clock);
    this.#tail = new JournalTail(options.rows, options.file.epoch);
    this.#chain = new JournalChain(options.file, this.head, options.tagOf);
    this.#removed = new RangeSet(options.rows.ranges('journal', 'removed'));
  }

  get totals(): Totals {
    return this.#tail.totals;
  }

  get head(): Seq {
    return seqOf(this.totals.head);
  }

  /** The newest day that is over. */
  get lastDay(): FinishedDay | undefined {
    return this.#chain.lastDay;
  }

  /** Where the next block comes, by the clock of its samples, and from where on summaries may cover it with others. */
  nextPlace(mark = this.clock.timeOf().mark): BlockPlace {
    const seq = this.head + 1;
    return { seq, summaryFrom: Math.max(this.clock.beginOf(seq, mark), this.#thinnedAt + 1) };
  }

  /** The newest batch of an origin. */
  origin(origin: string): OriginPosition | undefined {
    return this.#tail.origin(origin);
  }

  /** Since the journal was opened. */
  get commits(): number {
    return this.#commits;
  }

  /** What retention has removed. */
  get removed(): RangeSet {
    return this.#removed;
  }

  /** Blocks that age and size ask for, one small step; false when there is nothing to remove. */
  retain(): boolean {
    const { cap } = this.room;
    return this.#retainDownTo(bytes(cap * TARGET_SHARE), bytes(cap * LOSS_SHARE));
  }

  /** Tries once more after retention has made room for so many bytes when the file is full. */
  makingRoom(needed: number, work: () => Totals | undefined, key?: BatchKey): void {
    try {
      this.transaction(work, key);
    } catch (error) {
      if (!isFull(error)) throw error;
      this.room.look(true);
      this.room.writeBack();
      const target = bytes(this.room.cap - needed - FULL_MARGIN_BYTES);
      for (let step = 0; step < STEPS_FOR_ROOM_MAX; step++)
        if (!this.#retainDownTo(target, target)) break;
      this.transaction(work, key);
    }
  }

  /**
   * One commit; changed cursors that are due go with it. `work` returns the new totals if they change; where it inserted a block,
   * `key` is that of the block.
   */
  transaction(work: () => Totals | undefined, key?: BatchKey): void {
    this.#commit(this.cursors.isDue ? this.cursors.dirty() : [], work, key);
  }

  /** A commit of all changed cursors and of nothing else. */
  saveCursors(): void {
    const work = () => {
      this.wear.countAs('acknowledgements');
      return undefined;
    };
    this.room.beyondCap(() => this.#commit(this.cursors.dirty(), work));
  }

  #commit(dirty: readonly JournalCursor[], work: () => Totals | undefined, key?: BatchKey): void {
    this.room.boundWal();
    const inOne = (run: () => Totals | undefined) => this.#rows.transaction(run);
    const totals = this.wear.commit(inOne, () => {
      this.#chain.begin();
      this.clock.begin();
      const changed = work();
      // Behind the work: in a file that is full, what that removes makes the room.
      for (const { uplink, acknowledged } of dirty)
        this.#rows.saveRanges('uplink', uplink, acknowledged.ranges);
      if (changed?.head === this.head) this.#tail.save(changed);
      return changed;
    });
    if (dirty.length > 0) this.cursors.saved(dirty);
    if (totals) this.#tail.commit(totals, key);
    this.#chain.commit();
    this.clock.commit();
    this.#commits++;
  }

  /** The next block of the transaction that is under way; gives back the totals with it. */
  insert(totals: Totals, row: NewBlock, { committedAt, mark }: CommitTime, key?: BatchKey): Totals {
    const samples = row.batch?.length ?? 0;
    const next = withBlock(totals, { samples, gap: row.gap });
    const state = this.#tail.stateWith(next, key);
    this.wear.blockClass = row.class;
    const block = { ...row, samples, seq: seqOf(next.head), committedAt };
    this.#rows.insert(block, { state, link: this.#chain.add(block) });
    for (const summary of row.summaries) this.#rows.insertSummary(summary);
    this.clock.stage(block.seq, mark);
    return next;
  }

  /** One retention step; false when there is nothing to remove. */
  #retainDownTo(target: Bytes, lossTarget: Bytes): boolean {
    const facts = this.#retentionFacts(target, lossTarget);
    let step = nextRetentionStep(facts);
    if (step?.isThinning) {
      if (this.#thin(step)) return true;
      step = nextRetentionStep({ ...facts, thinnable: () => [] });
    }
    if (step) this.#remove(step);
    return step !== undefined;
  }

  #retentionFacts(target: Bytes, lossTarget: Bytes): RetentionFacts {
    const { keep } = this.#options;
    return {
      ageOf: this.clock.ages(),
      keep,
      used: this.#rows.usedBytes(),
      target,
      lossTarget,
      isSqueezed: this.room.isCritical,
      acknowledged: this.#oldestAcknowledged(),
      unacknowledged: (blockClass) => {
        const from = this.#oldest[blockClass];
        const blocks = this.#rows.factsOfClass(from, blockClass, STEP_BLOCKS_MAX);
        this.#oldest[blockClass] = blocks[0]?.seq ?? this.head + 1;
        return blocks.map(this.#withNeed);
      },
      thinnable: () => {
        const blocks = this.#rows.factsOfWhole(this.#thinnableFrom, 'telemetry', STEP_BLOCKS_MAX);
        this.#thinnableFrom = blocks[0]?.seq ?? this.head + 1;
        return blocks.map(this.#withNeed);
      },
    };
  }

  /** False where it does not pay: these blocks stay as they are until they have to go. */
  #thin(step: RetentionStep): boolean {
    const { decode, encode } = this.#options;
    const rows = step.remove.flatMap((seq) => this.#rows.read(seq, 1));
    const instead = thinnedBlock(rows, decode, encode);
    if (instead) this.#remove(step, instead);
    else this.#thinnableFrom = Math.max(...step.remove) + 1;
    return instead !== undefined;
  }

  #oldestAcknowledged(): BlockFacts[] {
    const blocks: BlockFacts[] = [];
    for (const range of this.cursors.acknowledgedByAll(this.head)) {
      const facts = this.#rows.factsBetween(range, STEP_BLOCKS_MAX - blocks.length);
      blocks.push(...facts.map(this.#withNeed));
      if (blocks.length === STEP_BLOCKS_MAX) break;
    }
    return blocks;
  }

  readonly #withNeed = (facts: BlockFacts): BlockFacts => ({
    ...facts,
    isNeeded: facts.isNeeded || facts.seq === this.#options.needed(),
  });

  #remove({ remove, lost, isThinning }: RetentionStep, instead?: NewBlock): void {
    const { decode } = this.#options;
    const removed = new RangeSet(this.#removed.ranges);
    const work = () => {
      this.wear.countAs('retention');
      const rows = remove.flatMap((seq) => this.#rows.read(seq, 1));
      const seqs = rows.map(({ seq }) => seq);
      for (const seq of seqs) removed.add(seq);
      const keepLinks = this.#chain.remove(seqs, removed);
      for (const seq of seqs) this.#rows.remove(seq);
      keepLinks();
      this.clock.prune();
      this.#rows.saveRanges('journal', 'removed', removed.ranges);
      for (const [first, last] of removed.rangesWith(remove))
        this.#rows.removeSummaries(first, last);
      const left = withoutBlocks(this.totals, rows);
      return lost === undefined
        ? left
        : this.insert(
            withoutLosses(left, rows),
            instead ?? gapBlock(gapOf(rows, lost, decode)),
            instead ? this.clock.timeInsteadOf(rows) : this.clock.timeOf(),
          );
    };
    this.room.beyondCap(() => this.transaction(work));
    this.#removed = removed;
    if (instead) this.#thinnedAt = this.head;
    this.cursors.pass(remove);
    if (lost !== undefined) this.#losses.note(lost, remove.length, isThinning);
  }
}
