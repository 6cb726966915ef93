/**
 * When the backlog may leave. It shares the line with what is new, which must not queue behind it: there may be as much on
 * the way as keeps the line busy, and hardly a message more. How much that is tells the time of the answers: what queues
 * makes them later than that of a message alone (the idea of FAST TCP, IEEE/ACM ToN 14(6), 2006, §IV). And it leaves no
 * faster than the line takes it, because brokers answer for many messages at once. Below that the site's budget counts.
 * Pure but for its own state.
 */
import { between, later, type MonoMs, millis, monoMs, seconds } from '../model/units.ts';
import type { DayBudget } from './day-budget.ts';

/** A message on its way. */
export interface Departure {
  readonly bytes: number;
  readonly isBacklog: boolean;
  readonly at: MonoMs;
  /** Bytes that were on the way then. */
  readonly behind: number;
}

const LARGEST_WINDOW = 4 * 1024 * 1024;
/**
 * The next message leaves when this share of one is still to be sent: with one at a time a line is used to 85 % where
 * its delay is below 0.18 of the time that a message takes.
 */
const EARLY = 0.8;
const ONE_IS_ENOUGH = 0.18;
/** So much of what is on the way may queue; jitter is taken for a queue, too. */
const MAY_QUEUE = 0.15;
/** What queues for no longer than this, nobody notices: so a fast line needs no delay to be busy. */
const MAY_LAST = millis(10);
/** Of the delay, and at most: many brokers keep an answer back until the one before has arrived (RFC 896). */
const KEPT_BACK = 0.3;
const KEPT_BACK_MAX = millis(100);
/** By so much the window grows, and until the line was full for the first time. */
const GROWTH = 1.5;
const GROWTH_AT_FIRST = 2;
/** The line is full when so much more on the way queues, and does not make it faster, so often. */
const GREW = 1.1;
const STALLS = 2;
/** The backlog leaves by so much faster than the best rate, or that could not grow. */
const PACED_AT = 1.2;
/** As far as this a late timer is made up for. */
const MADE_UP = millis(10);
/** What the answers of so long a time say is looked at together, and of no fewer; sooner until the line is known. */
const LOOK_EVERY = millis(300);
const LOOK_AT_FIRST = millis(10);
const ANSWERS_MIN = 4;
/** How long the best rate is believed. */
const BELIEVED_FOR = seconds(10);
/** Of the largest message, with each one that follows. */
const FORGOTTEN = 0.95;
/** What queues from earlier hides the line's delay: it is let go so often, for so many messages alone. */
const MEASURED_EVERY = seconds(60);
const MEASURED_BY = 3;
/** A line that has become longer is believed after so many measurements more. */
const BELIEVED_AFTER = 3;
/** The day's budget may have grown meanwhile: it is asked again so often. */
const NEXT_DAY_LOOK = seconds(60);

export class DrainPace {
  /** Bytes a second. */
  readonly #paidRate: number | undefined;
  readonly #day: Pick<DayBudget, 'isSpent' | 'spend'> | undefined;
  /** Bytes per ms. */
  readonly #rate = new Highest();
  /** The message that was answered the soonest since the last measurement … */
  #soonest = NEVER;
  /** … and between those before. What is new may leave no message alone, whenever that is tried. */
  #soonestBefore: readonly Answered[] = [];
  /** Bytes: with no more than these on the way another message of the backlog leaves. */
  #window = 0;
  #onTheWay = 0;
  #backlogOnTheWay = 0;
  /** Bytes: of the backlog, the larger of late. */
  #message = 0;
  /** The line was full once on this connection, so that the rate is its own. */
  #isKnown = false;
  #stalls = 0;
  #look = newLook(monoMs(0));
  /** When the line will have taken all that has left, at its rate. */
  #takenUntil = monoMs(0);
  /** Emptying: no more of the backlog leaves until all of it has come through. Measuring: one message alone. */
  #phase: 'open' | 'emptying' | 'measuring' = 'open';
  #measuredFrom = monoMs(0);
  #measurements = 0;
  /** When the backlog that has left will have kept to the budget's rate. */
  #paidUntil: MonoMs | undefined;

  /** Both where the site has limits; `rate` in bytes a second. */
  constructor(rate?: number, day?: Pick<DayBudget, 'isSpent' | 'spend'>) {
    this.#paidRate = rate;
    this.#day = day;
  }

  /** From when on line and budget let the next message of the backlog go; to be asked again then. */
  affordableFrom(now: MonoMs): MonoMs {
    if (this.#day?.isSpent()) return later(now, NEXT_DAY_LOOK);
    return latest(latest(now, this.#busyUntil(now)), this.#paidUntil);
  }

  /** Whether the line has room for another message of the backlog; it has, sooner or later. */
  hasRoom(): boolean {
    if (this.#phase !== 'open') return this.#phase === 'measuring' && this.#onTheWay === 0;
    if (this.#backlogOnTheWay === 0 || this.#onTheWay <= this.#window) return true;
    this.#look.isHeldBack = true;
    return false;
  }

  /** A message leaves; give what comes back to `answered`. */
  departs(bytes: number, isBacklog: boolean, at: MonoMs): Departure {
    const behind = this.#onTheWay;
    const from = Math.max(this.#busyUntil(at), at - MADE_UP);
    if (this.#isKnown) this.#takenUntil = monoMs(from + bytes / (this.#rate.value * PACED_AT));
    this.#onTheWay += bytes;
    if (isBacklog) this.#pay(bytes, at);
    return { bytes, isBacklog, at, behind };
  }

  answered({ bytes, isBacklog, at, behind }: Departure, now: MonoMs): void {
    this.#onTheWay -= bytes;
    if (isBacklog) this.#backlogOnTheWay -= bytes;
    const took = Math.max(between(at, now), 1);
    const isOfNow = at >= this.#measuredFrom;
    if (isOfNow) this.#soonest = this.#sooner(this.#soonest, { took, bytes });
    const alone = this.#alone();
    const inTime = this.#inTime(bytes, alone);
    const look = this.#look;
    look.bytes += bytes;
    if (at >= look.since) {
      look.answers++;
      // Of what was on the way before it; the rest queued.
      look.held = Math.max(look.held, behind * Math.min(1, inTime / took));
    }
    const lasted = between(look.since, now);
    const enough = this.#isKnown
      ? LOOK_EVERY
      : Math.min(Math.max(2 * alone.took, LOOK_AT_FIRST), LOOK_EVERY);
    if (look.answers >= ANSWERS_MIN && lasted >= enough) this.#learn(look, lasted, now);
    if (this.#phase === 'emptying' && this.#backlogOnTheWay === 0) this.#measure(now);
    else if (this.#phase === 'measuring' && isOfNow && ++this.#measurements === MEASURED_BY)
      this.#open(now);
  }

  /** The connection is gone, and the next one may take another way. What the budget counts stays. */
  lost(): void {
    this.#onTheWay = 0;
    this.#backlogOnTheWay = 0;
    this.#window = 0;
    this.#isKnown = false;
    this.#stalls = 0;
    this.#rate.forget();
    this.#soonest = NEVER;
    this.#soonestBefore = [];
    this.#phase = 'open';
  }

  /** Of a message with nothing before it. */
  #alone(): Answered {
    return this.#soonestBefore.reduce((a, b) => this.#sooner(a, b), this.#soonest);
  }

  /** Which of them says that a large message takes less. */
  #sooner(a: Answered, b: Answered): Answered {
    return this.#expected(b, this.#message) < this.#expected(a, this.#message) ? b : a;
  }

  /**
   * What a message of that size takes where another one took so long: no less than that. A line with a token bucket lets one
   * that is alone through at once, whatever its size.
   */
  #expected({ took, bytes }: Answered, size: number): number {
    return took + this.#onTheLine(Math.max(0, size - bytes));
  }

  /** Without the time of the message itself. */
  #bareDelay({ took, bytes }: Answered): number {
    return took - this.#onTheLine(bytes);
  }

  /** What the line takes for so many bytes, as far as that is known. */
  #onTheLine(bytes: number): number {
    return this.#isKnown ? bytes / this.#rate.value : 0;
  }

  /** A message of that size that takes longer than this has queued. */
  #inTime(size: number, alone: Answered): number {
    const keptBack = Math.min(this.#bareDelay(alone) * KEPT_BACK, KEPT_BACK_MAX);
    return this.#expected(alone, size) + keptBack;
  }

  /** What is answered for has been taken. */
  #busyUntil(now: MonoMs): MonoMs {
    if (!this.#isKnown) return now;
    const most = now + this.#onTheWay / (this.#rate.value * PACED_AT);
    return monoMs(Math.min(this.#takenUntil, most));
  }

  /** More where nothing queues although something waits to leave; else as much as leaves a little queueing. */
  #learn({ bytes, held, isHeldBack }: Look, lasted: number, now: MonoMs): void {
    this.#look = newLook(now);
    const [window, message] = [this.#window, this.#message];
    const best = this.#rate.value;
    const rate = this.#rate.take(bytes / lasted, now);
    const little = Math.max(message * EARLY, rate * MAY_LAST);
    const mayQueue = Math.max(little, window * MAY_QUEUE);
    const isFull = window - held >= mayQueue / 2;
    if (!this.#isKnown && isHeldBack) {
      this.#stalls = isFull && rate < best * GREW ? this.#stalls + 1 : 0;
      if (this.#stalls < STALLS) {
        if (!isFull) this.#grow(GROWTH_AT_FIRST);
        return;
      }
      this.#isKnown = true;
      this.#phase = 'emptying';
    }
    const isShort = rate * this.#bareDelay(this.#alone()) < message * ONE_IS_ENOUGH;
    if (this.#isKnown && isShort) this.#window = little;
    else if (isFull) this.#window = (window + held + mayQueue) / 2;
    else if (isHeldBack) this.#grow(GROWTH);
    if (between(this.#measuredFrom, now) > MEASURED_EVERY) this.#phase = 'emptying';
  }

  #grow(by: number): void {
    this.#window = Math.min(Math.max(this.#window, this.#message) * by, LARGEST_WINDOW);
  }

  /** What leaves now, alone or new, tells the delay. */
  #measure(now: MonoMs): void {
    this.#phase = 'measuring';
    this.#measurements = 0;
    this.#measuredFrom = now;
    this.#soonestBefore = [...this.#soonestBefore, this.#soonest].slice(-BELIEVED_AFTER);
    this.#soonest = NEVER;
  }

  /** What was seen while the line was let go says nothing of it at work. */
  #open(now: MonoMs): void {
    this.#phase = 'open';
    this.#look = newLook(now);
  }

  #pay(bytes: number, now: MonoMs): void {
    const rate = this.#paidRate;
    const from = latest(now, this.#paidUntil);
    if (rate !== undefined) this.#paidUntil = later(from, millis((bytes * 1_000) / rate));
    this.#day?.spend(bytes);
    this.#backlogOnTheWay += bytes;
    this.#message = Math.max(bytes, this.#message * FORGOTTEN);
  }
}

/** A message of so many bytes, and the ms until its answer. */
interface Answered {
  readonly took: number;
  readonly bytes: number;
}

const NEVER: Answered = { took: Number.POSITIVE_INFINITY, bytes: 0 };

/** What the answers since then say. */
interface Look {
  readonly since: MonoMs;
  /** Messages that left since then. */
  answers: number;
  /** Bytes that the line holds by itself, as far as that was seen. */
  held: number;
  /** Answered since then. */
  bytes: number;
  /** The window held something back. */
  isHeldBack: boolean;
}

const newLook = (since: MonoMs): Look => ({
  ...{ since, answers: 0, held: 0, bytes: 0, isHeldBack: false },
});

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
