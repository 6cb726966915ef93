/**
 * How much of the backlog may be on its way. It shares the line with what is new, which must not queue behind it: there
 * may be as much on the way as the line holds by itself, its rate times its delay, and hardly a message more (the idea of
 * BBR, draft-cardwell-iccrg-bbr-congestion-control §2.1). Below that the site's budget counts. Pure but for its
 * own state.
 */
import type { BacklogBudget } from '../../config/site.ts';
import { between, later, type MonoMs, millis, monoMs, seconds } from '../model/units.ts';

/** A message on its way. */
export interface Departure {
  readonly bytes: number;
  readonly isBacklog: boolean;
  readonly at: MonoMs;
  /** The last answer before, or when it left alone: what is answered from then until this is took so long. */
  readonly countsFrom: MonoMs;
  /** Bytes that had been answered for. */
  readonly answeredBefore: number;
}

const LARGEST_WINDOW = 4 * 1024 * 1024;
/** Rates and times of answers vary a little. */
const MARGIN = 1.1;
/**
 * The next message leaves when this share of one is still to be sent: with one at a time a line is used to 85 % where
 * its delay is below 0.18 of the time that a message takes.
 */
const EARLY = 0.8;
/** How long the best rate is believed. */
const BELIEVED_FOR = seconds(60);
/** What queues from earlier hides the line's delay: it is let go so often. */
const MEASURED_EVERY = seconds(60);
/** A rate that does not grow any more for so many rounds is the line's. */
const ROUNDS_WITHOUT_GROWTH = 3;
/** The line may have become faster: it is tried again so often. */
const TRIED_EVERY = seconds(300);
const DAY = millis(24 * 3_600_000);

export class DrainPace {
  readonly #budget: BacklogBudget;
  /** Bytes per ms. */
  readonly #rate = new Highest();
  /** Ms, the shortest since it was last measured; without the time of the message itself once the rate is known. */
  #delay: number | undefined;
  #onTheWay = 0;
  #backlogOnTheWay = 0;
  #answered = 0;
  #answeredAt = monoMs(0);
  #trial: Trial | undefined = newTrial();
  #triedAt = monoMs(0);
  /** Emptying: no more of the backlog leaves until all of it has come through. Measuring: one message alone. */
  #phase: 'open' | 'emptying' | 'measuring' = 'open';
  #measuredFrom = monoMs(0);
  /** When the backlog that has left will have kept to the budget's rate. */
  #paidUntil: MonoMs | undefined;
  #daySince: MonoMs | undefined;
  #today = 0;

  constructor(budget: BacklogBudget) {
    this.#budget = budget;
  }

  /** From when on the budget lets the next message of the backlog go. */
  affordableFrom(now: MonoMs): MonoMs {
    const { perDay } = this.#budget;
    const since = this.#daySince;
    if (since !== undefined && between(since, now) < DAY) {
      if (perDay !== undefined && this.#today >= perDay) return later(since, DAY);
    } else {
      this.#daySince = undefined;
      this.#today = 0;
    }
    return latest(now, this.#paidUntil);
  }

  /** Whether the line has room for this message of the backlog; for one it has, sooner or later. */
  hasRoomFor(bytes: number): boolean {
    if (this.#phase !== 'open') return this.#phase === 'measuring' && this.#onTheWay === 0;
    if (this.#backlogOnTheWay === 0) return true;
    if (this.#delay === undefined) return false;
    const held = Math.min(this.#rate.value * this.#delay, LARGEST_WINDOW);
    return this.#backlogOnTheWay <= held * (this.#trial ? MARGIN : 1) + bytes * EARLY;
  }

  /** A message leaves; give what comes back to `answered`. */
  departs(bytes: number, isBacklog: boolean, now: MonoMs): Departure {
    const countsFrom = this.#onTheWay === 0 ? now : this.#answeredAt;
    this.#onTheWay += bytes;
    if (isBacklog) this.#pay(bytes, now);
    return { bytes, isBacklog, at: now, countsFrom, answeredBefore: this.#answered };
  }

  answered(departure: Departure, now: MonoMs): void {
    const { bytes, isBacklog, at, countsFrom, answeredBefore } = departure;
    this.#onTheWay -= bytes;
    if (isBacklog) this.#backlogOnTheWay -= bytes;
    this.#answered += bytes;
    this.#answeredAt = now;
    const came = this.#answered - answeredBefore;
    const rate = this.#rate.take(came / Math.max(between(countsFrom, now), 1), now);
    const took = Math.max(between(at, now) - (this.#trial ? 0 : bytes / rate), 1);
    if (at >= this.#measuredFrom) {
      this.#delay = Math.min(this.#delay ?? took, took);
      if (this.#phase === 'measuring') this.#phase = 'open';
    }
    this.#try(at, rate, now);
    if (this.#phase === 'emptying' && this.#backlogOnTheWay === 0) this.#measure(now);
  }

  /** The connection is gone, and the next one may take another way. What the budget counts stays. */
  lost(): void {
    this.#onTheWay = 0;
    this.#backlogOnTheWay = 0;
    this.#rate.forget();
    this.#delay = undefined;
    this.#phase = 'open';
    this.#trial = newTrial();
  }

  /** A round is over when a message is answered that left in it. What the trial left queueing goes first then. */
  #try(departedAt: MonoMs, rate: number, now: MonoMs): void {
    const trial = this.#trial;
    if (trial === undefined) {
      if (between(this.#measuredFrom, now) > MEASURED_EVERY) this.#phase = 'emptying';
      if (between(this.#triedAt, now) > TRIED_EVERY) this.#trial = newTrial();
    } else if (trial.roundSince === undefined || departedAt >= trial.roundSince) {
      trial.stalls = rate > trial.rate * MARGIN ? 0 : trial.stalls + 1;
      trial.rate = rate;
      trial.roundSince = now;
      if (trial.stalls < ROUNDS_WITHOUT_GROWTH) return;
      this.#trial = undefined;
      this.#triedAt = now;
      this.#phase = 'emptying';
    }
  }

  /** What leaves now, alone or new, tells the delay. */
  #measure(now: MonoMs): void {
    this.#phase = 'measuring';
    this.#measuredFrom = now;
    this.#delay = undefined;
  }

  #pay(bytes: number, now: MonoMs): void {
    const { rate } = this.#budget;
    const from = latest(now, this.#paidUntil);
    if (rate !== undefined) this.#paidUntil = later(from, millis((bytes * 1_000) / rate));
    this.#daySince ??= now;
    this.#today += bytes;
    this.#backlogOnTheWay += bytes;
  }
}

interface Trial {
  rate: number;
  roundSince: MonoMs | undefined;
  stalls: number;
}

const newTrial = (): Trial => ({ rate: 0, roundSince: undefined, stalls: 0 });

const latest = (a: MonoMs, b: MonoMs | undefined): MonoMs => (b === undefined || b < a ? a : b);

/** The highest of what was seen lately: in the present stretch of time and in the one before. */
class Highest {
  #now = 0;
  #before = 0;
  #since: MonoMs | undefined;

  get value(): number {
    return Math.max(this.#now, this.#before);
  }

  take(value: number, at: MonoMs): number {
    if (this.#since === undefined || between(this.#since, at) > BELIEVED_FOR) {
      this.#before = this.#now;
      this.#now = 0;
      this.#since = at;
    }
    this.#now = Math.max(this.#now, value);
    return this.value;
  }

  forget(): void {
    this.#now = 0;
    this.#before = 0;
    this.#since = undefined;
  }
}
