/**
 * The clock of a replay: it follows the times of recorded samples. Engine time never goes back. A sample that is a
 * little older than the one before it (two requests that overlap) is taken at the time that it is already; a larger
 * step back is a clock that was set: engine time stays where it is and goes on from there, and the wall clock follows.
 */
import type { Clock } from '../../gateway/host/clock.ts';
import {
  type MonoMs,
  millis,
  minutes,
  monoMs,
  type UtcMs,
  utcMs,
} from '../../gateway/model/units.ts';
import { manualClock } from '../tests/manual-clock.ts';

/** Up to this much older a sample is late, and no sign of a clock that was set. */
export const LATEST_SAMPLE = minutes(1);
/** A longer silence of all tags counts as this much engine time: nobody watched meanwhile. */
export const LONGEST_SILENCE = millis(86_400_000);

export interface ReplayClock extends Clock {
  /** Goes to the time of a sample and runs what falls due on the way. `isSynced`: whether that time can be believed. */
  follow(time: UtcMs, isSynced: boolean): void;
  /** How often the recorded times stepped: back, or from a clock that was not set to one that was. */
  readonly steps: number;
}

/** Shows `start` at the beginning. */
export function replayClock(start: UtcMs, isStartSynced = true): ReplayClock {
  const inner = manualClock(start);
  let offset = 0;
  let last: number = Math.floor(start);
  let isSynced = isStartSynced;
  let steps = 0;
  const moveBy = (by: number) => inner.moveTo(monoMs(inner.mono() + by));
  const setTo = (time: number) => {
    offset = time - inner.utc();
    last = time;
  };
  return {
    utc: () => utcMs(inner.utc() + offset),
    mono: (): MonoMs => inner.mono(),
    isSynced: () => isSynced,
    trust: () => (isSynced ? 'synced' : 'unsynced'),
    sourceAge: () => inner.sourceAge(),
    boot: inner.boot,
    sinceBoot: () => inner.sinceBoot(),
    at: (name, due, run) => inner.at(name, due, run),
    get steps() {
      return steps;
    },
    follow(at, believed) {
      const time = Math.floor(at);
      const by = time - last;
      if (believed !== isSynced || by < -LATEST_SAMPLE) {
        steps++;
        isSynced = believed;
        setTo(time);
      } else if (by > LONGEST_SILENCE) {
        moveBy(LONGEST_SILENCE);
        setTo(time);
      } else if (by > 0) {
        moveBy(by);
        last = time;
      }
    },
  };
}
