/**
 * A line that is slow, as a modem makes it: this machine on the near side, a network namespace on the far one, and a
 * third between them where both ways have a rate, a bounded queue (tc tbf) and a delay (slow-line.c). Whoever watches
 * reaches the far side by a second way that is fast. Needs Linux, root, iproute2 and gcc.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface SlowLineOptions {
  /** Several lines stand side by side: 0..3. */
  readonly number: number;
  /** One way, ms. */
  readonly delay: number;
  /** A frame takes so much longer, at most, ms. */
  readonly jitter: number;
  /** What the queue of each way holds, ms at its rate. */
  readonly queue: number;
}

const SOURCE = join(import.meta.dirname, 'slow-line.c');
const CACHE = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'slow-line');
const PROGRAM = join(CACHE, 'slow-line');
/** Two frames: less, and a rate cannot be kept by a clock that ticks. */
const BURST_BYTES = 3_100;
const LEAST_QUEUE_BYTES = 2 * BURST_BYTES;
const LINES_MAX = 4;

export class SlowLine {
  /** Of the far side, by the slow way and by the fast one. */
  readonly slow: string;
  readonly fast: string;
  /** Before a command: it runs on the far side then. */
  readonly there: readonly string[];
  readonly #options: SlowLineOptions;
  readonly #between: string;
  readonly #far: string;
  readonly #up: string;
  readonly #down: string;
  #mover: ChildProcess | undefined;

  /** As fast as it can be, with its delay. */
  static async of(options: SlowLineOptions): Promise<SlowLine> {
    const line = new SlowLine(options);
    try {
      await line.#build();
    } catch (error) {
      line.remove();
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`a slow line needs Linux, root, iproute2 (ip, tc) and gcc: ${reason}`);
    }
    return line;
  }

  private constructor(options: SlowLineOptions) {
    this.#options = options;
    const place = (process.pid * LINES_MAX + options.number) % 256;
    const name = `hg${process.pid}-${options.number}`;
    // RFC 2544 appendix C.2.2: addresses for measurements of this kind.
    this.slow = `198.18.${place}.2`;
    this.fast = `198.19.${place}.2`;
    this.#between = `${name}b`;
    this.#far = `${name}f`;
    this.#up = `${name}u`;
    this.#down = `${name}d`;
    this.there = ['ip', 'netns', 'exec', this.#far];
  }

  /** Bytes a second, of each way. */
  set rate(rate: number) {
    const limit = Math.max(Math.round((rate * this.#options.queue) / 1_000), LEAST_QUEUE_BYTES);
    for (const side of [this.#up, this.#down])
      run(
        `tc -n ${this.#between} qdisc replace dev ${side} root tbf rate ${Math.round(rate * 8)}bit burst ${BURST_BYTES} limit ${limit}`,
      );
  }

  /** Bytes that went to the far side, with their headers, and frames that found the queue full. */
  sent(): { readonly bytes: number; readonly dropped: number } {
    const text = run(`tc -n ${this.#between} -s -j qdisc show dev ${this.#up}`);
    const [{ bytes, drops }] = JSON.parse(text) as [{ bytes: number; drops: number }];
    return { bytes, dropped: drops };
  }

  remove(): void {
    this.#mover?.kill('SIGKILL');
    for (const space of [this.#between, this.#far])
      try {
        run(`ip netns del ${space}`);
      } catch {
        // It was never made.
      }
  }

  async #build(): Promise<void> {
    const { delay, jitter } = this.#options;
    const [near, far, watching, watched] = ['n', 'e', 'w', 'x'].map(
      (each) => this.#far.slice(0, -1) + each,
    );
    for (const space of [this.#between, this.#far]) run(`ip netns add ${space}`);
    run(`ip link add ${near} type veth peer name ${this.#down} netns ${this.#between}`);
    run(
      `ip -n ${this.#far} link add ${far} type veth peer name ${this.#up} netns ${this.#between}`,
    );
    run(`ip link add ${watching} type veth peer name ${watched} netns ${this.#far}`);
    // Frames as they are on a line, and no larger ones.
    run(`ip link set ${near} gso_max_segs 1 up`);
    run(`ip -n ${this.#far} link set ${far} gso_max_segs 1 up`);
    run(`ip link set ${watching} up`);
    run(`ip -n ${this.#far} link set ${watched} up`);
    run(`ip -n ${this.#far} link set lo up`);
    for (const side of [this.#up, this.#down]) run(`ip -n ${this.#between} link set ${side} up`);
    run(`ip addr add ${hereOf(this.slow)}/30 dev ${near}`);
    run(`ip addr add ${hereOf(this.fast)}/30 dev ${watching}`);
    // What most gateways have, whatever this machine prefers.
    run(`ip route change ${netOf(this.slow)}/30 dev ${near} congctl cubic`);
    run(`ip -n ${this.#far} addr add ${this.slow}/30 dev ${far}`);
    run(`ip -n ${this.#far} addr add ${this.fast}/30 dev ${watched}`);
    this.rate = FASTEST;
    const mover = [...['ip', 'netns', 'exec', this.#between, compiled(), this.#down, this.#up]];
    const times = [delay, jitter].map((ms) => `${Math.round(ms * 1_000)}`);
    const [command, ...rest] = [...mover, ...times] as [string, ...string[]];
    this.#mover = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(this.#mover, 'exit').then(() => Promise.reject(new Error('it ended')));
    await Promise.race([once(this.#mover.stdout as NodeJS.ReadableStream, 'data'), ended]);
    ended.catch(() => {});
  }
}

/** 100 Mbit/s. */
const FASTEST = 12_500_000;

const hereOf = (there: string): string => there.replace(/2$/, '1');
const netOf = (there: string): string => there.replace(/2$/, '0');

const run = (command: string): string => {
  const [program, ...rest] = command.split(' ') as [string, ...string[]];
  return execFileSync(program, rest, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
};

/** Compiles the program where it is older than its source. */
function compiled(): string {
  mkdirSync(CACHE, { recursive: true });
  const made = statSync(PROGRAM, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (made < statSync(SOURCE).mtimeMs) {
    const fresh = `${PROGRAM}.${process.pid}`;
    execFileSync('gcc', ['-O2', '-o', fresh, SOURCE]);
    renameSync(fresh, PROGRAM);
  }
  return PROGRAM;
}
