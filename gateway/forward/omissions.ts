/**
 * Blocks of which an uplink wants nothing. They are not sent, and a receiver that proves completeness has to know: they are
 * gathered and told as ranges, and passed over when that was acknowledged. Should the broker lose such a message, receivers
 * miss the blocks, ask for them, and are told again.
 */
import type { Cancel, Clock } from '../host/clock.ts';
import type { Seq } from '../journal/journal.ts';
import { GatewayError } from '../model/errors.ts';
import { type Range, RangeSet } from '../model/range-set.ts';
import { later, seconds } from '../model/units.ts';
import type { Replay } from './replay.ts';

export interface OmissionsOptions {
  readonly clock: Clock;
  /** Resolves on the acknowledgement; undefined: nobody has to be told. */
  readonly tell: ((seqs: readonly Range[]) => Promise<unknown>) | undefined;
  readonly onPassed: (seqs: readonly Range[]) => void;
  /** The broker refuses to be told, once for each reason. What is too much to be kept has to be read again … */
  readonly onRefused: (reason: string) => void;
  /** … when it does not any more. */
  readonly onHeardAgain: () => void;
  /** `tellDue` has something to do, or there is room again. */
  readonly onDue: () => void;
}

/** Beside a connection's keepalive and watermarks, one message so often costs little. */
const GATHER = seconds(30);
/** In one message: about 10 KB. */
const MOST_RANGES = 500;

export class Omissions {
  readonly #options: OmissionsOptions;
  #waiting = new RangeSet();
  #told: RangeSet | undefined;
  /** Blocks that somebody asked for again. */
  #replays: { readonly seq: Seq; readonly replay: Replay }[] = [];
  #isDue = false;
  #passed = 0;
  #refusedBy: string | undefined;
  #isStopped = false;
  #cancel: Cancel | undefined;

  constructor(options: OmissionsOptions) {
    this.#options = options;
  }

  /** Blocks that were passed over. */
  get passed(): number {
    return this.#passed;
  }

  /** Why blocks are not passed over; undefined where nothing hinders it. */
  get refusedBy(): string | undefined {
    return this.#refusedBy;
  }

  has(seq: Seq): boolean {
    return this.#waiting.has(seq) || this.#told?.has(seq) === true;
  }

  /** More has to wait until something was told. */
  get isFull(): boolean {
    return this.#refusedBy === undefined && this.#hasTooMany;
  }

  get #hasTooMany(): boolean {
    return this.#waiting.ranges.length >= 2 * MOST_RANGES;
  }

  add(seq: Seq, replay?: Replay): void {
    if (this.#options.tell === undefined) {
      this.#pass([[seq, seq]]);
      replay?.settled(seq, true);
      return;
    }
    // A broker that refuses to be told keeps nothing else back.
    if (this.#hasTooMany && this.#refusedBy !== undefined) {
      replay?.settled(seq, false);
      return;
    }
    this.#waiting.add(seq);
    if (replay) this.#replays.push({ seq, replay });
    const isUrgent = replay !== undefined || this.#waiting.ranges.length >= MOST_RANGES;
    if (isUrgent && this.#refusedBy === undefined) this.#isDue = true;
    else this.#tellLater();
  }

  /** While the connection is up, behind each `add`; one message is under way at a time. */
  tellDue(): void {
    const { tell, onDue, onHeardAgain } = this.#options;
    const { ranges } = this.#waiting;
    if (!this.#isDue || this.#told || ranges.length === 0 || tell === undefined) return;
    const seqs = ranges.slice(0, MOST_RANGES);
    const told = new RangeSet(seqs);
    this.#told = told;
    this.#waiting = new RangeSet(ranges.slice(MOST_RANGES));
    this.#isDue = this.#waiting.ranges.length >= MOST_RANGES || this.#replays.length > 0;
    this.#cancelTimer();
    if (this.#waiting.ranges.length > 0) this.#tellLater();
    tell(seqs)
      .then(
        () => {
          this.#told = undefined;
          this.#pass(seqs);
          this.#settle(told);
          if (this.#refusedBy !== undefined) onHeardAgain();
          this.#refusedBy = undefined;
        },
        (error: unknown) => {
          this.#told = undefined;
          for (const [from, to] of seqs) this.#waiting.add(from, to);
          this.#tellLater();
          if (error instanceof GatewayError && error.kind === 'permanent') this.#refused(error);
        },
      )
      .finally(onDue);
  }

  /** Whoever asked has to ask again. */
  forgetReplays(): void {
    this.#replays = [];
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelTimer();
  }

  #cancelTimer(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #refused({ message: reason }: GatewayError): void {
    if (reason !== this.#refusedBy) this.#options.onRefused(reason);
    this.#refusedBy = reason;
  }

  #pass(seqs: readonly Range[]): void {
    this.#passed += new RangeSet(seqs).size;
    this.#options.onPassed(seqs);
  }

  #settle(told: RangeSet): void {
    const settled = this.#replays.filter(({ seq }) => told.has(seq));
    this.#replays = this.#replays.filter(({ seq }) => !told.has(seq));
    for (const { seq, replay } of settled) replay.settled(seq, true);
  }

  #tellLater(): void {
    const { clock, onDue } = this.#options;
    if (this.#isStopped) return;
    this.#cancel ??= clock.at('forward.omissions', later(clock.mono(), GATHER), () => {
      this.#cancel = undefined;
      this.#isDue = true;
      onDue();
    });
  }
}
