import type { Clock } from '../../gateway/host/clock.ts';
import { later, type Millis } from '../../gateway/model/units.ts';

/**
 * Runs `run` with a signal that is aborted with `late()` after `limit`, or with the given signal's
 * reason.
 */
export async function withDeadline<T>(
  { clock, name, limit }: { readonly clock: Clock; readonly name: string; readonly limit: Millis },
  late: () => Error,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const cancel = clock.at(name, later(clock.mono(), limit), () => deadline.abort(late()));
  try {
    return await run(AbortSignal.any([signal, deadline.signal]));
  } finally {
    cancel();
  }
}
