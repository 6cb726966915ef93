/** A line in memory: a test sees what is written and says what comes back, and when. */
import type { Line, LineListener, SerialSettings, SerialTiming } from '../../drivers/line/line.ts';
import { serialTiming } from '../../drivers/line/serial-timing.ts';
import type { Clock } from '../../gateway/host/clock.ts';
import { monoMs } from '../../gateway/model/units.ts';

export interface ScriptedLine extends Line {
  /** All that was written, oldest first. */
  readonly written: readonly Buffer[];
  /** All settings it was tuned to, oldest first. */
  readonly tuned: readonly SerialSettings[];
  /** Hands bytes to whoever listens. */
  arrive(bytes: Uint8Array): void;
}

export function scriptedLine(clock: Clock, timing?: SerialTiming): ScriptedLine {
  const written: Buffer[] = [];
  const tuned: SerialSettings[] = [];
  let listener: LineListener | undefined;
  let isOpen = true;
  let busyUntil = clock.mono();
  let current = timing;
  return {
    resource: 'scripted',
    get timing() {
      return current;
    },
    async tune(settings) {
      tuned.push(settings);
      current = serialTiming(settings);
    },
    tuned,
    written,
    get isOpen() {
      return isOpen;
    },
    async connect() {
      isOpen = true;
    },
    write(bytes) {
      written.push(Buffer.from(bytes));
      const duration = bytes.length * (current?.character ?? 0);
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
