/**
 * Time as the rest of the code sees it. Wall time is for stamping samples and for nothing else;
 * every delay, timeout and deadline is monotonic, so a clock that is set moves none of them.
 */
import { existsSync } from 'node:fs';
import { type Millis, type MonoMs, millis, monoMs, type UtcMs, utcMs } from '../model/units.ts';

export type Cancel = () => void;

export interface AtOptions {
  /** Run within about 0.1 ms of the due time, at the price of up to 1 ms of busy waiting. */
  readonly precise?: boolean;
}

export interface Clock {
  utc(): UtcMs;
  mono(): MonoMs;
  /** Whether wall time can be believed. */
  isSynced(): boolean;
  /**
   * Runs `run` once at `due`, never earlier; at once (but not synchronously) when `due` has passed.
   * The name shows in diagnostics.
   */
  at(name: string, due: MonoMs, run: () => void, options?: AtOptions): Cancel;
}

const TIMESYNC_DIRECTORY = '/run/systemd/timesync';
/**
 * No gateway runs before the software was written: an earlier date is a clock without a battery.
 */
const EARLIEST_PLAUSIBLE_UTC = Date.UTC(2025, 0, 1);
const SYNC_CHECK_MS = 5_000;
/**
 * libuv rounds timers to whole milliseconds; the remainder of a precise wait is spent turning the
 * event loop.
 */
const COARSE_MARGIN_MS = 1.2;

/** The machine's own clock. */
export function systemClock(): Clock {
  let checkedAt = Number.NEGATIVE_INFINITY;
  let synced = false;
  const checkSync = (): boolean => {
    if (Date.now() < EARLIEST_PLAUSIBLE_UTC) return false;
    return !existsSync(TIMESYNC_DIRECTORY) || existsSync(`${TIMESYNC_DIRECTORY}/synchronized`);
  };
  return {
    utc: () => utcMs(Date.now()),
    mono: () => monoMs(performance.now()),
    isSynced() {
      const now = performance.now();
      if (now - checkedAt > SYNC_CHECK_MS) {
        checkedAt = now;
        synced = checkSync();
      }
      return synced;
    },
    at(_name, due, run, options) {
      return options?.precise ? precisely(due, run) : coarsely(due, run);
    },
  };
}

function coarsely(due: number, run: () => void): Cancel {
  const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;
  let timer: NodeJS.Timeout;
  const arm = () => {
    const wait = due - performance.now();
    timer = setTimeout(
      () => (performance.now() >= due ? run() : arm()),
      Math.min(Math.max(0, Math.ceil(wait)), LONGEST_TIMEOUT_MS),
    );
  };
  arm();
  return () => clearTimeout(timer);
}

function precisely(due: number, run: () => void): Cancel {
  let cancelled = false;
  const turn = () => {
    if (cancelled) return;
    if (performance.now() >= due) run();
    else setImmediate(turn);
  };
  const coarse = due - performance.now() - COARSE_MARGIN_MS;
  const timer = coarse >= 1 ? setTimeout(turn, Math.floor(coarse)) : undefined;
  if (timer === undefined) setImmediate(turn);
  return () => {
    cancelled = true;
    clearTimeout(timer);
  };
}

/** Resolves after `delay`; rejects with the signal's reason when it is aborted first. */
export function sleep(
  clock: Clock,
  name: string,
  delay: Millis,
  signal?: AbortSignal,
  options?: AtOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.at(
      name,
      monoMs(clock.mono() + Math.max(0, delay)),
      () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      },
      options,
    );
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** The time left until `due`, never negative. */
export const until = (clock: Clock, due: MonoMs): Millis => millis(Math.max(0, due - clock.mono()));
