/**
 * Counts what each transaction of the journal writes, by its cause, and copies SQLite's log into the file when it has grown:
 * not inside a commit that somebody waits for, unless nobody finds time for it.
 */
import type { Clock } from '../../host/clock.ts';
import { between, type MonoMs, minutes, monoMs, type UtcMs } from '../../model/units.ts';
import {
  type Connection,
  isFull,
  type JournalFile,
  WAL_FRAME_BYTES,
} from '../file/journal-file.ts';
import type { BlockClass, WearCause, WearFacts, Written } from '../journal.ts';
import { RecentRate } from './recent-rate.ts';
import { type ThreadIo, threadIo } from './thread-io.ts';
import {
  newWear,
  redated,
  usualDay,
  type Wear,
  wearFrom,
  wearOn,
  wearTexts,
  withWritten,
} from './wear.ts';

/** A kill costs the account that much; each write of it is a page or two. */
const SAVE_EVERY = minutes(10);
const RATE_SPAN = minutes(60);
const RATE_KNOWN_AFTER = minutes(1);
/**
 * Of the log's bound: from here on it is copied as soon as there is time, at the bound in the commit that has met it.
 */
const DUE_SHARE = 0.95;
const DAY_MS = 86_400_000;

/** How far SQLite's log has come, and how much of it is in the file. */
interface Log {
  readonly log: number;
  readonly checkpointed: number;
}

export class JournalWear {
  readonly #file: JournalFile;
  readonly #clock: Clock;
  readonly #books;
  readonly #rate: RecentRate;
  readonly #framesMax: number;
  #wear: Wear;
  /** The account bears the date of a clock that nobody had set. */
  #isUndated: boolean;
  #savedAt: MonoMs;
  #savedDays: string;
  #counted: WearFacts['counted'] = 'write_bytes';
  #class: BlockClass = 'telemetry';
  #cause: WearCause | undefined;
  #frames = 0;

  constructor(file: JournalFile, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
    this.#books = booksOf(file.connection);
    this.#framesMax = this.#books.takeOverCheckpoints();
    const now = clock.mono();
    this.#rate = new RecentRate(now, RATE_SPAN, RATE_KNOWN_AFTER);
    const texts = this.#books.read();
    const known = wearFrom(texts);
    this.#wear = known ?? newWear(clock.utc());
    this.#savedDays = texts.days ?? '[]';
    this.#isUndated = known === undefined && !clock.isSynced();
    // So that the account of what opened the file goes along with the first commit.
    this.#savedAt = monoMs(Number.NEGATIVE_INFINITY);
    this.#frames = this.#books.log().log;
    this.note('opening', file.opening);
  }

  /** What the transaction that is under way counts as where nothing else is said: the class of its block. */
  set blockClass(blockClass: BlockClass) {
    this.#class = blockClass;
  }

  /** What the transaction that is under way counts as. */
  countAs(cause: WearCause): void {
    this.#cause = cause;
  }

  /** `transact` runs `work` in one transaction; the account goes along when it is due. */
  commit<T>(transact: (work: () => T) => T, work: () => T): T {
    this.#class = 'telemetry';
    this.#cause = undefined;
    const now = this.#clock.mono();
    const isDue = between(this.#savedAt, now) >= SAVE_EVERY;
    const texts = isDue ? wearTexts(this.#present()) : undefined;
    const both = (): T => {
      const result = work();
      if (texts) this.#save(texts);
      return result;
    };
    const result = this.#measured(
      () => this.#cause ?? this.#class,
      () => transact(both),
    );
    if (texts) {
      this.#savedAt = now;
      this.#savedDays = texts.days;
    }
    if (this.#frames >= this.#framesMax) this.#tryCheckpoint();
    return result;
  }

  /** Whether the log has grown to its bound. */
  get isCheckpointDue(): boolean {
    return this.#frames >= this.#framesMax * DUE_SHARE;
  }

  /** Copies the log into the file; the next commit begins it anew. Throws SQLite's errors. */
  checkpoint(mode: 'PASSIVE' | 'RESTART' = 'PASSIVE'): void {
    const before = this.#books.log();
    const io = threadIo();
    try {
      this.#file.connection.pragma(`wal_checkpoint(${mode})`);
    } finally {
      const { log, checkpointed } = this.#books.log();
      const copied = checkpointed - before.checkpointed;
      // The log and the file; and the head of the log when it begins anew, which the next commit does.
      const syncs = copied > 0 ? (checkpointed === log ? 3 : 2) : 0;
      this.note('checkpoint', { bytes: this.#bytesSince(io, copied), syncs });
      if (checkpointed === log) this.#frames = 0;
    }
  }

  /** As the last thing in the last transaction. */
  saveNow(): void {
    this.#save(wearTexts(this.#present()));
  }

  /** Something was written that this thread has not seen. */
  note(cause: WearCause, written: Written): void {
    if (written.bytes === 0 && written.syncs === 0) return;
    this.#wear = withWritten(this.#present(), cause, written);
    this.#rate.add(this.#clock.mono(), written.bytes);
  }

  /** Bytes ever. */
  get written(): number {
    return this.#wear.total.bytes;
  }

  facts(): WearFacts {
    const { since, total, today, before, days } = this.#present();
    const rate = this.#rate.at(this.#clock.mono());
    return {
      ...{ counted: this.#counted, since, total, today, before, days },
      usualDay: usualDay({ since, days }),
      presentDay: rate === undefined ? undefined : rate * DAY_MS,
    };
  }

  #measured<T>(cause: () => WearCause, run: () => T): T {
    const io = threadIo();
    let syncs = 0;
    let frames = 0;
    try {
      const result = run();
      const { log } = this.#books.log();
      // A log that begins anew counts from 0.
      frames = log >= this.#frames ? log - this.#frames : log;
      syncs = frames > 0 ? 1 : 0;
      this.#frames = log;
      return result;
    } finally {
      this.note(cause(), { bytes: this.#bytesSince(io, frames), syncs });
    }
  }

  #bytesSince(before: ThreadIo | undefined, frames: number): number {
    const after = before && threadIo();
    if (!before || !after) {
      this.#counted = 'frames';
      return frames * WAL_FRAME_BYTES;
    }
    const pages = after.writeBytes - before.writeBytes;
    const calls = after.wchar - before.wchar;
    if (calls > 0) this.#counted = pages > 0 ? 'write_bytes' : 'wchar';
    return pages > 0 ? pages : calls;
  }

  #tryCheckpoint(): void {
    try {
      this.checkpoint();
    } catch (error) {
      // The commit is durable all the same, and a full disk may have room for the next attempt. After any other error
      // the
      // handle is not used any more: what a failed sync was to store must not be believed from a second one.
      if (!isFull(error)) throw error;
    }
  }

  #save({ wear, days }: ReturnType<typeof wearTexts>): void {
    this.#books.save('wear', wear);
    if (days !== this.#savedDays) this.#books.save('wear-days', days);
  }

  /** The account on the day that it is. A clock that nobody has set does not turn the page. */
  #present(): Wear {
    if (!this.#clock.isSynced()) return this.#wear;
    const now: UtcMs = this.#clock.utc();
    this.#wear = this.#isUndated ? redated(this.#wear, now) : wearOn(this.#wear, now);
    this.#isUndated = false;
    return this.#wear;
  }
}

/** What SQLite itself keeps: the two rows of the account, and how long its log is. */
function booksOf(connection: Connection) {
  const save = connection.prepare(`INSERT OR REPLACE INTO position VALUES ('journal', ?, ?)`);
  const read = connection.prepare<[string], { value: string }>(
    `SELECT value FROM position WHERE kind = 'journal' AND name = ?`,
  );
  const log = connection.prepare<[], Log>('PRAGMA wal_checkpoint(NOOP)');
  const NO_LOG: Log = { log: 0, checkpointed: 0 };
  return {
    read: () => ({ wear: read.get('wear')?.value, days: read.get('wear-days')?.value }),
    save: (name: 'wear' | 'wear-days', text: string) => void save.run(name, text),
    log: () => log.get() ?? NO_LOG,
    /** SQLite copies nothing by itself any more; gives back from how many frames on it would have. */
    takeOverCheckpoints(): number {
      const frames = Number(connection.pragma('wal_autocheckpoint', { simple: true }));
      connection.pragma('wal_autocheckpoint = 0');
      return frames;
    },
  };
}
