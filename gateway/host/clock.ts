/**
 * Time as the rest of the code sees it. Wall time is for stamping samples and for nothing else;
 * every delay, timeout and deadline is monotonic, so a clock that is set moves none of them.
 */
import type { ClockMoment, ClockTrust } from '../model/clock-mark.ts';
import { type Millis, type MonoMs, millis, monoMs, type UtcMs, utcMs } from '../model/units.ts';
import { bootId, kernelNow } from './boot.ts';
import { machineTimeSource, type TimeSource } from './time-source.ts';

export type Cancel = () => void;

export interface AtOptions {
  /** Run within about 0.1 ms of the due time, at the price of up to 1 ms of busy waiting. */
  readonly precise?: boolean;
}

export interface Clock {
  utc(): UtcMs;
  mono(): MonoMs;
  /** Whether wall time can be believed: its trust is not `unsynced`. */
  isSynced(): boolean;
  trust(): ClockTrust;
  /** How long ago a time source last set the clock; undefined: in this boot none has, or there is none. */
  sourceAge(): Millis | undefined;
  /** The kernel's id of this boot. */
  readonly boot: string;
  /** Of the kernel's own clock: it runs on over a restart of the process, and not while the machine is suspended. */
  sinceBoot(): Millis;
  /**
   * Runs `run` once at `due`, never earlier; at once (but not synchronously) when `due` has passed.
   * The name shows in diagnostics.
   */
  at(name: string, due: MonoMs, run: () => void, options?: AtOptions): Cancel;
}

/** A source that is silent for longer leaves the clock to itself. */
const HOLDOVER_AFTER_MS = 86_400_000;
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
export function systemClock(source: TimeSource = machineTimeSource()): Clock {
  let checkedAt = Number.NEGATIVE_INFINITY;
  let state: ReturnType<TimeSource> = { kind: 'none' };
  const look = () => {
    const now = performance.now();
    if (now - checkedAt <= SYNC_CHECK_MS) return state;
    checkedAt = now;
    state = source(Date.now(), now);
    return state;
  };
  const trust = (): ClockTrust => {
    if (Date.now() < EARLIEST_PLAUSIBLE_UTC) return 'unsynced';
    const found = look();
    if (found.kind === 'none') return 'holdover';
    if (found.kind === 'never') return 'unsynced';
    return found.age > HOLDOVER_AFTER_MS ? 'holdover' : 'synced';
  };
  return {
    utc: () => utcMs(Date.now()),
    mono: () => monoMs(performance.now()),
    isSynced: () => trust() !== 'unsynced',
    trust,
    sourceAge() {
      const found = look();
      return found.kind === 'set' ? millis(found.age) : undefined;
    },
    boot: bootId(),
    sinceBoot: () => millis(kernelNow()),
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

/** Between the two looks at a moment; where the thread lost the processor meanwhile it looks again. */
const LOOK_MS = 2;
const LOOKS_MAX = 4;

/** Now, by wall time and by the kernel's clock at once. */
export function clockMoment(clock: Clock): ClockMoment {
  for (let looks = 1; ; looks++) {
    const before = clock.sinceBoot();
    const utc = clock.utc();
    const sinceBoot = clock.sinceBoot();
    if (sinceBoot - before > LOOK_MS && looks < LOOKS_MAX) continue;
    const offset = Math.round(utc - (before + sinceBoot) / 2);
    return { boot: clock.boot, offset, trust: clock.trust(), sinceBoot };
  }
}

/** The time left until `due`, never negative. */
export const until = (clock: Clock, due: MonoMs): Millis => millis(Math.max(0, due - clock.mono()));
