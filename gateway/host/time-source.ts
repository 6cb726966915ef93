/**
 * Who sets the clock of this machine, and when that was last. Everything here can be read without rights: the file that
 * systemd-timesyncd touches after each answer it has set the clock by (manager_receive_response, systemd 247 and later),
 * else what chronyd tells anybody on the machine.
 */
import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { kernelNow } from './boot.ts';

/**
 * `none`: nobody says anything about the clock · `never`: there is a source, and it has not set the clock since the boot ·
 * `set`: it has, `age` ms ago, as far as can be told.
 */
export type SourceState =
  | { readonly kind: 'none' }
  | { readonly kind: 'never' }
  | { readonly kind: 'set'; readonly age: number };

/** Cheap; to be asked every few seconds, with what wall time and the process's monotonic clock are now. */
export type TimeSource = (utc: number, mono: number) => SourceState;

const TIMESYNC_FOLDER = '/run/systemd/timesync';
const CHRONY_FOLDER = '/run/chrony';
const CHRONY_EVERY_MS = 60_000;
const CHRONY_PATIENCE_MS = 2_000;

export function machineTimeSource(): TimeSource {
  const timesync = timesyncd(`${TIMESYNC_FOLDER}/synchronized`);
  const chrony = chronyd();
  return (utc, mono) => {
    if (existsSync(TIMESYNC_FOLDER)) return timesync(utc, mono);
    return existsSync(CHRONY_FOLDER) ? chrony(utc, mono) : { kind: 'none' };
  };
}

/**
 * The file's time is wall time, so it tells an age only once, and never one beyond the boot; from then on each change of
 * it counts from when it was seen, and a clock that is set makes no synchronisation older or newer.
 */
function timesyncd(path: string): TimeSource {
  let touched: number | undefined;
  let setAt = 0;
  return (utc, now) => {
    const found = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    if (found === undefined) {
      touched = NOT_YET;
      return { kind: 'never' };
    }
    if (found !== touched) {
      const age = Math.min(kernelNow(), Math.max(0, utc - found));
      setAt = touched === undefined ? now - age : now;
      touched = found;
    }
    return { kind: 'set', age: now - setAt };
  };
}

const NOT_YET = Number.NEGATIVE_INFINITY;

/** Asks in the background and gives the latest answer; while there is none, nobody has said anything. */
function chronyd(): TimeSource {
  let answer: (now: number) => SourceState = () => ({ kind: 'none' });
  let askedAt = Number.NEGATIVE_INFINITY;
  return (utc, now) => {
    if (now - askedAt > CHRONY_EVERY_MS) {
      askedAt = now;
      const options = { timeout: CHRONY_PATIENCE_MS };
      execFile('chronyc', ['-n', '-c', 'tracking'], options, (error, text) => {
        answer = error ? () => ({ kind: 'none' }) : chronyAnswer(text, utc, now);
      });
    }
    return answer(now);
  };
}

const REFERENCE_TIME = 3;
const LEAP_STATUS = 13;

/** What `chronyc -n -c tracking` printed when wall time was `utc` and monotonic time `mono`. */
export function chronyAnswer(
  text: string,
  utc: number,
  mono: number,
): (now: number) => SourceState {
  const fields = text.trim().split(',');
  const [setAt, leap] = [Number(fields[REFERENCE_TIME]), fields[LEAP_STATUS]];
  if (leap === undefined || !Number.isFinite(setAt)) return () => ({ kind: 'none' });
  if (setAt === 0 || leap === 'Not synchronised') return () => ({ kind: 'never' });
  const age = Math.max(0, utc - setAt * 1000);
  return (now) => ({ kind: 'set', age: age + now - mono });
}
