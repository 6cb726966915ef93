/** A line in memory: a test sees what is written and says what comes back, and when. */
import type { Line, LineListener, SerialTiming } from '../../drivers/line/line.ts';
import type { Clock } from '../../gateway/host/clock.ts';
import { monoMs } from '../../gateway/model/units.ts';

export interface ScriptedLine extends Line {
  /** All that was written, oldest first. */
  readonly written: readonly Buffer[];
  /** Hands bytes to whoever listens. */
  arrive(bytes: Uint8Array): void;
}

export function scriptedLine(clock: Clock, timing?: SerialTiming): ScriptedLine {
  const written: Buffer[] = [];
  let listener: LineListener | undefined;
  let isOpen = true;
  let busyUntil = clock.mono();
  return {
    resource: 'scripted',
    timing,
    written,
    get isOpen() {
      return isOpen;
    },
    async connect() {
      isOpen = true;
    },
    write(bytes) {
      written.push(Buffer.from(bytes));
      const duration = bytes.length * (timing?.character ?? 0);
      busyUntil = monoMs(Math.max(busyUntil, clock.mono()) + duration);
    },
    listen(next) {
      if (listener) throw new Error('scripted has a listener already');
      listener = next;
      return () => {
        listener = undefined;
      };
    },
    arrive(bytes) {
      busyUntil = monoMs(Math.max(busyUntil, clock.mono()));
      listener?.data(bytes, clock.mono());
    },
    busyUntil: () => busyUntil,
    async discardInput() {},
    async close() {
      isOpen = false;
    },
  };
}
