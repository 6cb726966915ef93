/** Engine time (SEMANTICS.md, "Time") from the injected clock: whole milliseconds that go on over a restart. */
import type { Clock } from '../../gateway/host/clock.ts';
import { fieldsOf } from '../../gateway/host/kept-fields.ts';
import type { Kept } from '../../gateway/host/state-store.ts';
import { type MonoMs, monoMs, type UtcMs, utcMs } from '../../gateway/model/units.ts';
import type { EngineMs } from '../effect.ts';

/** Rules that look at time are evaluated this often, in ms. */
export const TICK = 1_000;
/** A restart that takes no longer leaves the latest samples what they are. */
const LONGEST_BLINK = 60_000;
/** An interval at which nobody was there is believed up to this length: a box may stand on a shelf for years. */
const LONGEST_OFF = 10 * 365 * 86_400_000;

export class EngineTime {
  /** How long nothing ran before this engine, as far as the wall clock can tell. */
  readonly off: number;
  /** When what was saved was saved; 0 where nothing was. */
  readonly savedAt: EngineMs;
  /** What was saved is too old to decide anything with, or nobody knows how old it is. */
  readonly isStale: boolean;
  readonly #clock: Clock;
  readonly #offset: number;

  constructor(clock: Clock, saved: Kept | undefined) {
    this.#clock = clock;
    const { now = 0, utc, isSynced } = fieldsOf(saved);
    this.savedAt = typeof now === 'number' ? now : 0;
    const off = typeof utc === 'number' ? Math.floor(clock.utc() - utc) : 0;
    const isKnown = isSynced === true && clock.isSynced() && off >= 0 && off < LONGEST_OFF;
    this.off = isKnown ? off : 0;
    this.isStale = typeof utc === 'number' && (!isKnown || off > LONGEST_BLINK);
    this.#offset = this.savedAt + this.off - Math.floor(clock.mono());
  }

  now(): EngineMs {
    return Math.floor(this.#clock.mono()) + this.#offset;
  }

  /** The first monotonic time at which engine time is `at`. */
  monoAt(at: EngineMs): MonoMs {
    return monoMs(at - this.#offset);
  }

  /** What the wall clock, as it is set now, showed at an engine time. */
  utcAt(at: EngineMs): UtcMs {
    return utcMs(Math.floor(this.#clock.utc()) - (this.now() - at));
  }

  isSynced(): boolean {
    return this.#clock.isSynced();
  }

  save(): { readonly now: number; readonly utc: number; readonly isSynced: boolean } {
    return { now: this.now(), utc: Math.floor(this.#clock.utc()), isSynced: this.isSynced() };
  }
}
