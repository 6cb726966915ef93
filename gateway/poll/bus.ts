/**
 * One shared resource and everything that may happen on it: exactly one request in flight, the line tuned and
 * silent before each, a drain after each that failed, commands before polls, and a line that is opened again
 * when it is lost. What to read next is the scanner's decision; this file only carries it out.
 */
import type {
  Group,
  Outcome,
  Reading,
  Session,
  WriteRequest,
  Written,
} from '../../drivers/driver.ts';
import type { Line, SerialSettings, SerialTiming } from '../../drivers/line/line.ts';
import type { Clock } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import { Nap } from '../host/nap.ts';
import { badSamples } from '../host/stamp.ts';
import { type BackoffPolicy, backoff, type Random } from '../model/backoff.ts';
import { GatewayError, reasonOf } from '../model/errors.ts';
import type { Sample, TagId } from '../model/sample.ts';
import {
  between,
  later,
  type Millis,
  type MonoMs,
  millis,
  monoMs,
  seconds,
} from '../model/units.ts';
import { outcomeOf, readTogether } from './burst.ts';
import type { BusFacts, FieldBus, RereadRank, Withheld, WriteGate } from './bus-facts.ts';
import { type Command, CommandQueue, failed, MOST_WAITING } from './commands.ts';
import { drain, prepare } from './line-manners.ts';
import { type Pick, Scanner } from './scanner.ts';
import type { ScanEntry } from './tracks.ts';

export interface BusDevice<G extends Group = Group> {
  readonly name: string;
  /** See Driver.unitOf. */
  readonly unit: string;
  readonly session: Session<G>;
  readonly groups: readonly G[];
  /** The line is tuned to them before each request; undefined where there is nothing to tune. */
  readonly settings: SerialSettings | undefined;
  /** Of those settings. */
  readonly timing: SerialTiming | undefined;
}

export interface BusParts<G extends Group = Group> {
  readonly name: string;
  readonly line: Line;
  readonly devices: readonly BusDevice<G>[];
  readonly silentShare: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  /** All samples of one request, in one call. */
  readonly emit: (samples: readonly Sample[]) => void;
  /** The lateness of each poll of a working device. */
  readonly onLateness: (lateness: Millis) => void;
}

export const RECONNECT_BACKOFF: BackoffPolicy = {
  first: seconds(1),
  longest: seconds(30),
  jitter: 0.5,
};
/**
 * A connection that a switch or a firewall forgot takes bytes and never answers. After this many requests in a row, and
 * one to each device at least, without any answer the line is closed and opened again.
 */
const FEWEST_UNANSWERED = 3;
/** An idle bus shows the watchdog this often that its loop turns. */
const LONGEST_NAP: Millis = seconds(5);
/** How long a slow line waits for a write that is about to come: as long as a good disk takes to remember it. */
const EXPECTED_FOR: Millis = millis(50);
/** So often at most, so that announcements alone cannot keep a line from its polls. */
const EXPECTED_EVERY: Millis = millis(250);

export class Bus<G extends Group = Group> implements FieldBus {
  readonly name: string;
  readonly #parts: BusParts<G>;
  readonly #scanner: Scanner<G>;
  readonly #devices: ReadonlyMap<string, BusDevice<G>>;
  readonly #commands = new CommandQueue();
  readonly #nap: Nap;
  readonly #started: MonoMs;
  #run: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined;
  /** Requests without any answer after which the line is opened anew. */
  readonly #patience: number;
  #progress: MonoMs;
  #busyMs = 0;
  /** Openings of the line since a device last answered. */
  #attempt = 0;
  /** Nothing new is read before, unless the write comes first. */
  #expected: MonoMs = monoMs(Number.NEGATIVE_INFINITY);
  #expectAgain: MonoMs = monoMs(Number.NEGATIVE_INFINITY);
  /** Requests since a device last answered, on the line as it is open now. */
  #unanswered = 0;
  #lineState: BusFacts['line'] = 'closed';
  #lastError: string | undefined;

  constructor(parts: BusParts<G>) {
    this.name = `bus ${parts.name}`;
    this.#parts = parts;
    this.#nap = new Nap('bus.idle', parts.clock);
    this.#started = parts.clock.mono();
    this.#progress = this.#started;
    this.#patience = Math.max(FEWEST_UNANSWERED, parts.devices.length + 1);
    this.#devices = new Map(parts.devices.map((device) => [device.name, device]));
    this.#scanner = new Scanner(
      parts.devices.map(({ session, settings: _, ...device }) => ({
        ...device,
        patience: session.patience,
        gap: session.gap,
        burst: session.burst ?? 1,
      })),
      { silentShare: parts.silentShare, random: parts.random },
      this.#started,
    );
  }

  async start(): Promise<void> {
    if (this.#run) return;
    const stop = new AbortController();
    this.#run = { stop, ended: this.#keepScanning(stop.signal) };
  }

  async stop(): Promise<void> {
    const run = this.#run;
    if (!run) return;
    run.stop.abort();
    await run.ended;
    this.#commands.drain(failed('poll.bus-stopped', { bus: this.#parts.name }));
    for (const { session } of this.#devices.values()) await session.close();
    await this.#parts.line.close();
    this.#lineState = 'closed';
  }

  /**
   * Writes before anything is read again; settles with the write's outcome and never rejects. While the line is
   * down, and when too many wait, nothing is sent and the outcome is `failed`.
   */
  write(device: string, request: WriteRequest): Promise<Written>;
  write(device: string, request: WriteRequest, gate: WriteGate): Promise<Written | Withheld>;
  write(device: string, request: WriteRequest, gate?: WriteGate): Promise<Written | Withheld> {
    const { name } = this.#parts;
    if (this.#lineState !== 'open')
      return Promise.resolve(
        failed('poll.line-down', { bus: name, reason: this.#lastError ?? '' }),
      );
    return new Promise((settle) => {
      if (!this.#commands.add({ device, request, gate, settle }))
        return settle(failed('poll.commands-full', { bus: name, limit: MOST_WAITING }));
      this.#nap.wake();
    });
  }

  expect(device: string): void {
    const now = this.#parts.clock.mono();
    if (!this.#devices.get(device)?.timing || now < this.#expectAgain) return;
    this.#expected = later(now, EXPECTED_FOR);
    this.#expectAgain = later(now, EXPECTED_EVERY);
  }

  /** Reads the tag's group at once, whatever its scan class says. */
  reread(tag: TagId, rank: RereadRank = 'first'): void {
    this.#scanner.want(tag, rank === 'in-turn' ? this.#parts.clock.mono() : undefined);
    if (this.#lineState === 'open') this.#nap.wake();
  }

  lastProgress(): MonoMs {
    return this.#progress;
  }

  facts(): BusFacts {
    const now = this.#parts.clock.mono();
    return {
      name: this.#parts.name,
      resource: this.#parts.line.resource,
      line: this.#lineState,
      lastError: this.#lastError,
      busyShare: this.#busyMs / Math.max(1, now - this.#started),
      devices: this.#scanner.devices.map(({ name, unit: { link, turnaround }, counts }) => ({
        name,
        state: link.state === 'up' && !link.proven ? 'unknown' : link.state,
        sinceMs: Math.round(between(link.since, now)),
        ...counts,
        turnaroundMs: turnaround,
      })),
    };
  }

  /** Ends only with the signal; a lost line is a state of the bus, not the end of it. */
  async #keepScanning(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        this.#lineState = 'connecting';
        await this.#parts.line.connect(signal);
        this.#lineState = 'open';
        this.#parts.log.info('bus.line-opened', { bus: this.#parts.name });
        this.#scanner.resume();
        await this.#scan(signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#loseLine(error);
        await this.#waitToReconnect(signal);
      }
    }
  }

  /**
   * Rejects when the line is lost, or mute for so long that it may be lost without anybody having
   * said so.
   */
  async #scan(signal: AbortSignal): Promise<void> {
    this.#unanswered = 0;
    while (!signal.aborted) {
      if (this.#unanswered >= this.#patience)
        throw new GatewayError('poll.line-mute', {
          bus: this.#parts.name,
          requests: this.#unanswered,
        });
      this.#progress = this.#parts.clock.mono();
      const command = this.#commands.next();
      if (command) {
        this.#expected = monoMs(Number.NEGATIVE_INFINITY);
        await this.#obey(command, signal);
        continue;
      }
      if (this.#isExpecting) {
        await this.#idle(this.#expected, signal);
        continue;
      }
      const next = this.#scanner.pick(this.#progress);
      if (next.kind === 'idle') await this.#idle(next.until, signal);
      else await this.#transact(next, signal);
    }
  }

  async #transact(next: Exclude<Pick<G>, { kind: 'idle' }>, signal: AbortSignal): Promise<void> {
    const { clock, emit, onLateness } = this.#parts;
    const entries = next.kind === 'probe' ? [next.entry] : next.entries;
    const [first] = entries as readonly [ScanEntry<G>];
    const device = this.#devices.get(first.device.name) as BusDevice<G>;
    await this.#prepare(device, signal);
    if (this.#commands.isWaiting || this.#isExpecting) return;
    const started = clock.mono();
    const groups = entries.map(({ group }) => group);
    const patience = next.kind === 'probe' ? next.patience : undefined;
    const readings = await readTogether(device.session, groups, patience, signal);
    if (signal.aborted) return;
    const ended = await this.#conclude(outcomeOf(readings), started, signal);
    for (const [i, entry] of entries.entries()) {
      const reading = readings[i] as Reading<G>;
      const finished = this.#scanner.finish(entry, reading, started, ended);
      if (finished.lateness !== undefined) onLateness(finished.lateness);
      emit(reading.samples);
      if (finished.change) this.#reportChange(entry, finished.change);
    }
  }

  /** Tags that were written are read again at once, so that the image does not lag behind. */
  async #obey(
    { device: name, request, gate, settle }: Command,
    signal: AbortSignal,
  ): Promise<void> {
    const device = this.#devices.get(name);
    if (!device?.session.write)
      return settle(failed('poll.not-writable', { device: name, tag: request.tag.id }));
    let left = false;
    try {
      await this.#prepare(device, signal);
      const withheld = gate?.();
      if (withheld) return settle(withheld);
      const started = this.#parts.clock.mono();
      left = true;
      const written = await device.session.write(request, signal);
      if (written.outcome === 'unknown') await this.#conclude('silent', started, signal);
      else if (written.turnaround !== undefined) await this.#conclude('answered', started, signal);
      settle(written);
      this.#scanner.want(request.tag.id);
    } catch (error) {
      const lost = failed('poll.line-down', { bus: this.#parts.name, reason: reasonOf(error) });
      settle(left ? { ...lost, outcome: 'unknown' } : lost);
      throw error;
    }
  }

  get #isExpecting(): boolean {
    return this.#parts.clock.mono() < this.#expected;
  }

  /** Books what a request used of the line, after the drain that a failed one needs. */
  async #conclude(outcome: Outcome, started: MonoMs, signal: AbortSignal): Promise<MonoMs> {
    if (outcome === 'answered') {
      this.#unanswered = 0;
      this.#attempt = 0;
      this.#lastError = undefined;
    } else {
      this.#unanswered++;
      const { line, clock } = this.#parts;
      if (line.timing) await drain(line, clock, outcome, signal);
    }
    const ended = this.#parts.clock.mono();
    this.#busyMs += between(started, ended);
    return ended;
  }

  async #prepare({ session, settings }: BusDevice<G>, signal: AbortSignal): Promise<void> {
    if (settings === undefined) return;
    const { line, clock } = this.#parts;
    await prepare(line, clock, { settings, silence: session.silence }, signal);
  }

  #reportChange({ device, ...entry }: ScanEntry<G>, change: 'went-down' | 'came-up'): void {
    const { log, name, emit } = this.#parts;
    log.warn(change === 'went-down' ? 'bus.device-silenced' : 'bus.device-returned', {
      bus: name,
      device: device.name,
    });
    if (change === 'went-down') {
      emit(
        this.#badSamples(
          (other) => other.device.unit === device.unit && other.group !== entry.group,
        ),
      );
      return;
    }
    for (const track of this.#scanner.devices) {
      if (track.unit !== device.unit) continue;
      const groups = this.#devices.get(track.name)?.session.relearn?.();
      if (groups) this.#scanner.regroup(track, groups);
    }
  }

  #loseLine(error: unknown): void {
    const reason = reasonOf(error);
    const { log, name, emit } = this.#parts;
    if (reason !== this.#lastError) log.warn('bus.line-lost', { bus: name, reason });
    this.#lastError = reason;
    this.#lineState = 'waiting';
    this.#commands.drain(failed('poll.line-down', { bus: name, reason }));
    emit(this.#badSamples(() => true));
  }

  async #waitToReconnect(signal: AbortSignal): Promise<void> {
    const { clock, random, line } = this.#parts;
    await line.close();
    const wait = backoff(RECONNECT_BACKOFF, ++this.#attempt, random);
    await this.#idle(later(clock.mono(), wait), signal);
  }

  /**
   * Sleeps in steps short enough to show the watchdog that the loop is alive; ends early, without
   * an error, on abort and when there is something to do.
   */
  async #idle(until: MonoMs, signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    let isResting = true;
    while (isResting && clock.mono() < until) {
      const due = monoMs(Math.min(until, clock.mono() + LONGEST_NAP));
      isResting = await this.#nap.until(due, signal);
      this.#progress = clock.mono();
    }
  }

  #badSamples(of: (entry: ScanEntry<G>) => boolean): Sample[] {
    const tags = this.#scanner.entries.filter(of).flatMap((entry) => entry.group.tags);
    return badSamples(tags, 'bad:comm', this.#parts.clock);
  }
}
