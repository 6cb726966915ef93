/**
 * The worker's part of trends: a question at a time has a few milliseconds, then everybody else has a turn. A commit never
 * waits for more than that.
 */
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../host/clock.ts';
import { reasonOf } from '../../model/errors.ts';
import type { TagId } from '../../model/sample.ts';
import { later, type Millis, type MonoMs, millis, seconds } from '../../model/units.ts';
import type { TrendAnswer, TrendPoint, TrendQuestion } from '../trend-question.ts';

/** Work between two turns of the event loop. One step that takes longer is not cut. */
const SLICE: Millis = millis(2);
/** Questions that are worked on by turns. */
const ACTIVE_MAX = 2;
/** Questions that wait for those. */
const WAITING_MAX = 8;
/** From the question to its answer. */
export const TREND_PATIENCE = seconds(60);

/** A tag over time, in short steps; undefined where nobody knows the tag. */
export type TrendWork = (
  tag: TagId,
  question: TrendQuestion,
) => Generator<void, readonly TrendPoint[] | undefined>;

interface Asked {
  readonly due: MonoMs;
  /** Undefined until it is its turn. */
  work: ReturnType<TrendWork> | undefined;
  readonly begin: () => ReturnType<TrendWork>;
  readonly answer: (answer: TrendAnswer) => void;
}

export class TrendDesk {
  readonly #work: TrendWork;
  readonly #clock: Clock;
  #asked: Asked[] = [];
  #isRunning = false;

  constructor(work: TrendWork, clock: Clock) {
    this.#work = work;
    this.#clock = clock;
  }

  /** `answer` is called once, now or later. */
  ask(tag: TagId, question: TrendQuestion, answer: (answer: TrendAnswer) => void): void {
    if (this.#asked.length >= ACTIVE_MAX + WAITING_MAX) {
      answer({ kind: 'busy' });
      return;
    }
    const due = later(this.#clock.mono(), TREND_PATIENCE);
    const begin = () => this.#work(tag, question);
    this.#asked.push({ due, work: undefined, begin, answer });
    if (!this.#isRunning) void this.#run();
  }

  /** Nothing is answered any more. */
  stop(): void {
    this.#asked = [];
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    for (let turn = 0; this.#asked.length > 0; turn++) {
      await setImmediate();
      const asked = this.#asked[turn % Math.min(ACTIVE_MAX, this.#asked.length)];
      const answer = asked && this.#slice(asked);
      if (answer === undefined) continue;
      this.#asked = this.#asked.filter((each) => each !== asked);
      asked?.answer(answer);
    }
    this.#isRunning = false;
  }

  /** Undefined while it is not done. A mistake in here is no reason to end the thread that stores. */
  #slice(asked: Asked): TrendAnswer | undefined {
    const end = later(this.#clock.mono(), SLICE);
    try {
      asked.work ??= asked.begin();
      do {
        if (this.#clock.mono() >= asked.due) return { kind: 'late' };
        const step = asked.work.next();
        if (step.done) return answerOf(step.value);
      } while (this.#clock.mono() < end);
      return undefined;
    } catch (error) {
      return { kind: 'failed', reason: reasonOf(error) };
    }
  }
}

const answerOf = (points: readonly TrendPoint[] | undefined): TrendAnswer =>
  points === undefined ? { kind: 'unknown-tag' } : { kind: 'points', points };
