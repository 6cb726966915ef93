/**
 * What a bus has to carry: the computed time of every request against the time there is. Pure; the same
 * arithmetic says what `plan` prints and what `check` refuses.
 */
import type { Group, WireCost } from '../../drivers/driver.ts';
import type { SerialTiming } from '../../drivers/line/line.ts';
import { type Millis, millis } from '../model/units.ts';

/** Assumed from the end of a request to the begin of its answer, until a unit has shown its own. */
export const ASSUMED_TURNAROUND: Millis = millis(20);
/** A guess: what a packet and its answer spend on the way. */
const PACKET_WAY_MS = 1;

/** A device as its bus has to carry it. */
export interface PlannedDevice {
  readonly name: string;
  readonly groups: readonly Pick<Group, 'label' | 'scan' | 'cost'>[];
  /** Of its own settings on the wire; undefined on a packet network. */
  readonly timing: SerialTiming | undefined;
  /** Before each request. */
  readonly silence: Millis;
  /** In which the unit is left in peace after an answer, while others may use the wire. */
  readonly gap: Millis;
}

export interface LoadOptions {
  /** The share of line time set aside for the probes of silent devices, 0..1. */
  readonly silentShare: number;
  readonly turnaround: Millis;
}

export interface RequestLoad {
  readonly label: string;
  readonly scan: Millis;
  /** On the wire, silence and turn-around included. */
  readonly duration: Millis;
}

export interface DeviceLoad {
  readonly name: string;
  /** In the order of the plan. */
  readonly requests: readonly RequestLoad[];
  /** Of line time, 0.. */
  readonly share: number;
  /** Of the device's own time, its gaps included; beyond 1 it cannot be asked so often. */
  readonly ownShare: number;
}

export interface ClassLoad {
  readonly scan: Millis;
  readonly requests: number;
  /** One cycle: all requests of the class, one behind the other. */
  readonly cycle: Millis;
  readonly share: number;
}

/** Another interval for a scan class. */
export interface Stretch {
  readonly scan: Millis;
  readonly instead: Millis;
}

export interface BusLoad {
  /** In the order they were given. */
  readonly devices: readonly DeviceLoad[];
  /** The fastest first. */
  readonly classes: readonly ClassLoad[];
  /** Of line time, 0.. ; above `usable` the cycles cannot be kept. */
  readonly share: number;
  readonly usable: number;
  readonly fits: boolean;
  /** The smallest change of the scan classes that makes it fit; empty when it fits. */
  readonly nearest: readonly Stretch[];
}

/** The time from the silence before a request to the end of its answer. */
export function requestTime(
  cost: WireCost,
  { timing, silence }: Pick<PlannedDevice, 'timing' | 'silence'>,
  turnaround: Millis,
): Millis {
  if (timing === undefined) return millis(PACKET_WAY_MS + turnaround);
  const characters = cost.requestBytes + cost.replyBytes;
  return millis(silence + characters * timing.character + turnaround);
}

/** The load of one bus with these devices. */
export function busLoad(devices: readonly PlannedDevice[], options: LoadOptions): BusLoad {
  const usable = 1 - options.silentShare;
  const loads = devices.map((device) => deviceLoad(device, options.turnaround));
  const classes = classesOf(loads);
  const share = sum(classes.map((it) => it.share));
  const stretched = nearestFit(classes, usable);
  const gentle = gentleScans(devices, loads);
  return {
    devices: loads,
    classes,
    share,
    usable,
    fits: stretched.length === 0 && gentle.length === 0,
    nearest: merged(stretched, gentle),
  };
}

function deviceLoad(device: PlannedDevice, turnaround: Millis): DeviceLoad {
  const requests = device.groups.map(({ label, scan, cost }) => ({
    label,
    scan,
    duration: requestTime(cost, device, turnaround),
  }));
  return {
    name: device.name,
    requests,
    share: sum(requests.map(({ duration, scan }) => duration / scan)),
    ownShare: sum(requests.map(({ duration, scan }) => (duration + device.gap) / scan)),
  };
}

function classesOf(devices: readonly DeviceLoad[]): readonly ClassLoad[] {
  const byScan = Map.groupBy(
    devices.flatMap(({ requests }) => requests),
    ({ scan }) => scan,
  );
  return [...byScan]
    .map(([scan, requests]) => {
      const cycle = millis(sum(requests.map(({ duration }) => duration)));
      return { scan, requests: requests.length, cycle, share: cycle / scan };
    })
    .sort((a, b) => a.scan - b.scan);
}

/**
 * Stretches the class that costs most; where the others already take half of what there is, all of them alike.
 */
function nearestFit(classes: readonly ClassLoad[], usable: number): readonly Stretch[] {
  const share = sum(classes.map((it) => it.share));
  if (share <= usable) return [];
  const dearest = classes.reduce((a, b) => (b.share > a.share ? b : a));
  const others = share - dearest.share;
  if (others < usable / 2)
    return [{ scan: dearest.scan, instead: roundedUp(dearest.cycle / (usable - others)) }];
  return classes.map(({ scan }) => ({ scan, instead: roundedUp((scan * share) / usable) }));
}

/** A device that wants peace between its requests cannot be asked faster than it is ready. */
function gentleScans(
  devices: readonly PlannedDevice[],
  loads: readonly DeviceLoad[],
): readonly Stretch[] {
  return devices.flatMap((device, i) => {
    const { ownShare } = loads[i] as DeviceLoad;
    if (device.gap === 0 || ownShare <= 1) return [];
    const scans = new Set(device.groups.map(({ scan }) => scan));
    return [...scans].map((scan) => ({ scan, instead: roundedUp(scan * ownShare) }));
  });
}

function merged(...lists: readonly (readonly Stretch[])[]): readonly Stretch[] {
  const longest = new Map<Millis, Millis>();
  for (const { scan, instead } of lists.flat())
    longest.set(scan, millis(Math.max(instead, longest.get(scan) ?? 0)));
  return [...longest].map(([scan, instead]) => ({ scan, instead }));
}

/** From this length on, an interval is written in such steps. */
const STEPS_MS: readonly (readonly [from: number, step: number])[] = [
  [600_000, 60_000],
  [60_000, 5_000],
  [10_000, 1_000],
  [1_000, 100],
  [0, 10],
];

function roundedUp(ms: number): Millis {
  const [, step] = STEPS_MS.find(([from]) => ms >= from) ?? [0, 1];
  // A hair below a step is the step: the division before was not exact.
  return millis(Math.ceil(ms / step - 1e-9) * step);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
