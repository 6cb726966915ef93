/**
 * What comes from a broker for the field side: whoever may publish there can send anything, at any rate, so only what is
 * bounded and valid goes on, and the rest is counted.
 */
import type { Clock } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import { later, type MonoMs, monoMs, seconds } from '../model/units.ts';

/** Of one message, in bytes. */
export const LONGEST_REQUEST = 4_096;
/** Messages read in any one second. */
export const MOST_A_SECOND = 10;
/** Requests that wait for their answer; a device may take its time. */
export const MOST_OPEN = 20;
const LOG_INTERVAL = seconds(10);

/** By what became of each message. */
export interface InboxFacts {
  readonly taken: number;
  /** Messages that a broker kept from earlier: nobody says so now. */
  readonly retained: number;
  readonly tooLong: number;
  readonly tooFast: number;
  readonly malformed: number;
  /** Beyond the limit of what waits for answers. */
  readonly tooMany: number;
}
export type Refusal = Exclude<keyof InboxFacts, 'taken'>;

/** What a message says; `problem` is for whoever sent it. */
export type Read<Request, Problem> =
  | { readonly ok: true; readonly request: Request }
  | { readonly ok: false; readonly problem: Problem };

export interface InboxLimits {
  /** Of one message, in bytes. */
  readonly longest: number;
  readonly mostASecond: number;
}

const LIMITS: InboxLimits = { longest: LONGEST_REQUEST, mostASecond: MOST_A_SECOND };

export interface InboxOptions<Request, Problem> {
  /** Others than those of people and single commands. */
  readonly limits?: InboxLimits;
  readonly uplink: string;
  readonly clock: Clock;
  readonly log: Log;
  /** The event to log for what is refused. */
  readonly event: string;
  readonly read: (payload: Uint8Array) => Read<Request, Problem>;
  /** Takes what is valid. Each is to be followed by one `answered`. */
  readonly onRequest: (request: Request) => void;
  /** Of each other message; what it says is there where it was read. */
  readonly onRefused: (why: Refusal, said: Read<Request, Problem> | undefined) => void;
}

export class Inbox<Request, Problem> {
  readonly #options: InboxOptions<Request, Problem>;
  readonly #facts = { taken: 0, retained: 0, tooLong: 0, tooFast: 0, malformed: 0, tooMany: 0 };
  /** When the latest messages were read, oldest first. */
  readonly #readAt: MonoMs[] = [];
  readonly #limits: InboxLimits;
  #open = 0;
  #logFrom: MonoMs = monoMs(Number.NEGATIVE_INFINITY);

  constructor(options: InboxOptions<Request, Problem>) {
    this.#options = options;
    this.#limits = options.limits ?? LIMITS;
  }

  take(payload: Uint8Array, isRetained: boolean): void {
    if (payload.length > this.#limits.longest) this.#refuse('tooLong');
    else if (!this.#isInTime()) this.#refuse(isRetained ? 'retained' : 'tooFast');
    else this.#judge(this.#options.read(payload), isRetained);
  }

  #judge(said: Read<Request, Problem>, isRetained: boolean): void {
    if (!said.ok) this.#refuse('malformed', said);
    else if (isRetained) this.#refuse('retained', said);
    else if (this.#open >= MOST_OPEN) this.#refuse('tooMany', said);
    else {
      this.#facts.taken++;
      this.#open++;
      this.#options.onRequest(said.request);
    }
  }

  /** One request got its answer. */
  answered(): void {
    this.#open = Math.max(0, this.#open - 1);
  }

  /** Nobody waits for the answers any more. */
  forget(): void {
    this.#open = 0;
  }

  facts(): InboxFacts {
    return { ...this.#facts };
  }

  #isInTime(): boolean {
    const now = this.#options.clock.mono();
    const [oldest] = this.#readAt;
    if (oldest !== undefined && this.#readAt.length >= this.#limits.mostASecond) {
      if (now < later(oldest, seconds(1))) return false;
      this.#readAt.shift();
    }
    this.#readAt.push(now);
    return true;
  }

  #refuse(why: Refusal, said?: Read<Request, Problem>): void {
    this.#facts[why]++;
    const { clock, log, uplink, event, onRefused } = this.#options;
    onRefused(why, said);
    const now = clock.mono();
    if (now < this.#logFrom) return;
    this.#logFrom = later(now, LOG_INTERVAL);
    log.warn(event, { uplink, why, ...this.#facts });
  }
}
