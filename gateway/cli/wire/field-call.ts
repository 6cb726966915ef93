/**
 * A bus opened for one call of the command line: connected, tuned and quiet before each request, drained
 * after each that failed, closed at the end. For verbs that talk to a device without a site.
 */
import { DRIVERS } from '../../../drivers/all-drivers.ts';
import type {
  BusAccess,
  DriverIo,
  Group,
  Reading,
  Session,
  WriteRequest,
  Written,
} from '../../../drivers/driver.ts';
import type { SerialSettings } from '../../../drivers/line/line.ts';
import { accessOf, driverOf, lineOf } from '../../field.ts';
import { sleep } from '../../host/clock.ts';
import { silentLog } from '../../host/log.ts';
import { deviceName, type Sample, type TagId } from '../../model/sample.ts';
import { later, type Millis, millis, seconds } from '../../model/units.ts';
import { drain, untilQuiet } from '../../poll/line-manners.ts';
import type { Call, Words } from '../verb.ts';
import type { BusUrl } from './bus-url.ts';
import { type Overheard, type TappedLine, tapped } from './tapped-line.ts';

/** A device that says "not now" is asked again so often, as long as it wants to be asked soon. */
const MOST_REPEATS = 5;
const LONGEST_REPEAT_WAIT: Millis = seconds(3);
/** A driver may split a group so many times over before its answer stands. */
const MOST_REGROUPINGS = 200;
/** From here on a person wonders whether anything happens. */
const PATIENCE: Millis = seconds(2);

/** What a verb reads, with what went over the wire for it. */
export interface ReadResult {
  readonly samples: ReadonlyMap<TagId, Sample>;
  /** Of each request that brought a bad sample, in their order. */
  readonly failures: readonly FailedRequest[];
}

export interface FailedRequest {
  readonly group: Group;
  readonly reading: Reading;
  readonly overheard: Overheard;
}

/** Whether a frame leaves the device as it is. */
export type OnlyReads = (frame: Uint8Array) => boolean;

export class FieldCall {
  readonly line: TappedLine;
  readonly #bus: BusUrl;
  readonly #call: Pick<Call, 'clock' | 'signal'>;
  readonly #sessions: Session[] = [];
  #settings: SerialSettings | undefined;

  private constructor(bus: BusUrl, call: Pick<Call, 'clock' | 'signal'>) {
    this.#bus = bus;
    this.#call = call;
    this.line = tapped(lineOf(bus, call.clock));
  }

  /** Connects; rejects with `line.unreachable`. Everything is closed again when `use` ends. */
  static async use<T>(
    bus: BusUrl,
    call: Pick<Call, 'clock' | 'signal'>,
    use: (field: FieldCall) => Promise<T>,
  ): Promise<T> {
    const field = new FieldCall(bus, call);
    try {
      await field.line.connect(call.signal);
      return await use(field);
    } finally {
      for (const session of field.#sessions) await session.close();
      await field.line.close();
    }
  }

  /** As drivers want it; of the settings that the line has now. */
  get access(): BusAccess {
    return accessOf(this.#bus, this.line, this.#settings);
  }

  /** Waits for silence and changes the settings of the wire. */
  async tune(settings: SerialSettings): Promise<void> {
    await this.quiet();
    await this.line.tune(settings);
    this.#settings = settings;
  }

  /** A session with one device, closed with the call. `options` are what its deviceSchema made. */
  session(protocol: string, options: unknown): Session {
    const session = driverOf({ name: deviceName(protocol), protocol }, DRIVERS).open(
      options,
      this.io,
    );
    this.#sessions.push(session);
    return session;
  }

  /** What a driver may use; of the settings that the line has now. */
  get io(): DriverIo {
    return { ...this.access, clock: this.#call.clock, log: silentLog, line: this.line };
  }

  /** One request, with the wire quiet before it. Rejects when the line is lost. */
  async read(session: Session, group: Group, timeout?: Millis): Promise<Reading> {
    await this.quiet(session.silence);
    const reading = await session.read(group, this.#call.signal, timeout);
    if (reading.outcome !== 'answered') await this.#drain();
    else await this.rest(session.gap);
    return reading;
  }

  /**
   * Reads all groups, follows what the driver learns on the way (other groups in a group's place), and asks
   * a busy device again.
   */
  async readAll(session: Session, groups: readonly Group[]): Promise<ReadResult> {
    const samples = new Map<TagId, Sample>();
    const failures: FailedRequest[] = [];
    let regroupings = 0;
    const queue = [...groups];
    for (let group = queue.shift(); group; group = queue.shift()) {
      const reading = await this.#readPatiently(session, group);
      if (reading.regroup && regroupings++ < MOST_REGROUPINGS) {
        queue.unshift(...reading.regroup);
        continue;
      }
      for (const sample of reading.samples) samples.set(sample.tag, sample);
      if (reading.samples.some(({ value }) => value === null))
        failures.push({ group, reading, overheard: this.line.overheard() });
    }
    return { samples, failures };
  }

  /**
   * Goes as far as the write itself and holds that back: what the driver has to read before it is read, the frame
   * that would write is caught. A write that ends without one is returned as it ended; undefined where the protocol
   * only reads.
   */
  async rehearse(
    session: Session,
    request: WriteRequest,
    onlyReads: OnlyReads,
  ): Promise<{ readonly frame: Uint8Array } | Written | undefined> {
    const stop = new AbortController();
    let frame: Uint8Array | undefined;
    this.line.gate((bytes) => {
      if (frame === undefined && onlyReads(bytes)) return true;
      frame ??= Uint8Array.from(bytes);
      // Not within the write: the session has first to be waiting for its answer.
      queueMicrotask(() => stop.abort());
      return false;
    });
    try {
      const signal = AbortSignal.any([this.#call.signal, stop.signal]);
      const written = await this.#write(session, request, signal);
      return frame ? { frame } : written;
    } catch (error) {
      if (frame && !this.#call.signal.aborted) return { frame };
      throw error;
    } finally {
      this.line.gate(undefined);
    }
  }

  /**
   * Writes once and never again; undefined where the protocol only reads. Rejects when the line is lost; `onLeft` is
   * called before the frame that writes leaves.
   */
  async write(
    session: Session,
    request: WriteRequest,
    { onlyReads, onLeft }: { readonly onlyReads: OnlyReads; readonly onLeft: () => void },
  ): Promise<Written | undefined> {
    this.line.gate((bytes) => {
      if (!onlyReads(bytes)) onLeft();
      return true;
    });
    try {
      return await this.#write(session, request, this.#call.signal);
    } finally {
      this.line.gate(undefined);
    }
  }

  async #write(session: Session, request: WriteRequest, signal: AbortSignal) {
    if (!session.write) return undefined;
    await this.quiet(session.silence);
    const written = await session.write(request, signal);
    if (written.outcome === 'unknown') await this.#drain();
    else await this.rest(session.gap);
    return written;
  }

  /** Until the wire has been silent for `silence`; then old input is dropped. */
  async quiet(silence: Millis = this.line.timing?.silence ?? millis(0)): Promise<void> {
    const { clock, signal } = this.#call;
    if (this.line.timing === undefined) return;
    await this.line.discardInput();
    await untilQuiet(this.line, clock, silence, signal);
  }

  async #readPatiently(session: Session, group: Group): Promise<Reading> {
    for (let repeats = 0; ; repeats++) {
      const reading = await this.read(session, group);
      const { again } = reading;
      const isDone = reading.samples.every(({ value }) => value !== null);
      if (again === undefined || isDone || again > LONGEST_REPEAT_WAIT || repeats >= MOST_REPEATS)
        return reading;
      await this.rest(again);
    }
  }

  /** Leaves everybody in peace. */
  async rest(length: Millis): Promise<void> {
    if (length > 0) await sleep(this.#call.clock, 'cli.rest', length, this.#call.signal);
  }

  async #drain(): Promise<void> {
    const { clock, signal } = this.#call;
    await drain(this.line, clock, 'silent', signal);
  }
}

/** Says on standard error what is being waited for when it takes longer than two seconds. */
export async function withProgress<T>(
  call: Pick<Call, 'clock' | 'language' | 'note'>,
  words: Words,
  work: Promise<T>,
): Promise<T> {
  const { clock, language } = call;
  const cancel = clock.at('cli.progress', later(clock.mono(), PATIENCE), () =>
    call.note(words[language]),
  );
  try {
    return await work;
  } finally {
    cancel();
  }
}
