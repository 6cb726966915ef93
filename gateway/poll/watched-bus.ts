/**
 * A bus whose devices report by themselves: keeps its link open, hands over what comes, marks everything bad while
 * the link is down. The one place that decides when the link is opened again.
 */
import type {
  Group,
  Link,
  Watcher,
  WatchSession,
  WriteRequest,
  Written,
} from '../../drivers/driver.ts';
import type { Clock } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import { Nap } from '../host/nap.ts';
import { badSamples } from '../host/stamp.ts';
import { untilOneFails } from '../host/together.ts';
import type { AlarmReport } from '../model/alarm.ts';
import { backoff, type Random } from '../model/backoff.ts';
import { reasonOf } from '../model/errors.ts';
import type { DeviceName, Sample, TagId } from '../model/sample.ts';
import { between, later, type MonoMs, monoMs, seconds } from '../model/units.ts';
import { RECONNECT_BACKOFF } from './bus.ts';
import type { BusFacts, FieldBus, RereadRank, Withheld, WriteGate } from './bus-facts.ts';
import { failed } from './commands.ts';

export interface WatchedDevice<G extends Group = Group> {
  readonly name: DeviceName;
  readonly session: WatchSession<G>;
  readonly groups: readonly G[];
}

export interface WatchedBusParts<G extends Group = Group> {
  readonly name: string;
  readonly link: Link;
  readonly devices: readonly WatchedDevice<G>[];
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  /** All samples of one report, in one call. */
  readonly emit: (samples: readonly Sample[]) => void;
  readonly onAlarm: (device: DeviceName, alarm: AlarmReport) => void;
  /** All alarms of the device that stand, by their ids. */
  readonly onStanding: (device: DeviceName, alarms: readonly string[]) => void;
}

/** The watchdog is shown this often that an idle bus lives. */
const PULSE = seconds(5);
/** The most writes under way at once on one bus. */
const MOST_WRITES = 32;

interface Track<G extends Group> extends WatchedDevice<G> {
  state: 'up' | 'down' | 'unknown';
  since: MonoMs;
  reports: number;
  losses: number;
}

export class WatchedBus<G extends Group = Group> implements FieldBus {
  readonly name: string;
  readonly #parts: WatchedBusParts<G>;
  readonly #tracks: readonly Track<G>[];
  readonly #nap: Nap;
  #run: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined;
  #progress: MonoMs;
  #state: BusFacts['line'] = 'closed';
  #lastError: string | undefined;
  /** Openings since something was last reported. */
  #attempt = 0;
  #writes = 0;
  readonly #rereading = new Set<G>();

  constructor(parts: WatchedBusParts<G>) {
    this.name = `bus ${parts.name}`;
    this.#parts = parts;
    this.#nap = new Nap('bus.reconnect', parts.clock);
    this.#progress = parts.clock.mono();
    this.#tracks = parts.devices.map((device) => ({
      ...device,
      state: 'unknown',
      since: this.#progress,
      reports: 0,
      losses: 0,
    }));
  }

  async start(): Promise<void> {
    if (this.#run) return;
    const stop = new AbortController();
    this.#run = { stop, ended: this.#keepWatching(stop.signal) };
  }

  async stop(): Promise<void> {
    const run = this.#run;
    if (!run) return;
    run.stop.abort();
    await run.ended;
    for (const { session } of this.#tracks) await session.close();
    await this.#parts.link.close(true);
    this.#state = 'closed';
  }

  write(device: string, request: WriteRequest): Promise<Written>;
  write(device: string, request: WriteRequest, gate: WriteGate): Promise<Written | Withheld>;
  write(device: string, request: WriteRequest, gate?: WriteGate): Promise<Written | Withheld> {
    return this.#command<Written | Withheld>(device, request.tag.id, ({ session }, signal) => {
      const withheld = session.write && gate?.();
      return withheld ? Promise.resolve(withheld) : session.write?.(request, signal);
    });
  }

  acknowledge(device: string, alarm: string, comment: string): Promise<Written> {
    return this.#command(device, alarm, ({ session }, signal) =>
      session.acknowledge?.(alarm, comment, signal),
    );
  }

  reread(tag: TagId, rank: RereadRank = 'first'): void {
    const run = this.#run;
    if (run === undefined || this.#state !== 'open') return;
    for (const track of this.#tracks)
      for (const group of track.groups)
        if (group.tags.some(({ id }) => id === tag) && this.#isToReread(group, rank)) {
          this.#rereading.add(group);
          track.session
            .read(group, run.stop.signal)
            .then(
              ({ samples }) => this.#parts.emit(samples),
              () => {}, // The watch says that the link is lost.
            )
            .finally(() => this.#rereading.delete(group));
        }
  }

  /** A read that is under way shows what was before a write; whoever did not write is content with it. */
  #isToReread(group: G, rank: RereadRank): boolean {
    return rank === 'first' || !this.#rereading.has(group);
  }

  lastProgress(): MonoMs {
    return this.#progress;
  }

  facts(): BusFacts {
    const now = this.#parts.clock.mono();
    const link = this.#parts.link.facts?.();
    return {
      name: this.#parts.name,
      resource: this.#parts.link.resource,
      line: this.#state,
      lastError: this.#lastError,
      busyShare: 0,
      devices: this.#tracks.map(({ name, state, since, reports, losses }) => ({
        name,
        state,
        sinceMs: Math.round(between(since, now)),
        polls: reports,
        answered: reports,
        silent: losses,
        garbled: 0,
        late: 0,
        overruns: 0,
        lineMs: 0,
        turnaroundMs: 0,
      })),
      ...(link && { link }),
    };
  }

  async #keepWatching(signal: AbortSignal): Promise<void> {
    const pulse = this.#showPulse(signal);
    while (!signal.aborted) {
      try {
        this.#state = 'connecting';
        await this.#parts.link.connect(signal);
        if (signal.aborted) break;
        this.#state = 'open';
        this.#parts.log.info('bus.line-opened', { bus: this.#parts.name });
        await this.#watch(signal);
      } catch (error) {
        if (signal.aborted) break;
        this.#lose(error);
        await this.#parts.link.close(false);
        const wait = backoff(RECONNECT_BACKOFF, ++this.#attempt, this.#parts.random);
        await this.#nap.until(later(this.#parts.clock.mono(), wait), signal);
      }
    }
    await pulse;
  }

  /** Rejects with the first device that says that the link is lost. */
  #watch(signal: AbortSignal): Promise<void> {
    const watches = this.#tracks.map((track) => async (either: AbortSignal) => {
      await track.session.watch(track.groups, this.#watcherOf(track), either);
      if (!either.aborted) throw new Error(`device ${track.name} ended its watch by itself`);
    });
    return untilOneFails(watches, signal);
  }

  #watcherOf(track: Track<G>): Watcher {
    const { clock, emit, onAlarm, onStanding } = this.#parts;
    const alive = () => {
      this.#attempt = 0;
      this.#lastError = undefined;
      track.reports++;
      if (track.state === 'up') return;
      track.state = 'up';
      track.since = clock.mono();
    };
    return {
      samples(samples) {
        alive();
        emit(samples);
      },
      alarm(report) {
        alive();
        onAlarm(track.name, report);
      },
      standing(alarms) {
        alive();
        onStanding(track.name, alarms);
      },
    };
  }

  #lose(error: unknown): void {
    const { log, name, emit, clock } = this.#parts;
    const reason = reasonOf(error);
    if (reason !== this.#lastError) log.warn('bus.line-lost', { bus: name, reason });
    this.#lastError = reason;
    this.#state = 'waiting';
    for (const track of this.#tracks) {
      if (track.state === 'down') continue;
      track.state = 'down';
      track.since = clock.mono();
      track.losses++;
      const tags = track.groups.flatMap((group) => group.tags);
      emit(badSamples(tags, 'bad:comm', clock));
    }
  }

  /** Settles with what `act` says; a lost link leaves the outcome unknown. */
  async #command<T extends Written | Withheld = Written>(
    name: string,
    tag: string,
    act: (track: Track<G>, signal: AbortSignal) => Promise<T> | undefined,
  ): Promise<T | Written> {
    const bus = this.#parts.name;
    const run = this.#run;
    if (run === undefined || this.#state !== 'open')
      return failed('poll.line-down', { bus, reason: this.#lastError ?? '' });
    if (this.#writes >= MOST_WRITES)
      return failed('poll.commands-full', { bus, limit: MOST_WRITES });
    const track = this.#tracks.find((candidate) => candidate.name === name);
    const writing = track && act(track, run.stop.signal);
    if (writing === undefined) return failed('poll.not-writable', { device: name, tag });
    this.#writes++;
    try {
      return await writing;
    } catch (error) {
      return { ...failed('poll.line-down', { bus, reason: reasonOf(error) }), outcome: 'unknown' };
    } finally {
      this.#writes--;
    }
  }

  async #showPulse(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    const nap = new Nap('bus.pulse', clock);
    while (!signal.aborted) {
      this.#progress = clock.mono();
      await nap.until(monoMs(this.#progress + PULSE), signal);
    }
  }
}
