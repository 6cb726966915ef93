/** The clock of the machine, to which waiting for the next attempt to connect is over at once. */
import { type Clock, systemClock } from '../../gateway/host/clock.ts';

export function hastyClock(): Clock {
  const clock = systemClock();
  const at: Clock['at'] = (name, due, run, options) =>
    clock.at(name, name === 'forward.reconnect' ? clock.mono() : due, run, options);
  return Object.assign(Object.create(clock), { at });
}
