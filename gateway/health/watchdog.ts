/**
 * Feeds systemd's watchdog only while every service gets something done: a turning event loop
 * alone proves nothing.
 */
import type { Cancel, Clock } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import type { Notify } from '../host/notify.ts';
import type { Service } from '../host/service.ts';
import { between, later, type Millis, type MonoMs, millis } from '../model/units.ts';

/** The services whose last progress is older than `patience`, by name. Pure. */
export const stalled = (
  services: readonly Service[],
  patience: Millis,
  now: MonoMs,
): readonly string[] =>
  services
    .filter((service) => between(service.lastProgress(), now) > patience)
    .map((service) => service.name);

/** Feeds three times per interval; returns the way to stop. Does nothing without a watchdog. */
export function startWatchdog(
  services: readonly Service[],
  notify: Notify,
  clock: Clock,
  log: Log,
): Cancel {
  const { watchdogMs } = notify;
  if (watchdogMs === undefined) return () => {};
  const interval = millis(watchdogMs / 3);
  let cancel: Cancel = () => {};
  const check = () => {
    const late = stalled(services, millis(watchdogMs), clock.mono());
    if (late.length === 0) notify.alive();
    else log.error('health.service-stalled', { services: late.join(', ') });
    cancel = clock.at('health.watchdog', later(clock.mono(), interval), check);
  };
  check();
  return () => cancel();
}
