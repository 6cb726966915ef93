/** One line of the attack `slow-link`: how the new arrive alone, beside the backlog, and when the line changes. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type ReceivedPart,
  type Subscriber,
  startSubscriber,
} from '../../firmware-sim/subscriber.ts';
import { type Daemon, daemon } from '../support/daemon.ts';
import { type Mosquitto, startMosquitto } from '../support/mosquitto.ts';
import type { SlowLine } from './slow-line.ts';
import { type Spread, spreadOf } from './spread.ts';
import { tagAddress, tagName, type WatchedField } from './watched-field.ts';

export const DEVICES = 10;
export const TAGS_PER_DEVICE = 50;
export const TAGS = DEVICES * TAGS_PER_DEVICE;
export const UPLINK = 'cloud';
export const deviceName = (device: number): string => `press${device}`;

const GATEWAY = 'slow';
const WARM_UP_MS = 4_000;
const MEASURED_MS = 6_000;
const IDLE_MS = 12_000;
const LOOK_MS = 200;
/** The rate falls to a third, and rises again: each so long. */
const CHANGED_MS = 10_000;
/** The pace may take so long to follow. */
const FOLLOWS_MS = 4_000;
const CHANGED_TO = 1 / 3;
/** What is still on its way when a stretch ends. */
const TRAVEL_MS = 3_000;
/** Mosquitto takes no more than 20 by itself, which are not enough for small messages on a line with a delay. */
const BROKER_IN_FLIGHT = 100;
/** For so long at full rate there must be something left when the line changes, and some more. */
const KEPT_MS = (TRAVEL_MS + CHANGED_MS * (1 + CHANGED_TO)) * 1.1;
/** A subscriber that cannot follow must not fill the machine's memory through the broker. */
const BROKER_QUEUE_BYTES = 200_000_000;

export interface TrialOptions {
  readonly field: WatchedField;
  readonly line: SlowLine;
  /** The line's rate in live rates. */
  readonly times: number;
  readonly compress: 'none' | 'zstd';
  /** A journal with so many samples that nobody has. */
  readonly backlog: string;
  readonly samples: number;
  readonly watchedMs: number;
}

/** What was seen of samples that were polled in a stretch of time. */
export interface Stretch {
  readonly ms: number;
  /** From a sample's timestamp to its arrival. */
  readonly live: Spread;
  readonly polled: number;
  readonly arrived: number;
  /** Over the line, with headers. */
  readonly bytes: number;
  readonly dropped: number;
  /** Samples of the backlog. */
  readonly drained: number;
}

export interface Change {
  readonly fallen: Stretch;
  /** `fallen` without its first seconds. */
  readonly settled: Stretch;
  /** Some seconds after the rate has risen. */
  readonly risen: Stretch;
}

export interface TrialFacts extends Pick<TrialOptions, 'times' | 'compress'> {
  /** Bytes a second: of the line, and of what is new. */
  readonly rate: number;
  readonly liveRate: number;
  readonly idle: Stretch;
  readonly drain: Stretch;
  /** Where the line still takes more than what is new. */
  readonly change: Change | undefined;
}

interface Mark {
  readonly at: number;
  readonly bytes: number;
  readonly dropped: number;
  readonly drained: number;
}

export class SlowLinkTrial {
  readonly #options: TrialOptions;
  readonly #startedAt = Date.now();
  /** Of samples polled since the start: when, and after how many ms they arrived. */
  readonly #times: number[] = [];
  readonly #took: number[] = [];
  #drained = 0;
  #broker: Mosquitto | undefined;
  #subscriber: Subscriber | undefined;
  readonly #daemons: Daemon[] = [];

  constructor(options: TrialOptions) {
    this.#options = options;
  }

  /** Samples of the backlog that have arrived. */
  get drained(): number {
    return this.#drained;
  }

  async run(): Promise<TrialFacts> {
    const { line, times, compress } = this.#options;
    const there = { command: line.there, host: line.fast };
    this.#broker = await startMosquitto({
      there,
      lines: () => [
        `max_queued_bytes ${BROKER_QUEUE_BYTES}`,
        `max_inflight_messages ${BROKER_IN_FLIGHT}`,
      ],
    });
    this.#subscriber = await startSubscriber({
      url: this.#broker.url,
      gateway: GATEWAY,
      onPart: (part) => this.#onPart(part),
    });
    const alone = await this.#start();
    await pause(WARM_UP_MS);
    const { bytes, ms } = await this.#stretch(this.#mark(), MEASURED_MS);
    const rate = (times * bytes * 1_000) / ms;
    line.rate = rate;
    const idle = await this.#stretch(this.#mark(), IDLE_MS);
    await alone.stop();
    await this.#start(this.#options.backlog);
    await pause(FOLLOWS_MS);
    const drain = await this.#drain();
    const change = times * CHANGED_TO > 1 ? await this.#change(rate) : undefined;
    const liveRate = (idle.bytes * 1_000) / idle.ms;
    return { times, compress, rate, liveRate, idle, drain, change };
  }

  async dispose(): Promise<void> {
    await this.#subscriber?.stop();
    await Promise.all(this.#daemons.map((each) => each.dispose()));
    await this.#broker?.dispose();
  }

  /** Resolves when it is connected. */
  async #start(journal?: string): Promise<Daemon> {
    const gateway = daemon({ site: this.#site() });
    this.#daemons.push(gateway);
    if (journal !== undefined) {
      const data = join(gateway.folder, 'data');
      mkdirSync(data);
      copyFileSync(journal, join(data, 'journal.db'));
    }
    await gateway.start();
    await gateway.line(({ event }) => event === 'forward.uplink-connected');
    return gateway;
  }

  /** As long as there is enough for what comes then. */
  async #drain(): Promise<Stretch> {
    const { samples, watchedMs } = this.#options;
    const from = this.#mark();
    for (let passed = 0, kept = 0; passed < watchedMs && this.#drained < samples - kept; ) {
      await pause(LOOK_MS);
      passed = Date.now() - from.at;
      kept = ((this.#drained - from.drained) / passed) * KEPT_MS;
    }
    return this.#stretch(from);
  }

  async #change(rate: number): Promise<Change> {
    const { line } = this.#options;
    line.rate = rate * CHANGED_TO;
    const fell = this.#mark();
    await pause(FOLLOWS_MS);
    const followed = this.#mark();
    await pause(CHANGED_MS - FOLLOWS_MS);
    const rose = this.#mark();
    line.rate = rate;
    await pause(FOLLOWS_MS);
    const risen = await this.#stretch(this.#mark(), CHANGED_MS - FOLLOWS_MS);
    return { fallen: this.#between(fell, rose), settled: this.#between(followed, rose), risen };
  }

  /** From a mark on, for so long or until now; what was polled in it is waited for. */
  async #stretch(from: Mark, ms = 0): Promise<Stretch> {
    await pause(ms);
    const to = this.#mark();
    await pause(TRAVEL_MS);
    return this.#between(from, to);
  }

  #between(from: Mark, to: Mark): Stretch {
    const ms = to.at - from.at;
    const live = this.#took.filter((_, index) => {
      const time = this.#times[index] as number;
      return time >= from.at && time < to.at;
    });
    return {
      ms,
      live: spreadOf(live),
      polled: Math.round((TAGS * ms) / 1_000),
      arrived: live.length,
      bytes: to.bytes - from.bytes,
      dropped: to.dropped - from.dropped,
      drained: to.drained - from.drained,
    };
  }

  #mark(): Mark {
    return { ...this.#options.line.sent(), at: Date.now(), drained: this.#drained };
  }

  #onPart({ samples }: ReceivedPart): void {
    const now = Date.now();
    for (const rows of Object.values(samples ?? {}))
      for (const [time, , quality] of rows) {
        if (time < this.#startedAt) this.#drained++;
        else if (quality === undefined) {
          this.#times.push(time);
          this.#took.push(now - time);
        }
      }
  }

  #site(): string {
    const { field, line, compress } = this.#options;
    const url = `mqtt://${line.slow}:${this.#broker?.port}`;
    const tags = (device: number) =>
      Array.from({ length: TAGS_PER_DEVICE }, (_, place) => {
        const tag = device * TAGS_PER_DEVICE + place;
        return `      ${tagName(tag)}: { address: "holding:${tagAddress(tag)} float32" }`;
      });
    return [
      `gateway: { id: ${GATEWAY}, timezone: UTC }`,
      'journal: { path: ./data/journal.db, loss_window: 100ms, max_size: 4GB }',
      `uplinks: { ${UPLINK}: { mqtt: "${url}", compress: ${compress} } }`,
      `buses: { field: { tcp: "127.0.0.1:${field.port}" } }`,
      'devices:',
      ...Array.from({ length: DEVICES }, (_, device) => [
        `  ${deviceName(device)}:`,
        ...['bus: field', 'protocol: modbus', 'unit: 1', 'scan: 1s', 'tags:'].map(
          (each) => `    ${each}`,
        ),
        ...tags(device),
      ]).flat(),
      '',
    ].join('\n');
  }
}
