/**
 * What every line does the same way: one connection attempt at a time, one listener, no write to a
 * closed line, and the account of when the wire was busy. The bytes move in a `Stream`.
 */
import type { Clock } from '../../gateway/host/clock.ts';
import { type ErrorCode, GatewayError, reasonOf } from '../../gateway/model/errors.ts';
import { type MonoMs, monoMs } from '../../gateway/model/units.ts';
import type { Line, LineListener, ResourceKey, SerialSettings } from './line.ts';
import { sameSettings, serialTiming } from './serial-timing.ts';

/** An open port or socket. */
export interface Stream {
  /** See the line's. */
  readonly isLowLatency?: boolean | undefined;
  /** Throws when it can no longer take bytes; never keeps them for later. */
  write(bytes: Uint8Array): void;
  /** Makes the system hand over or forget what it has received so far. */
  drop(): Promise<void>;
  /** Absent where the far end decides. Forgets input; rejects when the stream is lost over it. */
  tune?(settings: SerialSettings): Promise<void>;
  /** Resolves when the system has let go of it; never rejects; idempotent. */
  close(): Promise<void>;
}

export interface StreamEvents {
  data(bytes: Uint8Array): void;
  /** The stream is gone or useless; may be said more than once. */
  lost(reason: unknown): void;
}

export interface StreamLineOptions {
  readonly resource: ResourceKey;
  /** Of the wire, near or far, to begin with; undefined where there is none. */
  readonly settings: SerialSettings | undefined;
  readonly clock: Clock;
  /**
   * Opens with the settings of the moment. Rejects with any error when it cannot be opened or the
   * signal is aborted, and then leaves nothing open.
   */
  readonly open: (
    events: StreamEvents,
    signal: AbortSignal,
    settings: SerialSettings | undefined,
  ) => Promise<Stream>;
}

/** Errors of an opening that say more than that it failed. */
const SAYS_WHY: ReadonlySet<ErrorCode> = new Set(['line.port-busy', 'line.dtu-absent']);

interface Attempt {
  readonly opened: Promise<void>;
  readonly cancel: AbortController;
}

export function streamLine({ resource, settings, clock, open }: StreamLineOptions): Line {
  let current = settings;
  let timing = current && serialTiming(current);
  let stream: Stream | undefined;
  let attempt: Attempt | undefined;
  let listener: LineListener | undefined;
  let dropping = false;
  let busyUntil: MonoMs = clock.mono();
  /** A port that was lost is still locked until the system has let go of it. */
  let leaving: Promise<void> = Promise.resolve();

  const closed = (reason: string) => new GatewayError('line.closed', { resource, reason });
  const unreachable = (error: unknown) =>
    error instanceof GatewayError && SAYS_WHY.has(error.code)
      ? error
      : new GatewayError('line.unreachable', { resource, reason: reasonOf(error) });

  const lose = (lost: Stream, reason: unknown): GatewayError => {
    const error = closed(reasonOf(reason));
    stream = undefined;
    leaving = lost.close();
    listener?.closed(error);
    return error;
  };

  const openStream = async (signal: AbortSignal) => {
    let lostEarly: { readonly reason: unknown } | undefined;
    let own: Stream | undefined;
    const events: StreamEvents = {
      data(bytes) {
        if (stream !== own) return;
        const at = clock.mono();
        busyUntil = monoMs(Math.max(busyUntil, at));
        if (!dropping) listener?.data(bytes, at);
      },
      lost(reason) {
        if (own === undefined) lostEarly ??= { reason };
        else if (stream === own) lose(own, reason);
      },
    };
    await leaving;
    own = await open(events, signal, current);
    if (lostEarly || signal.aborted) {
      await own.close();
      throw lostEarly ? lostEarly.reason : signal.reason;
    }
    stream = own;
  };

  const startAttempt = (): Attempt => {
    const cancel = new AbortController();
    const opened = openStream(cancel.signal)
      .catch((error) => {
        throw unreachable(error);
      })
      .finally(() => {
        attempt = undefined;
      });
    return { opened, cancel };
  };

  return {
    resource,
    get timing() {
      return timing;
    },
    get isOpen() {
      return stream !== undefined;
    },
    get isLowLatency() {
      return stream?.isLowLatency;
    },
    async connect(signal) {
      if (stream) return;
      if (signal.aborted) throw unreachable(signal.reason);
      attempt ??= startAttempt();
      const { opened, cancel } = attempt;
      const onAbort = () => cancel.abort(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      await opened.finally(() => signal.removeEventListener('abort', onAbort));
    },
    async tune(next) {
      if (current && sameSettings(current, next)) return;
      if (!stream) throw closed('not open');
      if (!stream.tune) throw new GatewayError('line.settings-fixed', { resource });
      const tuned = stream;
      dropping = true;
      try {
        await stream.tune(next);
      } catch (error) {
        throw stream === tuned ? lose(tuned, error) : closed(reasonOf(error));
      } finally {
        dropping = false;
      }
      if (stream !== tuned) throw closed('lost while it was tuned');
      current = next;
      timing = serialTiming(next);
      busyUntil = monoMs(Math.max(busyUntil, clock.mono()));
    },
    write(bytes) {
      if (!stream) throw closed('not open');
      try {
        stream.write(bytes);
      } catch (error) {
        throw lose(stream, error);
      }
      const duration = timing === undefined ? 0 : bytes.length * timing.character;
      busyUntil = monoMs(Math.max(busyUntil, clock.mono()) + duration);
    },
    listen(next) {
      if (listener) throw new Error(`${resource} has a listener already`);
      listener = next;
      return () => {
        if (listener === next) listener = undefined;
      };
    },
    busyUntil: () => busyUntil,
    async discardInput() {
      if (!stream) return;
      dropping = true;
      try {
        await stream.drop();
      } finally {
        dropping = false;
      }
    },
    async close() {
      attempt?.cancel.abort(closed('closed by the gateway'));
      await attempt?.opened.catch(() => {});
      const open = stream;
      stream = undefined;
      await leaving;
      await open?.close();
    },
  };
}
