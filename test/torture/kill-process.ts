/** A victim of the attack `kill` from outside: its process, what it says, and the wait for the moment of its kill. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, watch } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import allocator from '../../bin/node-environment.json' with { type: 'json' };
import flags from '../../bin/node-flags.json' with { type: 'json' };
import type { KillPlan } from './kill-moments.ts';
import type { KillLine, KillOrder } from './kill-victim.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** A victim that says nothing for so long has hung. */
const PATIENCE_MS = 30_000;
/** Lengths of the spans that a plan's place is in, ms. */
const CHECK_MS = 60;
const FIRST_COMMIT_MS = 60;
const STEADY_MS = 450;
const CHECKPOINT_MS = 4;
const STOP_MS = 40;
const WORKER_MS = 100;
/** The first round of retention comes a second after the open. */
const RETENTION_FROM_MS = 980;
const RETENTION_MS = 100;
/** Without a checkpoint until then the kill comes all the same. */
const CHECKPOINT_WITHIN_MS = 900;

export class VictimProcess {
  readonly order: KillOrder;
  /** The newest seq that was declared stored; 0 before. */
  newestSeq = 0;
  readonly #startedAt = performance.now();
  readonly #process: ChildProcess;
  readonly #said = new Set<KillLine[0]>();
  readonly #waiting = new Set<() => void>();
  readonly #closed: Promise<unknown>;
  #isGone = false;

  /** `onLine` is told each line the victim says before anybody who waits for it. */
  constructor(
    file: string,
    order: KillOrder,
    onLine: (line: KillLine, victim: VictimProcess) => void,
  ) {
    this.order = order;
    this.#process = spawn(process.execPath, [...flags, file, JSON.stringify(order)], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        ...process.env,
        NODE_COMPILE_CACHE: join(ROOT, 'node_modules', '.cache', 'headgate'),
        ...allocator,
      },
    });
    this.#process.stdin?.on('error', () => {});
    this.#closed = once(this.#process, 'close').then(() => {
      this.#isGone = true;
      this.#wake();
    });
    createInterface({ input: this.#process.stdout as NodeJS.ReadableStream }).on('line', (text) => {
      const line = JSON.parse(text) as KillLine;
      onLine(line, this);
      if (line[0] === 'stored') this.newestSeq = line[1];
      this.#said.add(line[0]);
      this.#wake();
    });
  }

  /** Since its start, ms. */
  age(): number {
    return performance.now() - this.#startedAt;
  }

  /** Resolves when it has said this, or is gone; false when it is gone. */
  async says(what: KillLine[0], withinMs = PATIENCE_MS): Promise<boolean> {
    const end = performance.now() + withinMs;
    while (!this.#said.has(what) && !this.#isGone) {
      const left = end - performance.now();
      if (left <= 0) throw new Error(`a victim did not say "${what}" within ${withinMs} ms`);
      await this.#something(left);
    }
    return this.#said.has(what);
  }

  /** Resolves at the planned moment. `usualOpenMs`: what it takes a victim to open the journal. */
  async reaches({ moment, place }: KillPlan, usualOpenMs: number): Promise<void> {
    if (moment === 'open') return this.#after(place * usualOpenMs);
    if (moment === 'check') return this.#after(usualOpenMs - place * CHECK_MS);
    await this.says('opened');
    switch (moment) {
      case 'first-commit':
        return this.#after(place * FIRST_COMMIT_MS);
      case 'steady':
        return this.#after(place * STEADY_MS);
      case 'retention':
        return this.#after(RETENTION_FROM_MS + place * RETENTION_MS);
      case 'checkpoint':
        await this.#mainFileChanges();
        return this.#after(place * CHECKPOINT_MS);
      case 'worker':
        await this.says('stored');
        this.#process.stdin?.write('worker\n');
        await this.says('reopened');
        return this.#after(place * WORKER_MS);
      case 'stop':
        await this.says('stored');
        this.stop();
        await this.says('stopping');
        return this.#after(place * STOP_MS);
      default:
        moment satisfies never;
    }
  }

  /** Nothing more is handed over; resolves when all that was is stored. */
  async quiet(): Promise<void> {
    this.#process.stdin?.write('quiet\n');
    await this.says('quiet');
  }

  /** Whether its worker was ended, so that it may say so. */
  get lostItsWorker(): boolean {
    return this.#said.has('terminating');
  }

  /** In order. */
  stop(): void {
    this.#process.stdin?.end();
  }

  /** Resolves when it is gone and all that it said has been heard, with its exit code; null when the kill ended it. */
  async gone(): Promise<number | null> {
    await this.#closed;
    return this.#process.exitCode;
  }

  kill(): Promise<number | null> {
    this.#process.kill('SIGKILL');
    return this.gone();
  }

  /** Resolves after so long, or when it is gone. */
  async #after(ms: number): Promise<void> {
    const end = performance.now() + ms;
    for (let left = ms; left > 0 && !this.#isGone; left = end - performance.now())
      await this.#something(left);
  }

  async #mainFileChanges(): Promise<void> {
    if (!existsSync(this.order.path)) return;
    let changed = false;
    const watcher = watch(this.order.path, () => {
      changed = true;
      this.#wake();
    });
    const end = performance.now() + CHECKPOINT_WITHIN_MS;
    for (let left = CHECKPOINT_WITHIN_MS; left > 0; left = end - performance.now()) {
      if (changed || this.#isGone) break;
      await this.#something(left);
    }
    watcher.close();
  }

  /** Something happened, or the time is over. */
  #something(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, withinMs);
      this.#waiting.add(wake);
    });
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
