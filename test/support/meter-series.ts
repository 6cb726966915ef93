/**
 * Series of meter readings with a seed: which meter, what happens to it, and what of that was really counted. Plays
 * `played-meter.ts` and knows nothing of the accounting.
 */
import type { Random } from '../../gateway/model/backoff.ts';
import { type Played, PlayedMeter, type Truth } from './played-meter.ts';

export const FAMILIES = [
  'plain',
  'glitch',
  'rollover-16',
  'rollover-24',
  'rollover-32',
  'rollover-decimal',
  'reset',
  'swap',
  'negative',
  'signed',
  'freeze',
  'gap',
  'late',
  'combination',
] as const;
export type Family = (typeof FAMILIES)[number];

export interface MeterSeries {
  readonly family: Family;
  /** Digits behind the point. */
  readonly decimals: number;
  /** In steps of the last digit; undefined: not declared. */
  readonly modulus: bigint | undefined;
  /** Steps in an hour at most; undefined: not declared. */
  readonly maxRate: bigint | undefined;
  readonly isSigned: boolean;
  readonly played: readonly Played[];
  readonly truth: Truth;
}

const MINUTE = 60_000n;
const HOUR = 60n * MINUTE;
const START = Date.UTC(2026, 2, 1);
const CLEAN_BEFORE_BREAK = 3;

/** What may happen, and how often compared with an ordinary reading (10). */
type Mix = Readonly<Partial<Record<Happening, number>>>;
type Happening =
  | 'zero'
  | 'garbage'
  | 'reset'
  | 'exchange'
  | 'serial'
  | 'back'
  | 'stand'
  | 'gap'
  | 'late';

const MIXES: Readonly<Record<Family, Mix>> = {
  plain: {},
  glitch: { zero: 3, garbage: 3 },
  'rollover-16': {},
  'rollover-24': {},
  'rollover-32': {},
  'rollover-decimal': {},
  reset: { reset: 2 },
  swap: { exchange: 1, serial: 1 },
  negative: { back: 3 },
  signed: { back: 6, zero: 1 },
  freeze: { stand: 4 },
  gap: { gap: 3 },
  late: { late: 5 },
  combination: { zero: 2, garbage: 2, reset: 1, exchange: 1, back: 1, stand: 1, gap: 1, late: 3 },
};

const RANGES: Readonly<Partial<Record<Family, readonly bigint[]>>> = {
  'rollover-16': [2n ** 16n],
  'rollover-24': [2n ** 24n],
  'rollover-32': [2n ** 32n],
  'rollover-decimal': [10n ** 5n, 10n ** 6n, 10n ** 8n, 10n ** 10n],
};
const ANY_RANGE = [2n ** 16n, 2n ** 24n, 2n ** 32n, 10n ** 5n, 10n ** 6n, 10n ** 8n, 10n ** 10n];

export interface Dice {
  /** 0 … below. */
  big(below: bigint): bigint;
  from<T>(list: readonly T[]): T;
  chance(share: number): boolean;
}

export const diceOf = (random: Random): Dice => ({
  big: (below) => (BigInt(Math.floor(random() * 2 ** 32)) * below) >> 32n,
  from: (list) => list[Math.floor(random() * list.length)] as never,
  chance: (share) => random() < share,
});

/** One series; equal dice give equal series. */
export function meterSeries(family: Family, dice: Dice): MeterSeries {
  return new Script(family, dice).series();
}

class Script {
  readonly #family: Family;
  readonly #dice: Dice;
  readonly #range: bigint;
  readonly #isSigned: boolean;
  readonly #interval: bigint;
  readonly #hasRate: boolean;
  /** Steps in an hour. */
  readonly #rate: bigint;
  readonly #refresh: number;
  readonly #meter: PlayedMeter;
  /** Clean readings since the last break. */
  #clean = 0;
  #lastMisread: bigint | undefined;
  /** In a row. */
  #misreads = 0n;
  #pending: (() => void)[] = [];

  constructor(family: Family, dice: Dice) {
    this.#family = family;
    this.#dice = dice;
    this.#range = dice.from(RANGES[family] ?? ANY_RANGE);
    this.#isSigned = family === 'signed' || (family === 'combination' && dice.chance(0.1));
    this.#interval = dice.from([1n, 5n, 15n, 30n, 60n]) * MINUTE;
    this.#hasRate = this.#isSigned || family === 'negative' || dice.chance(0.7);
    // What is possible within an interval and a quarter of an hour is at most a hundredth of the range.
    const most = (this.#range * HOUR) / (100n * (this.#interval + 15n * MINUTE));
    this.#rate = 1n + dice.big(most);
    this.#refresh = dice.from([0, 0, 1, 10]) * Number(MINUTE);
    this.#meter = new PlayedMeter(
      { range: this.#range, isSigned: this.#isSigned, refresh: this.#refresh },
      { register: this.#startOfRegister(), time: START, serial: 'A' },
    );
  }

  series(): MeterSeries {
    const { length } = Array.from({ length: 12 + Number(this.#dice.big(30n)) });
    const mix = Object.entries(MIXES[this.#family]) as [Happening, number][];
    this.#read();
    this.#read();
    for (let i = 0; i < length; i++) {
      const happening = this.#pick(mix);
      if (happening === undefined || !this.#happens(happening)) this.#read();
      if (this.#dice.chance(0.3)) this.#tellPending();
    }
    // The last rollover needs a second reading too.
    for (let i = 0; i < 3; i++) {
      this.#meter.run(Number(15n * MINUTE), 0n);
      this.#told();
    }
    this.#tellPending();
    return {
      family: this.#family,
      decimals: this.#dice.from([0, 1, 2, 3]),
      modulus: this.#range,
      maxRate: this.#hasRate ? this.#rate : undefined,
      isSigned: this.#isSigned,
      played: this.#meter.played,
      truth: this.#meter.truth(),
    };
  }

  #pick(mix: readonly (readonly [Happening, number])[]): Happening | undefined {
    const all = 10n + mix.reduce((sum, [, weight]) => sum + BigInt(weight), 0n);
    let at = this.#dice.big(all);
    for (const [happening, weight] of mix) {
      if (at < BigInt(weight)) return happening;
      at -= BigInt(weight);
    }
    return undefined;
  }

  /** False where it must not happen now. */
  #happens(happening: Happening): boolean {
    switch (happening) {
      case 'zero':
        return this.#misread(0n);
      case 'garbage':
        return this.#misread(this.#farAway());
      case 'reset':
        return this.#reset();
      case 'exchange':
      case 'serial':
        return this.#exchange(happening === 'serial' ? 'serial' : 'declared');
      case 'back':
        return this.#back();
      case 'stand':
        return this.#stand();
      case 'gap':
        return this.#gap();
      case 'late':
        return this.#late();
    }
  }

  #startOfRegister(): bigint {
    const { big, chance, from } = this.#dice;
    const isRollover = this.#family.startsWith('rollover');
    const near = this.#range - 1n - big(this.#mostIn(20n * this.#interval) + 1n);
    if (this.#isSigned)
      return from([
        0n,
        this.#range / 2n - 1n - big(1n + this.#mostIn(HOUR)),
        1n - this.#range / 2n,
      ]);
    return isRollover || chance(0.2) ? near : big(this.#range);
  }

  /** Steps that can flow in so long. */
  #mostIn(span: bigint): bigint {
    return (this.#rate * span) / HOUR;
  }

  /** Steps that nobody can say cannot have flowed since the last reading. */
  #window(): bigint {
    if (!this.#hasRate) return this.#range / 10n;
    return this.#mostIn((2n + this.#misreads) * 2n * this.#interval + 31n * MINUTE) + 2n;
  }

  #flow(span: bigint): void {
    const share = this.#dice.from([0n, 1n, 10n, 50n, 100n, 100n]);
    const amount = (this.#mostIn(span) * share) / 100n;
    const sign = this.#isSigned && this.#dice.chance(0.4) ? -1n : 1n;
    this.#meter.run(Number(span), sign * amount);
  }

  #span(): bigint {
    return this.#interval + (this.#dice.big(41n) - 20n) * (this.#interval / 100n);
  }

  #read(): void {
    this.#flow(this.#span());
    this.#told();
  }

  /** A reading that is right. */
  #told(): void {
    const { rollovers } = this.#meter;
    this.#meter.read();
    this.#clean = this.#meter.rollovers === rollovers ? this.#clean + 1 : 1;
    this.#lastMisread = undefined;
    this.#misreads = 0n;
  }

  /** A value that no flow leads to, from wherever the register stands. */
  #farAway(): bigint {
    const half = this.#isSigned ? this.#range / 2n : 0n;
    const shifted = this.#meter.shown + half + this.#range / 4n + this.#dice.big(this.#range / 2n);
    return (shifted % this.#range) - half;
  }

  #distance(a: bigint, b: bigint): bigint {
    const there = (((a - b) % this.#range) + this.#range) % this.#range;
    return there < this.#range - there ? there : this.#range - there;
  }

  #misread(value: bigint): boolean {
    const window = this.#window();
    this.#flow(this.#span());
    const { shown } = this.#meter;
    // Nobody could tell it from a value that the register may show.
    const isBelievable =
      this.#lastMisread !== undefined && this.#distance(value, this.#lastMisread) <= 2n * window;
    const isNear = this.#isSigned && this.#distance(value, shown) <= window;
    const isSmall = value < shown && shown - value <= window;
    if (this.#clean < 1 || isBelievable || isNear || isSmall || value === shown) return false;
    const isAbove = value > shown && value - shown <= window;
    if (isAbove) return false;
    this.#meter.misread(value);
    this.#lastMisread = value;
    this.#misreads++;
    return true;
  }

  #isReadyForBreak(): boolean {
    this.#tellPending();
    return this.#clean >= CLEAN_BEFORE_BREAK;
  }

  #reset(): boolean {
    if (!this.#isReadyForBreak() || this.#isSigned) return false;
    const { shown } = this.#meter;
    const window = this.#window();
    // Near zero it could be backward flow, near the end a rollover.
    const isTooSmall = this.#hasRate
      ? shown <= 4n * window
      : shown <= 8n * this.#mostIn(2n * this.#interval) + 8n;
    if (isTooSmall || this.#range - shown <= 3n * window) return false;
    if (this.#dice.chance(0.5)) this.#flow(this.#span() / 2n);
    // A wrong reading just before is taken for the first one behind the reset, and what was kept does not fit in.
    const isKept = this.#dice.chance(0.3) && this.#lastMisread === undefined;
    if (isKept) this.#pending.push(this.#meter.freeze());
    this.#meter.reset();
    this.#clean = 0;
    for (let i = 0; i < CLEAN_BEFORE_BREAK; i++) this.#read();
    return true;
  }

  #exchange(how: 'declared' | 'serial'): boolean {
    if (!this.#isReadyForBreak()) return false;
    this.#flow(this.#span() / 2n);
    const half = this.#isSigned ? this.#range / 2n : 0n;
    this.#meter.exchange(this.#dice.from([0n, this.#dice.big(this.#range) - half]), how);
    this.#clean = 0;
    for (let i = 0; i < CLEAN_BEFORE_BREAK; i++) this.#read();
    return true;
  }

  #back(): boolean {
    const span = this.#span();
    const amount = this.#mostIn(span) / 2n;
    const { shown } = this.#meter;
    const isNearEnd =
      !this.#isSigned &&
      (shown <= 8n * this.#window() || this.#range - shown <= 3n * this.#window());
    if (this.#lastMisread !== undefined || isNearEnd || !this.#hasRate) return false;
    if (this.#refresh > 0 && !this.#isSigned) return false;
    if (!this.#isSigned && this.#clean < CLEAN_BEFORE_BREAK) return false;
    this.#meter.run(Number(span), -amount);
    this.#told();
    this.#clean = 0;
    for (let i = 0; i < CLEAN_BEFORE_BREAK; i++) this.#read();
    return true;
  }

  #stand(): boolean {
    for (let i = Number(this.#dice.big(8n)); i >= 0; i--) {
      this.#meter.run(Number(this.#span()), 0n);
      this.#told();
    }
    return true;
  }

  #gap(): boolean {
    if (this.#clean < 1) return false;
    // Longer, and it could turn over unseen.
    const longest = this.#hasRate ? (this.#range * HOUR) / (3n * this.#rate) : 0n;
    const most = this.#hasRate
      ? longest - this.#interval
      : (this.#range * HOUR) / (20n * this.#rate);
    const week = 7n * 24n * HOUR;
    this.#flow(this.#interval + this.#dice.big(most < week ? most : week));
    this.#told();
    this.#read();
    this.#read();
    return true;
  }

  #late(): boolean {
    if (this.#lastMisread !== undefined) return false;
    this.#flow(this.#span() / 2n);
    this.#pending.push(this.#meter.freeze());
    this.#flow(this.#span() / 2n + 1n);
    this.#told();
    return true;
  }

  #tellPending(): void {
    for (const tell of this.#pending) tell();
    this.#pending = [];
  }
}
