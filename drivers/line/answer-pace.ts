/**
 * How soon a damaged answer is over. A frame may have long pauses by its standard, and noise may come before it;
 * but a unit that has just answered without any is not waited for as if it had. Waiting out the whole
 * patience for each damaged frame would cost its neighbours more than the damage did.
 */
import { type Millis, millis } from '../../gateway/model/units.ts';

/** Longer than a serial adapter or a serial server holds bytes back. */
const SHORTEST_PAUSE_MS = 50;
/** So many turn-arounds after the last byte nothing more comes. */
const TURNAROUNDS = 4;
/** A slow answer is remembered for some ten others. */
const FORGETTING = 0.9;

export class AnswerPace {
  #turnaround: number | undefined;
  #misses = 0;

  /** How long the line has to be quiet behind bytes that were no answer; `longest` while nothing is known. */
  pause(longest: Millis): Millis {
    if (this.#turnaround === undefined) return longest;
    const usual = Math.max(SHORTEST_PAUSE_MS, TURNAROUNDS * this.#turnaround);
    return millis(Math.min(longest, usual * 2 ** this.#misses));
  }

  answered(turnaround: Millis): void {
    this.#turnaround = Math.max(turnaround, FORGETTING * (this.#turnaround ?? 0));
    this.#misses = 0;
  }

  /** The next answer is waited for twice as long: perhaps this one was cut short. */
  missed(): void {
    this.#misses++;
  }
}
