/**
 * What one bus does next. Keeps the deadlines and the links of all devices of the bus and decides;
 * does no I/O and asks no clock, so every decision can be replayed.
 */
import type { Group, Outcome } from '../../drivers/driver.ts';
import type { SerialTiming } from '../../drivers/line/line.ts';
import type { Random } from '../model/backoff.ts';
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
const PROBES_PER_LONG_ONE = 4;
const SHORTEST_PROBE: Millis = millis(100);
/** After a request that failed the wire has to be quiet for this long before the next. */
export const DRAIN_QUIET: Millis = millis(50);
/** Assumed between request and reply until the unit has shown its own. */
const ASSUMED_TURNAROUND_MS = 20;

export interface ScannedDevice<G extends Group = Group> {
  readonly name: string;
  readonly groups: readonly G[];
  readonly patience: Millis;
}

export interface ScannerOptions {
  readonly timing: SerialTiming | undefined;
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
}

/** One device as the scanner sees it. */
export interface DeviceTrack {
  readonly name: string;
  readonly patience: Millis;
  readonly counts: PollCounts;
  link: DeviceLink;
  turnaround: Millis;
}

export interface ScanEntry<G extends Group = Group> {
  readonly device: DeviceTrack;
  readonly group: G;
  due: MonoMs;
  /** Wanted at once whatever the raster says: after the line or the device came back. */
  urgent: boolean;
}

export type Pick<G extends Group = Group> =
  | { readonly kind: 'poll'; readonly entry: ScanEntry<G> }
  | { readonly kind: 'probe'; readonly entry: ScanEntry<G>; readonly patience: Millis }
  | { readonly kind: 'idle'; readonly until: MonoMs };

interface Probe<G extends Group> {
  readonly entry: ScanEntry<G>;
  readonly due: MonoMs;
  readonly patience: Millis;
  readonly paidAt: MonoMs;
}

export interface Finished {
  /** How long after its due time the poll started; undefined for probes and first contacts. */
  readonly lateness: Millis | undefined;
  readonly change: 'went-down' | 'came-up' | undefined;
}

export class Scanner<G extends Group = Group> {
  readonly devices: readonly DeviceTrack[];
  readonly entries: readonly ScanEntry<G>[];
  readonly #options: ScannerOptions;
  #budget: SilentBudget;

  constructor(devices: readonly ScannedDevice<G>[], options: ScannerOptions, now: MonoMs) {
    this.#options = options;
    const phases = spreadPhases(
      devices.map((device) => device.groups),
      options.timing,
    );
    this.devices = devices.map((device) => ({
      name: device.name,
      patience: device.patience,
      counts: { polls: 0, answered: 0, silent: 0, garbled: 0, late: 0, overruns: 0 },
      link: newLink(now),
      turnaround: millis(ASSUMED_TURNAROUND_MS),
    }));
    let position = 0;
    this.entries = devices.flatMap((device, i) =>
      device.groups.map((group) => ({
        device: this.devices[i] as DeviceTrack,
        group,
        due: later(now, phases[position++] ?? millis(0)),
        urgent: false,
      })),
    );
    const dearest = Math.max(0, ...devices.map((device) => device.patience));
    this.#budget = newBudget(now, millis(dearest));
  }

  /** The next thing to do at `now`; when idle, the moment to ask again. */
  pick(now: MonoMs): Pick<G> {
    const poll = this.#nextPoll(now);
    const probe = this.#nextProbe(now);
    const pollAt = poll ? readyAt(poll) : Number.POSITIVE_INFINITY;
    if (probe && probe.paidAt <= now) {
      const waited = between(probe.due, now);
      if (waited >= PROBE_COURTESY || (waited >= 0 && this.#fits(probe, now)))
        return { kind: 'probe', entry: probe.entry, patience: probe.patience };
    }
    if (poll && pollAt <= now) return { kind: 'poll', entry: poll };
    const probeAt = probe ? Math.max(probe.due, probe.paidAt) : Number.POSITIVE_INFINITY;
    const wakeForProbe = probeAt > now ? probeAt : Number.POSITIVE_INFINITY;
    return { kind: 'idle', until: monoMs(Math.min(pollAt, wakeForProbe)) };
  }

  /** Books a request that went out at `started` and ended at `ended`, and moves its deadline on. */
  finish(
    entry: ScanEntry<G>,
    outcome: Outcome,
    turnaround: Millis | undefined,
    started: MonoMs,
    ended: MonoMs,
  ): Finished {
    const { device } = entry;
    const before = device.link;
    device.counts.polls++;
    device.counts[outcome]++;
    if (turnaround !== undefined) device.turnaround = smooth(device.turnaround, turnaround);
    const counted = before.state === 'up' && before.proven && !entry.urgent;
    const lateness = counted ? between(entry.due, started) : undefined;
    const next = nextDue(entry.due, entry.group.scan, ended);
    if (lateness !== undefined) {
      if (isLate(lateness, entry.group.scan)) device.counts.late++;
      device.counts.overruns += next.overruns;
    }
    entry.due = next.due;
    entry.urgent = false;
    if (outcome !== 'answered') {
      const budget = refill(this.#budget, this.#options.silentShare, ended);
      this.#budget = spend(budget, between(started, ended));
    }
    device.link = afterRequest(before, outcome, ended, device.patience, this.#options.random);
    return { lateness, change: this.#changeOf(entry, before, device.link) };
  }

  /**
   * After the line was away: everything is wanted at once, and nothing that passed meanwhile is an
   * overrun.
   */
  resume(): void {
    for (const entry of this.entries) entry.urgent = true;
  }

  #changeOf(entry: ScanEntry<G>, before: DeviceLink, after: DeviceLink): Finished['change'] {
    if (before.state === after.state) return undefined;
    if (after.state === 'down') return 'went-down';
    for (const other of this.entries)
      if (other.device === entry.device && other !== entry) other.urgent = true;
    return 'came-up';
  }

  #nextPoll(now: MonoMs): ScanEntry<G> | undefined {
    let best: ScanEntry<G> | undefined;
    for (const entry of this.entries) {
      if (entry.device.link.state !== 'up') continue;
      if (best === undefined || before(entry, best, now)) best = entry;
    }
    return best;
  }

  /** The silent device whose back-off ends first, and when the bus can pay for the probe. */
  #nextProbe(now: MonoMs): Probe<G> | undefined {
    const { silentShare } = this.#options;
    let best: { entry: ScanEntry<G>; due: MonoMs; attempt: number } | undefined;
    for (const device of this.devices) {
      if (device.link.state !== 'down') continue;
      const { probeAt, attempt } = device.link;
      const entry = this.entries.find((candidate) => candidate.device === device);
      if (entry && (best === undefined || probeAt < best.due))
        best = { entry, due: probeAt, attempt };
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
  #fits(probe: Probe<G>, now: MonoMs): boolean {
    let free = now + this.#duration(probe.entry) + probe.patience + DRAIN_QUIET;
    const waiting = this.entries
      .filter((entry) => entry.device.link.state === 'up')
      .sort((a, b) => a.due - b.due);
    for (const entry of waiting) {
      if (entry.due >= free) return true;
      if (isLate(millis(free - entry.due), entry.group.scan)) return false;
      free += this.#duration(entry);
    }
    return true;
  }

  /**
   * Most probes wait no longer than a unit of this bus usually takes; every fourth gives the device
   * all its time.
   */
  #probePatience(device: DeviceTrack, attempt: number): Millis {
    if (attempt % PROBES_PER_LONG_ONE === 0) return device.patience;
    const slowest = Math.max(...this.devices.map((other) => other.turnaround));
    return millis(Math.min(device.patience, Math.max(SHORTEST_PROBE, 5 * slowest)));
  }

  #duration(entry: ScanEntry<G>): Millis {
    return millis(wireTime(entry.group.cost, this.#options.timing) + entry.device.turnaround);
  }
}

/** The earliest moment this entry may go out. */
const readyAt = (entry: ScanEntry): MonoMs => {
  const { link } = entry.device;
  const wanted = entry.urgent ? Number.NEGATIVE_INFINITY : entry.due;
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
