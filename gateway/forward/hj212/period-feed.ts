/**
 * The periods that are due, oldest first, and the journal's cursor behind them: a block is acknowledged when no period
 * that is still to be sent can hold anything of it. So the cursor stays behind by up to a day, and what stands at
 * the beginning of a period; after a restart open periods are made again from there.
 */
import type { Hj212Config } from '../../../config/site.ts';
import type { Clock } from '../../host/clock.ts';
import type { Log } from '../../host/log.ts';
import { type Cursor, type Journal, type Seq, seqOf } from '../../journal/journal.ts';
import {
  later,
  type Millis,
  type MonoMs,
  minutes,
  monoMs,
  type UtcMs,
  utcMs,
} from '../../model/units.ts';
import { blocksAfter, seqBefore } from './journal-walk.ts';
import type { LiveFactors } from './live-factors.ts';
import {
  PERIOD_KINDS,
  PeriodBuilder,
  type PeriodOptions,
  type PeriodRecord,
} from './period-builder.ts';
import type { PlatformState } from './platform-state.ts';
import { reachOf, tagsOf } from './reading.ts';
import { MINUTE_MS, type PeriodKind } from './zone.ts';

export interface FeedOptions extends PeriodOptions {
  readonly uplink: string;
  readonly config: Hj212Config;
  readonly journal: Journal;
  readonly cursor: Cursor;
  readonly state: PlatformState;
  readonly live: LiveFactors;
  readonly clock: Clock;
  readonly log: Log;
}

/** Finished periods in memory: no more blocks are read while so many wait. */
const MOST_WAITING = 64;
/** How far ahead of the clock the periods may be before the clock is taken to have been set back. */
const AHEAD_MS = 2 * MINUTE_MS;
const LATE_LOG_INTERVAL = minutes(10);
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

const usualLength = (kind: PeriodKind, minute: Millis): number =>
  kind === 'minute' ? minute : kind === 'hour' ? HOUR_MS : DAY_MS;

export class PeriodFeed {
  readonly #options: FeedOptions;
  #builder: PeriodBuilder;
  #position: Seq = seqOf(0);
  #waiting: PeriodRecord[] = [];
  /** Ascending: everything up to `seq` was stored before `storedAt`. */
  #stored: { readonly storedAt: number; readonly seq: Seq }[] = [];
  #givenUp = 0;
  /** Samples of the present builder that came too late, as far as the log knows. */
  #lateTold = 0;
  #tellLateFrom: MonoMs = monoMs(Number.NEGATIVE_INFINITY);

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#builder = this.#begin();
  }

  /** Periods that became too old before the platform took them. */
  get givenUp(): number {
    return this.#givenUp;
  }

  /** The oldest period that is to be sent. */
  next(): PeriodRecord | undefined {
    return this.#waiting[0];
  }

  /** It was acknowledged; `next` is the one behind it. */
  settle({ kind, end }: PeriodRecord): void {
    this.#waiting.shift();
    this.#options.state.setMark(kind, end);
    this.#acknowledge();
  }

  /** Reads a little and closes what is over; true while there is more to read. */
  fill(): boolean {
    const { journal, config, live, clock } = this.#options;
    if (this.#waiting.length >= MOST_WAITING) return false;
    const now = clock.utc();
    const blocks = blocksAfter(journal, this.#position, tagsOf(config));
    if (live.position === this.#position) live.take(blocks);
    for (const { seq, storedAt, readings } of blocks) {
      this.#waiting.push(...this.#builder.close(utcMs(Math.min(storedAt, now))));
      this.#builder.take(readings, storedAt);
      this.#position = seq;
      this.#note(seq, Math.min(storedAt, now));
    }
    if (blocks.length === 0) this.#waiting.push(...this.#builder.close(now));
    this.#tellLate();
    return blocks.length > 0;
  }

  /** When `fill` finds something although no block comes. */
  nextDue(): UtcMs {
    return utcMs(this.#builder.minute + MINUTE_MS + this.#options.config.settle);
  }

  /** Begins anew where the oldest of what waits is too old to be sent, or where the clock was set back. */
  check(): void {
    const { config, clock, log, uplink } = this.#options;
    const now = clock.utc();
    const { minute } = this.#builder;
    const isAhead = Number.isFinite(minute) && minute > now + AHEAD_MS;
    const oldest = Math.min(...this.#kinds().map((kind) => this.#options.state.mark(kind) ?? now));
    if (!isAhead && oldest >= now - config.backfill - DAY_MS) return;
    log.warn('hj212.periods-begun-anew', { uplink, reason: isAhead ? 'clock' : 'too-old' });
    this.#waiting = [];
    this.#lateTold = 0;
    this.#stored = [];
    this.#builder = this.#begin();
  }

  /** What is in no period is said. */
  #tellLate(): void {
    const { clock, log, uplink } = this.#options;
    const samples = this.#builder.late;
    if (samples === this.#lateTold || clock.mono() < this.#tellLateFrom) return;
    log.warn('hj212.samples-late', { uplink, samples: samples - this.#lateTold });
    this.#lateTold = samples;
    this.#tellLateFrom = later(clock.mono(), LATE_LOG_INTERVAL);
  }

  #kinds(): readonly PeriodKind[] {
    return PERIOD_KINDS.filter((kind) => this.#options.config.sends.includes(kind));
  }

  /**
   * Where the periods go on: behind what is acknowledged; of a new uplink with those that run now; and nowhere before
   * what may still be sent, or behind the clock.
   */
  #begin(): PeriodBuilder {
    const { config, journal, cursor, state, clock, zone, minuteInterval } = this.#options;
    const now = clock.utc();
    const first = cursor.upTo > 0 ? journal.read(cursor.nextAfter(seqOf(0)), 1)[0] : undefined;
    const unknown = utcMs(Math.min(first?.committedAt ?? now, now));
    const starts: Partial<Record<PeriodKind, UtcMs>> = {};
    for (const kind of this.#kinds()) {
      const startOf = (time: number) => zone.startOf(kind, utcMs(time), minuteInterval());
      const mark = state.mark(kind) ?? startOf(unknown);
      const earliest = startOf(now - config.backfill);
      const start = Math.min(Math.max(mark, earliest), startOf(now));
      this.#givenUp += Math.max(
        0,
        Math.round((earliest - mark) / usualLength(kind, minuteInterval())),
      );
      starts[kind] = utcMs(start);
      state.setMark(kind, utcMs(start));
    }
    const oldest = Math.min(...Object.values(starts), now);
    const since = seqBefore(journal, utcMs(oldest - reachOf(config)));
    this.#position = cursor.upTo > 0 ? seqOf(Math.min(since, cursor.upTo)) : since;
    this.#note(since, oldest - reachOf(config) - 1);
    this.#acknowledge();
    return new PeriodBuilder(this.#options, starts);
  }

  #note(seq: Seq, storedAt: number): void {
    const last = this.#stored.at(-1);
    const minute = Math.max(last?.storedAt ?? 0, storedAt);
    if (last && Math.floor(last.storedAt / MINUTE_MS) === Math.floor(minute / MINUTE_MS))
      this.#stored.pop();
    this.#stored.push({ storedAt: minute, seq });
  }

  /** What was stored so long before all that is still to be sent that nothing of it stands any more. */
  #acknowledge(): void {
    const { config, cursor, state } = this.#options;
    const open = Math.min(...this.#kinds().map((kind) => state.mark(kind) ?? 0), Infinity);
    const free = this.#stored.findLastIndex(({ storedAt }) => storedAt < open - reachOf(config));
    const last = this.#stored[free];
    if (last === undefined) return;
    this.#stored.splice(0, free);
    for (let seq = cursor.nextAfter(seqOf(0)); seq <= last.seq; seq = cursor.nextAfter(seq))
      cursor.acknowledge(seq);
  }
}
