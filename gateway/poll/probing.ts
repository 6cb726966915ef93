/** When asking a unit that may be dead harms nobody, and how long it is waited for. Pure. */
import type { Group } from '../../drivers/driver.ts';
import { type Millis, type MonoMs, millis, seconds } from '../model/units.ts';
import { isLate } from './scan-plan.ts';
import { type DeviceTrack, durationOf, isProven, type ScanEntry } from './tracks.ts';

/** A probe waits this long for idle line time before it takes its paid share of a full one. */
export const PROBE_COURTESY: Millis = seconds(10);
/** A unit that was never heard waits this long, so that a start is quick all the same. */
export const FIRST_CONTACT_COURTESY: Millis = seconds(2);
const PROBES_PER_LONG_ONE = 4;
const SHORTEST_PROBE: Millis = millis(100);
const SHORTEST_FIRST_CONTACT: Millis = millis(300);
/** After a request that failed the wire has to be quiet for this long before the next. */
export const DRAIN_QUIET: Millis = millis(50);
/** The question to a silent unit that comes next. */
export interface Probe<G extends Group> {
  readonly entry: ScanEntry<G>;
  readonly due: MonoMs;
  readonly patience: Millis;
  readonly paidAt: MonoMs;
}

/**
 * Whether a probe that stays unanswered makes no poll late: the polls behind it, in the order of
 * their deadlines.
 */
export function fits(
  entries: readonly ScanEntry[],
  { entry: probed, patience }: Pick<Probe<Group>, 'entry' | 'patience'>,
  now: MonoMs,
): boolean {
  let free = now + durationOf(probed) + patience + DRAIN_QUIET;
  const waiting = entries
    .filter((entry) => entry !== probed && isProven(entry))
    .sort((a, b) => a.due - b.due);
  for (const entry of waiting) {
    if (entry.due >= free) return true;
    if (isLate(millis(free - entry.due), entry.group.scan)) return false;
    free += durationOf(entry);
  }
  return true;
}

/**
 * Most probes wait no longer than a unit of this bus usually takes; the first of four gives the device
 * all its time.
 */
export function probePatience(
  devices: readonly DeviceTrack[],
  device: DeviceTrack,
  attempt: number,
): Millis {
  if (attempt % PROBES_PER_LONG_ONE === 1) return device.patience;
  return shortPatience(devices, device, SHORTEST_PROBE);
}

/** A site with many dead units starts all the same; a slow one is found by the first of its probes. */
export const firstPatience = (devices: readonly DeviceTrack[], device: DeviceTrack): Millis =>
  shortPatience(devices, device, SHORTEST_FIRST_CONTACT);

function shortPatience(
  devices: readonly DeviceTrack[],
  device: DeviceTrack,
  shortest: Millis,
): Millis {
  const slowest = Math.max(...devices.map(({ unit }) => unit.turnaround));
  return millis(Math.min(device.patience, Math.max(shortest, 5 * slowest)));
}
