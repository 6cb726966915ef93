/** The picture of a running engine; see picture.ts. Tags have slots from when a rule first uses them. */
import { roughly } from '../../gateway/model/decimal.ts';
import { isBad, type Quality } from '../../gateway/model/quality.ts';
import { isDecimal, type TagId, type Value } from '../../gateway/model/sample.ts';
import type { Maybe } from '../expression.ts';
import type { LocalTime, Picture } from '../picture.ts';
import { SampleHistory } from './sample-history.ts';

export class LivePicture implements Picture {
  now = 0;
  moment = 0;
  readonly values: Maybe[] = [];
  readonly qualities: Quality[] = [];
  readonly arrivals: number[] = [];
  readonly lastValues: Maybe[] = [];
  readonly valueArrivals: number[] = [];
  readonly previousValues: Maybe[] = [];
  readonly previousArrivals: number[] = [];
  readonly arrivalMoments: number[] = [];
  readonly changeMoments: number[] = [];
  readonly histories: (SampleHistory | undefined)[] = [];
  readonly #slots = new Map<TagId, number>();
  readonly #lookUpLocalTime: () => LocalTime;
  #localTime: LocalTime | undefined;
  #localTimeOf = -1;

  constructor(localTime: () => LocalTime) {
    this.#lookUpLocalTime = localTime;
  }

  localTime(): LocalTime {
    if (this.#localTime === undefined || this.#localTimeOf !== this.moment) {
      this.#localTime = this.#lookUpLocalTime();
      this.#localTimeOf = this.moment;
    }
    return this.#localTime;
  }

  slotOf(tag: TagId): number | undefined {
    return this.#slots.get(tag);
  }

  get tags(): readonly TagId[] {
    return [...this.#slots.keys()];
  }

  /** A slot for the tag, the same one at each call. */
  add(tag: TagId): number {
    const known = this.#slots.get(tag);
    if (known !== undefined) return known;
    const slot = this.#slots.size;
    this.#slots.set(tag, slot);
    this.values.push(undefined);
    this.qualities.push('bad:waiting');
    this.arrivals.push(Number.NaN);
    this.lastValues.push(undefined);
    this.valueArrivals.push(Number.NaN);
    this.previousValues.push(undefined);
    this.previousArrivals.push(Number.NaN);
    this.arrivalMoments.push(-1);
    this.changeMoments.push(-1);
    this.histories.push(undefined);
    return slot;
  }

  /** Keeps the samples of the tag for windows of this length; 0: for none. */
  lookBack(slot: number, longest: number): void {
    const history = this.histories[slot];
    if (longest === 0) this.histories[slot] = undefined;
    else if (history) history.lookBack(longest);
    else this.histories[slot] = new SampleHistory(longest);
  }

  /** A sample that was there before a rule used the tag: it has just come, and in no moment. */
  seed(tag: TagId, value: Maybe, quality: Quality): void {
    const slot = this.add(tag);
    this.put(slot, value, quality);
    this.arrivalMoments[slot] = -1;
  }

  put(slot: number, value: Maybe, quality: Quality): void {
    this.values[slot] = value;
    this.qualities[slot] = quality;
    this.arrivals[slot] = this.now;
    this.arrivalMoments[slot] = this.moment;
    if (value !== undefined) {
      const before = this.lastValues[slot];
      if (before !== undefined && before !== value) this.changeMoments[slot] = this.moment;
      this.previousValues[slot] = before;
      this.previousArrivals[slot] = this.valueArrivals[slot] as number;
      this.lastValues[slot] = value;
      this.valueArrivals[slot] = this.now;
    }
    this.histories[slot]?.push(this.now, value);
  }
}

/** What rules see of a sample's value: doubles, and nothing of what is bad or no number. */
export function plainOf(value: Value | null, quality: Quality): Maybe {
  if (value === null || (quality !== 'good' && isBad(quality))) return undefined;
  if (typeof value === 'number') return value - value === 0 ? value + 0 : undefined;
  if (typeof value === 'bigint') return Number(value);
  return isDecimal(value) ? roughly(value) : value;
}
