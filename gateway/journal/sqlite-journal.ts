/**
 * The journal in one SQLite file, FORMAT.md. Everything runs synchronously on the thread that
 * opened it; a commit takes as long as the disk takes to sync.
 */
import type { LedgerEntry, LedgerHistory } from '../command/ledger.ts';
import type { Clock } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import type { ClockMark } from '../model/clock-mark.ts';
import type { GatewayError } from '../model/errors.ts';
import type { TagId } from '../model/sample.ts';
import { type Bytes, bytes, type Millis, utcMs } from '../model/units.ts';
import { joinBatches, type SampleBatch, toBatch } from './batch.ts';
import { encodeBlock } from './block-codec.ts';
import { BlockDecoder } from './block-decoder.ts';
import { BlockMaker, gapBlock, type NewBlock } from './block-maker.ts';
import { MalformedBlock } from './byte-stream.ts';
import type {
  BatchKey,
  Block,
  BlockClass,
  ClockCorrection,
  Commit,
  FinishedDay,
  Gap,
  Journal,
  JournalRoomFacts,
  JournalStats,
  Seq,
} from './journal.ts';
import type { JournalCursor } from './journal-cursor.ts';
import {
  bytesOnDisk,
  closeJournalFile,
  dropJournalFile,
  isFileError,
  type JournalFile,
  journalError,
} from './journal-file.ts';
import { JournalLedger } from './journal-ledger.ts';
import { JournalOutlook } from './journal-outlook.ts';
import { type BlockRow, JournalRows } from './journal-rows.ts';
import { JournalSalvage } from './journal-salvage.ts';
import { JournalSpace } from './journal-space.ts';
import { JournalTrends } from './journal-trends.ts';
import type { JournalWear } from './journal-wear.ts';
import type { LedgerAction, LedgerAnswer } from './ledger-action.ts';
import { createLedgerTables, hasLedgerTables } from './ledger-rows.ts';
import { lostFileGap } from './loss.ts';
import { restamped } from './restamp.ts';
import { checkOrder } from './row-order.ts';
import { EVERY_TAG, salvagedMarks } from './salvaged-marks.ts';
import { TagNumbers } from './tag-numbers.ts';
import { threadBytesWritten } from './thread-io.ts';
import { withLoss } from './totals.ts';

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
  /** What was told to be stored, as far as somebody outside the journal remembers it. */
  readonly expects?: { readonly epoch: string; readonly head: number } | undefined;
  /** What was met in the file before: it is set aside unopened. */
  readonly damage?: string | undefined;
  /** Called once when the file or its disk has failed: nothing works any more but `close`. */
  readonly onBroken?: (error: GatewayError) => void;
}

/** What became of a group of actions. */
export interface LedgerEntered {
  /** One for each action, in order. */
  readonly answers: readonly LedgerAnswer[];
  /** The block of their audit; undefined where there was none to store. */
  readonly audit: Commit | undefined;
}

/** Free bytes asked for beyond the block itself when the file is full: index pages, positions. */
const FULL_MARGIN_BYTES = 16_384;
const NO_SAMPLES = toBatch([], () => 0);
/** Journal over better-sqlite3, with the durability of acknowledgements driven by its owner. */
export class SqliteJournal implements Journal {
  readonly epoch: string;
  /** Takes blocks that are saved from a damaged file. */
  readonly salvage: JournalSalvage;
  /** Tags over time. */
  readonly trends: JournalTrends;
  readonly #file: JournalFile;
  readonly #options: JournalOptions;
  readonly #rows: JournalRows;
  readonly #space: JournalSpace;
  readonly #ledger: JournalLedger;
  readonly #decoder: BlockDecoder;
  readonly #maker: BlockMaker;
  readonly #outlook: JournalOutlook;
  readonly #writtenBefore = threadBytesWritten();
  /** The block last appended: what is sent as it comes need not be read back. */
  #newest: Block | undefined;
  /** Read while the journal opens, where damage in it is met as damage of the file. */
  #history: LedgerHistory | undefined;
  #broken: GatewayError | undefined;
  #isClosed = false;

  constructor(file: JournalFile, options: JournalOptions) {
    this.#file = file;
    this.#options = options;
    this.epoch = file.epoch;
    this.#rows = new JournalRows(file.connection);
    this.#rows.pruneOrigins();
    const tags = new TagNumbers(this.#rows.tags());
    this.#decoder = new BlockDecoder(this.#rows.dataOf);
    this.#space = new JournalSpace({
      ...options,
      file,
      rows: this.#rows,
      decode: this.#decoder.decode,
      encode: encodeBlock,
      tagOf: tags.idOf,
      needed: () => this.#maker?.needed,
    });
    this.#outlook = new JournalOutlook({
      ...{ rows: this.#rows, space: this.#space, clock: options.clock },
    });
    for (const uplink of options.uplinks) this.cursor(uplink);
    this.#ledger = this.#openLedger();
    if (file.quarantined) this.#restoreMarks(file.quarantined.path);
    this.#history = this.#ledger.history(options.clock.utc(), file.wasCleanStop);
    this.#maker = new BlockMaker(tags, options.tags, (ids) => this.#addTags(ids));
    this.salvage = new JournalSalvage({
      ...{ connection: file.connection, uplinks: options.uplinks },
      ...{ rows: this.#rows, space: this.#space, maker: this.#maker },
      guarded: (run) => this.#guarded(run),
    });
    this.trends = new JournalTrends({
      ...{ connection: file.connection, rows: this.#rows, decode: this.#decoder.decode },
      ...{ space: this.#space, maker: this.#maker, salvage: this.salvage },
      guarded: (run) => this.#guarded(run),
    });
  }

  /** The site has more tags now, behind those that it had. */
  setTags(tags: readonly TagId[]): void {
    this.#maker.setTags(tags);
  }

  get head(): Seq {
    return this.#space.head;
  }

  get lastDay(): FinishedDay | undefined {
    return this.#space.lastDay;
  }

  async append(
    blockClass: BlockClass,
    batch: SampleBatch,
    key: BatchKey,
    clock?: ClockMark,
  ): Promise<Seq> {
    return this.#guarded(() => {
      const known = this.#known(key);
      if (known !== undefined) return known;
      const { tagOf } = this.#maker;
      const time = this.#space.clock.timeOf(clock);
      const block = this.#maker.make(blockClass, batch, () => this.#space.nextPlace(time.mark));
      const seq = this.#insert(block, key, time);
      this.#maker.stored(block, seq);
      const { committedAt } = time;
      this.#newest = { ...block, seq, committedAt, samples: block.batch, tagOf };
      return seq;
    });
  }

  /** Commands that are written down or end, and one block of their audit, in one transaction. */
  async enter(actions: readonly LedgerAction[]): Promise<LedgerEntered> {
    return this.#guarded(() => {
      const now = this.#options.clock.utc();
      const plan = this.#ledger.plan(actions);
      const batch = joinBatches(plan.audit);
      const block = this.#maker.make('alarm', batch, () => this.#space.nextPlace());
      const isTold = batch.length > 0;
      const needed = JSON.stringify([plan.intents, plan.ends]).length + block.data.length;
      if (isTold || plan.intents.length > 0 || plan.ends.length > 0)
        this.#space.makingRoom(needed + FULL_MARGIN_BYTES, () => {
          this.#space.wear.countAs('commands');
          this.#ledger.write(plan, now);
          return isTold
            ? this.#space.insert(this.#space.totals, block, this.#space.clock.timeOf())
            : undefined;
        });
      if (isTold) this.#outlook.stored(block.data.length);
      const audit = { class: block.class, seq: this.head, samples: batch.length };
      return { answers: plan.answers, audit: isTold ? audit : undefined };
    });
  }

  /** A command that was written down. */
  command(key: string): LedgerEntry | undefined {
    return this.#guarded(() => this.#ledger.find(key));
  }

  /** What the ledger knew when it was opened. Told once: it is large, and not kept. */
  takeHistory(): LedgerHistory {
    const history = this.#history;
    if (history === undefined) throw new Error('the history was taken');
    this.#history = undefined;
    return history;
  }

  async appendGap(gap: Gap, key?: BatchKey): Promise<Seq> {
    return this.#guarded(() => this.#known(key) ?? this.#insert(gapBlock(gap), key));
  }

  read(from: Seq, limit: number): readonly Block[] {
    if (from > this.#space.totals.head) return [];
    const newest = this.#newest;
    if (newest?.seq === from && from === this.head && !this.#space.removed.has(from))
      return [this.#restamped(newest)];
    return this.#guarded(() => {
      const rows = this.#rows.read(from, limit);
      const isEnd = rows.length < limit;
      checkOrder(rows, from, isEnd ? this.head : rows.at(-1)?.seq, this.#space.removed);
      return rows.map((row) => this.#blockOf(row));
    });
  }

  corrections(): readonly ClockCorrection[] {
    return this.#space.clock.corrections(this.head);
  }

  cursor(uplink: string): JournalCursor {
    const known = () => [
      ...(this.#rows.ranges('uplink', uplink) ?? []),
      ...this.#space.removed.ranges,
    ];
    return this.#space.cursors.open(uplink, known);
  }

  async retain(): Promise<boolean> {
    return this.#guarded(() => this.#space.retain() || this.#pruneLedger());
  }

  /** The first block of a file that replaces a damaged one: how much was in that, nobody knows. */
  recordLostFile(): void {
    this.#insert(gapBlock(lostFileGap(this.#options.clock.utc())));
  }

  /** Looks at the room on the disk; to be called every few seconds. */
  watchRoom(): JournalRoomFacts {
    return this.#guarded(() => this.#space.room.watch());
  }

  /** Writes acknowledgements that no append took along in time; to be called every second or so. */
  saveCursors(): void {
    if (this.#space.cursors.isDue) this.#guarded(() => this.#space.saveCursors());
  }

  /** Copies SQLite's log into the file when it has grown; to be called when nobody waits for a commit. */
  checkpointIfDue(): void {
    const { wear } = this.#space;
    if (wear.isCheckpointDue && !this.#isClosed) this.#guarded(() => wear.checkpoint());
  }

  /** The account of what is written. */
  get wear(): JournalWear {
    return this.#space.wear;
  }

  stats(): JournalStats {
    const { blocks, samples, gaps, lost } = this.#space.totals;
    return {
      epoch: this.epoch,
      head: this.head,
      blocks,
      samples,
      backlogBlocks: this.#space.cursors.backlog(this.head),
      backlogs: this.#guarded(() => this.#outlook.backlogs()),
      bytesOnDisk: bytesOnDisk(this.#options.path),
      bytesWritten: bytes(threadBytesWritten() - this.#writtenBefore),
      commits: this.#space.commits,
      gaps,
      lostSamples: lost,
      lastDay: this.lastDay,
      oldest: this.#guarded(() => this.#rows.oldest()),
      autonomy: this.#guarded(() => this.#outlook.autonomy()),
      wear: this.#space.wear.facts(),
      room: this.#space.room.facts(),
    };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#broken) {
      dropJournalFile(this.#file.connection);
      return;
    }
    try {
      if (this.#space.cursors.isChanged) this.#space.saveCursors();
      this.#space.room.leave();
      this.#space.wear.checkpoint();
    } finally {
      closeJournalFile(this.#file.connection, () => this.#space.wear.saveNow());
    }
  }

  /** The seq of a batch that was stored before. */
  #known(key: BatchKey | undefined): Seq | undefined {
    const stored = key && this.#space.origin(key.origin);
    if (!key || !stored || key.number > stored.number) return undefined;
    if (key.number === stored.number) return stored.seq;
    throw new RangeError(`batch ${key.number} comes after ${stored.number}`);
  }

  #insert(block: NewBlock, key?: BatchKey, time = this.#space.clock.timeOf()): Seq {
    const needed = (block.data?.length ?? 0) + FULL_MARGIN_BYTES;
    const head = this.head;
    // Making room may append a gap first; then the summaries are not of this seq.
    const insert = () =>
      this.#space.insert(
        this.#space.totals,
        this.head === head ? block : { ...block, summaries: [] },
        time,
        key,
      );
    try {
      this.#space.makingRoom(needed, insert, key);
    } catch (error) {
      this.#maker.dropped();
      throw error;
    }
    if (this.head !== head + 1) this.#maker.dropped();
    this.#outlook.stored(block.data?.length ?? 0);
    return this.head;
  }

  /** What had been issued before now may have been carried out: nobody can look it up any more. */
  #restoreMarks(damaged: string): void {
    const now = this.#options.clock.utc();
    const marks = [
      ...salvagedMarks(damaged),
      { kind: 'issued', name: EVERY_TAG, value: now } as const,
    ];
    this.#space.makingRoom(FULL_MARGIN_BYTES, () => {
      this.#ledger.restore(marks);
      return undefined;
    });
  }

  /** A journal that was made before there was a ledger gets its tables now. */
  #openLedger(): JournalLedger {
    const { connection, capacity } = this.#file;
    if (!hasLedgerTables(connection))
      this.#space.makingRoom(FULL_MARGIN_BYTES, () => {
        this.#space.wear.countAs('opening');
        createLedgerTables(connection);
        return undefined;
      });
    return new JournalLedger(connection, capacity, this.#options.log);
  }

  /** One step; false when no command has to go. */
  #pruneLedger(): boolean {
    const { clock } = this.#options;
    // Nobody knows how old an ended command is: only what is too much leaves.
    const leaving = this.#ledger.leaving(clock.isSynced() ? clock.utc() : utcMs(0));
    if (leaving.length === 0) return false;
    this.#space.transaction(() => {
      this.#space.wear.countAs('retention');
      this.#ledger.remove(leaving);
      return undefined;
    });
    return true;
  }

  #blockOf(row: BlockRow): Block {
    const { seq, class: blockClass, committedAt, gap, data } = row;
    const salvaged = this.salvage.nameOf(seq);
    const block = {
      ...{ seq, class: blockClass, committedAt, tagOf: this.#maker.tagOf },
      ...(salvaged && { salvaged }),
    };
    if (data === undefined) return { ...block, samples: NO_SAMPLES, gap };
    try {
      return this.#restamped({ ...block, samples: this.#decoder.decode(row), gap });
    } catch (error) {
      if (!(error instanceof MalformedBlock)) throw error;
      return { ...block, samples: NO_SAMPLES, gap: this.#giveUp(row, error) };
    }
  }

  /** What the clock is worth now says nothing of a block of another journal. */
  #restamped(block: Block): Block {
    if (block.salvaged) return block;
    const samples = restamped(block.samples, this.#space.clock.shiftOf(block.seq));
    return samples === block.samples ? block : { ...block, samples };
  }

  /** A damaged block turns into the gap it is. */
  #giveUp(row: BlockRow, error: MalformedBlock): Gap {
    const { seq, class: blockClass, committedAt, samples, gap: before } = row;
    const gap: Gap = {
      reason: 'journal-lost',
      class: blockClass,
      count: before && before.count === undefined ? undefined : samples + (before?.count ?? 0),
      seqs: { from: before?.seqs?.from ?? seq, to: seq },
      from: committedAt,
      to: committedAt,
    };
    this.#space.transaction(() => {
      this.#space.wear.countAs('salvage');
      this.#rows.replaceByGap(seq, gap);
      return withLoss(this.#space.totals, samples);
    });
    this.#options.log.error('journal.block-lost', { seq, samples, reason: error.message });
    return gap;
  }

  #addTags(ids: readonly TagId[]): ReadonlyMap<TagId, number> {
    const added = new Map<TagId, number>();
    this.#space.makingRoom(FULL_MARGIN_BYTES + ids.join().length * 4, () => {
      this.#space.wear.countAs('opening');
      for (const id of ids) added.set(id, this.#rows.addTag(id));
      return undefined;
    });
    return added;
  }

  /** Turns SQLite's errors into the journal's own. All but a full disk end this journal. */
  #guarded<T>(run: () => T): T {
    if (this.#broken) throw this.#broken;
    try {
      return run();
    } catch (cause) {
      if (!isFileError(cause)) throw cause;
      const error = journalError(this.#options.path, cause, 'journal.io-failed');
      if (error.code !== 'journal.disk-full') {
        this.#broken = error;
        this.#options.onBroken?.(error);
      }
      throw error;
    }
  }
}
