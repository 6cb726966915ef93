/** The daemon of the attack `slow-fsync`, watched from its device, its broker and its own status. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Subscriber } from '../../firmware-sim/subscriber.ts';
import type { GatewayStatus } from '../../gateway/cli/status.ts';
import { seededRandom } from '../../gateway/host/random.ts';
import type { Daemon } from '../support/daemon.ts';
import type { ChangingDisk } from '../support/slow-disk.ts';
import { until } from '../support/waiting.ts';
import type { ArrivedSamples } from './arrived-samples.ts';
import type { AttackReport, Law } from './attack.ts';
import { noneOf } from './laws.ts';
import { bucketsOf, latenessOf, quantileBetween, type Raster, rasterOf } from './poll-raster.ts';
import { grouped, inMillis, type Spread, spreadOf } from './spread.ts';
import type { FieldRead, WatchedField } from './watched-field.ts';

/** Between two polls of a tag. */
export const PERIOD_MS = 1_000;
/** How much longer each sync takes; mixed: another length each second, up to the longest. */
export type Stall = number | 'mixed';

const LONGEST_MS = 10_000;
const REDRAWN_EVERY_MS = 1_000;
const CALM_MS = 10_000;
const WARM_UP_MS = 5_000;
const LOOK_MS = 500;
const PATIENCE_MS = 60_000;
const LATE_P99_MS = 10;
/** Of seconds only the latest one or two polls make the p99, and what else the machine does makes these. */
const LATE_P99_SHORT_MS = 50;
const LONG_PHASE_MS = 30_000;
/** On a machine that does other things, too, polls are late without any stall. */
const WORSE_AT_MOST = 2;
const HISTOGRAM = 'gateway_poll_lateness_ms';

export interface StalledDaemonParts {
  readonly gateway: Daemon;
  readonly field: WatchedField;
  readonly disk: ChangingDisk;
  readonly subscriber: Subscriber;
  readonly arrived: ArrivedSamples;
  readonly seed: number;
}

interface Phase {
  readonly name: string;
  readonly ms: number;
  /** By the device, ms off the raster. */
  readonly off: Spread;
  readonly reads: number;
  readonly missed: number;
  /** By the daemon's histogram: the upper bound of a bucket. */
  readonly histogramP99: number;
  /** The most samples that waited for their commit. */
  readonly waitingMax: number;
}

export class StalledDaemon {
  readonly #parts: StalledDaemonParts;
  readonly #phases: Phase[] = [];
  readonly #readByTag: number[];
  #calm: Phase | undefined;
  #raster: Raster = new Map();
  #status: GatewayStatus | undefined;
  #undelivered = 0;
  #exitCode: number | null = null;
  readonly #mistakes: string[] = [];

  constructor(parts: StalledDaemonParts) {
    this.#parts = parts;
    this.#readByTag = Array<number>(parts.field.tags).fill(0);
  }

  /** Polls while nothing disturbs, once the first have gone by. */
  async calm(): Promise<void> {
    await pause(WARM_UP_MS);
    await this.#reads();
    this.#calm = await this.#phase('calm', CALM_MS, true);
  }

  /** So long with syncs that take so much longer, and then until the queue is empty again. */
  async stall(stall: Stall, ms: number): Promise<void> {
    const { disk, seed } = this.#parts;
    const random = seededRandom(seed);
    const set = () => disk.set(stall === 'mixed' ? Math.floor(random() * LONGEST_MS) : stall);
    set();
    const drawing = setInterval(set, REDRAWN_EVERY_MS);
    const name = stall === 'mixed' ? 'mixed' : `${stall} ms`;
    this.#phases.push(await this.#phase(name, ms, false));
    clearInterval(drawing);
    disk.set(0);
    const isEmpty = async () => (await this.#waiting()) < 2 * this.#readByTag.length;
    await until('an empty queue', isEmpty, PATIENCE_MS);
  }

  /** The device goes away, so that no sample comes any more, and all there is is delivered. */
  async end(): Promise<void> {
    const { gateway, field, subscriber } = this.#parts;
    this.#count(await field.lastReads());
    const isStored = async () => (await this.#waiting()) === 0;
    await until('the last commit', isStored, PATIENCE_MS);
    const left = async () => {
      this.#status = await gateway.status();
      return subscriber.missing(this.#status.north.journal.head);
    };
    await until('the delivery of all', async () => (await left()).length === 0, PATIENCE_MS).catch(
      (error: Error) => this.#mistakes.push(error.message),
    );
    this.#undelivered = (await left()).length;
    this.#exitCode = await gateway.stop();
  }

  report(): AttackReport {
    const { arrived, subscriber } = this.#parts;
    const { journal, link } = this.#status?.north ?? { journal: undefined, link: undefined };
    const read = this.#readByTag.reduce((sum, count) => sum + count, 0);
    const wrong = this.#readByTag.reduce(
      (sum, count, tag) => sum + Math.abs(count - (arrived.good[tag] ?? 0)),
      0,
    );
    const missed = this.#phases.reduce((sum, phase) => sum + phase.missed, 0);
    const polls = `${grouped(this.#phases.reduce((sum, phase) => sum + phase.reads, 0))} polls`;
    const samples = `${grouped(read)} samples`;
    const blocks = `${grouped(journal?.head ?? 0)} blocks`;
    const laws = [
      ...this.#latenessLaws(),
      noneOf('no poll is left out', missed, polls),
      noneOf('each reading of the device is delivered, once', wrong, samples),
      noneOf('nothing is dropped from the queue', link?.dropped ?? read, samples),
      noneOf(
        'nothing is a gap, nothing stays behind',
        (journal?.gaps ?? 1) + this.#undelivered,
        blocks,
      ),
      noneOf('the worker thread lives', link?.restarts ?? 1, '1 worker'),
      noneOf('it stops in order', this.#exitCode === 0 ? 0 : 1, '1 stop'),
    ];
    return {
      counts: {
        stalls: this.#phases.length,
        'samples read': read,
        'samples delivered': arrived.total,
        blocks: journal?.head ?? 0,
        'messages repeated': subscriber.facts().duplicates,
        'most samples that waited': Math.max(...this.#phases.map(({ waitingMax }) => waitingMax)),
      },
      laws,
      failures: this.#mistakes.slice(0, 10),
    };
  }

  #latenessLaws(): readonly Law[] {
    const calm = this.#calm as Phase;
    return this.#phases.flatMap(({ name, ms, off, histogramP99, waitingMax }) => {
      const late = ms < LONG_PHASE_MS ? LATE_P99_SHORT_MS : LATE_P99_MS;
      const most = (undisturbed: number) => Math.max(late, WORSE_AT_MOST * undisturbed);
      const goal = `p99 ≤ ${late} ms, or ≤ ${WORSE_AT_MOST} × what it is without stalls`;
      return [
        {
          promise: `stalls of ${name}: polls come in time, by the clock of the device`,
          found: `${inMillis(off)}; without stalls ${inMillis(calm.off)}; ${grouped(waitingMax)} samples waited at most`,
          goal,
          holds: off.p99 > 0 && off.p99 <= most(calm.off.p99),
        },
        {
          promise: `stalls of ${name}: the same by the histogram of the daemon`,
          found: `p99 ≤ ${histogramP99} ms; without stalls ≤ ${calm.histogramP99} ms`,
          goal,
          holds: histogramP99 > 0 && histogramP99 <= most(calm.histogramP99),
        },
      ];
    });
  }

  async #phase(name: string, ms: number, isCalm: boolean): Promise<Phase> {
    const { gateway } = this.#parts;
    const before = bucketsOf(await gateway.metrics(), HISTOGRAM);
    const end = performance.now() + ms;
    let waitingMax = 0;
    while (performance.now() < end) {
      await pause(LOOK_MS);
      waitingMax = Math.max(waitingMax, await this.#waiting());
    }
    const after = bucketsOf(await gateway.metrics(), HISTOGRAM);
    const reads = await this.#reads();
    if (isCalm) this.#raster = rasterOf(reads, PERIOD_MS);
    const { offMs, missed } = latenessOf(reads, this.#raster, PERIOD_MS);
    const histogramP99 = quantileBetween(before, after, 0.99);
    const off = spreadOf(offMs);
    return { name, ms, off, reads: offMs.length, missed, histogramP99, waitingMax };
  }

  async #waiting(): Promise<number> {
    const status = await this.#parts.gateway.status();
    return status.north.link.waiting;
  }

  async #reads(): Promise<readonly FieldRead[]> {
    const reads = await this.#parts.field.reads();
    this.#count(reads);
    return reads;
  }

  #count(reads: readonly FieldRead[]): void {
    for (const [first, count] of reads)
      for (let tag = first; tag < first + count; tag++)
        this.#readByTag[tag] = (this.#readByTag[tag] ?? 0) + 1;
  }
}
