/**
 * The journal's room on its disk: looks at it, sets the page limit to what fits, keeps the ballast and the WAL within
 * their bounds. `free-space.ts` decides.
 */
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../../host/clock.ts';
import { unfitFileSystemOf } from '../../host/file-system.ts';
import type { Log } from '../../host/log.ts';
import { GatewayError, reasonOf } from '../../model/errors.ts';
import { type Bytes, bytes, later, minutes, monoMs } from '../../model/units.ts';
import { bytesOf, type Connection, isFull } from '../file/journal-file.ts';
import type { JournalRoomFacts } from '../journal.ts';
import { ballastBytes, giveUpBallast, makeBallast } from './ballast.ts';
import { PAGE_BYTES, type SpacePlan, type SpaceVerdict, spaceVerdict } from './free-space.ts';

export interface JournalRoomOptions {
  readonly path: string;
  readonly connection: Connection;
  readonly plan: SpacePlan;
  /** All of the WAL into the file. Throws SQLite's errors. */
  readonly writeBack: () => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** Flash wears: a ballast is not written more often than that. */
const BALLAST_EVERY = minutes(1);
/** Taken from the room of one transaction. */
const BEYOND_BYTES = 32 * 1024;

export class JournalRoom {
  readonly #options: JournalRoomOptions;
  readonly #ballastFile: string;
  #verdict: SpaceVerdict;
  #free: Bytes = bytes(0);
  #inodes = 0;
  #ballastFrom = monoMs(Number.NEGATIVE_INFINITY);
  #hasBallastFailed = false;

  constructor(options: JournalRoomOptions) {
    this.#options = options;
    this.#ballastFile = options.path;
    const { capacity } = options.plan;
    this.#verdict = { level: 'enough', cap: capacity, missing: bytes(0), ballast: 'keep' };
    this.look();
    const fileSystem = unfitFileSystemOf(options.path);
    if (fileSystem === undefined) return;
    const error = new GatewayError('journal.file-system-unfit', {
      folder: dirname(options.path),
      fileSystem,
    });
    options.log.warn('journal.file-system-unfit', {
      reason: error.message,
      hint: error.hint('en'),
    });
  }

  /** The most the file itself may hold at present. */
  get cap(): Bytes {
    return this.#verdict.cap;
  }

  get isCritical(): boolean {
    return this.#verdict.level === 'critical';
  }

  facts(): JournalRoomFacts {
    const { plan, path } = this.#options;
    const { level, cap, missing } = this.#verdict;
    return {
      level,
      free: this.#free,
      inodes: this.#inodes,
      cap,
      capacity: plan.capacity,
      missing,
      wal: bytesOf(walOf(path)),
      ballast: bytes(ballastBytes(this.#ballastFile)),
    };
  }

  /** Looks, and makes the ballast where there is room for one. */
  watch(): JournalRoomFacts {
    this.look();
    if (this.#verdict.ballast === 'make') this.#makeBallast();
    return this.facts();
  }

  /** Looks at the disk and acts on what it sees. `isRefused`: a write has just failed for want of room. */
  look(isRefused = false): void {
    const { path, connection, plan } = this.#options;
    const before = this.#verdict;
    const { bavail, bsize, ffree } = statfsSync(dirname(path));
    const pages = connection.pragma('page_count', { simple: true }) as number;
    this.#free = bytes(bavail * bsize);
    this.#inodes = ffree;
    const facts = {
      free: this.#free,
      file: bytesOf(path),
      wal: bytesOf(walOf(path)),
      ballast: bytes(ballastBytes(this.#ballastFile)),
      pages: bytes(pages * PAGE_BYTES),
      // At the page limit it was the limit that refused.
      isRefused: isRefused && pages * PAGE_BYTES < before.cap,
    };
    this.#verdict = spaceVerdict(plan, facts, before.level);
    if (this.#verdict.cap !== before.cap) this.#limitPages();
    if (this.#verdict.ballast === 'give-up') this.#giveUpBallast();
    if (this.#verdict.level !== before.level) this.#tell(before);
  }

  /**
   * Before each commit: where write-backs have failed, the WAL must not take what they need. Throws SQLite's error when the
   * disk is full.
   */
  boundWal(): void {
    const { path, plan } = this.#options;
    if (bytesOf(walOf(path)) > plan.wal + plan.transaction) this.writeBack();
  }

  /** All of the WAL into the file; the WAL begins anew in its own place, which it keeps. */
  writeBack(): void {
    this.#options.writeBack();
  }

  /**
   * What removes blocks, and may need a page before it gives back many, or says what is acknowledged; never an append.
   */
  beyondCap(write: () => void): void {
    this.leave();
    try {
      write();
    } finally {
      this.#limitPages();
    }
  }

  /** The same for all that comes: the journal is about to be closed. */
  leave(): void {
    this.#limitPages(BEYOND_BYTES);
  }

  #limitPages(beyond = 0): void {
    const limit = Math.floor((this.#verdict.cap + beyond) / PAGE_BYTES);
    this.#options.connection.pragma(`max_page_count = ${limit}`);
  }

  /** What it frees is for the write-back first: without that nothing can be committed. */
  #giveUpBallast(): void {
    const { log, clock } = this.#options;
    giveUpBallast(this.#ballastFile);
    this.#ballastFrom = later(clock.mono(), BALLAST_EVERY);
    log.warn('journal.ballast-given-up', { free_bytes: this.#free });
    try {
      this.writeBack();
    } catch (error) {
      if (!isFull(error)) throw error;
    }
  }

  /** A disk without inodes does not take it; the journal goes on without. */
  #makeBallast(): void {
    const { clock, log, plan } = this.#options;
    const now = clock.mono();
    if (now < this.#ballastFrom) return;
    this.#ballastFrom = later(now, BALLAST_EVERY);
    try {
      makeBallast(this.#ballastFile, plan.ballast);
      this.#hasBallastFailed = false;
    } catch (error) {
      if (!this.#hasBallastFailed) log.warn('journal.ballast-refused', { reason: reasonOf(error) });
      this.#hasBallastFailed = true;
    }
  }

  #tell(before: SpaceVerdict): void {
    const { log } = this.#options;
    const { level, cap, missing } = this.#verdict;
    const fields = { before: before.level, free_bytes: this.#free, cap_bytes: cap };
    if (level === 'enough') log.info('journal.space-enough', fields);
    else log.warn(`journal.space-${level}`, { ...fields, missing_bytes: missing });
  }
}

const walOf = (path: string): string => `${path}-wal`;
