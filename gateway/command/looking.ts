/**
 * Looks at a tag until it shows what is awaited, or time is over: asks for it at once and again, more seldom each time,
 * and is told what is read. Ends exactly once, unless it is closed.
 */
import type { Cancel, Clock } from '../host/clock.ts';
import type { Value } from '../model/sample.ts';
import { later, type Millis, type MonoMs, millis, monoMs, seconds } from '../model/units.ts';
import type { Seen } from './read-back.ts';

/** The first pause between two questions; it doubles up to the longest. */
const FIRST_PAUSE: Millis = millis(250);
const LONGEST_PAUSE: Millis = seconds(1);

export interface LookingOptions {
  readonly clock: Clock;
  /** Shows in diagnostics. */
  readonly name: string;
  readonly reread: () => void;
  readonly isAwaited: (value: Value) => boolean;
  /** How long the tag may show something else. */
  readonly settle: Millis;
  /** How long it may show nothing at all. */
  readonly patience: Millis;
  readonly onEnd: (seen: Seen) => void;
}

export class Looking {
  readonly #options: LookingOptions;
  readonly #began: MonoMs;
  #value: Value | undefined;
  #pause = FIRST_PAUSE;
  #hurry: Millis | undefined;
  #again: MonoMs;
  #cancel: Cancel = () => {};
  #isOver = false;

  constructor(options: LookingOptions) {
    this.#options = options;
    this.#began = options.clock.mono();
    this.#again = this.#began;
  }

  /** May end at once. */
  start(): void {
    this.#turn();
  }

  /** The tag was read; null: without success. */
  take(value: Value | null): void {
    if (this.#isOver || value === null) return;
    this.#value = value;
    if (this.#options.isAwaited(value)) this.#end({ kind: 'equal', value });
    else this.#turn();
  }

  /** Somebody waits: ends as soon as anything was seen, and after so long at the latest. */
  hurry(patience: Millis): void {
    this.#hurry = patience;
    this.#turn();
  }

  /** Ends now, with what was seen. */
  cut(): void {
    this.#end({ kind: 'cut', value: this.#value });
  }

  /** Ends without a word. */
  close(): void {
    this.#isOver = true;
    this.#cancel();
  }

  #turn(): void {
    if (this.#isOver) return;
    const { clock, reread } = this.#options;
    const now = clock.mono();
    if (now >= this.#deadline()) {
      this.#giveUp();
      return;
    }
    if (this.#hurry !== undefined && (this.#value !== undefined || now >= this.#hurried())) {
      this.cut();
      return;
    }
    if (now >= this.#again) {
      this.#again = later(now, this.#pause);
      this.#pause = millis(Math.min(this.#pause * 2, LONGEST_PAUSE));
      reread();
    }
    if (!this.#isOver) this.#arm();
  }

  #giveUp(): void {
    const value = this.#value;
    this.#end(value === undefined ? { kind: 'nothing' } : { kind: 'different', value });
  }

  #deadline(): MonoMs {
    const { settle, patience } = this.#options;
    return later(
      this.#began,
      this.#value === undefined ? millis(Math.max(settle, patience)) : settle,
    );
  }

  #hurried(): MonoMs {
    return later(this.#began, this.#hurry ?? this.#options.patience);
  }

  #arm(): void {
    const { clock, name } = this.#options;
    this.#cancel();
    const end = this.#hurry === undefined ? this.#deadline() : this.#hurried();
    const due = monoMs(Math.min(this.#again, this.#deadline(), end));
    this.#cancel = clock.at(name, due, () => this.#turn());
  }

  #end(seen: Seen): void {
    if (this.#isOver) return;
    this.close();
    this.#options.onEnd(seen);
  }
}
