/**
 * Whether a subscription tells what changes: a server may go on saying that it lives and publish nothing. What is read
 * now and then is held against what was published. Pure but for its own state.
 */
import type { Sample, Value } from '../../gateway/model/sample.ts';

/** A value that was there for a moment only may rightly never be published; twice in a row it is no chance. */
const ENOUGH = 2;

export class SilenceCheck {
  /** By handle, as published last. */
  readonly #values = new Map<number, Value | null>();
  /** Handles of which another value was read, and nothing published since. */
  readonly #missing = new Set<number>();
  #times = 0;

  published(handle: number, { value }: Sample): void {
    this.#values.set(handle, value);
    this.#missing.delete(handle);
  }

  /** What was read; another value than the published one has to be published soon. */
  read(handle: number, { value }: Sample): void {
    if (this.#values.has(handle) && this.#values.get(handle) !== value) this.#missing.add(handle);
  }

  get isWaiting(): boolean {
    return this.#missing.size > 0;
  }

  /** When publishing has had its time. */
  isSilent(): boolean {
    this.#times = this.isWaiting ? this.#times + 1 : 0;
    this.#missing.clear();
    return this.#times >= ENOUGH;
  }

  clear(): void {
    this.#values.clear();
    this.#missing.clear();
    this.#times = 0;
  }
}
