/** Waiting for what may never come: the library's promises stay pending when nobody answers. */
import type { Clock } from '../../gateway/host/clock.ts';
import { later, type Millis } from '../../gateway/model/units.ts';

export interface Patience {
  readonly clock: Clock;
  /** Shows in diagnostics. */
  readonly name: string;
  readonly timeout: Millis;
  /** What is said when the time is over. */
  readonly late: () => Error;
  readonly signal?: AbortSignal | undefined;
}

/** Settles as the work does, but rejects with `late()` after the time-out and with the signal's reason. */
export function inTime<T>(
  work: Promise<T>,
  { clock, name, timeout, late, signal }: Patience,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const settle = (end: () => void) => {
      cancel();
      signal?.removeEventListener('abort', onAbort);
      end();
    };
    const onAbort = () => settle(() => reject(signal?.reason));
    const cancel = clock.at(name, later(clock.mono(), timeout), () => settle(() => reject(late())));
    if (signal?.aborted) return onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    work.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error)),
    );
  });
}
