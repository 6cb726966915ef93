/**
 * The field side's end of the journal. `append` never waits: a batch is kept here until the worker has
 * committed it, and handed over again when the worker died with it.
 */
import { randomBytes } from 'node:crypto';
import { type Cancel, type Clock, sleep } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import type { Service } from '../host/service.ts';
import type { AcknowledgeReply, AcknowledgeRequest } from '../model/acknowledgement.ts';
import type { Random } from '../model/backoff.ts';
import { GatewayError } from '../model/errors.ts';
import type { Sample } from '../model/sample.ts';
import { later, type MonoMs, monoMs, seconds } from '../model/units.ts';
import { CargoQueue, type QueueMarks } from './cargo-queue.ts';
import type { BlockClass, Seq } from './journal.ts';
import { extentOf } from './lane.ts';
import {
  type Cargo,
  errorOf,
  type Failure,
  type FromNorth,
  type ToNorth,
  type WorkerStats,
} from './north-protocol.ts';
import { type NorthChange, type NorthSite, ToldSite } from './north-setup.ts';
import { Questions } from './questions.ts';
import { WorkerKeeper } from './worker-keeper.ts';

export interface NorthLinkOptions {
  readonly site: NorthSite;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  /** The worker's code, where it is not the north side's composition root. */
  readonly worker?: URL;
  /** Samples kept while the worker cannot take them. */
  readonly queueLimit?: number;
  /** Answers what people upstream ask; does not reject. Without, all is refused. */
  readonly onRequest?: (request: AcknowledgeRequest) => Promise<AcknowledgeReply>;
}

export interface NorthStats extends WorkerStats {
  readonly link: {
    /** `waiting`: the worker died and will be started again. */
    readonly state: 'closed' | 'opening' | 'open' | 'waiting';
    /** Samples that are not stored yet. */
    readonly waiting: number;
    /** Samples given up before they were stored; each is in a gap. */
    readonly dropped: number;
    readonly restarts: number;
    readonly lastError: string | undefined;
  };
}

export interface Commit {
  readonly class: BlockClass;
  readonly seq: Seq;
  /** 0 for a gap. */
  readonly samples: number;
}

/** Between two attempts to store what the worker could not, a full disk for instance. */
const RETRY_AFTER = seconds(1);
/**
 * A batch that fails this often by an error of ours, or takes the worker down with it, becomes a
 * gap.
 */
const ATTEMPTS_MAX = 10;
const OVERFLOW_LOG_INTERVAL = seconds(10);
const STATS_PATIENCE = seconds(2);
const FLUSH_PATIENCE = seconds(10);

/** In a release the worker is bundled beside the main file. */
const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? '../north-worker.ts' : './north-worker.mjs',
  import.meta.url,
);

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

export class NorthLink implements Service {
  readonly name = 'journal';
  readonly #options: NorthLinkOptions;
  readonly #site: ToldSite;
  readonly #queue: CargoQueue;
  readonly #keeper: WorkerKeeper<ToNorth, FromNorth>;
  readonly #origin = randomBytes(8).toString('hex');
  readonly #listeners = new Set<(commit: Commit) => void>();
  readonly #questions: Questions<WorkerStats>;
  readonly #flushes = new Set<Flush>();
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #onOpened: { resolve: () => void; reject: (error: GatewayError) => void } | undefined;
  #isOpen = false;
  #underWay: UnderWay | undefined;
  #number = 0;
  #cancelTimer: Cancel = () => {};
  #heardAt: MonoMs;
  #logOverflowFrom = monoMs(Number.NEGATIVE_INFINITY);
  #lastStats: WorkerStats | undefined;
  #lastError: GatewayError | undefined;

  constructor(options: NorthLinkOptions) {
    const { site, clock, log, random, worker, queueLimit } = options;
    this.#options = options;
    this.#heardAt = clock.mono();
    this.#questions = new Questions(clock, STATS_PATIENCE);
    this.#site = new ToldSite(site);
    this.#queue = new CargoQueue(site.journal.lossWindow, this.#site.indexOf, queueLimit);
    this.#keeper = new WorkerKeeper<ToNorth, FromNorth>({
      url: worker ?? WORKER,
      clock,
      log,
      random,
      greeting: () => ({ kind: 'open', setup: this.#site.setup }),
      onMessage: (message) => this.#receive(message),
      onDied: (error) => this.#onDied(error),
    });
  }

  /** Resolves when the journal is open; rejects with its operator error when it cannot be. */
  start(): Promise<void> {
    this.#starting ??= new Promise((resolve, reject) => {
      this.#onOpened = { resolve, reject };
      this.#heardAt = this.#options.clock.mono();
      this.#keeper.start();
    });
    return this.#starting;
  }

  /** Stores what waits, as far as that is possible in ten seconds, and ends the worker. */
  stop(): Promise<void> {
    this.#stopping ??= this.#halt().finally(() => {
      this.#starting = undefined;
      this.#stopping = undefined;
    });
    return this.#stopping;
  }

  /**
   * The worker tells once a second; while there is none, waiting for the next one is all there is
   * to do.
   */
  lastProgress(): MonoMs {
    return this.#keeper.isRunning ? this.#heardAt : this.#options.clock.mono();
  }

  /** Takes the samples over. Tags have to be the site's. */
  append(blockClass: BlockClass, samples: readonly Sample[]): void {
    if (samples.length === 0) return;
    const now = this.#options.clock.mono();
    const { dropped } = this.#queue;
    this.#queue.add(blockClass, samples, now, this.#underWay?.samples ?? 0);
    if (this.#queue.dropped > dropped) this.#logOverflow(now);
    this.#pump();
  }

  /** From now on samples of these tags can be appended, too. */
  configure(change: NorthChange): void {
    this.#site.change(change);
    this.#keeper.post({ kind: 'configure', setup: this.#site.setup });
  }

  /** Tells of each commit, in seq order. Returns the way to stop. */
  onCommitted(listener: (commit: Commit) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Resolves when all that was appended before is committed, or is a committed gap. While there is no
   * worker it waits for the next one; a stop that cannot wait that long rejects it.
   */
  async flush(): Promise<void> {
    if (this.#queue.isEmpty && this.#underWay === undefined) return;
    const marks = this.#queue.marks();
    await new Promise<void>((resolve, reject) => {
      this.#flushes.add({ marks, resolve, reject });
      this.#pump();
    });
  }

  /** The worker's own figures are the last known ones while it does not answer. */
  async stats(): Promise<NorthStats> {
    const answer = this.#isOpen
      ? await this.#questions.ask((id) => this.#keeper.post({ kind: 'stats', id }))
      : undefined;
    const stats = answer ?? this.#lastStats;
    if (stats === undefined)
      throw new GatewayError('journal.worker-died', { reason: 'it was never open' });
    return {
      ...stats,
      link: {
        state: this.#state(),
        waiting: this.#queue.waiting + (this.#underWay?.samples ?? 0),
        dropped: this.#queue.dropped,
        restarts: this.#keeper.restarts,
        lastError: this.#lastError?.message,
      },
    };
  }

  #state(): NorthStats['link']['state'] {
    if (this.#starting === undefined) return 'closed';
    if (this.#isOpen) return 'open';
    return this.#keeper.isRunning ? 'opening' : 'waiting';
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
    this.#keeper.post({ kind: 'append', key, cargo: underWay.cargo });
  }

  #receive(message: FromNorth): void {
    this.#heardAt = this.#options.clock.mono();
    switch (message.kind) {
      case 'opened':
        this.#opened(message.stats);
        return;
      case 'open-failed':
        this.#openFailed(errorOf(message.failure));
        return;
      case 'committed':
        this.#committed(message.number, message.seq);
        return;
      case 'failed':
        this.#failed(message.number, message.failure);
        return;
      case 'stats':
        this.#lastStats = message.stats;
        this.#questions.answer(message.id, message.stats);
        return;
      case 'log':
        this.#options.log[message.level](message.event, message.fields);
        return;
      case 'request':
        void this.#answer(message.uplink, message.request);
        return;
      case 'progress':
        return;
      default:
        message satisfies never;
    }
  }

  async #answer(uplink: string, request: AcknowledgeRequest): Promise<void> {
    const refused: AcknowledgeReply = { key: request.key, outcome: 'refused' };
    const reply = await (this.#options.onRequest?.(request) ?? refused);
    this.#keeper.post({ kind: 'reply', uplink, reply });
  }

  #opened(stats: WorkerStats): void {
    this.#isOpen = true;
    this.#lastStats = stats;
    const { epoch, head } = stats.journal;
    this.#options.log.info('journal.opened', { epoch, head });
    this.#onOpened?.resolve();
    this.#onOpened = undefined;
    if (this.#underWay) this.#tryAgain(this.#underWay);
    else this.#pump();
  }

  #openFailed(error: GatewayError): void {
    this.#note('journal.open-failed', error);
    this.#failStart(error);
  }

  #committed(number: number, seq: Seq): void {
    const { cargo, samples } = this.#settle(number);
    this.#keeper.praise();
    this.#lastError = undefined;
    for (const listener of this.#listeners) listener({ class: cargo.class, seq, samples });
    for (const flush of this.#flushes)
      if (this.#queue.hasPassed(flush.marks)) {
        this.#flushes.delete(flush);
        flush.resolve();
      }
    this.#pump();
  }

  #failed(number: number, failure: Failure): void {
    const error = errorOf(failure);
    this.#note('journal.append-failed', error);
    const underWay = this.#underWay;
    if (underWay === undefined || underWay.number !== number) return;
    if (failure.code !== undefined) underWay.attempts = 0;
    this.#cancelTimer();
    const { clock } = this.#options;
    this.#cancelTimer = clock.at('journal.retry', later(clock.mono(), RETRY_AFTER), () =>
      this.#tryAgain(underWay),
    );
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
    const reason = this.#lastError?.message;
    this.#options.log.error('journal.batch-given-up', {
      class: cargo.class,
      samples: cargo.batch.length,
      reason,
    });
    this.#pump();
  }

  #settle(number: number): UnderWay {
    const underWay = this.#underWay;
    if (underWay?.number !== number) throw new Error(`answer to ${number}, which is not under way`);
    this.#underWay = undefined;
    return underWay;
  }

  #onDied(error: GatewayError): void {
    this.#isOpen = false;
    this.#cancelTimer();
    this.#questions.giveUpAll();
    this.#note('journal.worker-died', error);
    this.#failStart(error);
  }

  #failStart(error: GatewayError): void {
    if (this.#onOpened === undefined) return;
    this.#onOpened.reject(error);
    this.#onOpened = undefined;
    this.#starting = undefined;
    void this.#keeper.stop({ kind: 'stop' });
  }

  /** One line for each new trouble, none for its repeats. */
  #note(event: string, error: GatewayError): void {
    if (error.message !== this.#lastError?.message)
      this.#options.log.error(event, { reason: error.message, hint: error.hint('en') });
    this.#lastError = error;
  }

  #logOverflow(now: MonoMs): void {
    if (now < this.#logOverflowFrom) return;
    this.#logOverflowFrom = later(now, OVERFLOW_LOG_INTERVAL);
    const { waiting, dropped } = this.#queue;
    this.#options.log.error('journal.queue-overflowed', { waiting, dropped });
  }

  async #halt(): Promise<void> {
    if (this.#starting === undefined) return;
    await this.#starting.catch(() => {});
    if (this.#starting === undefined) return;
    const { clock, log } = this.#options;
    const flushed = new AbortController();
    const patience = sleep(clock, 'journal.flush-patience', FLUSH_PATIENCE, flushed.signal);
    await Promise.race([this.flush(), patience.catch(() => {})]);
    flushed.abort();
    for (const flush of this.#flushes)
      flush.reject(new GatewayError('journal.worker-died', { reason: 'it was told to stop' }));
    this.#flushes.clear();
    this.#isOpen = false;
    this.#cancelTimer();
    await this.#keeper.stop({ kind: 'stop' });
    const left = this.#queue.waiting + (this.#underWay?.samples ?? 0);
    if (left > 0) log.error('journal.samples-left-behind', { samples: left });
  }
}
