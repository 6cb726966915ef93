/**
 * The field side's end of the journal. `append` never waits: a batch is kept here until the worker has
 * committed it, and handed over again when the worker died with it.
 */
import { sleep } from '../../host/clock.ts';
import type { Service } from '../../host/service.ts';
import type { ErrorCode, GatewayError } from '../../model/errors.ts';
import type { Sample, TagId } from '../../model/sample.ts';
import { type Millis, type MonoMs, seconds } from '../../model/units.ts';
import type { UpstreamReply, UpstreamRequest } from '../../model/upstream.ts';
import type { BlockClass, Commit, Seq, WearCause, Written } from '../journal.ts';
import { NorthLedger } from '../ledger/north-ledger.ts';
import { LossWindow } from '../space/loss-window.ts';
import type { TrendAnswer, TrendQuestion } from '../trend-question.ts';
import { CargoHandover } from './cargo-handover.ts';
import { CargoQueue } from './cargo-queue.ts';
import type { Stored } from './journal-witness.ts';
import type { NorthLinkOptions, NorthStats } from './north-options.ts';
import { errorOf, type Failure, type FromNorth, type ToNorth } from './north-protocol.ts';
import { type NorthChange, ToldSite } from './north-setup.ts';
import { WorkerKeeper } from './worker-keeper.ts';
import { WorkerQuestions } from './worker-questions.ts';

const FLUSH_PATIENCE = seconds(10);
/** What no other attempt ends. */
const ENDS_START: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'journal.locked',
  'journal.newer-format',
]);

/** In a release the worker is bundled beside the main file. */
const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? '../../north-worker.ts' : './north-worker.mjs',
  import.meta.url,
);

export class NorthLink implements Service {
  readonly name = 'journal';
  /** Of commands. */
  readonly ledger: NorthLedger;
  readonly #options: NorthLinkOptions;
  readonly #site: ToldSite;
  readonly #queue: CargoQueue;
  readonly #lossWindow: LossWindow;
  readonly #cargo: CargoHandover;
  readonly #keeper: WorkerKeeper<ToNorth, FromNorth>;
  readonly #listeners = new Set<(commit: Commit) => void>();
  readonly #questions: WorkerQuestions;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #onOpened: { resolve: () => void; reject: (error: GatewayError) => void } | undefined;
  #isOpen = false;
  #heardAt: MonoMs;
  /** Nobody waits for the start any more: what does not open is tried again. */
  #isPatient = false;
  #mayWait = false;
  #firstOpen = Promise.withResolvers<void>();
  #known: Stored | undefined;
  #damage: string | undefined;
  #lastError: GatewayError | undefined;

  constructor(options: NorthLinkOptions) {
    const { site, clock, log, random, worker, queueLimit } = options;
    this.#options = options;
    this.#heardAt = clock.mono();
    this.#known = options.stored;
    this.#site = new ToldSite(site);
    const { lossWindow, lossWindowMax = lossWindow, flashBudget } = site.journal;
    this.#lossWindow = new LossWindow({ lossWindow, lossWindowMax, flashBudget });
    this.#queue = new CargoQueue(lossWindow, this.#site.indexOf, queueLimit);
    const post = (message: ToNorth) => this.#keeper.post(message);
    this.#questions = new WorkerQuestions(clock, post);
    this.#cargo = new CargoHandover({ queue: this.#queue, clock, log, post });
    this.ledger = new NorthLedger({
      clock,
      log,
      post,
      indexOf: this.#site.indexOf,
      note: (audit) => this.append('alarm', audit),
      onStored: (commit) => this.#stored(commit),
    });
    this.#keeper = new WorkerKeeper<ToNorth, FromNorth>({
      worker: worker ?? WORKER,
      clock,
      log,
      random,
      greeting: () => ({
        ...{ kind: 'open', setup: this.#site.setup },
        ...{ expects: this.#known, damage: this.#damage },
      }),
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

  /**
   * As `start`, for a gateway that polls without its journal: `late` when it takes longer, and it is opened when that can be.
   * Rejects only with what is known by then and what only a person can end: another process has it, a newer version made it.
   */
  async startWithin(patience: Millis): Promise<'open' | 'late'> {
    const { clock } = this.#options;
    const over = new AbortController();
    this.#mayWait = true;
    const late = sleep(clock, 'journal.open-patience', patience, over.signal).then(
      () => 'late' as const,
      () => 'open' as const,
    );
    try {
      const outcome = await Promise.race([this.start().then(() => 'open' as const), late]);
      this.#isPatient = true;
      return outcome;
    } finally {
      over.abort();
    }
  }

  /** What was told to be stored, as far as it is known. */
  get stored(): Stored | undefined {
    return this.#known;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Resolves when it is open for the first time. */
  get opened(): Promise<void> {
    return this.#firstOpen.promise;
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
   * The worker tells once a second; while none has the journal open, waiting for it is all there is
   * to do.
   */
  lastProgress(): MonoMs {
    return this.#isOpen ? this.#heardAt : this.#options.clock.mono();
  }

  /** Takes the samples over. Tags have to be the site's. */
  append(blockClass: BlockClass, samples: readonly Sample[]): void {
    this.#cargo.append(blockClass, samples);
  }

  /** From now on samples of these tags can be appended, too. */
  configure(change: NorthChange): void {
    this.#site.change(change);
    this.#keeper.post({ kind: 'configure', setup: this.#site.setup });
  }

  /** Something was written beside the journal, to the same flash. */
  noteWritten(cause: WearCause, written: Written): void {
    if (this.#isOpen) this.#keeper.post({ kind: 'written', cause, written });
  }

  /** What the uplink has set aside is tried once more. */
  sendAside(uplink: string): void {
    if (this.#isOpen) this.#keeper.post({ kind: 'send-aside', uplink });
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
  flush(): Promise<void> {
    return this.#cargo.flush();
  }

  /** The worker's own figures are the last known ones while it does not answer. */
  async stats(): Promise<NorthStats> {
    return {
      ...(await this.#questions.stats()),
      link: {
        state: this.#state(),
        lossWindow: this.#lossWindow.facts(),
        waiting: this.#cargo.waiting,
        dropped: this.#queue.dropped,
        restarts: this.#keeper.restarts,
        lastError: this.#lastError?.message,
      },
    };
  }

  /** A tag over time, as far as it is stored; at most ten questions at once. */
  trend(tag: TagId, question: TrendQuestion): Promise<TrendAnswer> {
    return this.#questions.trend(tag, question);
  }

  #state(): NorthStats['link']['state'] {
    if (this.#starting === undefined) return 'closed';
    if (this.#isOpen) return 'open';
    return this.#keeper.isRunning ? 'opening' : 'waiting';
  }

  #receive(message: FromNorth): void {
    this.#heardAt = this.#options.clock.mono();
    switch (message.kind) {
      case 'opened':
        this.#opened(message);
        return;
      case 'open-failed':
        this.#openFailed(errorOf(message.failure));
        return;
      case 'broken':
        if (message.failure.code === 'journal.corrupt')
          this.#damage = errorOf(message.failure).message;
        return;
      case 'committed':
        this.#committed(message.number, message.seq);
        return;
      case 'failed':
        this.#failed(message.number, message.failure);
        return;
      case 'ledger':
        this.ledger.answered(message);
        return;
      case 'ledger-failed':
        this.#ledgerFailed(message.id, message.failure);
        return;
      case 'ledger-found':
        this.ledger.found(message);
        return;
      case 'stats':
      case 'trend':
        this.#questions.answered(message);
        return;
      case 'log':
        this.#options.log[message.level](message.event, message.fields);
        return;
      case 'request':
        this.#ask(message.uplink, message.request);
        return;
      case 'room':
        this.#options.onRoom?.(message.room);
        return;
      case 'progress':
        this.#observeWritten(message.written);
        return;
      default:
        message satisfies never;
    }
  }

  /** Where more is written than the site allows, telemetry waits longer for company. */
  #observeWritten(written: number): void {
    const { clock, log } = this.#options;
    if (!this.#lossWindow.observe(clock.mono(), written)) return;
    this.#queue.lossWindow = this.#lossWindow.window;
    const { windowMs, declaredMs, budget, presentDay } = this.#lossWindow.facts();
    log.warn('journal.loss-window-changed', {
      ...{ window_ms: windowMs, declared_ms: declaredMs },
      ...{ budget_bytes_per_day: budget, written_bytes_per_day: Math.round(presentDay ?? 0) },
    });
  }

  #ask(uplink: string, request: UpstreamRequest): void {
    const answer = (reply: UpstreamReply) => this.#keeper.post({ kind: 'reply', uplink, reply });
    this.#options.onRequest?.(request, answer);
  }

  #opened({ stats, history }: Extract<FromNorth, { kind: 'opened' }>): void {
    this.#isOpen = true;
    this.#heardAt = this.#options.clock.mono();
    this.#questions.opened(stats);
    this.#damage = undefined;
    const { epoch, head } = stats.journal;
    this.#known = { epoch, head };
    this.#options.log.info('journal.opened', { epoch, head });
    this.ledger.opened(history, this.#onOpened !== undefined);
    this.#onOpened?.resolve();
    this.#onOpened = undefined;
    this.#firstOpen.resolve();
    this.#cargo.opened();
  }

  #openFailed(error: GatewayError): void {
    this.#note('journal.open-failed', error);
    this.#failStart(error);
  }

  #committed(number: number, seq: Seq): void {
    this.#stored(this.#cargo.committed(number, seq));
    this.#cargo.advance();
  }

  #stored(commit: Commit): void {
    const { epoch = '', head = 0 } = this.#known ?? {};
    if (commit.seq > head) this.#known = { epoch, head: commit.seq };
    this.#keeper.praise();
    this.#lastError = undefined;
    for (const listener of this.#listeners) listener(commit);
  }

  #failed(number: number, failure: Failure): void {
    const error = errorOf(failure);
    this.#note('journal.append-failed', error);
    this.#cargo.failed(number, failure, error.message);
  }

  #ledgerFailed(id: number, failure: Failure): void {
    const error = errorOf(failure);
    this.#note('journal.ledger-failed', error);
    this.ledger.failed(id, error, failure.code === undefined);
  }

  #onDied(error: GatewayError): void {
    this.#isOpen = false;
    this.#questions.closed();
    this.#note('journal.worker-died', error);
    this.#cargo.closed(error.message);
    this.ledger.closed();
    this.#failStart(error);
  }

  #failStart(error: GatewayError): void {
    if (this.#onOpened === undefined || this.#isPatient) return;
    if (this.#mayWait && !ENDS_START.has(error.code)) return;
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

  async #halt(): Promise<void> {
    if (this.#starting === undefined) return;
    if (!this.#isPatient) await this.#starting.catch(() => {});
    if (this.#starting === undefined) return;
    const { clock, log } = this.#options;
    const flushed = new AbortController();
    const patience = sleep(clock, 'journal.flush-patience', FLUSH_PATIENCE, flushed.signal);
    await Promise.race([this.#flushAll(), patience.catch(() => {})]);
    flushed.abort();
    this.#cargo.giveUpFlushes();
    this.#isOpen = false;
    this.#questions.closed();
    this.#cargo.closed();
    this.ledger.closed();
    await this.#keeper.stop({ kind: 'stop' });
    const left = this.#cargo.waiting;
    if (left > 0) log.error('journal.samples-left-behind', { samples: left });
    const { ends } = this.ledger.facts();
    if (ends > 0) log.error('journal.command-ends-left-behind', { ends });
  }

  async #flushAll(): Promise<void> {
    await this.ledger.flush();
    await this.flush();
  }
}
