/** Watches wall time for people: whether it can be believed, since when, and who has set it. Decides nothing. */
import { type Cancel, type Clock, clockMoment } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import { type ClockMark, type ClockTrust, isSameClock } from '../model/clock-mark.ts';
import { between, later, type MonoMs, seconds } from '../model/units.ts';

const LOOK_EVERY = seconds(1);
/** A clock that is set again and again is told this often. */
const LOG_EVERY = seconds(10);
/** What a quartz without temperature compensation may be off, in parts of a million. A guess on the safe side. */
const DRIFT_PPM = 100;

interface Step {
  readonly from: string;
  readonly to: string;
  readonly by_ms: number;
}

export interface ClockFacts {
  readonly trust: ClockTrust;
  /** How long it has been so, as far as this process knows. */
  readonly since_s: number;
  /** How long ago a time source last set the clock; left out where none did. */
  readonly source_age_s?: number;
  /** What it may be off by since then. */
  readonly drift_ms?: number;
  /** Since the start. */
  readonly steps: number;
  readonly last_step?: Step & { readonly ago_s: number };
}

export class ClockWatch {
  readonly #clock: Clock;
  readonly #log: Log;
  #mark: ClockMark;
  #trustedSince: MonoMs;
  #steps = 0;
  #lastStep: (Step & { readonly at: MonoMs }) | undefined;
  #logFrom: MonoMs;
  #cancel: Cancel = () => {};

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
    this.#mark = clockMoment(clock);
    this.#trustedSince = clock.mono();
    this.#logFrom = clock.mono();
  }

  start(): void {
    this.#cancel = this.#clock.at('clock.watch', later(this.#clock.mono(), LOOK_EVERY), () => {
      this.#look();
      this.start();
    });
  }

  stop(): void {
    this.#cancel();
  }

  facts(): ClockFacts {
    this.#look();
    const now = this.#clock.mono();
    const age = this.#clock.sourceAge();
    return {
      trust: this.#mark.trust,
      since_s: inSeconds(between(this.#trustedSince, now)),
      ...(age !== undefined && {
        source_age_s: inSeconds(age),
        drift_ms: Math.ceil((age * DRIFT_PPM) / 1e6),
      }),
      steps: this.#steps,
      ...(this.#lastStep && { last_step: told(this.#lastStep, now) }),
    };
  }

  #look(): void {
    const moment = clockMoment(this.#clock);
    const { boot, offset, trust, sinceBoot } = moment;
    const before = this.#mark;
    if (isSameClock(before, moment)) return;
    this.#mark = { boot, offset, trust };
    const at = this.#clock.mono();
    if (trust !== before.trust) {
      this.#trustedSince = at;
      this.#log.info('clock.trust-changed', { from: before.trust, to: trust });
    }
    if (isSameClock({ ...before, trust }, moment)) return;
    const stamp = (by: ClockMark) => new Date(Math.round(sinceBoot + by.offset)).toISOString();
    const step = { from: stamp(before), to: stamp(moment), by_ms: offset - before.offset };
    this.#steps++;
    this.#lastStep = { ...step, at };
    if (at < this.#logFrom) return;
    this.#logFrom = later(at, LOG_EVERY);
    this.#log.warn('clock.stepped', { ...step, steps: this.#steps });
  }
}

const inSeconds = (ms: number): number => Math.round(ms / 1000);

const told = ({ at, ...step }: Step & { readonly at: MonoMs }, now: MonoMs) => ({
  ...step,
  ago_s: inSeconds(between(at, now)),
});
