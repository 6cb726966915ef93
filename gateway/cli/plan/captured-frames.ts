/**
 * The frames that a session would send, caught on a line in memory that nobody answers: exactly what goes over
 * the wire, made by the code that will send it.
 */
import type { BusAccess, Driver, Group } from '../../../drivers/driver.ts';
import type { Line } from '../../../drivers/line/line.ts';
import type { Clock } from '../../host/clock.ts';
import { silentLog } from '../../host/log.ts';

/** Catches what is written and calls `onWrite` when that is done. */
function catchingLine(access: BusAccess, clock: Clock, onWrite: (bytes: Uint8Array) => void): Line {
  return {
    resource: access.resource,
    timing: access.timing,
    isOpen: true,
    connect: async () => {},
    tune: async () => {},
    write: (bytes) => onWrite(Uint8Array.from(bytes)),
    listen: () => () => {},
    busyUntil: () => clock.mono(),
    discardInput: async () => {},
    close: async () => {},
  };
}

/** A device as its driver sees it. */
export interface CapturedDevice {
  readonly driver: Driver;
  readonly options: unknown;
  readonly access: BusAccess;
}

/** The first frame of each group's read, in their order; undefined where a group sends nothing. */
export async function readFrames(
  { driver, options, access }: CapturedDevice,
  groups: readonly Group[],
  clock: Clock,
): Promise<readonly (Uint8Array | undefined)[]> {
  let caught: (bytes: Uint8Array) => void = () => {};
  const line = catchingLine(access, clock, (bytes) => caught(bytes));
  const session = driver.open(options, { ...access, clock, log: silentLog, line });
  const frames: (Uint8Array | undefined)[] = [];
  for (const group of groups) {
    const stop = new AbortController();
    let frame: Uint8Array | undefined;
    caught = (bytes) => {
      frame ??= bytes;
      // Not within the write: the session has first to be waiting for its answer.
      queueMicrotask(() => stop.abort());
    };
    await session.read(group, stop.signal).catch((error: unknown) => {
      if (!stop.signal.aborted) throw error;
    });
    frames.push(frame);
  }
  await session.close();
  return frames;
}
