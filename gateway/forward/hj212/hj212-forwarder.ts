/**
 * Takes one supervising platform's data from the journal: real-time data while the connection is up, and every minute, hour
 * and day period until it is acknowledged, also when that is a month later. Connects, and keeps at it.
 */
import { setImmediate } from 'node:timers/promises';
import type { Hj212Config } from '../../../config/site.ts';
import type { Clock } from '../../host/clock.ts';
import type { Log } from '../../host/log.ts';
import type { StateStore } from '../../host/state-store.ts';
import type { Journal } from '../../journal/journal.ts';
import type { Random } from '../../model/backoff.ts';
import { GatewayError } from '../../model/errors.ts';
import type { RefusedCommands } from '../../model/remote-command.ts';
import type { TagId } from '../../model/sample.ts';
import type { Tag } from '../../model/tag.ts';
import { later, type MonoMs, millis } from '../../model/units.ts';
import { Bell } from '../bell.ts';
import { Reconnection } from '../reconnection.ts';
import { RefusalCount } from '../refusal-count.ts';
import type { ForwardedSite, Forwarder, ForwarderFacts } from '../uplink.ts';
import { Dialogue } from './dialogue.ts';
import { HostDesk } from './host-desk.ts';
import type { PeriodOptions } from './period-builder.ts';
import { connectPlatform } from './platform-connection.ts';
import { PlatformState } from './platform-state.ts';
import { Uploads } from './uploads.ts';
import { Zone } from './zone.ts';

export interface Hj212ForwarderOptions {
  readonly name: string;
  readonly config: Hj212Config;
  readonly tags: readonly Tag[];
  readonly journal: Journal;
  /** Where it is kept what the platform has acknowledged and set. */
  readonly openState: () => Promise<StateStore>;
  readonly clock: Clock;
  readonly log: Log;
  /** 0..1, for the jitter of the back-off. */
  readonly random: Random;
  /** Told what the platform asked and was refused that has to be in the audit, at most once a second. */
  readonly audit: (counts: RefusedCommands['counts']) => void;
}

export const createHj212Forwarder = (options: Hj212ForwarderOptions): Forwarder =>
  new Hj212Forwarder(options);

/** The clock is looked at again this often: it may have been set. */
const LONGEST_SLEEP_MS = 60_000;
/** Until the time is known. */
const CLOCK_LOOK_MS = 1_000;
const CLOCK_UNSYNCED = new GatewayError('hj212.clock-unsynced').message;

/** What is there from the start to the stop. */
interface Parts {
  readonly state: PlatformState;
  readonly uploads: Uploads;
  readonly desk: HostDesk;
}

class Hj212Forwarder implements Forwarder {
  readonly name: string;
  readonly #options: Hj212ForwarderOptions;
  readonly #platform: string;
  readonly #bell = new Bell();
  readonly #abort = new AbortController();
  readonly #refusals: RefusalCount;
  #decimals: ReadonlyMap<TagId, number | undefined>;
  #parts: Parts | undefined;
  #running: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  readonly #reconnection: Reconnection;
  #heldBy: string | undefined;
  #isSending = false;
  #resent = 0;

  constructor(options: Hj212ForwarderOptions) {
    const { clock, name, random } = options;
    this.#options = options;
    this.name = `forward ${name}`;
    this.#platform = `${options.config.host}:${options.config.port}`;
    this.#refusals = new RefusalCount(clock, options.audit);
    this.#reconnection = new Reconnection({
      ...{ name: 'hj212.reconnect', urls: [this.#platform], clock, random },
      live: () => this.#connectAndStay(this.#parts as Parts),
      onFailure: (error, isNews) => this.#onFailure(error, isNews),
    });
    this.#decimals = decimalsOf(options.tags);
  }

  async start(): Promise<void> {
    if (this.#stopping === undefined) this.#running ??= this.#run();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#halt();
    return this.#stopping;
  }

  onAppended(): void {
    this.#bell.ring();
  }

  configure({ tags }: ForwardedSite): void {
    this.#decimals = decimalsOf(tags);
  }

  /** Every wait in here has a timer of its own; what could hang is the thread, and then nobody asks. */
  lastProgress(): MonoMs {
    return this.#options.clock.mono();
  }

  facts(): ForwarderFacts {
    const { name, journal } = this.#options;
    const { desk, uploads } = this.#parts ?? {};
    return {
      uplink: name,
      ...this.#reconnection.facts(),
      ...(desk && { requests: desk.facts() }),
      ...(uploads?.facts() ?? { sent: 0, acknowledged: 0, refusedBlocks: 0 }),
      inFlight: this.#isSending ? 1 : 0,
      resent: this.#resent,
      heldBy: this.#heldBy,
      backlog: journal.head - journal.cursor(name).upTo,
    };
  }

  async #run(): Promise<void> {
    const parts = await this.#makeParts();
    this.#parts = parts;
    await this.#reconnection.run(this.#abort.signal);
    await parts.state.flush();
  }

  async #makeParts(): Promise<Parts> {
    const { name: uplink, config, journal, clock, log, openState } = this.#options;
    const state = new PlatformState(await openState(), config);
    const periods: PeriodOptions = {
      config,
      zone: new Zone(config.timezone),
      minuteInterval: () => state.settings.minute,
      decimalsOf: (tag) => this.#decimals.get(tag),
    };
    const common = { uplink, config, periods, journal, state, clock, log };
    const uploads = new Uploads(common);
    const onSet = (cn: string) => {
      if (cn === '2011') uploads.sendRealtime();
      this.#bell.ring();
    };
    return {
      state,
      uploads,
      desk: new HostDesk({ ...common, audit: (code) => this.#refusals.add(code), onSet }),
    };
  }

  /** One connection's life: what ended it, or an attempt that failed. */
  async #connectAndStay({ state, uploads, desk }: Parts): Promise<GatewayError> {
    const { config, clock, log, name } = this.#options;
    const { signal } = this.#abort;
    const connection = await connectPlatform({ ...config, clock }, signal);
    const platform = this.#platform;
    const dialogue = new Dialogue({
      ...{ platform, connection, clock },
      settings: () => state.settings,
      onResent: () => this.#resent++,
    });
    const hosted = desk.connect((packet) => connection.write(packet));
    let lost: GatewayError | undefined;
    void connection.lost.then((error) => {
      lost = error;
      dialogue.lose();
      this.#bell.ring();
    });
    const onAbort = () => connection.end();
    signal.addEventListener('abort', onAbort, { once: true });
    connection.listen((read) => {
      if (read.kind === 'packet' && read.packet.cn === '9014') dialogue.take(read.packet);
      else hosted.take(read);
    });
    this.#reconnection.reached();
    log.info('hj212.platform-connected', { uplink: name, platform });
    try {
      while (lost === undefined) await this.#step(uploads, dialogue);
    } catch (error) {
      // Where the connection is gone, that is why nobody answered.
      throw lost ?? error;
    } finally {
      connection.end();
      await connection.lost;
      signal.removeEventListener('abort', onAbort);
    }
    return lost;
  }

  /** One upload, or a little reading, or a wait for what comes. */
  async #step(uploads: Uploads, dialogue: Dialogue): Promise<void> {
    const { clock } = this.#options;
    if (!clock.isSynced()) {
      this.#heldBy = CLOCK_UNSYNCED;
      await this.#pause(CLOCK_LOOK_MS);
      return;
    }
    const { acknowledged } = uploads.facts();
    this.#isSending = true;
    const isMore = await uploads.step(dialogue).finally(() => {
      this.#isSending = false;
    });
    if (this.#heldBy === CLOCK_UNSYNCED) this.#heldBy = undefined;
    if (uploads.facts().acknowledged > acknowledged) {
      this.#reconnection.up();
      this.#reconnection.delivered();
      this.#heldBy = undefined;
    }
    if (isMore) await setImmediate();
    else await this.#pause(Math.min(uploads.nextDue() - clock.utc(), LONGEST_SLEEP_MS));
  }

  /** Until something comes, or for so long at most. */
  async #pause(ms: number): Promise<void> {
    const { clock } = this.#options;
    const cancel = clock.at('hj212.due', later(clock.mono(), millis(Math.max(0, ms))), () =>
      this.#bell.ring(),
    );
    await this.#bell.rung();
    cancel();
  }

  #onFailure({ code, message: reason }: GatewayError, isNews: boolean): void {
    const { clock, log, name } = this.#options;
    if (isNews) log.warn('hj212.platform-failed', { uplink: name, reason });
    this.#heldBy = code === 'hj212.refused' ? reason : undefined;
    if (clock.isSynced()) this.#parts?.uploads.check();
  }

  async #halt(): Promise<void> {
    this.#abort.abort();
    this.#running ??= this.#reconnection.run(this.#abort.signal);
    await this.#running;
    this.#refusals.close();
  }
}

const decimalsOf = (tags: readonly Tag[]): ReadonlyMap<TagId, number | undefined> =>
  new Map(tags.map(({ id, decimals }) => [id, decimals]));
