/**
 * The journal in one SQLite file, FORMAT.md. Everything runs synchronously on the thread that
 * opened it; a commit takes as long as the disk takes to sync.
 */
import type { LedgerEntry, LedgerHistory } from '../command/ledger.ts';
import type { Clock } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import type { ClockMark } from '../model/clock-mark.ts';
import { type GatewayError, reasonOf } from '../model/errors.ts';
import type { TagId } from '../model/sample.ts';
import { type Bytes, bytes, type Millis } from '../model/units.ts';
import type { SampleBatch } from './batch.ts';
import { BlockDecoder } from './blocks/block-decoder.ts';
import { BlockMaker, gapBlock, type NewBlock } from './blocks/block-maker.ts';
import { lostFileGap } from './blocks/loss.ts';
import { StoredBlocks } from './blocks/stored-blocks.ts';
import { TagNumbers } from './blocks/tag-numbers.ts';
import { encodeBlock } from './codec/block-codec.ts';
import type { JournalCursor } from './cursors/journal-cursor.ts';
import {
  bytesOnDisk,
  closeJournalFile,
  dropJournalFile,
  isFileError,
  type JournalFile,
  journalError,
} from './file/journal-file.ts';
import { JournalRows } from './file/journal-rows.ts';
import type {
  BatchKey,
  Block,
  BlockClass,
  ClockCorrection,
  FinishedDay,
  Gap,
  Journal,
  JournalRoomFacts,
  JournalStats,
  Seq,
} from './journal.ts';
import { JournalCommands, type LedgerEntered } from './ledger/journal-commands.ts';
import type { LedgerAction } from './ledger/ledger-action.ts';
import { JournalSalvage } from './salvage/journal-salvage.ts';
import { JournalOutlook } from './space/journal-outlook.ts';
import { JournalSpace } from './space/journal-space.ts';
import type { JournalWear } from './space/journal-wear.ts';
import { threadBytesWritten } from './space/thread-io.ts';
import { JournalTrends } from './trend/journal-trends.ts';

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
  readonly #commands: JournalCommands;
  readonly #blocks: StoredBlocks;
  readonly #maker: BlockMaker;
  readonly #outlook: JournalOutlook;
  readonly #writtenBefore = threadBytesWritten();
  /** The block last appended: what is sent as it comes need not be read back. */
  #newest: Block | undefined;
  #broken: GatewayError | undefined;
  #isClosed = false;

  constructor(file: JournalFile, options: JournalOptions) {
    this.#file = file;
    this.#options = options;
    this.epoch = file.epoch;
    this.#rows = new JournalRows(file.connection);
    this.#rows.pruneOrigins();
    const tags = new TagNumbers(this.#rows.tags());
    const decoder = new BlockDecoder(this.#rows.rowOf);
    this.#space = new JournalSpace({
      ...options,
      file,
      rows: this.#rows,
      decode: decoder.decode,
      encode: encodeBlock,
      tagOf: tags.idOf,
      needed: () => this.#maker?.needed,
    });
    this.#outlook = new JournalOutlook({
      ...{ rows: this.#rows, space: this.#space, clock: options.clock },
    });
    for (const uplink of options.uplinks) this.cursor(uplink);
    this.#commands = new JournalCommands({
      ...{ file, space: this.#space, clock: options.clock, log: options.log },
      maker: () => this.#maker,
      onStored: (length) => this.#outlook.stored(length),
    });
    this.#maker = new BlockMaker(tags, options.tags, (ids) => this.#addTags(ids));
    this.salvage = new JournalSalvage({
      ...{ connection: file.connection, uplinks: options.uplinks },
      ...{ rows: this.#rows, space: this.#space, maker: this.#maker },
      guarded: (run) => this.#guarded(run),
    });
    this.#blocks = new StoredBlocks({
      ...{ rows: this.#rows, space: this.#space, decoder, maker: this.#maker },
      ...{ salvage: this.salvage, log: options.log },
    });
    this.trends = new JournalTrends({
      ...{ connection: file.connection, rows: this.#rows, decode: decoder.decode },
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
      this.#newest = undefined;
      const { tagOf } = this.#maker;
      const time = this.#space.clock.timeOf(clock);
      const block = this.#maker.make(blockClass, batch, () => this.#space.nextPlace(time.mark));
      const seq = this.#insert(block, key, time);
      const { committedAt } = time;
      this.#maker.stored(block, seq, committedAt);
      this.#newest = { ...block, seq, committedAt, samples: block.batch, tagOf };
      return seq;
    });
  }

  /** Commands that are written down or end, and one block of their audit, in one transaction. */
  async enter(actions: readonly LedgerAction[]): Promise<LedgerEntered> {
    return this.#guarded(() => this.#commands.enter(actions));
  }

  /** A command that was written down. */
  command(key: string): LedgerEntry | undefined {
    return this.#guarded(() => this.#commands.find(key));
  }

  /** What the ledger knew when it was opened; told once. */
  takeHistory(): LedgerHistory {
    return this.#commands.takeHistory();
  }

  async appendGap(gap: Gap, key?: BatchKey): Promise<Seq> {
    return this.#guarded(() => this.#known(key) ?? this.#insert(gapBlock(gap), key));
  }

  read(from: Seq, limit: number, samples?: number): readonly Block[] {
    if (from > this.#space.totals.head) return [];
    const newest = this.#newest;
    if (newest?.seq === from && from === this.head && !this.#space.removed.has(from))
      return [this.#blocks.restamped(newest)];
    return this.#guarded(() => this.#blocks.read(from, limit, samples));
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
    return this.#guarded(() => this.#space.retain() || this.#commands.prune());
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
    const { connection } = this.#file;
    try {
      if (this.#space.cursors.isChanged) this.#space.saveCursors();
      this.#space.room.leave();
      this.#space.wear.checkpoint();
      closeJournalFile(connection, () => this.#space.wear.saveNow());
    } catch (error) {
      // Not closed in order: the next open looks closer.
      dropJournalFile(connection);
      if (!isFileError(error)) throw error;
      this.#options.log.error('journal.close-failed', { reason: reasonOf(error) });
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
    const needed = block.data?.length ?? 0;
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
    this.#outlook.stored(needed);
    return this.head;
  }

  #addTags(ids: readonly TagId[]): ReadonlyMap<TagId, number> {
    const added = new Map<TagId, number>();
    this.#space.makingRoom(ids.join().length * 4, () => {
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
