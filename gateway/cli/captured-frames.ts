/**
 * The frames that a session would send, caught on a line in memory that nobody answers: exactly what goes over
 * the wire, made by the code that will send it.
 */
import type { BusAccess, Driver, Group, WriteRequest, Written } from '../../drivers/driver.ts';
import type { Line } from '../../drivers/line/line.ts';
import type { Clock } from '../host/clock.ts';
import { silentLog } from '../host/log.ts';

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
  device: CapturedDevice,
  groups: readonly Group[],
  clock: Clock,
): Promise<readonly (Uint8Array | undefined)[]> {
  const frames: (Uint8Array | undefined)[] = [];
  await withSession(device, clock, async (session, firstFrame) => {
    for (const group of groups)
      frames.push(await firstFrame((signal) => session.read(group, signal)));
  });
  return frames;
}

/** What a write would do: send this frame, or end like this without sending anything. */
export type CaughtWrite =
  | { readonly frame: Uint8Array }
  | { readonly frame: undefined; readonly ended: Written | undefined };

/** Nothing is sent, and `ended` undefined, where the protocol only reads. */
export async function writeFrame(
  device: CapturedDevice,
  request: WriteRequest,
  clock: Clock,
): Promise<CaughtWrite> {
  let ended: Written | undefined;
  let frame: Uint8Array | undefined;
  await withSession(device, clock, async (session, firstFrame) => {
    frame = await firstFrame(async (signal) => {
      ended = await session.write?.(request, signal);
    });
  });
  return frame ? { frame } : { frame, ended };
}

type FirstFrame = (
  ask: (signal: AbortSignal) => Promise<unknown>,
) => Promise<Uint8Array | undefined>;

async function withSession(
  { driver, options, access }: CapturedDevice,
  clock: Clock,
  use: (session: ReturnType<Driver['open']>, firstFrame: FirstFrame) => Promise<void>,
): Promise<void> {
  let caught: (bytes: Uint8Array) => void = () => {};
  const line = catchingLine(access, clock, (bytes) => caught(bytes));
  const session = driver.open(options, { ...access, clock, log: silentLog, line });
  const firstFrame: FirstFrame = async (ask) => {
    const stop = new AbortController();
    let frame: Uint8Array | undefined;
    caught = (bytes) => {
      frame ??= bytes;
      // Not within the write: the session has first to be waiting for its answer.
      queueMicrotask(() => stop.abort());
    };
    await ask(stop.signal).catch((error: unknown) => {
      if (!stop.signal.aborted) throw error;
    });
    return frame;
  };
  try {
    await use(session, firstFrame);
  } finally {
    await session.close();
  }
}
