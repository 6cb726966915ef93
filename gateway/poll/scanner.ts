/**
 * What one bus does next. Keeps the deadlines of all groups and the links of all units of the bus and
 * decides; does no I/O and asks no clock, so every decision can be replayed.
 */
import type { Group, Reading } from '../../drivers/driver.ts';
import type { Random } from '../model/backoff.ts';
import type { TagId } from '../model/sample.ts';
import { between, later, type Millis, type MonoMs, millis, monoMs } from '../model/units.ts';
import { afterRequest, type DeviceLink, newLink } from './device-link.ts';
import {
  FIRST_CONTACT_COURTESY,
  firstPatience,
  fits,
  PROBE_COURTESY,
  type Probe,
  probePatience,
} from './probing.ts';
import { isLate, nextDue, spreadPhases } from './scan-plan.ts';
import { affordableAt, newBudget, refill, type SilentBudget, spend } from './silent-budget.ts';
import {
  before,
  type DeviceTrack,
  entryOf,
  isProven,
  readyAt,
  type ScanEntry,
  type ScannedDevice,
  type UnitTrack,
} from './tracks.ts';

/** Assumed between request and reply until the unit has shown its own. */
const ASSUMED_TURNAROUND_MS = 20;

export interface ScannerOptions {
  /** 0..1 */
  readonly silentShare: number;
  readonly random: Random;
}

export type Pick<G extends Group = Group> =
  /** Groups of one device, read together; more than one only where the device takes a burst. */
  | { readonly kind: 'poll'; readonly entries: readonly ScanEntry<G>[] }
  | { readonly kind: 'probe'; readonly entry: ScanEntry<G>; readonly patience: Millis }
  | { readonly kind: 'idle'; readonly until: MonoMs };

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
      if (waited >= PROBE_COURTESY || (waited >= 0 && fits(this.#entries, probe, now)))
        return { kind: 'probe', entry: probe.entry, patience: probe.patience };
    }
    if (poll && pollAt <= now)
      return isProven(poll)
        ? { kind: 'poll', entries: this.#burstOf(poll, now) }
        : { kind: 'probe', entry: poll, patience: firstPatience(this.devices, poll.device) };
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
    entry.asked = false;
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

  /** The group that reads the tag is wanted at once: before all others, or behind those that were due by `inTurn`. */
  want(tag: TagId, inTurn?: MonoMs): void {
    for (const entry of this.#entries) {
      if (!entry.group.tags.some(({ id }) => id === tag)) continue;
      entry.urgent = true;
      if (inTurn === undefined) entry.asked = true;
      else entry.due = monoMs(Math.min(entry.due, inTurn));
    }
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
    // Somebody waits for it, or nobody can tell that it does harm.
    const isFree = poll === undefined || poll.asked || isProven(poll);
    if (isFree || between(poll.due, now) >= FIRST_CONTACT_COURTESY) return poll;
    const patience = firstPatience(this.devices, poll.device);
    const isHarmless = fits(this.#entries, { entry: poll, patience }, now);
    return isHarmless ? poll : (this.#nextPoll(now, isProven) ?? poll);
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
    const patience = probePatience(this.devices, best.entry.device, best.attempt);
    const paidAt = affordableAt(this.#budget, silentShare, patience);
    return { ...best, patience, paidAt };
  }
}

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

const SMOOTHING = 0.2;
const smooth = (old: Millis, seen: Millis): Millis => millis(old + SMOOTHING * (seen - old));
