/** The clock of the machine, to which some waiting is over at once: for the next attempt to connect, for more to be told. */
import { type Clock, systemClock } from '../../gateway/host/clock.ts';

const SHORT: ReadonlySet<string> = new Set(['forward.reconnect', 'forward.omissions']);

export function hastyClock(): Clock {
  const clock = systemClock();
  const at: Clock['at'] = (name, due, run, options) =>
    clock.at(name, SHORT.has(name) ? clock.mono() : due, run, options);
  return Object.assign(Object.create(clock), { at });
}
