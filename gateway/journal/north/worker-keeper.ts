/**
 * Keeps one worker thread alive: starts it, starts it again when it dies, lets it end by itself.
 */
import { Worker } from 'node:worker_threads';
import type { Cancel, Clock } from '../../host/clock.ts';
import type { Log } from '../../host/log.ts';
import { type BackoffPolicy, backoff, type Random } from '../../model/backoff.ts';
import { GatewayError, reasonOf } from '../../model/errors.ts';
import { later, millis, seconds } from '../../model/units.ts';

/** A thread, or what stands for one. */
export interface KeptWorker<To, From> {
  postMessage(message: To): void;
  on(event: 'message', listener: (message: From) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'exit', listener: (code: number) => void): unknown;
  unref(): void;
}

export interface WorkerKeeperOptions<To, From> {
  /** The thread's code, or what starts something in its place. */
  readonly worker: URL | (() => KeptWorker<To, From>);
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  /** The first message to each new worker. */
  readonly greeting: () => To;
  readonly onMessage: (message: From) => void;
  /** It ended without being told to; the next one comes after a wait unless `stop` is called. */
  readonly onDied: (error: GatewayError) => void;
}

/**
 * Room for what one commit of 10,000 samples leaves behind, so that it is gone before anybody takes it for old: with 1 MB the
 * collector cost as much as the work. The old generation holds some blocks on their way and nothing that grows.
 */
const HEAP = { maxYoungGenerationSizeMb: 12, maxOldGenerationSizeMb: 128 };
/** On a disk that is full the next attempt may be the one that finds room. */
const RESTART: BackoffPolicy = { first: millis(200), longest: seconds(4), jitter: 0.5 };
/**
 * A worker told to end has this long; it is never terminated, since that could be inside a call of
 * SQLite.
 */
const EXIT_PATIENCE = seconds(15);

export class WorkerKeeper<To, From> {
  readonly #options: WorkerKeeperOptions<To, From>;
  #worker: KeptWorker<To, From> | undefined;
  #deaths = 0;
  #restarts = 0;
  #cancelRestart: Cancel = () => {};
  #onExit: (() => void) | undefined;

  constructor(options: WorkerKeeperOptions<To, From>) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#worker !== undefined;
  }

  /** Since the start of the process. */
  get restarts(): number {
    return this.#restarts;
  }

  start(): void {
    const { worker: wanted } = this.#options;
    const worker: KeptWorker<To, From> =
      wanted instanceof URL ? new Worker(wanted, { resourceLimits: HEAP }) : wanted();
    let reason: string | undefined;
    this.#worker = worker;
    worker.on('message', this.#options.onMessage);
    worker.on('error', (error) => {
      reason = reasonOf(error);
    });
    worker.on('exit', (code) => this.#exited(reason ?? `exit code ${code}`));
    worker.postMessage(this.#options.greeting());
  }

  /** Does nothing while there is no worker. */
  post(message: To): void {
    this.#worker?.postMessage(message);
  }

  /** The worker does its work: the next death is the first again. */
  praise(): void {
    this.#deaths = 0;
  }

  /** Sends the last message and waits for the end; no restart follows. */
  async stop(farewell: To): Promise<void> {
    this.#cancelRestart();
    const worker = this.#worker;
    if (worker === undefined) return;
    const { clock, log } = this.#options;
    await new Promise<void>((resolve) => {
      const giveUp = clock.at('journal.worker-exit', later(clock.mono(), EXIT_PATIENCE), () => {
        log.error('journal.worker-left-behind', { waited_ms: EXIT_PATIENCE });
        worker.unref();
        resolve();
      });
      this.#onExit = () => {
        giveUp();
        resolve();
      };
      worker.postMessage(farewell);
    });
    this.#onExit = undefined;
    this.#worker = undefined;
  }

  #exited(reason: string): void {
    this.#worker = undefined;
    if (this.#onExit) {
      this.#onExit();
      return;
    }
    const { clock, random, onDied } = this.#options;
    const wait = backoff(RESTART, ++this.#deaths, random);
    this.#cancelRestart = clock.at('journal.worker-restart', later(clock.mono(), wait), () => {
      this.#restarts++;
      this.start();
    });
    onDied(new GatewayError('journal.worker-died', { reason }));
  }
}
