/**
 * The clock of a test that stands in a rule. It moves when it is told to and runs what falls due on the way, within
 * the call: no promise, no turn of the event loop, so that a million seconds cost what the rules cost.
 */
import type { Cancel, Clock } from '../../gateway/host/clock.ts';
import { type MonoMs, millis, monoMs, type UtcMs, utcMs } from '../../gateway/model/units.ts';

export interface ManualClock extends Clock {
  /**
   * Goes to `time`, never back, and runs every timer due until then, in order of their times and, at one time, in the
   * order in which they were asked for. A timer that is asked for meanwhile runs too, if it is due by then.
   */
  moveTo(time: MonoMs): void;
}

interface Timer {
  readonly due: number;
  readonly run: () => void;
}

/** Monotonic time begins at 0, where the wall clock shows `start`. `ran` is told after each timer. */
export function manualClock(start: UtcMs, ran: () => void = () => {}): ManualClock {
  let now = 0;
  /** The nearest one last. */
  const timers: Timer[] = [];
  return {
    utc: () => utcMs(start + now),
    mono: () => monoMs(now),
    isSynced: () => true,
    trust: () => 'synced',
    sourceAge: () => millis(0),
    boot: 'manual',
    sinceBoot: () => millis(now),
    at(_name, due, run): Cancel {
      const timer: Timer = { due: Math.max(due, now), run };
      let place = timers.length;
      while (place > 0 && (timers[place - 1]?.due ?? 0) <= timer.due) place--;
      timers.splice(place, 0, timer);
      return () => {
        const found = timers.indexOf(timer);
        if (found >= 0) timers.splice(found, 1);
      };
    },
    moveTo(time) {
      for (let next = timers.at(-1); next && next.due <= time; next = timers.at(-1)) {
        timers.pop();
        now = next.due;
        next.run();
        ran();
      }
      now = Math.max(now, time);
    },
  };
}
