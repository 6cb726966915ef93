/**
 * A serial line whose RS-485 transceiver is turned round by a pin: high from just before the first byte until the
 * computed end of the last one. The end is a timer of this process, 1 ms late when all is well and more on a busy
 * box; a device that answers sooner loses its first byte. The kernel's own RS-485 mode, or an adapter that turns
 * round by itself, is better wherever it can be had.
 */
import type { Cancel, Clock } from '../../gateway/host/clock.ts';
import { GatewayError } from '../../gateway/model/errors.ts';
import { type MonoMs, monoMs } from '../../gateway/model/units.ts';
import type { Line, LineListener } from './line.ts';

/** The pin at the transceiver; high: it sends. */
export interface DirectionPin {
  /** Takes the pin, low; an open one resolves at once. Rejects with why it cannot be had. */
  open(): Promise<void>;
  /** Nothing is returned where nothing has to be waited for. Rejects or throws when the pin is lost. */
  set(isHigh: boolean): Promise<void> | undefined;
  /** Low, and given back. Idempotent, never rejects. */
  close(): Promise<void>;
}

/** The same line; it is open only when its pin is too, and opening it rejects with the pin's error as well. */
export function directedLine(line: Line, pin: DirectionPin, clock: Clock): Line {
  let listener: LineListener | undefined;
  let cancel: Cancel = () => {};
  /** When the last byte handed over will have gone, the time that the pin takes not counted. */
  let sentUntil: MonoMs = clock.mono();
  /** What waits for the pin to rise. */
  let waiting: Uint8Array[] | undefined;
  let opening: Promise<void> | undefined;
  let closings = 0;

  const fail = (error: unknown) => {
    waiting = undefined;
    const reason = error instanceof Error ? error : new Error(String(error));
    void line.close().then(() => listener?.closed(reason));
  };
  /** Rejects with why the pin does not follow. */
  const turn = async (isHigh: boolean) => pin.set(isHigh);
  const lower = () => void turn(false).catch(fail);
  const raised = () => {
    try {
      return pin.set(true);
    } catch (error) {
      fail(error);
      throw error;
    }
  };
  const lastsUntil = (bytes: Uint8Array): MonoMs =>
    monoMs(Math.max(sentUntil, clock.mono()) + bytes.length * (line.timing?.character ?? 0));
  const send = (bytes: Uint8Array) => {
    line.write(bytes);
    sentUntil = lastsUntil(bytes);
    cancel();
    cancel = clock.at('line.direction', sentUntil, lower, { precise: true });
  };
  const sendWaiting = () => {
    const pieces = waiting ?? [];
    waiting = undefined;
    try {
      for (const bytes of pieces) send(bytes);
    } catch {
      // The line has told its listener that it is lost.
    }
  };

  return {
    resource: line.resource,
    get timing() {
      return line.timing;
    },
    get isOpen() {
      return line.isOpen;
    },
    get isLowLatency() {
      return line.isLowLatency;
    },
    async connect(signal) {
      if (line.isOpen) return;
      const before = closings;
      opening ??= pin.open().finally(() => {
        opening = undefined;
      });
      await opening;
      if (closings > before)
        throw new GatewayError('line.unreachable', { resource: line.resource, reason: 'closed' });
      await line.connect(signal);
    },
    tune: (settings) => line.tune(settings),
    write(bytes) {
      if (!line.isOpen || (sentUntil > clock.mono() && !waiting)) {
        send(bytes);
        return;
      }
      if (waiting) {
        waiting.push(bytes);
        return;
      }
      cancel();
      const rising = raised();
      if (rising === undefined) {
        send(bytes);
        return;
      }
      waiting = [bytes];
      rising.then(sendWaiting, fail);
    },
    listen(next) {
      const wrapped: LineListener = {
        data: (bytes, at) => next.data(bytes, at),
        closed(error) {
          cancel();
          waiting = undefined;
          // The pin may be what was lost.
          void turn(false).catch(() => {});
          next.closed(error);
        },
      };
      const stop = line.listen(wrapped);
      listener = next;
      return () => {
        if (listener === next) listener = undefined;
        stop();
      };
    },
    busyUntil() {
      const pieces = waiting ?? [];
      const length = pieces.reduce((sum, { length: bytes }) => sum + bytes, 0);
      if (length === 0) return line.busyUntil();
      return monoMs(Math.max(line.busyUntil(), lastsUntil(new Uint8Array(length))));
    },
    discardInput: () => line.discardInput(),
    async close() {
      closings++;
      cancel();
      waiting = undefined;
      await line.close();
      await opening?.catch(() => {});
      await pin.close();
    },
  };
}
