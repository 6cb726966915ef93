/** A simulated wire as a line for those who examine it, in virtual time. */
import type { Line, SerialSettings } from '../../drivers/line/line.ts';
import { streamLine } from '../../drivers/line/stream-line.ts';
import { type LineManners, SimulatedLine } from '../../firmware-sim/line.ts';
import { type VirtualClock, virtualClock } from '../../gateway/host/virtual-clock.ts';
import { millis } from '../../gateway/model/units.ts';
import { type MixedUnit, stationOf } from './mixed-bus.ts';

export interface VirtualWire {
  readonly clock: VirtualClock;
  readonly line: Line;
  readonly simulated: SimulatedLine;
}

export interface VirtualWireOptions {
  /** Their numbers begin with 1. */
  readonly units?: readonly MixedUnit[];
  /** Of the units without settings of their own, and of the master at first. */
  readonly settings?: SerialSettings;
  readonly manners?: Partial<LineManners>;
  /** A serial server that decides for itself. */
  readonly isFixed?: boolean;
}

export const USUAL: SerialSettings = { baud: 9600, format: '8N1' };

/** A connected line; it ends with the test, which holds nothing real. */
export async function virtualWire(options: VirtualWireOptions = {}): Promise<VirtualWire> {
  const { units = [], settings = USUAL, manners = {}, isFixed = false } = options;
  const clock = virtualClock();
  const stations = units.map((unit, i) => stationOf(unit, i + 1, clock));
  const simulated = new SimulatedLine({ ...settings, ...manners, stations, seed: 7 }, clock);
  const line = streamLine({
    resource: 'virtual',
    settings,
    clock,
    open: async (events) => {
      const endpoint = simulated.endpoint();
      endpoint.onData((bytes) => events.data(bytes));
      return {
        write: (bytes) => endpoint.write(bytes),
        drop: async () => {},
        ...(!isFixed && { tune: async (next: SerialSettings) => endpoint.tune(next) }),
        close: async () => endpoint.close(),
      };
    },
  });
  await line.connect(new AbortController().signal);
  return { clock, line, simulated };
}

const STEP = millis(500);

/** Moves time on until the promise settles. */
export async function inVirtualTime<T>(clock: VirtualClock, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settled = promise.finally(() => {
    isSettled = true;
  });
  settled.catch(() => {});
  while (!isSettled) await clock.advance(STEP);
  return settled;
}
