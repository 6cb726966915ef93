/** What the field side asks the worker: how it stands, and tags over time. */
import type { Clock } from '../../host/clock.ts';
import type { TagId } from '../../model/sample.ts';
import { millis, seconds } from '../../model/units.ts';
import { UNOPENED } from '../salvage/unopened-stats.ts';
import { TREND_PATIENCE } from '../trend/trend-desk.ts';
import type { TrendAnswer, TrendQuestion } from '../trend-question.ts';
import type { FromNorth, ToNorth, WorkerStats } from './north-protocol.ts';
import { Questions } from './questions.ts';

const PATIENCE = seconds(2);

export class WorkerQuestions {
  readonly #post: (message: ToNorth) => void;
  readonly #stats: Questions<WorkerStats>;
  readonly #trends: Questions<TrendAnswer>;
  #last: WorkerStats | undefined;
  #isOpen = false;

  constructor(clock: Clock, post: (message: ToNorth) => void) {
    this.#post = post;
    this.#stats = new Questions(clock, PATIENCE);
    this.#trends = new Questions(clock, millis(TREND_PATIENCE + PATIENCE));
  }

  /** The worker has the journal open, and this is how it stands. */
  opened(stats: WorkerStats): void {
    this.#isOpen = true;
    this.#last = stats;
  }

  /** There is nobody to ask. */
  closed(): void {
    this.#isOpen = false;
    this.#stats.giveUpAll();
    this.#trends.giveUpAll();
  }

  /** The last known figures while the worker does not answer. */
  async stats(): Promise<WorkerStats> {
    const answer = this.#isOpen
      ? await this.#stats.ask((id) => this.#post({ kind: 'stats', id }))
      : undefined;
    return answer ?? this.#last ?? UNOPENED;
  }

  async trend(tag: TagId, question: TrendQuestion): Promise<TrendAnswer> {
    const isOpen = this.#isOpen;
    const answer = isOpen
      ? await this.#trends.ask((id) => this.#post({ kind: 'trend', id, tag, question }))
      : undefined;
    return answer ?? { kind: 'failed', reason: isOpen ? 'no answer' : 'it is not open' };
  }

  answered(message: Extract<FromNorth, { kind: 'stats' | 'trend' }>): void {
    if (message.kind === 'trend') {
      this.#trends.answer(message.id, message.answer);
      return;
    }
    this.#last = message.stats;
    this.#stats.answer(message.id, message.stats);
  }
}
