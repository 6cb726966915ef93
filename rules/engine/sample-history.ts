/** The samples of one tag in a ring that grows: what windows look at. */
import type { EngineMs } from '../effect.ts';
import type { Maybe, Plain } from '../expression.ts';
import type { History } from '../picture.ts';

/** Beyond it the oldest go, and are counted. */
export const LONGEST_HISTORY = 100_000;
const SHORTEST_RING = 16;

const NONE = 0;
const NUMBER = 1;
const FLAG = 2;
const TEXT = 3;

/** Null: without value. */
export interface SavedWindow {
  readonly arrivals: readonly number[];
  readonly values: readonly (Plain | null)[];
}

export class SampleHistory implements History {
  #arrivals = new Float64Array(SHORTEST_RING);
  /** Numbers, and flags as 1 and 0; the place of a text in #texts is its own. */
  #numbers = new Float64Array(SHORTEST_RING);
  #kinds = new Uint8Array(SHORTEST_RING);
  readonly #texts = new Map<number, string>();
  #first = 0;
  #length = 0;
  #dropped = 0;
  #longest: number;

  /** `longest`: how far back the longest window looks, in ms. */
  constructor(longest: number) {
    this.#longest = longest;
  }

  get length(): number {
    return this.#length;
  }

  /** Samples that had to go although a window still reached them. */
  get dropped(): number {
    return this.#dropped;
  }

  arrival(index: number): EngineMs {
    return this.#arrivals[this.#place(index)] as number;
  }

  value(index: number): Maybe {
    const place = this.#place(index);
    const kind = this.#kinds[place];
    if (kind === NUMBER) return this.#numbers[place] as number;
    if (kind === NONE) return undefined;
    return kind === FLAG ? this.#numbers[place] === 1 : this.#texts.get(place);
  }

  after(at: EngineMs): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.arrival(middle) > at) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Another longest window; what was forgotten for the one before does not come back. */
  lookBack(longest: number): void {
    this.#longest = longest;
  }

  push(arrival: EngineMs, value: Maybe): void {
    while (this.#length > 1 && this.arrival(1) <= arrival - this.#longest) this.#forget();
    if (this.#length === LONGEST_HISTORY) {
      this.#forget();
      this.#dropped++;
    }
    if (this.#length === this.#arrivals.length) this.#grow();
    const place = this.#place(this.#length++);
    this.#arrivals[place] = arrival;
    if (typeof value === 'number') {
      this.#numbers[place] = value;
      this.#kinds[place] = NUMBER;
    } else if (typeof value === 'boolean') {
      this.#numbers[place] = value ? 1 : 0;
      this.#kinds[place] = FLAG;
    } else if (value === undefined) this.#kinds[place] = NONE;
    else {
      this.#texts.set(place, value);
      this.#kinds[place] = TEXT;
    }
  }

  /** Puts older samples before those that are here. */
  precede(older: readonly (readonly [EngineMs, Maybe])[]): void {
    const own = this.#samples();
    this.#texts.clear();
    this.#first = 0;
    this.#length = 0;
    for (const [arrival, value] of [...older, ...own]) this.push(arrival, value);
  }

  /** All of it as JSON can hold it, oldest first. Every sample of a large site passes here. */
  kept(): SavedWindow {
    const arrivals = this.#arrivals;
    const numbers = this.#numbers;
    const kinds = this.#kinds;
    const mask = arrivals.length - 1;
    const times = new Array<number>(this.#length);
    const values = new Array<Plain | null>(this.#length);
    for (let i = 0; i < times.length; i++) {
      const place = (this.#first + i) & mask;
      const kind = kinds[place];
      times[i] = arrivals[place] as number;
      values[i] = kind === NUMBER ? (numbers[place] as number) : (this.value(i) ?? null);
    }
    return { arrivals: times, values };
  }

  #samples(): readonly (readonly [EngineMs, Maybe])[] {
    return Array.from(
      { length: this.#length },
      (_, i) => [this.arrival(i), this.value(i)] as const,
    );
  }

  #place(index: number): number {
    return (this.#first + index) & (this.#arrivals.length - 1);
  }

  #forget(): void {
    this.#texts.delete(this.#first);
    this.#first = this.#place(1);
    this.#length--;
  }

  #grow(): void {
    const older = this.#samples();
    const size = this.#arrivals.length * 2;
    this.#arrivals = new Float64Array(size);
    this.#numbers = new Float64Array(size);
    this.#kinds = new Uint8Array(size);
    this.#texts.clear();
    this.#first = 0;
    this.#length = 0;
    for (const [arrival, value] of older) this.push(arrival, value);
  }
}
