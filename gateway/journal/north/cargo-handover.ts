/**
 * Hands cargo to the worker, one at a time, and keeps each until it is committed: handed over again when the worker
 * died with it or the disk was full, a gap in its place when nothing helps.
 */
import { randomBytes } from 'node:crypto';
import type { Cancel, Clock } from '../../host/clock.ts';
import type { Log } from '../../host/log.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Sample } from '../../model/sample.ts';
import { later, type MonoMs, monoMs, seconds } from '../../model/units.ts';
import { ClockMarks } from '../clock/clock-marks.ts';
import type { BlockClass, Commit, Seq } from '../journal.ts';
import type { CargoQueue, QueueMarks } from './cargo-queue.ts';
import { extentOf } from './lane.ts';
import type { Cargo, Failure, ToNorth } from './north-protocol.ts';

export interface CargoHandoverOptions {
  readonly queue: CargoQueue;
  readonly clock: Clock;
  readonly log: Log;
  readonly post: (message: ToNorth) => void;
}

/** Between two attempts to store what the worker could not, a full disk for instance. */
const RETRY_AFTER = seconds(1);
/**
 * A batch that fails this often by an error of ours, or takes the worker down with it, becomes a
 * gap.
 */
const ATTEMPTS_MAX = 10;
const OVERFLOW_LOG_INTERVAL = seconds(10);

interface UnderWay {
  readonly number: number;
  readonly cargo: Cargo;
  readonly samples: number;
  /** Handed over without an answer, or answered with an error of ours. */
  attempts: number;
}

interface Flush {
  readonly marks: QueueMarks;
  readonly resolve: () => void;
  readonly reject: (error: GatewayError) => void;
}

export class CargoHandover {
  readonly #options: CargoHandoverOptions;
  readonly #queue: CargoQueue;
  readonly #marks: ClockMarks;
  readonly #origin = randomBytes(8).toString('hex');
  readonly #flushes = new Set<Flush>();
  #isOpen = false;
  #underWay: UnderWay | undefined;
  #number = 0;
  #cancelTimer: Cancel = () => {};
  #logOverflowFrom = monoMs(Number.NEGATIVE_INFINITY);
  #lastReason: string | undefined;

  constructor(options: CargoHandoverOptions) {
    this.#options = options;
    this.#queue = options.queue;
    this.#marks = new ClockMarks(options.clock);
  }

  /** Samples that are not stored yet. */
  get waiting(): number {
    return this.#queue.waiting + (this.#underWay?.samples ?? 0);
  }

  /** Takes the samples over. */
  append(blockClass: BlockClass, samples: readonly Sample[]): void {
    if (samples.length === 0) return;
    const now = this.#options.clock.mono();
    const { dropped } = this.#queue;
    const underWay = this.#underWay?.samples ?? 0;
    for (const { clock, samples: stamped } of this.#marks.of(samples))
      this.#queue.add(blockClass, { samples: stamped, clock, now, underWay });
    if (this.#queue.dropped > dropped) this.#logOverflow(now);
    this.#pump();
  }

  /** There is a worker that has the journal open. */
  opened(): void {
    this.#isOpen = true;
    if (this.#underWay) this.#tryAgain(this.#underWay);
    else this.#pump();
  }

  /** There is none any more. */
  closed(reason?: string): void {
    this.#isOpen = false;
    this.#lastReason = reason ?? this.#lastReason;
    this.#cancelTimer();
  }

  /** What was under way is stored. Gives back what that was; the next follows with `advance`. */
  committed(number: number, seq: Seq): Commit {
    const { cargo, samples } = this.#settle(number);
    return { class: cargo.class, seq, samples };
  }

  /** Ends the flushes that have all they waited for, and hands over what is next. */
  advance(): void {
    for (const flush of this.#flushes)
      if (this.#queue.hasPassed(flush.marks)) {
        this.#flushes.delete(flush);
        flush.resolve();
      }
    this.#pump();
  }

  failed(number: number, failure: Failure, reason: string): void {
    this.#lastReason = reason;
    const underWay = this.#underWay;
    if (underWay === undefined || underWay.number !== number) return;
    if (failure.code !== undefined) underWay.attempts = 0;
    this.#cancelTimer();
    const { clock } = this.#options;
    this.#cancelTimer = clock.at('journal.retry', later(clock.mono(), RETRY_AFTER), () =>
      this.#tryAgain(underWay),
    );
  }

  /** Resolves when all that was appended before is committed; rejects at `giveUpFlushes`. */
  async flush(): Promise<void> {
    if (this.#queue.isEmpty && this.#underWay === undefined) return;
    const marks = this.#queue.marks();
    await new Promise<void>((resolve, reject) => {
      this.#flushes.add({ marks, resolve, reject });
      this.#pump();
    });
  }

  giveUpFlushes(): void {
    for (const flush of this.#flushes)
      flush.reject(new GatewayError('journal.worker-died', { reason: 'it was told to stop' }));
    this.#flushes.clear();
  }

  /** Hands over the next cargo when it is due and nothing is under way. */
  #pump(): void {
    if (!this.#isOpen || this.#underWay) return;
    const { clock } = this.#options;
    const { due } = this.#queue;
    this.#cancelTimer();
    if (due === undefined) return;
    if (this.#flushes.size === 0 && due > clock.mono()) {
      this.#cancelTimer = clock.at('journal.loss-window', due, () => this.#pump());
      return;
    }
    const cargo = this.#queue.take();
    if (cargo === undefined) return;
    const samples = 'batch' in cargo ? cargo.batch.length : 0;
    this.#underWay = { number: ++this.#number, cargo, samples, attempts: 0 };
    this.#handOver(this.#underWay);
  }

  /** Posts a copy: the original stays until its commit. */
  #handOver(underWay: UnderWay): void {
    underWay.attempts++;
    const key = { origin: this.#origin, number: underWay.number };
    this.#options.post({ kind: 'append', key, cargo: underWay.cargo });
  }

  #tryAgain(underWay: UnderWay): void {
    if (!this.#isOpen) return;
    const { number, cargo, attempts } = underWay;
    if (attempts < ATTEMPTS_MAX || 'gap' in cargo) {
      this.#handOver(underWay);
      return;
    }
    this.#settle(number);
    this.#queue.giveUp('write-failed', cargo.class, extentOf(cargo.batch));
    this.#options.log.error('journal.batch-given-up', {
      class: cargo.class,
      samples: cargo.batch.length,
      reason: this.#lastReason,
    });
    this.#pump();
  }

  #settle(number: number): UnderWay {
    const underWay = this.#underWay;
    if (underWay?.number !== number) throw new Error(`answer to ${number}, which is not under way`);
    this.#underWay = undefined;
    return underWay;
  }

  #logOverflow(now: MonoMs): void {
    if (now < this.#logOverflowFrom) return;
    this.#logOverflowFrom = later(now, OVERFLOW_LOG_INTERVAL);
    const { waiting, dropped } = this.#queue;
    this.#options.log.error('journal.queue-overflowed', { waiting, dropped });
  }
}
