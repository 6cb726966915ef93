/** What is uploaded next: real-time data when they are due, else the oldest period that waits. */
import type { Hj212Config } from '../../../config/site.ts';
import type { Clock } from '../../host/clock.ts';
import type { Log } from '../../host/log.ts';
import type { Journal } from '../../journal/journal.ts';
import { type UtcMs, utcMs } from '../../model/units.ts';
import type { Dialogue } from './dialogue.ts';
import { LiveFactors } from './live-factors.ts';
import { type Item, splitPackets } from './packet.ts';
import type { PeriodOptions } from './period-builder.ts';
import { PeriodFeed } from './period-feed.ts';
import type { PlatformState } from './platform-state.ts';
import { PERIOD_CN, periodItems, REALTIME_CN, realtimeItems } from './records.ts';

export interface UploadOptions {
  readonly uplink: string;
  readonly config: Hj212Config;
  readonly periods: PeriodOptions;
  readonly journal: Journal;
  readonly state: PlatformState;
  readonly clock: Clock;
  readonly log: Log;
}

export class Uploads {
  readonly #options: UploadOptions;
  readonly #live: LiveFactors;
  /** Undefined until the time is known: periods begin by the clock. */
  #feed: PeriodFeed | undefined;
  /** The last turn of the real-time interval in which data were sent. */
  #turn: number | undefined;
  #lastQn = 0;
  #sent = 0;
  #acknowledged = 0;

  constructor(options: UploadOptions) {
    this.#options = options;
    this.#live = new LiveFactors(options.journal, options.config);
  }

  facts() {
    return {
      sent: this.#sent,
      acknowledged: this.#acknowledged,
      refusedBlocks: this.#feed?.givenUp ?? 0,
    };
  }

  /** Uploads one thing, or reads on; false when there is nothing to do before `nextDue`. Rejects like Dialogue. */
  async step(dialogue: Dialogue): Promise<boolean> {
    if (this.#feed === undefined) {
      // Where the data begin is known from now on, whatever happens.
      this.#begun();
      await this.#options.state.flush();
    }
    const now = this.#options.clock.utc();
    const turn = this.#realtimeTurn(now);
    if (turn !== undefined && turn !== this.#turn) {
      // Before the answer: what was missed is not sent later.
      this.#turn = turn;
      await this.#deliver(dialogue, REALTIME_CN, this.#realtime(now));
      return true;
    }
    const feed = this.#begun();
    feed.check();
    const record = feed.next();
    if (record === undefined) return feed.fill() || feed.next() !== undefined;
    const { periods } = this.#options;
    await this.#deliver(dialogue, PERIOD_CN[record.kind], periodItems(record, periods.zone));
    feed.settle(record);
    return true;
  }

  /** When there is something to do again although no block comes. */
  nextDue(): UtcMs {
    const { clock, state } = this.#options;
    const now = clock.utc();
    const turn = this.#realtimeTurn(now);
    const realtime = turn === undefined ? Infinity : (turn + 1) * state.settings.realtime;
    return utcMs(Math.min(realtime, this.#begun().nextDue()));
  }

  /** Real-time data at once, whatever the interval says. */
  sendRealtime(): void {
    this.#turn = undefined;
  }

  /** To be called now and then while nobody is connected; see PeriodFeed. */
  check(): void {
    this.#begun().check();
  }

  #begun(): PeriodFeed {
    const { periods, journal, uplink } = this.#options;
    this.#feed ??= new PeriodFeed({
      ...periods,
      ...this.#options,
      ...{ cursor: journal.cursor(uplink), live: this.#live },
    });
    return this.#feed;
  }

  #realtimeTurn(now: UtcMs): number | undefined {
    const { config, state } = this.#options;
    const { isRealtimeOn, realtime } = state.settings;
    return isRealtimeOn && config.sends.includes('realtime')
      ? Math.floor(now / realtime)
      : undefined;
  }

  #realtime(now: UtcMs): readonly Item[] {
    const { config, periods } = this.#options;
    return realtimeItems(now, periods.zone, config.factors, this.#live.standingAt(now), (factor) =>
      periods.decimalsOf(factor.tag),
    );
  }

  async #deliver(dialogue: Dialogue, cn: string, cp: readonly Item[]): Promise<void> {
    const { config, log, uplink } = this.#options;
    const { st, pw, mn } = config;
    const { packets, tooLong } = splitPackets({ qn: this.#nextQn(), st, cn, pw, mn, cp }, true);
    if (tooLong.length > 0) log.error('hj212.item-too-long', { uplink, cn, items: tooLong.join() });
    this.#sent++;
    await dialogue.deliver(packets);
    this.#acknowledged++;
  }

  /** No two dialogues have the same, also where the clock is set back. */
  #nextQn(): string {
    const { clock, periods } = this.#options;
    this.#lastQn = Math.max(Math.floor(clock.utc()), this.#lastQn + 1);
    return periods.zone.stamp(utcMs(this.#lastQn), true);
  }
}
