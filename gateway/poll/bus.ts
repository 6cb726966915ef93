/**
 * One shared resource and everything that may happen on it: exactly one request in flight, silence
 * before each, a drain after each that failed, and a line that is opened again when it is lost.
 * What to do next is the scanner's decision; this file only carries it out.
 */
import type { Group, Session } from '../../drivers/driver.ts';
import type { Line, SerialTiming } from '../../drivers/line/line.ts';
import { type AtOptions, type Clock, sleep } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import type { Service } from '../host/service.ts';
import { type BackoffPolicy, backoff, type Random } from '../model/backoff.ts';
import { GatewayError, reasonOf } from '../model/errors.ts';
import type { Sample } from '../model/sample.ts';
import type { Tag } from '../model/tag.ts';
import { between, later, type Millis, type MonoMs, millis, seconds } from '../model/units.ts';
import { DRAIN_QUIET, type Pick, type ScanEntry, Scanner } from './scanner.ts';

export interface BusDevice<G extends Group = Group> {
  readonly name: string;
  readonly session: Session<G>;
  readonly groups: readonly G[];
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

export interface BusFacts {
  readonly name: string;
  readonly resource: string;
  readonly line: 'open' | 'connecting' | 'waiting' | 'closed';
  readonly lastError: string | undefined;
  /** The share of time since the start in which a request was under way. */
  readonly busyShare: number;
  readonly devices: readonly DeviceFacts[];
}

export interface DeviceFacts {
  readonly name: string;
  readonly state: 'up' | 'down' | 'unknown';
  readonly sinceMs: number;
  readonly polls: number;
  readonly answered: number;
  readonly silent: number;
  readonly garbled: number;
  readonly late: number;
  readonly overruns: number;
  readonly turnaroundMs: number;
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
/** A unit that babbles without end does not hold the bus for longer than this. */
const DRAIN_LIMIT: Millis = seconds(1);
/** An idle bus shows the watchdog this often that its loop turns. */
const LONGEST_NAP: Millis = seconds(5);
const PRECISE: AtOptions = { precise: true };

export class Bus<G extends Group = Group> implements Service {
  readonly name: string;
  readonly #parts: BusParts<G>;
  readonly #scanner: Scanner<G>;
  readonly #sessions: ReadonlyMap<string, Session<G>>;
  readonly #timing: SerialTiming | undefined;
  readonly #started: MonoMs;
  #run: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined;
  /** Requests without any answer after which the line is opened anew. */
  readonly #patience: number;
  #progress: MonoMs;
  #busyMs = 0;
  /** Openings of the line since a device last answered. */
  #attempt = 0;
  /** Requests since a device last answered, on the line as it is open now. */
  #unanswered = 0;
  #lineState: BusFacts['line'] = 'closed';
  #lastError: string | undefined;

  constructor(parts: BusParts<G>) {
    this.name = `bus ${parts.name}`;
    this.#parts = parts;
    this.#timing = parts.line.timing;
    this.#started = parts.clock.mono();
    this.#progress = this.#started;
    this.#patience = Math.max(FEWEST_UNANSWERED, parts.devices.length + 1);
    this.#sessions = new Map(parts.devices.map((device) => [device.name, device.session]));
    this.#scanner = new Scanner(
      parts.devices.map(({ name, groups, session }) => ({
        name,
        groups,
        patience: session.patience,
      })),
      { timing: this.#timing, silentShare: parts.silentShare, random: parts.random },
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
    for (const session of this.#sessions.values()) await session.close();
    await this.#parts.line.close();
    this.#lineState = 'closed';
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
      devices: this.#scanner.devices.map(({ name, link, counts, turnaround }) => ({
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
      const next = this.#scanner.pick(this.#parts.clock.mono());
      this.#progress = this.#parts.clock.mono();
      if (next.kind === 'idle') await this.#idle(next.until, signal);
      else await this.#transact(next, signal);
    }
  }

  async #transact(next: Exclude<Pick<G>, { kind: 'idle' }>, signal: AbortSignal): Promise<void> {
    const { clock, emit, onLateness } = this.#parts;
    const { entry } = next;
    const session = this.#sessions.get(entry.device.name) as Session<G>;
    const patience = next.kind === 'probe' ? next.patience : undefined;
    await this.#awaitSilence(signal);
    const started = clock.mono();
    const reading = await session.read(entry.group, signal, patience);
    if (signal.aborted) return;
    if (reading.outcome !== 'answered') await this.#drain(signal);
    const ended = clock.mono();
    this.#busyMs += between(started, ended);
    const { outcome, turnaround } = reading;
    if (outcome === 'answered') {
      this.#unanswered = 0;
      this.#attempt = 0;
      this.#lastError = undefined;
    } else this.#unanswered++;
    const finished = this.#scanner.finish(entry, outcome, turnaround, started, ended);
    if (finished.lateness !== undefined) onLateness(finished.lateness);
    emit(reading.samples);
    if (finished.change) this.#reportChange(entry, finished.change);
  }

  /**
   * Modbus over Serial Line V1.02 §2.5.1.1: at least 3.5 characters between two frames. Then old
   * input is dropped.
   */
  async #awaitSilence(signal: AbortSignal): Promise<void> {
    const { clock, line } = this.#parts;
    if (this.#timing === undefined) return;
    await line.discardInput();
    for (;;) {
      const quietAt = later(line.busyUntil(), this.#timing.silence);
      const wait = between(clock.mono(), quietAt);
      if (wait <= 0) return;
      await sleep(clock, 'bus.silence', wait, signal, PRECISE);
    }
  }

  /**
   * Waits until the wire has been quiet for a while, so that a late answer cannot meet the next
   * request.
   */
  async #drain(signal: AbortSignal): Promise<void> {
    const { clock, line } = this.#parts;
    if (this.#timing === undefined) return;
    const limit = later(clock.mono(), DRAIN_LIMIT);
    let quietAt = later(clock.mono(), DRAIN_QUIET);
    while (clock.mono() < quietAt && clock.mono() < limit) {
      await sleep(clock, 'bus.drain', between(clock.mono(), quietAt), signal);
      quietAt = later(line.busyUntil(), DRAIN_QUIET);
    }
    await line.discardInput();
  }

  #reportChange(entry: ScanEntry<G>, change: 'went-down' | 'came-up'): void {
    const { log, name, emit } = this.#parts;
    log.warn(change === 'went-down' ? 'bus.device-silenced' : 'bus.device-returned', {
      bus: name,
      device: entry.device.name,
    });
    if (change === 'went-down')
      emit(this.#badSamples((other) => other.device === entry.device && other !== entry));
  }

  #loseLine(error: unknown): void {
    const reason = reasonOf(error);
    const { log, name, emit } = this.#parts;
    if (reason !== this.#lastError) log.warn('bus.line-lost', { bus: name, reason });
    this.#lastError = reason;
    this.#lineState = 'waiting';
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
   * an error, on abort.
   */
  async #idle(until: MonoMs, signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    while (!signal.aborted && clock.mono() < until) {
      const step = millis(Math.min(between(clock.mono(), until), LONGEST_NAP));
      await sleep(clock, 'bus.idle', step, signal).catch(() => {});
      this.#progress = clock.mono();
    }
  }

  #badSamples(of: (entry: ScanEntry<G>) => boolean): Sample[] {
    const { clock } = this.#parts;
    const time = clock.utc();
    const timeBasis = clock.isSynced() ? 'gateway' : 'unsynced';
    return this.#scanner.entries
      .filter(of)
      .flatMap((entry) => entry.group.tags)
      .map((tag: Tag) => ({ tag: tag.id, value: null, quality: 'bad:comm', time, timeBasis }));
  }
}
