/** Local time of a site by its IANA zone: stamps of the protocol, and where minutes, hours and days begin. Pure. */
import { type Millis, type UtcMs, utcMs } from '../../model/units.ts';
import { zoneOffsets } from '../../model/zone-offsets.ts';

export type PeriodKind = 'minute' | 'hour' | 'day';

export const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

export class Zone {
  readonly #offsetOf: (utc: UtcMs) => Millis;

  constructor(timezone: string) {
    this.#offsetOf = zoneOffsets(timezone);
  }

  /** `20241115083000`, with milliseconds `20241115083000001`. */
  stamp(time: UtcMs, withMillis = false): string {
    const digits = new Date(this.#local(time)).toISOString().replace(/\D/g, '');
    return digits.slice(0, withMillis ? 17 : 14);
  }

  /** The moment of a stamp of 14 digits; undefined where it is none. Of an hour that comes twice, the first. */
  moment(stamp: string): UtcMs | undefined {
    const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(stamp);
    if (!match) return undefined;
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
      .slice(1)
      .map(Number);
    const local = Date.UTC(year, month - 1, day, hour, minute, second);
    if (Number.isNaN(local) || stampOf(local) !== stamp) return undefined;
    const guess = this.#offset(local - this.#offset(local - DAY_MS / 2));
    const early = local - Math.max(guess, this.#offset(local - guess));
    return utcMs(this.#local(early) === local ? early : local - this.#offset(local - guess));
  }

  /** Whether a period of this kind ends, and the next begins, at this moment, which is a whole minute. */
  isBoundary(kind: PeriodKind, time: UtcMs, minuteInterval: Millis): boolean {
    const local = this.#local(time);
    if (kind === 'day') return local % DAY_MS === 0;
    return local % (kind === 'hour' ? HOUR_MS : minuteInterval) === 0;
  }

  /** When the period of this kind began that `time` is in. */
  startOf(kind: PeriodKind, time: UtcMs, minuteInterval: Millis): UtcMs {
    let start = Math.floor(time / MINUTE_MS) * MINUTE_MS;
    while (!this.isBoundary(kind, utcMs(start), minuteInterval)) start -= MINUTE_MS;
    return utcMs(start);
  }

  #local(time: number): number {
    return time + this.#offset(time);
  }

  #offset(time: number): number {
    return this.#offsetOf(utcMs(time));
  }
}

const stampOf = (local: number): string =>
  new Date(local).toISOString().replace(/\D/g, '').slice(0, 14);
