/** A motor valve: it takes its time from one end to the other, and says little on the way. */
import type { Millis, MonoMs } from '../gateway/model/units.ts';
import { later } from '../gateway/model/units.ts';

export type ValvePosition = 'open' | 'closed' | 'stuck';

export interface Valve {
  /** Begins to move; `isStuck`: it will not arrive. A new order takes the place of the last one. */
  order(target: 'open' | 'closed', now: MonoMs, isStuck: boolean): void;
  /** Where it is as far as it tells: the old end until it has arrived at the new one. */
  position(now: MonoMs): ValvePosition;
  /** When the position was last reached that `position` tells. */
  readonly arrivedAt: MonoMs;
}

export function valve(travel: Millis, startedAt: MonoMs): Valve {
  let position: ValvePosition = 'open';
  let arrivedAt = startedAt;
  let way: { readonly to: ValvePosition; readonly due: MonoMs } | undefined;
  const arrive = (now: MonoMs) => {
    if (!way || now < way.due) return;
    position = way.to;
    arrivedAt = way.due;
    way = undefined;
  };
  return {
    get arrivedAt() {
      return arrivedAt;
    },
    order(target, now, isStuck) {
      arrive(now);
      way = { to: isStuck ? 'stuck' : target, due: later(now, travel) };
      arrive(now);
    },
    position(now) {
      arrive(now);
      return position;
    },
  };
}
