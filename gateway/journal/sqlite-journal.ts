/**
 * The journal in one SQLite file, FORMAT.md. Everything runs synchronously on the thread that
 * opened it; a commit takes as long as the disk takes to sync.
 */
import type { Clock } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import type { GatewayError } from '../model/errors.ts';
import type { TagId } from '../model/sample.ts';
import { type Bytes, between, bytes, type Millis, type MonoMs, millis } from '../model/units.ts';
import { type SampleBatch, toBatch } from './batch.ts';
import { decodeBlock, encodeBlock } from './block-codec.ts';
import { MalformedBlock } from './byte-stream.ts';
import {
  type BatchKey,
  type Block,
  type BlockClass,
  type Gap,
  type Journal,
  type JournalStats,
  type Seq,
  seqOf,
} from './journal.ts';
import { JournalCursor } from './journal-cursor.ts';
import {
  bytesOnDisk,
  closeJournalFile,
  isFull,
  isSqliteError,
  type JournalFile,
  journalError,
} from './journal-file.ts';
import { type BlockRow, JournalRows } from './journal-rows.ts';
import { gapOf, lostFileGap } from './loss.ts';
import { type Range, RangeSet } from './range-set.ts';
import {
  type BlockFacts,
  nextRetentionStep,
  type RetentionStep,
  STEP_BLOCKS_MAX,
} from './retention.ts';
import { TagNumbers } from './tag-numbers.ts';
import { threadBytesWritten } from './thread-io.ts';
import { type Totals, withBlock, withLoss, withoutBlocks, withoutLosses } from './totals.ts';

export interface JournalOptions {
  readonly path: string;
  /** The site's tags by index. */
  readonly tags: readonly TagId[];
  /** Whose cursors decide what may be removed. */
  readonly uplinks: readonly string[];
  readonly maxSize: Bytes;
  readonly keep: Millis;
  readonly clock: Clock;
  readonly log: Log;
  /** Called once when the file or its disk has failed: nothing works any more but `close`. */
  readonly onBroken?: (error: GatewayError) => void;
}

/** Above this share of the capacity retention goes by size; the rest is for appends meanwhile. */
const TARGET_SHARE = 0.9;
const CURSORS_DURABLE_AFTER = millis(2000);
/** Before this much is known of the rate, no autonomy is told. */
const RATE_KNOWN_AFTER = millis(60_000);
/** Free bytes asked for beyond the block itself when the file is full: index pages, positions. */
const FULL_MARGIN_BYTES = 16_384;
/** Retention steps for one append; each removes up to 64 blocks or what is needed. */
const STEPS_FOR_ROOM_MAX = 64;
const NO_SAMPLES = toBatch([], () => 0);

/** Journal over better-sqlite3, with the durability of acknowledgements driven by its owner. */
export class SqliteJournal implements Journal {
  readonly epoch: string;
  readonly #file: JournalFile;
  readonly #options: JournalOptions;
  readonly #rows: JournalRows;
  readonly #cursors = new Map<string, JournalCursor>();
  #removed: RangeSet;
  readonly #tags: TagNumbers;
  #siteTags: readonly TagId[];
  /** The journal's number by the site's index. */
  #numbers: Uint32Array<ArrayBuffer>;
  readonly #openedAt: MonoMs;
  readonly #writtenBefore = threadBytesWritten();
  #totals: Totals;
  /**
   * The block last appended, as long as nothing was removed: what is sent as it comes need not be
   * read back.
   */
  #newest: Block | undefined;
  #acknowledgedSince: MonoMs | undefined;
  #appendedBytes = 0;
  #commits = 0;
  #broken: GatewayError | undefined;
  #isClosed = false;

  constructor(file: JournalFile, options: JournalOptions) {
    this.#file = file;
    this.#options = options;
    this.epoch = file.epoch;
    this.#openedAt = options.clock.mono();
    this.#rows = new JournalRows(file.connection);
    this.#totals = this.#rows.totals();
    this.#removed = new RangeSet(this.#rows.ranges('journal', 'removed'));
    this.#rows.pruneOrigins();
    for (const uplink of options.uplinks) this.cursor(uplink);
    this.#tags = new TagNumbers(this.#rows.tags());
    this.#siteTags = options.tags;
    this.#numbers = this.#numberTags();
  }

  /** The site has more tags now, behind those that it had. They get their numbers with the next append. */
  setTags(tags: readonly TagId[]): void {
    this.#siteTags = tags;
  }

  get head(): Seq {
    return seqOf(this.#totals.head);
  }

  async append(blockClass: BlockClass, batch: SampleBatch, key: BatchKey): Promise<Seq> {
    return this.#guarded(() => {
      if (this.#numbers.length < this.#siteTags.length) this.#numbers = this.#numberTags();
      const tags = batch.tags.map((index) => this.#numbers[index] as number);
      const samples = { ...batch, tags };
      const data = encodeBlock(samples);
      const committedAt = this.#options.clock.utc();
      const row = { class: blockClass, samples: batch.length, gap: undefined, data };
      const seq = this.#append(row, key, committedAt);
      this.#newest = { ...row, seq, committedAt, samples, tagOf: this.#tags.idOf };
      return seq;
    });
  }

  async appendGap(gap: Gap, key?: BatchKey): Promise<Seq> {
    return this.#guarded(() =>
      this.#append({ class: gap.class, samples: 0, gap, data: undefined }, key),
    );
  }

  read(from: Seq, limit: number): readonly Block[] {
    if (from > this.#totals.head) return [];
    if (from === this.#newest?.seq && from === this.#totals.head) return [this.#newest];
    return this.#guarded(() => this.#rows.read(from, limit).map((row) => this.#blockOf(row)));
  }

  cursor(uplink: string): JournalCursor {
    let cursor = this.#cursors.get(uplink);
    if (!cursor) {
      const known = this.#rows.ranges('uplink', uplink) ?? [];
      cursor = new JournalCursor(uplink, [...known, ...this.#removed.ranges], () => {
        this.#acknowledgedSince ??= this.#options.clock.mono();
      });
      this.#cursors.set(uplink, cursor);
    }
    return cursor;
  }

  async retain(): Promise<boolean> {
    return this.#guarded(() => this.#retainDownTo(bytes(this.#file.capacity * TARGET_SHARE)));
  }

  /** The first block of a file that replaces a damaged one: how much was in that, nobody knows. */
  recordLostFile(): void {
    const gap = lostFileGap(this.#options.clock.utc());
    this.#append({ class: gap.class, samples: 0, gap, data: undefined });
  }

  /** Writes acknowledgements that no append took along in time; to be called every second or so. */
  saveCursors(): void {
    const since = this.#acknowledgedSince;
    if (since === undefined) return;
    if (between(since, this.#options.clock.mono()) < CURSORS_DURABLE_AFTER) return;
    this.#guarded(() => this.#transaction(() => undefined));
  }

  stats(): JournalStats {
    const { blocks, samples, gaps, lost } = this.#totals;
    return {
      epoch: this.epoch,
      head: this.head,
      blocks,
      samples,
      backlogBlocks: this.#backlogBlocks(),
      bytesOnDisk: bytesOnDisk(this.#options.path),
      bytesWritten: bytes(threadBytesWritten() - this.#writtenBefore),
      commits: this.#commits,
      gaps,
      lostSamples: lost,
      oldest: this.#guarded(() => this.#rows.oldest()),
      autonomy: this.#autonomy(),
    };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#broken) {
      this.#file.connection.close();
      return;
    }
    try {
      if (this.#acknowledgedSince !== undefined) this.#transaction(() => undefined);
    } finally {
      closeJournalFile(this.#file.connection);
    }
  }

  #append(
    row: Omit<BlockRow, 'seq' | 'committedAt'>,
    key?: BatchKey,
    committedAt = this.#options.clock.utc(),
  ): Seq {
    const stored = key && this.#rows.origin(key.origin);
    if (key && stored && key.number <= stored.number) {
      if (key.number === stored.number) return stored.seq;
      throw new RangeError(`batch ${key.number} comes after ${stored.number}`);
    }
    const needed = (row.data?.length ?? 0) + FULL_MARGIN_BYTES;
    this.#makingRoom(needed, () => {
      const seq = seqOf(this.#totals.head + 1);
      this.#rows.insert({ ...row, seq, committedAt });
      if (key) this.#rows.saveOrigin(key.origin, { number: key.number, seq });
      return withBlock(this.#totals, row);
    });
    this.#appendedBytes += row.data?.length ?? 0;
    return this.head;
  }

  /** Tries once more after retention has made room when the file is full. */
  #makingRoom(needed: number, work: () => Totals | undefined): void {
    try {
      this.#transaction(work);
    } catch (error) {
      if (!isFull(error)) throw error;
      const { connection, capacity } = this.#file;
      connection.pragma('wal_checkpoint(RESTART)');
      for (let step = 0; step < STEPS_FOR_ROOM_MAX; step++)
        if (!this.#retainDownTo(bytes(capacity - needed))) break;
      this.#transaction(work);
    }
  }

  /** One commit; changed cursors go with it. `work` returns the new totals if they change. */
  #transaction(work: () => Totals | undefined): void {
    const dirty = [...this.#cursors.values()].filter(({ isDirty }) => isDirty);
    const totals = this.#rows.transaction(() => {
      for (const { uplink, acknowledged } of dirty)
        this.#rows.saveRanges('uplink', uplink, acknowledged.ranges);
      const changed = work();
      if (changed) this.#rows.saveTotals(changed);
      return changed;
    });
    for (const cursor of dirty) cursor.isDirty = false;
    this.#acknowledgedSince = undefined;
    this.#totals = totals ?? this.#totals;
    this.#commits++;
  }

  /** One retention step; false when there is nothing to remove. */
  #retainDownTo(target: Bytes): boolean {
    const { clock, keep } = this.#options;
    const step = nextRetentionStep({
      now: clock.utc(),
      keep,
      used: this.#rows.usedBytes(),
      target,
      acknowledged: this.#oldestAcknowledged(),
      unacknowledged: (blockClass) => this.#rows.factsOfClass(blockClass, STEP_BLOCKS_MAX),
    });
    if (step) {
      this.#newest = undefined;
      this.#remove(step);
    }
    return step !== undefined;
  }

  #oldestAcknowledged(): BlockFacts[] {
    const blocks: BlockFacts[] = [];
    for (const range of this.#acknowledgedByAll()) {
      blocks.push(...this.#rows.factsBetween(range, STEP_BLOCKS_MAX - blocks.length));
      if (blocks.length === STEP_BLOCKS_MAX) break;
    }
    return blocks;
  }

  #acknowledgedByAll(): readonly Range[] {
    const everything = new RangeSet(this.head > 0 ? [[1, this.head]] : []);
    return [...this.#cursors.values()].reduce(
      (common, { acknowledged }) => common.intersect(acknowledged),
      everything,
    ).ranges;
  }

  #remove({ remove, lost }: RetentionStep): void {
    const removed = new RangeSet(this.#removed.ranges);
    this.#transaction(() => {
      const rows = remove.flatMap((seq) => this.#rows.read(seq, 1));
      for (const { seq } of rows) {
        this.#rows.remove(seq);
        removed.add(seq);
      }
      this.#rows.saveRanges('journal', 'removed', removed.ranges);
      const left = withoutBlocks(this.#totals, rows);
      return lost === undefined
        ? left
        : this.#insertGap(withoutLosses(left, rows), gapOf(rows, lost));
    });
    this.#removed = removed;
    for (const { acknowledged } of this.#cursors.values())
      for (const seq of remove) acknowledged.add(seq);
    if (lost !== undefined)
      this.#options.log.error('journal.blocks-sacrificed', { class: lost, blocks: remove.length });
  }

  #insertGap(totals: Totals, gap: Gap): Totals {
    const seq = seqOf(totals.head + 1);
    const row = { class: gap.class, samples: 0, gap, data: undefined };
    this.#rows.insert({ ...row, seq, committedAt: this.#options.clock.utc() });
    return withBlock(totals, row);
  }

  #blockOf(row: BlockRow): Block {
    const { seq, class: blockClass, committedAt, gap, data } = row;
    const block = { seq, class: blockClass, committedAt, tagOf: this.#tags.idOf };
    if (data === undefined) return { ...block, samples: NO_SAMPLES, gap };
    try {
      return { ...block, samples: decodeBlock(data), gap };
    } catch (error) {
      if (!(error instanceof MalformedBlock)) throw error;
      return { ...block, samples: NO_SAMPLES, gap: this.#giveUp(row, error) };
    }
  }

  /** A damaged block turns into the gap it is. */
  #giveUp({ seq, class: blockClass, committedAt, samples }: BlockRow, error: MalformedBlock): Gap {
    const gap: Gap = {
      reason: 'journal-lost',
      class: blockClass,
      count: samples,
      seqs: { from: seq, to: seq },
      from: committedAt,
      to: committedAt,
    };
    this.#transaction(() => {
      this.#rows.replaceByGap(seq, gap);
      return withLoss(this.#totals, samples);
    });
    this.#options.log.error('journal.block-lost', { seq, samples, reason: error.message });
    return gap;
  }

  /** The journal's number of each of the site's tags; new ones are stored first. */
  #numberTags(): Uint32Array<ArrayBuffer> {
    const missing = this.#tags.missingOf(this.#siteTags);
    if (missing.length > 0) {
      const added = new Map<TagId, number>();
      this.#makingRoom(FULL_MARGIN_BYTES + missing.join().length * 4, () => {
        for (const id of missing) added.set(id, this.#rows.addTag(id));
        return undefined;
      });
      for (const [id, number] of added) this.#tags.add(id, number);
    }
    return this.#tags.of(this.#siteTags);
  }

  #autonomy(): Millis | undefined {
    const running = between(this.#openedAt, this.#options.clock.mono());
    if (running < RATE_KNOWN_AFTER || this.#appendedBytes === 0) return undefined;
    const { blocks } = this.#totals;
    const backlogShare = blocks === 0 ? 0 : this.#backlogBlocks() / blocks;
    const room = this.#file.capacity * TARGET_SHARE - this.#rows.usedBytes() * backlogShare;
    return millis(Math.max(0, room) / (this.#appendedBytes / running));
  }

  #backlogBlocks(): number {
    const behind = [...this.#cursors.values()].map(
      ({ acknowledged }) => this.head - acknowledged.size,
    );
    return Math.max(0, ...behind);
  }

  /** Turns SQLite's errors into the journal's own. All but a full disk end this journal. */
  #guarded<T>(run: () => T): T {
    if (this.#broken) throw this.#broken;
    try {
      return run();
    } catch (cause) {
      if (!isSqliteError(cause)) throw cause;
      const error = journalError(this.#options.path, cause, 'journal.io-failed');
      if (error.code !== 'journal.disk-full') {
        this.#broken = error;
        this.#options.onBroken?.(error);
      }
      throw error;
    }
  }
}
