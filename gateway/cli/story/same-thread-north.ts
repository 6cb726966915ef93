/**
 * The north side in this thread and in the time of the story, so that what is stored never depends on how busy the machine
 * is. Messages are copied as between threads.
 */

import type { Forwarder } from '../../forward/uplink.ts';
import type { Clock } from '../../host/clock.ts';
import { type ForwarderContext, runNorth } from '../../journal/north/north.ts';
import type { StartNorth } from '../../journal/north/north-options.ts';
import type { FromNorth, ToNorth } from '../../journal/north/north-protocol.ts';
import type { KeptWorker } from '../../journal/north/worker-keeper.ts';

export interface SameThreadNorth {
  readonly start: StartNorth;
  /** From now on the field side hears nothing and is not heard; resolves when the file is closed. */
  cut(): Promise<void>;
}

export function sameThreadNorth(
  clock: Clock,
  createForwarders: (context: ForwarderContext) => Promise<readonly Forwarder[]>,
): SameThreadNorth {
  let isCut = false;
  let stop = (): void => {};
  const closed = Promise.withResolvers<void>();
  const start = (): KeptWorker<ToNorth, FromNorth> => {
    const listeners = { message: [], error: [], exit: [] } as Listeners;
    let take = (_message: ToNorth) => {};
    const post = (message: ToNorth) => {
      const copy = structuredClone(message);
      queueMicrotask(() => take(copy));
    };
    const exit = (code: number) => {
      closed.resolve();
      if (!isCut) for (const listener of listeners.exit) listener(code);
    };
    const port = {
      postMessage(message: FromNorth) {
        const copy = structuredClone(message);
        queueMicrotask(() => {
          if (!isCut) for (const listener of listeners.message) listener(copy);
        });
      },
      on(_event: 'message', listener: (message: ToNorth) => void) {
        take = listener;
      },
      close: () => queueMicrotask(() => exit(0)),
    };
    runNorth(port, { clock, createForwarders, exit });
    stop = () => post({ kind: 'stop' });
    return {
      postMessage: (message) => (isCut ? undefined : post(message)),
      on(event: keyof Listeners, listener: never) {
        (listeners[event] as ((of: never) => void)[]).push(listener);
      },
      unref() {},
    };
  };
  return {
    start,
    cut() {
      isCut = true;
      stop();
      return closed.promise;
    },
  };
}

interface Listeners {
  readonly message: ((message: FromNorth) => void)[];
  readonly error: ((error: unknown) => void)[];
  readonly exit: ((code: number) => void)[];
}
