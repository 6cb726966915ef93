/**
 * Once a minute the gateway looks at itself: what its other stores have written is added to the account of the flash, its own
 * tags get their values, and alarms stand while the loss window is wider than declared, where a journal was damaged, where
 * certificates were put in place that cannot be used, and where blocks were set aside that a target does not take.
 */
import { dirname } from 'node:path';
import type { Site } from '../../config/site.ts';
import type { ForwarderFacts } from '../forward/uplink.ts';
import type { Cancel, Clock } from '../host/clock.ts';
import { type Flash, flashOf } from '../host/flash.ts';
import type { Log } from '../host/log.ts';
import { timeBasisOf } from '../host/stamp.ts';
import type { StateStore } from '../host/state-store.ts';
import type { JournalStats, SalvageFacts, WearCause, Written } from '../journal/journal.ts';
import type { AlarmReport } from '../model/alarm.ts';
import { reasonOf } from '../model/errors.ts';
import type { Sample } from '../model/sample.ts';
import { SELF_TAG_SCAN } from '../model/self-tag.ts';
import { between, later, type MonoMs } from '../model/units.ts';
import { type AsideFacts, asideAlarm } from './aside-alarm.ts';
import { certificatesAlarm } from './certificates-alarm.ts';
import { flashAlarm } from './flash-alarm.ts';
import { type FlashFacts, flashFacts, type MeasuredWindow } from './flash-facts.ts';
import { salvageAlarm } from './salvage-alarm.ts';
import { selfSamples } from './self-tags.ts';

/** What it needs to know of the north side. */
export interface WatchedNorth {
  readonly journal: JournalStats;
  readonly salvage?: SalvageFacts;
  readonly uplinks: readonly (Pick<ForwarderFacts, 'uplink' | 'credentials'> & AsideFacts)[];
  readonly link: { readonly lossWindow: MeasuredWindow };
}

export interface SelfWatchOptions {
  readonly site: Pick<Site, 'journal' | 'gateway'>;
  readonly north: {
    stats(): Promise<WatchedNorth>;
    noteWritten(cause: WearCause, written: Written): void;
  };
  /** What is written beside the journal. */
  readonly stores: readonly StateStore[];
  /** The log, where it goes to a file. */
  readonly logged?: (() => Written) | undefined;
  /** Takes the samples, unless the site has self-tags switched off. */
  readonly emit: (samples: readonly Sample[]) => void;
  readonly alarm: (report: AlarmReport) => void;
  readonly clock: Clock;
  readonly log: Log;
  /** Of the process; a test has its own. */
  readonly usage?: () => ProcessUsage;
  /** The root of the machine. */
  readonly root?: string;
}

export interface ProcessUsage {
  readonly cpuMs: number;
  readonly memoryBytes: number;
}

export class SelfWatch {
  readonly #options: SelfWatchOptions;
  readonly #usage: () => ProcessUsage;
  readonly #noted = new Map<WearCause, Written>();
  #flash: Flash | undefined;
  #last: { readonly at: MonoMs; readonly cpuMs: number } | undefined;
  #cancel: Cancel = () => {};
  #isRunning = false;

  constructor(options: SelfWatchOptions) {
    this.#options = options;
    this.#usage = options.usage ?? processUsage;
  }

  /** The journal has to be open. */
  start(): void {
    this.#isRunning = true;
    this.#flash = undefined;
    this.#last = { at: this.#options.clock.mono(), cpuMs: this.#usage().cpuMs };
    this.#soon();
  }

  stop(): void {
    this.#isRunning = false;
    this.#cancel();
    this.#noteWritten();
  }

  /** For the status. */
  facts({ journal, link }: WatchedNorth): FlashFacts {
    const { path, endurance } = this.#options.site.journal;
    this.#flash ??= flashOf(dirname(path), this.#options.root);
    return flashFacts(journal, link.lossWindow, this.#flash, endurance);
  }

  #soon(): void {
    const { clock } = this.#options;
    this.#cancel = clock.at('self.watch', later(clock.mono(), SELF_TAG_SCAN), () => {
      void this.#look().finally(() => this.#isRunning && this.#soon());
    });
  }

  async #look(): Promise<void> {
    const { site, north, emit, alarm, clock, log } = this.#options;
    try {
      this.#noteWritten();
      const stats = await north.stats();
      if (!this.#isRunning) return;
      this.#flash = undefined;
      const flash = this.facts(stats);
      const [now, timeBasis] = [clock.utc(), timeBasisOf(clock)];
      alarm(flashAlarm(flash, now, timeBasis));
      alarm(salvageAlarm(stats.salvage, now, timeBasis));
      for (const uplink of stats.uplinks) {
        alarm(certificatesAlarm(uplink, now, timeBasis));
        alarm(asideAlarm(uplink, now, timeBasis));
      }
      const blocksAside = stats.uplinks.reduce((sum, { refusedBlocks: n }) => sum + n, 0);
      const own = { ...this.#used(), blocksAside, trust: clock.trust(), now, timeBasis };
      if (site.gateway.hasSelfTags) emit(selfSamples({ journal: stats.journal, flash, ...own }));
    } catch (error) {
      log.warn('self.look-failed', { reason: reasonOf(error) });
    }
  }

  #used() {
    const { clock } = this.#options;
    const { cpuMs, memoryBytes } = this.#usage();
    const at = clock.mono();
    const passed = this.#last ? between(this.#last.at, at) : 0;
    const cpuShare = this.#last && passed > 0 ? (cpuMs - this.#last.cpuMs) / passed : undefined;
    this.#last = { at, cpuMs };
    return { cpuShare, memoryBytes };
  }

  #noteWritten(): void {
    const { stores, logged } = this.#options;
    const kept = stores.map((store) => store.written?.() ?? NOTHING);
    this.#note('state', {
      bytes: kept.reduce((sum, { bytes }) => sum + bytes, 0),
      syncs: kept.reduce((sum, { syncs }) => sum + syncs, 0),
    });
    if (logged) this.#note('log', logged());
  }

  /** `written`: since the start. */
  #note(cause: WearCause, written: Written): void {
    const before = this.#noted.get(cause) ?? NOTHING;
    const since = { bytes: written.bytes - before.bytes, syncs: written.syncs - before.syncs };
    if (since.bytes === 0 && since.syncs === 0) return;
    this.#options.north.noteWritten(cause, since);
    this.#noted.set(cause, written);
  }
}

const NOTHING: Written = { bytes: 0, syncs: 0 };

function processUsage(): ProcessUsage {
  const { user, system } = process.cpuUsage();
  return { cpuMs: (user + system) / 1000, memoryBytes: process.memoryUsage.rss() };
}
