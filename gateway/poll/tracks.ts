/** What a scanner knows of the devices of its bus, and the order in which their groups are wanted. */
import type { Group } from '../../drivers/driver.ts';
import type { SerialTiming } from '../../drivers/line/line.ts';
import { type Millis, type MonoMs, millis, monoMs } from '../model/units.ts';
import type { DeviceLink } from './device-link.ts';
import { wireTime } from './scan-plan.ts';

export interface ScannedDevice<G extends Group = Group> {
  readonly name: string;
  /** Devices with equal units answer, fall silent and come back together. */
  readonly unit: string;
  readonly groups: readonly G[];
  readonly patience: Millis;
  /** The unit is left in peace for this long after an answer. */
  readonly gap: Millis;
  /** Of the device's own settings on the wire. */
  readonly timing: SerialTiming | undefined;
  /** The most groups the device takes in one go. */
  readonly burst: number;
}

export interface PollCounts {
  polls: number;
  answered: number;
  silent: number;
  garbled: number;
  /** Polls of a working device that started late; see isLate. */
  late: number;
  /** Slots that passed without a poll while the device was working. */
  overruns: number;
  /** Line time that the device's requests took, drains included. */
  lineMs: number;
}

/** Whoever answers on the wire, whatever devices the site makes of it. */
export interface UnitTrack {
  link: DeviceLink;
  turnaround: Millis;
}

/** One device as the scanner sees it. */
export interface DeviceTrack extends Omit<ScannedDevice, 'unit' | 'groups'> {
  readonly unit: UnitTrack;
  readonly counts: PollCounts;
}

export interface ScanEntry<G extends Group = Group> {
  readonly device: DeviceTrack;
  readonly group: G;
  /** The next moment of the scan class. */
  slot: MonoMs;
  /** When it is wanted: the slot, or another moment after a miss or as the device asked for. */
  due: MonoMs;
  /** Wanted at once whatever the raster says: after the line or the unit came back. */
  urgent: boolean;
  /** Somebody waits for it, a command for its read-back: it goes before what is only due. */
  asked: boolean;
}

/** A group that is wanted in its slot. */
export const entryOf = <G extends Group>(
  device: DeviceTrack,
  group: G,
  slot: MonoMs,
): ScanEntry<G> => ({
  device,
  group,
  slot,
  due: slot,
  urgent: false,
  asked: false,
});

/** The line time of one read, with the turn-around that the unit has shown. */
export const durationOf = ({ group, device }: ScanEntry): Millis =>
  millis(wireTime(group.cost, device.timing) + device.unit.turnaround);

/** Whether somebody is known to be there. */
export const isProven = ({ device }: ScanEntry): boolean =>
  device.unit.link.state === 'up' && device.unit.link.proven;

/** The earliest moment this entry may go out. */
export const readyAt = ({ device, urgent, due }: ScanEntry): MonoMs => {
  const { link } = device.unit;
  const wanted = urgent ? Number.NEGATIVE_INFINITY : due;
  return monoMs(Math.max(wanted, link.state === 'up' ? link.quietUntil : link.probeAt));
};

/** Ready ones first: what somebody waits for, then the nearest deadline. Else whoever is ready sooner. */
export const before = (a: ScanEntry, b: ScanEntry, now: MonoMs): boolean => {
  const readyA = readyAt(a) <= now;
  const readyB = readyAt(b) <= now;
  if (readyA !== readyB) return readyA;
  if (!readyA) return readyAt(a) < readyAt(b);
  return a.asked === b.asked ? a.due < b.due : a.asked;
};
