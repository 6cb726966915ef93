/** Says how far delivery has come: at once when the last time is long enough ago, otherwise when it is. */
import type { Cancel, Clock } from '../host/clock.ts';
import type { Cursor, Gap, Journal, Seq } from '../journal/journal.ts';
import { later, type MonoMs, seconds } from '../model/units.ts';
import type { Watermark } from './uplink.ts';

export interface AnnouncerOptions {
  readonly journal: Journal;
  readonly cursor: Cursor;
  readonly clock: Clock;
  readonly announce: (watermark: Watermark) => void;
}

const MAX_GAPS = 100;
const MAX_CORRECTIONS = 100;
const INTERVAL = seconds(5);

export class WatermarkAnnouncer {
  readonly #options: AnnouncerOptions;
  readonly #gaps: (Gap & { readonly seq: Seq })[] = [];
  #from: MonoMs;
  #isUp = false;
  #cancel: Cancel | undefined;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
    this.#from = options.clock.mono();
  }

  /** A gap that was handed over; the newest hundred stay in the watermark. */
  remember(gap: Gap, seq: Seq): void {
    if (this.#gaps.some((known) => known.seq === seq)) return;
    this.#gaps.push({ ...gap, seq });
    if (this.#gaps.length > MAX_GAPS) this.#gaps.shift();
  }

  /** Somebody can hear it now. */
  connected(): void {
    this.#isUp = true;
    this.#from = this.#options.clock.mono();
    this.soon();
  }

  disconnected(): void {
    this.#isUp = false;
  }

  soon(): void {
    if (!this.#isUp || this.#cancel) return;
    const { clock } = this.#options;
    if (clock.mono() >= this.#from) this.#announce();
    else
      this.#cancel = clock.at('forward.watermark', this.#from, () => {
        this.#cancel = undefined;
        this.#announce();
      });
  }

  /** A last time. */
  stop(): void {
    this.#cancel?.();
    this.#announce();
    this.#isUp = false;
  }

  #announce(): void {
    if (!this.#isUp) return;
    const { clock, journal, cursor, announce } = this.#options;
    this.#from = later(clock.mono(), INTERVAL);
    const corrections = journal.corrections().slice(-MAX_CORRECTIONS);
    announce({
      ...(corrections.length > 0 && { corrections }),
      epoch: journal.epoch,
      head: journal.head,
      acknowledged: cursor.upTo,
      gaps: [...this.#gaps],
      day: journal.lastDay,
    });
  }
}
