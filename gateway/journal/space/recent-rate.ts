/** How much of something there was lately. Pure but for its own state. */
import { between, type Millis, type MonoMs } from '../../model/units.ts';

const PARTS = 12;

/** A sum over the last hour, or whatever span, kept in twelve parts: it forgets a twelfth at a time. */
export class RecentRate {
  readonly #part: number;
  readonly #knownAfter: Millis;
  readonly #began: MonoMs;
  readonly #sums = new Float64Array(PARTS);
  #current = 0;

  /** `knownAfter`: before so much has passed there is no rate. */
  constructor(began: MonoMs, span: Millis, knownAfter: Millis) {
    this.#began = began;
    this.#part = span / PARTS;
    this.#knownAfter = knownAfter;
  }

  add(now: MonoMs, amount: number): void {
    const at = this.#moveTo(now) % PARTS;
    this.#sums[at] = (this.#sums[at] as number) + amount;
  }

  /** Per millisecond; undefined while too little time has passed. */
  at(now: MonoMs): number | undefined {
    const since = between(this.#began, now);
    if (since < this.#knownAfter) return undefined;
    const current = this.#moveTo(now);
    const oldest = Math.max(0, current - PARTS + 1) * this.#part;
    return this.#sums.reduce((sum, part) => sum + part, 0) / (since - oldest);
  }

  /** The number of the part that `now` is in; those passed over are empty. */
  #moveTo(now: MonoMs): number {
    const wanted = Math.floor(Math.max(0, between(this.#began, now)) / this.#part);
    for (let next = Math.max(this.#current + 1, wanted - PARTS + 1); next <= wanted; next++)
      this.#sums[next % PARTS] = 0;
    this.#current = Math.max(this.#current, wanted);
    return this.#current;
  }
}
