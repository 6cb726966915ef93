/**
 * What has to outlive a restart: up to where the platform has acknowledged each kind of data, and what it has set. In a
 * small file beside the journal; where that is lost, more is sent again, and nothing is missed.
 */
import type { Hj212Config } from '../../../config/site.ts';
import type { Kept, StateStore } from '../../host/state-store.ts';
import { type Millis, millis, type UtcMs, utcMs } from '../../model/units.ts';
import { PERIOD_KINDS } from './period-builder.ts';
import type { PeriodKind } from './zone.ts';

/** What the host can set by 1000, 1062, 1064, 2011 and 2012. */
export interface PlatformSettings {
  readonly overTime: Millis;
  readonly reCount: number;
  readonly realtime: Millis;
  readonly minute: Millis;
  readonly isRealtimeOn: boolean;
}

export class PlatformState {
  readonly #store: StateStore;
  #settings: PlatformSettings;
  readonly #marks: Partial<Record<PeriodKind, UtcMs>>;

  constructor(store: StateStore, config: Hj212Config) {
    this.#store = store;
    const kept = mapOf(store.get('settings'));
    const number = (key: string, otherwise: number) =>
      typeof kept[key] === 'number' ? kept[key] : otherwise;
    this.#settings = {
      overTime: millis(number('overTime', config.overTime)),
      reCount: number('reCount', config.reCount),
      realtime: millis(number('realtime', config.realtime)),
      minute: millis(number('minute', config.minute)),
      isRealtimeOn: kept.isRealtimeOn !== false,
    };
    const marks = mapOf(store.get('acknowledged'));
    this.#marks = Object.fromEntries(
      PERIOD_KINDS.flatMap((kind) =>
        typeof marks[kind] === 'number' ? [[kind, utcMs(marks[kind])]] : [],
      ),
    );
  }

  get settings(): PlatformSettings {
    return this.#settings;
  }

  set(change: Partial<PlatformSettings>): void {
    this.#settings = { ...this.#settings, ...change };
    const own = mapOf(this.#store.get('settings'));
    this.#store.set('settings', { ...own, ...change });
  }

  /** Everything of this kind that ends here or earlier is acknowledged, or not due. */
  mark(kind: PeriodKind): UtcMs | undefined {
    return this.#marks[kind];
  }

  setMark(kind: PeriodKind, end: UtcMs): void {
    this.#marks[kind] = end;
    this.#store.set('acknowledged', { ...this.#marks });
  }

  flush(): Promise<void> {
    return this.#store.flush();
  }
}

const mapOf = (kept: Kept | undefined): { readonly [key: string]: Kept } =>
  typeof kept === 'object' && kept !== null && !Array.isArray(kept)
    ? (kept as { readonly [key: string]: Kept })
    : {};
