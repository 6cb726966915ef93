/**
 * Finds the block at which a broker hangs up. Blocks that were under way at several losses of the connection in a row are
 * suspects: each is sent alone, behind others that the same connection took. The one at which the connection is lost again and
 * again is convicted; those that are taken were only near it, or the line is bad. Pure.
 */
import type { Seq } from '../journal/journal.ts';

/** Losses in a row that make a suspect. */
export const SUSPECT_AFTER = 3;
/** Losses of a connection that took others, with nothing but the suspect under way. */
export const CONVICT_AFTER = 5;

export class Suspects {
  /** Under way at the last loss, and at how many in a row. */
  #losses = new Map<Seq, number>();
  /** With the losses when alone. */
  readonly #suspects = new Map<Seq, number>();
  /** The present connection has taken something since a suspect was sent. */
  #isProven = false;

  has(seq: Seq): boolean {
    return this.#suspects.has(seq);
  }

  /** The one to be sent when nothing else is under way; `isIdle`: there is nothing else to be sent. */
  next(isIdle: boolean): Seq | undefined {
    if (!this.#isProven && !isIdle) return undefined;
    const [first] = this.#suspects.keys();
    return first;
  }

  /** It was taken, or is not there any more. */
  settled(seq: Seq): void {
    if (!this.#suspects.delete(seq)) this.#isProven = true;
    this.#losses.delete(seq);
  }

  /** The connection was lost with these under way. The one that is convicted by that; it is no suspect any more. */
  lost(underWay: readonly Seq[]): Seq | undefined {
    const wasProven = this.#isProven;
    this.#isProven = false;
    const [only, ...others] = underWay;
    const alone = only === undefined ? undefined : this.#suspects.get(only);
    if (only !== undefined && alone !== undefined && others.length === 0) {
      const strikes = alone + (wasProven ? 1 : 0);
      this.#suspects.delete(only);
      if (strikes >= CONVICT_AFTER) return only;
      // The others have their turn first.
      this.#suspects.set(only, strikes);
      return undefined;
    }
    this.#losses = new Map(underWay.map((seq) => [seq, (this.#losses.get(seq) ?? 0) + 1]));
    for (const [seq, losses] of this.#losses)
      if (losses >= SUSPECT_AFTER && !this.#suspects.has(seq)) this.#suspects.set(seq, 0);
    return undefined;
  }
}
