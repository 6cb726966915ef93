/** What is under way in a session, and the way to end it. */
import { GatewayError } from '../../gateway/model/errors.ts';
import type { Line } from './line.ts';

/** Calls that a session can give up when it is closed. What is called afterwards runs as before. */
export class Closing {
  readonly #line: Pick<Line, 'resource'>;
  readonly #calls = new Set<AbortController>();

  constructor(line: Pick<Line, 'resource'>) {
    this.#line = line;
  }

  /** Runs with a signal that ends with the caller's or with `close`; settles as `run` does. */
  async call<T>(signal: AbortSignal, run: (either: AbortSignal) => Promise<T>): Promise<T> {
    const either = new AbortController();
    const onAbort = () => either.abort(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    this.#calls.add(either);
    try {
      return await run(either.signal);
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#calls.delete(either);
    }
  }

  /** Ends every call with `line.closed`; idempotent. */
  close(): void {
    const { resource } = this.#line;
    const reason = 'the session was closed';
    for (const call of this.#calls)
      call.abort(new GatewayError('line.closed', { resource, reason }));
  }
}
