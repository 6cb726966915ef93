/** A sleep that can be cut short: by whoever has something to do, or by a stop. */
import type { MonoMs } from '../model/units.ts';
import type { Clock } from './clock.ts';

export class Nap {
  readonly #name: string;
  readonly #clock: Clock;
  #end: () => void = () => {};

  /** The name shows in diagnostics. */
  constructor(name: string, clock: Clock) {
    this.#name = name;
    this.#clock = clock;
  }

  /** Ends the sleep under way; without one nothing happens. */
  readonly wake = (): void => this.#end();

  /** Resolves at `due` with true, or with false when it was cut short; one at a time. */
  until(due: MonoMs, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const finish = (isOver: boolean) => {
        cancel();
        this.#end = () => {};
        signal.removeEventListener('abort', this.wake);
        resolve(isOver);
      };
      const cancel = this.#clock.at(this.#name, due, () => finish(true));
      this.#end = () => finish(false);
      signal.addEventListener('abort', this.wake, { once: true });
    });
  }
}
