/**
 * A clock that moves only when told to: a day of a site's life in seconds. Between two timers it
 * lets all promises and I/O callbacks that are ready run, so the code under it behaves as in real time.
 */
import type { ClockTrust } from '../model/clock-mark.ts';
import { type Millis, type MonoMs, millis, monoMs, type UtcMs, utcMs } from '../model/units.ts';
import type { Cancel, Clock } from './clock.ts';

interface Timer {
  readonly name: string;
  readonly due: number;
  readonly order: number;
  readonly run: () => void;
}

export interface VirtualClock extends Clock {
  /** Moves time forward by `by`, running every timer that falls due, in order. */
  advance(by: Millis): Promise<void>;
  /** Sets wall time without moving monotonic time, as NTP or an operator does. */
  stepWallClock(to: UtcMs): void;
  /** `false`: nobody knows the time; `true`: a source has just confirmed it. */
  setSynced(synced: boolean): void;
  setTrust(trust: ClockTrust): void;
  /** The names of the timers that wait, nearest first. */
  pending(): readonly string[];
}

/**
 * Turns of the event loop between two timers; enough for a chain of promises behind one I/O
 * callback.
 */
const TURNS_BETWEEN_TIMERS = 2;

/** `boot` and `bootedBefore`, ms, say which boot it is and how long that had lasted when the clock begins. */
export function virtualClock(
  start: UtcMs = utcMs(Date.UTC(2026, 0, 1)),
  { boot = 'virtual', bootedBefore = 0 } = {},
): VirtualClock {
  let now = 0;
  let wallOffset: number = start;
  let order = 0;
  let trust: ClockTrust = 'synced';
  let syncedAt: number | undefined = 0;
  const timers = new Set<Timer>();
  const nearest = (): Timer | undefined => {
    let best: Timer | undefined;
    for (const timer of timers)
      if (!best || timer.due < best.due || (timer.due === best.due && timer.order < best.order))
        best = timer;
    return best;
  };
  const settle = async () => {
    for (let turn = 0; turn < TURNS_BETWEEN_TIMERS; turn++)
      await new Promise<void>((resolve) => setImmediate(resolve));
  };
  return {
    utc: () => utcMs(wallOffset + now),
    mono: () => monoMs(now),
    isSynced: () => trust !== 'unsynced',
    trust: () => trust,
    sourceAge: () => (syncedAt === undefined ? undefined : millis(now - syncedAt)),
    boot,
    sinceBoot: () => millis(bootedBefore + now),
    at(name: string, due: MonoMs, run: () => void): Cancel {
      const timer: Timer = { name, due: Math.max(due, now), order: order++, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(by) {
      const end = now + by;
      await settle();
      for (let timer = nearest(); timer && timer.due <= end; timer = nearest()) {
        now = timer.due;
        timers.delete(timer);
        timer.run();
        await settle();
      }
      now = end;
    },
    stepWallClock(to) {
      wallOffset = to - now;
    },
    setSynced(value) {
      trust = value ? 'synced' : 'unsynced';
      syncedAt = value ? now : undefined;
    },
    setTrust(value) {
      trust = value;
    },
    pending: () => [...timers].sort((a, b) => a.due - b.due).map((timer) => timer.name),
  };
}

/** The clock as one process has it: with `kill` its timers are gone. */
export function mortalClock(clock: VirtualClock): VirtualClock & { kill(): void } {
  const timers = new Set<() => void>();
  let isAlive = true;
  return {
    ...clock,
    at(name, due, run, options) {
      if (!isAlive) return () => {};
      const cancelTimer = clock.at(
        name,
        due,
        () => {
          timers.delete(cancel);
          run();
        },
        options,
      );
      const cancel = () => {
        timers.delete(cancel);
        cancelTimer();
      };
      timers.add(cancel);
      return cancel;
    },
    kill() {
      isAlive = false;
      for (const cancel of [...timers]) cancel();
    },
  };
}
