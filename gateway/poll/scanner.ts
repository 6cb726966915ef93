/**
 * What one bus does next. Keeps the deadlines of all groups and the links of all units of the bus and
 * decides; does no I/O and asks no clock, so every decision can be replayed.
 */
import type { Group, Reading } from '../../drivers/driver.ts';
import type { SerialTiming } from '../../drivers/line/line.ts';
import type { Random } from '../model/backoff.ts';
import type { TagId } from '../model/sample.ts';
import {
  between,
  later,
  type Millis,
  type MonoMs,
  millis,
  monoMs,
  seconds,
} from '../model/units.ts';
import { afterRequest, type DeviceLink, newLink } from './device-link.ts';
import { isLate, nextDue, spreadPhases, wireTime } from './scan-plan.ts';
import { affordableAt, newBudget, refill, type SilentBudget, spend } from './silent-budget.ts';

/** A probe waits this long for idle line time before it takes its paid share of a full one. */
export const PROBE_COURTESY: Millis = seconds(10);
/** A unit that was never heard waits this long, so that a start is quick all the same. */
const FIRST_CONTACT_COURTESY: Millis = seconds(2);
const PROBES_PER_LONG_ONE = 4;
const SHORTEST_PROBE: Millis = millis(100);
const SHORTEST_FIRST_CONTACT: Millis = millis(300);
/** After a request that failed the wire has to be quiet for this long before the next. */
export const DRAIN_QUIET: Millis = millis(50);
/** Assumed between request and reply until the unit has shown its own. */
const ASSUMED_TURNAROUND_MS = 20;

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

export interface ScannerOptions {
  /** 0..1 */
  readonly silentShare: number;
  readonly random: Random;
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
}

export type Pick<G extends Group = Group> =
  /** Groups of one device, read together; more than one only where the device takes a burst. */
  | { readonly kind: 'poll'; readonly entries: readonly ScanEntry<G>[] }
  | { readonly kind: 'probe'; readonly entry: ScanEntry<G>; readonly patience: Millis }
  | { readonly kind: 'idle'; readonly until: MonoMs };

interface Probe<G extends Group> {
  readonly entry: ScanEntry<G>;
  readonly due: MonoMs;
  readonly patience: Millis;
  readonly paidAt: MonoMs;
}

export interface Finished {
  /** How long after its due time the poll started; undefined for probes, repeats and first contacts. */
  readonly lateness: Millis | undefined;
  readonly change: 'went-down' | 'came-up' | undefined;
}

/** What of a reading moves deadlines and links. */
export type Result<G extends Group> = Omit<Reading<G>, 'samples'>;

export class Scanner<G extends Group = Group> {
  readonly devices: readonly DeviceTrack[];
  readonly #options: ScannerOptions;
  #entries: readonly ScanEntry<G>[];
  #budget: SilentBudget;

  constructor(devices: readonly ScannedDevice<G>[], options: ScannerOptions, now: MonoMs) {
    this.#options = options;
    const units = new Map<string, UnitTrack>();
    this.devices = devices.map(({ unit, groups, ...device }) => {
      const track = units.get(unit) ?? {
        link: newLink(now),
        turnaround: millis(ASSUMED_TURNAROUND_MS),
      };
      units.set(unit, track);
      const counts = {
        polls: 0,
        answered: 0,
        silent: 0,
        garbled: 0,
        late: 0,
        overruns: 0,
        lineMs: 0,
      };
      return { ...device, unit: track, counts };
    });
    const phases = spreadPhases(devices);
    let position = 0;
    this.#entries = devices.flatMap((device, i) =>
      device.groups.map((group) =>
        entryOf(this.devices[i] as DeviceTrack, group, later(now, phases[position++] ?? millis(0))),
      ),
    );
    const dearest = Math.max(0, ...devices.map((device) => device.patience));
    this.#budget = newBudget(now, millis(dearest));
  }

  get entries(): readonly ScanEntry<G>[] {
    return this.#entries;
  }

  /** The next thing to do at `now`; when idle, the moment to ask again. */
  pick(now: MonoMs): Pick<G> {
    const poll = this.#nextFittingPoll(now);
    const probe = this.#nextProbe(now);
    const pollAt = poll ? readyAt(poll) : Number.POSITIVE_INFINITY;
    if (probe && probe.paidAt <= now) {
      const waited = between(probe.due, now);
      if (waited >= PROBE_COURTESY || (waited >= 0 && this.#fits(probe, now)))
        return { kind: 'probe', entry: probe.entry, patience: probe.patience };
    }
    if (poll && pollAt <= now)
      return isProven(poll)
        ? { kind: 'poll', entries: this.#burstOf(poll, now) }
        : { kind: 'probe', entry: poll, patience: this.#firstPatience(poll.device) };
    const probeAt = probe ? Math.max(probe.due, probe.paidAt) : Number.POSITIVE_INFINITY;
    const wakeForProbe = probeAt > now ? probeAt : Number.POSITIVE_INFINITY;
    return { kind: 'idle', until: monoMs(Math.min(pollAt, wakeForProbe)) };
  }

  /** Books a request that went out at `started` and ended at `ended`, and moves its deadline on. */
  finish(entry: ScanEntry<G>, result: Result<G>, started: MonoMs, ended: MonoMs): Finished {
    const { device, group } = entry;
    const { unit, counts, patience, gap } = device;
    const { outcome, turnaround, again, regroup } = result;
    const before = unit.link;
    counts.polls++;
    counts[outcome]++;
    counts.lineMs += between(started, ended);
    if (turnaround !== undefined) unit.turnaround = smooth(unit.turnaround, turnaround);
    const isOnRaster = before.state === 'up' && before.proven && entry.due === entry.slot;
    const lateness = isOnRaster && !entry.urgent ? between(entry.due, started) : undefined;
    const isSlotAhead = entry.slot > started;
    const next = isSlotAhead
      ? { due: entry.slot, overruns: 0 }
      : nextDue(entry.slot, group.scan, ended);
    if (lateness !== undefined) {
      if (isLate(lateness, group.scan)) counts.late++;
      counts.overruns += next.overruns;
    }
    if (outcome !== 'answered' && !isProven(entry)) {
      const budget = refill(this.#budget, this.#options.silentShare, ended);
      this.#budget = spend(budget, between(started, ended));
    }
    unit.link = afterRequest(before, outcome, ended, { patience, gap }, this.#options.random);
    entry.slot = next.due;
    entry.due = dueAfter(entry, unit.link, again, ended);
    entry.urgent = false;
    if (regroup) this.#replace((other) => other === entry, regroup);
    return { lateness, change: this.#changeOf(entry, before, unit.link) };
  }

  /**
   * After the line was away: everything is wanted at once, and nothing that passed meanwhile is an
   * overrun.
   */
  resume(): void {
    for (const entry of this.#entries) entry.urgent = true;
  }

  /** The group that reads the tag is wanted at once. */
  want(tag: TagId): void {
    for (const entry of this.#entries)
      if (entry.group.tags.some(({ id }) => id === tag)) entry.urgent = true;
  }

  /** From now on the device is read as these groups, at once and then in their scan classes. */
  regroup(device: DeviceTrack, groups: readonly G[]): void {
    this.#replace((entry) => entry.device === device, groups);
  }

  /** New groups take the places of old ones, and the raster of the old one of their scan class. */
  #replace(isOld: (entry: ScanEntry<G>) => boolean, groups: readonly G[]): void {
    const old = this.#entries.filter(isOld);
    const [first] = old;
    if (first === undefined) return;
    const fresh = groups.map((group) => {
      const slot = (old.find((entry) => entry.group.scan === group.scan) ?? first).slot;
      return { ...entryOf(first.device, group, slot), urgent: true };
    });
    this.#entries = this.#entries.flatMap((entry) =>
      entry === first ? fresh : isOld(entry) ? [] : entry,
    );
  }

  #changeOf(entry: ScanEntry<G>, before: DeviceLink, after: DeviceLink): Finished['change'] {
    if (before.state === after.state) return undefined;
    if (after.state === 'down') return 'went-down';
    for (const other of this.#entries)
      if (other.device.unit === entry.device.unit && other !== entry) other.urgent = true;
    return 'came-up';
  }

  /** Whoever was never heard may be dead: the first contact waits a while for a moment when that harms nobody. */
  #nextFittingPoll(now: MonoMs): ScanEntry<G> | undefined {
    const poll = this.#nextPoll(now, () => true);
    if (poll === undefined || isProven(poll) || between(poll.due, now) >= FIRST_CONTACT_COURTESY)
      return poll;
    const fits = this.#fits({ entry: poll, patience: this.#firstPatience(poll.device) }, now);
    return fits ? poll : (this.#nextPoll(now, isProven) ?? poll);
  }

  #nextPoll(now: MonoMs, isCandidate: (entry: ScanEntry) => boolean): ScanEntry<G> | undefined {
    let best: ScanEntry<G> | undefined;
    for (const entry of this.#entries) {
      if (entry.device.unit.link.state !== 'up' || !isCandidate(entry)) continue;
      if (best === undefined || before(entry, best, now)) best = entry;
    }
    return best;
  }

  #burstOf(first: ScanEntry<G>, now: MonoMs): readonly ScanEntry<G>[] {
    const { device } = first;
    if (device.burst <= 1) return [first];
    const others = this.#entries
      .filter((entry) => entry.device === device && entry !== first && readyAt(entry) <= now)
      .sort((a, b) => a.due - b.due);
    return [first, ...others.slice(0, device.burst - 1)];
  }

  /** The silent unit whose back-off ends first, and when the bus can pay for the probe. */
  #nextProbe(now: MonoMs): Probe<G> | undefined {
    const { silentShare } = this.#options;
    let best: { entry: ScanEntry<G>; due: MonoMs; attempt: number } | undefined;
    for (const entry of this.#entries) {
      const { link } = entry.device.unit;
      if (link.state !== 'down') continue;
      const { probeAt, attempt } = link;
      if (best === undefined || probeAt < best.due) best = { entry, due: probeAt, attempt };
    }
    if (best === undefined) return undefined;
    this.#budget = refill(this.#budget, silentShare, now);
    const patience = this.#probePatience(best.entry.device, best.attempt);
    const paidAt = affordableAt(this.#budget, silentShare, patience);
    return { ...best, patience, paidAt };
  }

  /**
   * Whether a probe that stays unanswered makes no poll late: the polls behind it, in the order of
   * their deadlines.
   */
  #fits({ entry: probed, patience }: Omit<Probe<G>, 'due' | 'paidAt'>, now: MonoMs): boolean {
    let free = now + durationOf(probed) + patience + DRAIN_QUIET;
    const waiting = this.#entries
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
  #probePatience(device: DeviceTrack, attempt: number): Millis {
    if (attempt % PROBES_PER_LONG_ONE === 1) return device.patience;
    return this.#shortPatience(device, SHORTEST_PROBE);
  }

  /** A site with many dead units starts all the same; a slow one is found by the first of its probes. */
  #firstPatience(device: DeviceTrack): Millis {
    return this.#shortPatience(device, SHORTEST_FIRST_CONTACT);
  }

  #shortPatience(device: DeviceTrack, shortest: Millis): Millis {
    const slowest = Math.max(...this.devices.map(({ unit }) => unit.turnaround));
    return millis(Math.min(device.patience, Math.max(shortest, 5 * slowest)));
  }
}

const entryOf = <G extends Group>(device: DeviceTrack, group: G, slot: MonoMs): ScanEntry<G> => ({
  device,
  group,
  slot,
  due: slot,
  urgent: false,
});

const durationOf = ({ group, device }: ScanEntry): Millis =>
  millis(wireTime(group.cost, device.timing) + device.unit.turnaround);

/**
 * When a group is wanted next: as the device asked for; soon again after a miss, because the next slot may
 * be a quarter of an hour away; else in its slot.
 */
function dueAfter(
  { slot }: ScanEntry,
  link: DeviceLink,
  again: Millis | undefined,
  ended: MonoMs,
): MonoMs {
  if (again !== undefined) return later(ended, again);
  const isRepeated = link.state === 'up' && link.misses > 0;
  return isRepeated ? monoMs(Math.min(slot, link.quietUntil)) : slot;
}

const isProven = ({ device }: ScanEntry): boolean =>
  device.unit.link.state === 'up' && device.unit.link.proven;

/** The earliest moment this entry may go out. */
const readyAt = ({ device, urgent, due }: ScanEntry): MonoMs => {
  const { link } = device.unit;
  const wanted = urgent ? Number.NEGATIVE_INFINITY : due;
  return monoMs(Math.max(wanted, link.state === 'up' ? link.quietUntil : link.probeAt));
};

/** Ready ones first, and among those the nearest deadline; else whoever is ready sooner. */
const before = (a: ScanEntry, b: ScanEntry, now: MonoMs): boolean => {
  const readyA = readyAt(a) <= now;
  const readyB = readyAt(b) <= now;
  if (readyA !== readyB) return readyA;
  return readyA ? a.due < b.due : readyAt(a) < readyAt(b);
};

const SMOOTHING = 0.2;
const smooth = (old: Millis, seen: Millis): Millis => millis(old + SMOOTHING * (seen - old));
