/** When what cannot be watched is tried again: each tag for itself, slowly, so that a wrong address costs nothing. */
import { type BackoffPolicy, backoff } from '../../gateway/model/backoff.ts';
import { later, type MonoMs, minutes, monoMs, seconds } from '../../gateway/model/units.ts';

/** Without chance: what failed together is tried together, in one request. */
export const RETRY: BackoffPolicy = { first: seconds(10), longest: minutes(10), jitter: 0 };

/** Keeps the next attempt of everything that failed. */
export class Retries<T> {
  readonly #waiting = new Map<T, { readonly attempt: number; readonly due: MonoMs }>();

  get size(): number {
    return this.#waiting.size;
  }

  /** It failed, once more. */
  add(what: T, now: MonoMs): void {
    const attempt = (this.#waiting.get(what)?.attempt ?? 0) + 1;
    this.#waiting.set(what, {
      attempt,
      due: later(
        now,
        backoff(RETRY, attempt, () => 1),
      ),
    });
  }

  delete(what: T): void {
    this.#waiting.delete(what);
  }

  /** Begins anew: after a restart of the server yesterday's failures say nothing. */
  clear(): void {
    this.#waiting.clear();
  }

  /** When the next attempt is due; never, when nothing failed. */
  get due(): MonoMs {
    return monoMs(Math.min(...[...this.#waiting.values()].map(({ due }) => due)));
  }

  /** What is to be tried at `now`. */
  dueAt(now: MonoMs): readonly T[] {
    return [...this.#waiting].filter(([, { due }]) => due <= now).map(([what]) => what);
  }
}
