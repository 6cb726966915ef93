/** Blocks that were acknowledged lately: a broker that dies may lose what it had not handed on. Pure. */
import type { Seq } from '../journal/journal.ts';
import { between, type Millis, type MonoMs } from '../model/units.ts';

/** The oldest are forgotten first. */
const MAX_REMEMBERED = 65_536;

export class Recent {
  readonly #within: Millis;
  /** Oldest first. */
  #remembered: { readonly seq: Seq; readonly at: MonoMs }[] = [];

  /** @param within before the last one. */
  constructor(within: Millis) {
    this.#within = within;
  }

  add(seq: Seq, at: MonoMs): void {
    this.#remembered.push({ seq, at });
    if (this.#remembered.length >= 2 * MAX_REMEMBERED) this.#forgetOld();
  }

  /** A broker that died has answered up to its last acknowledgement, so that is where the doubt begins. */
  take(): readonly Seq[] {
    this.#forgetOld();
    const seqs = this.#remembered.map(({ seq }) => seq);
    this.#remembered = [];
    return seqs;
  }

  #forgetOld(): void {
    const last = this.#remembered.at(-1);
    if (last === undefined) return;
    this.#remembered = this.#remembered
      .filter(({ at }) => between(at, last.at) <= this.#within)
      .slice(-MAX_REMEMBERED);
  }
}
