/**
 * Looks for blocks that did not come, and asks their gateway for them. Of the receivers that share a store one looks after a
 * journal. A hole counts from the moment that the gateway says its block has arrived, and after some patience.
 */

import { replayTopic } from '../forward/topic.ts';
import type { Clock } from '../host/clock.ts';
import { type BackoffPolicy, backoff, type Random } from '../model/backoff.ts';
import type { Range } from '../model/range-set.ts';
import { between, later, type Millis, type MonoMs, seconds } from '../model/units.ts';
import type { OutgoingText } from './confirmations.ts';
import type { HoleBook, JudgedJournal } from './hole-book.ts';
import { commonOf, lengthOf } from './ranges.ts';
import type { HeardOutcome } from './received.ts';

export interface HoleWatchOptions {
  readonly book: HoleBook;
  readonly clock: Clock;
  readonly random: Random;
  /** Names this receiver among the others; goes into a topic. */
  readonly receiver: string;
  readonly send: (message: OutgoingText) => void;
  readonly pace?: HolePace;
}

export interface HolePace {
  /** How long a block may be on its way. */
  readonly grace: Millis;
  /** A gateway that is asked and sends nothing for so long will not. */
  readonly patience: Millis;
  readonly retry: BackoffPolicy;
  /** Questions that brought nothing. */
  readonly attempts: number;
}

const PACE: HolePace = {
  grace: seconds(5),
  patience: seconds(30),
  retry: { first: seconds(5), longest: seconds(300), jitter: 0.5 },
  attempts: 10,
};
/** A gateway takes 4 KiB and 100,000 blocks. */
const LONGEST_LIST = 3_800;
const MOST_BLOCKS = 100_000;

export interface HoleFacts {
  /** Blocks that are missing at present, as far as this receiver looks after them. */
  readonly open: number;
  /** Requests sent. */
  readonly asked: number;
  readonly gone: number;
  readonly unanswered: number;
}

/** What is remembered of a journal while this receiver looks after it. */
interface Watch {
  /** When the gateway said what, oldest first. */
  readonly acked: { readonly at: MonoMs; readonly seq: number }[];
  /** Under way: what was asked for. */
  asked: readonly Range[] | undefined;
  /** Of the last question, or of the last block that came since. */
  movedAt: MonoMs;
  attempts: number;
  nextAt: MonoMs;
  missing: number;
}

export class HoleWatch {
  readonly #options: HoleWatchOptions;
  readonly #pace: HolePace;
  readonly #watches = new Map<number, Watch>();
  readonly #journals = new Map<string, JudgedJournal>();
  #facts = { asked: 0, gone: 0, unanswered: 0 };

  constructor(options: HoleWatchOptions) {
    this.#options = options;
    this.#pace = options.pace ?? PACE;
  }

  facts(): HoleFacts {
    const open = [...this.#watches.values()].reduce((sum, { missing }) => sum + missing, 0);
    return { open, ...this.#facts };
  }

  /** To be called every second or two. Rejects as the store does. */
  async look(): Promise<void> {
    const { book, receiver } = this.#options;
    const journals = await book.lease(receiver);
    const mine = new Set(journals.map(({ journal }) => journal));
    for (const journal of this.#watches.keys())
      if (!mine.has(journal)) this.#watches.delete(journal);
    this.#journals.clear();
    for (const journal of journals) {
      this.#journals.set(keyOf(journal), journal);
      await this.#lookAt(journal);
    }
  }

  /** The answer to a question, perhaps of ours. */
  async answered(outcome: HeardOutcome): Promise<void> {
    const journal = this.#journals.get(keyOf(outcome));
    const watch = journal && this.#watches.get(journal.journal);
    if (!journal || !watch?.asked) return;
    // Nobody can say of blocks that they are gone that were not asked for.
    const gone = outcome.isDone ? commonOf(watch.asked, outcome.gone) : [];
    this.#ended(watch);
    if (gone.length === 0) return;
    await this.#options.book.close(journal.journal, 'gone', gone);
    this.#facts.gone += lengthOf(gone);
    watch.attempts = 0;
  }

  /** The connection is gone, and questions and answers with it. */
  disconnected(): void {
    for (const watch of this.#watches.values()) {
      if (watch.asked) watch.attempts--;
      watch.asked = undefined;
    }
  }

  async #lookAt(journal: JudgedJournal): Promise<void> {
    const { book, clock } = this.#options;
    const now = clock.mono();
    const watch = this.#watches.get(journal.journal) ?? newWatch(now);
    this.#watches.set(journal.journal, watch);
    watch.acked.push({ at: now, seq: journal.acked });
    while (between(watch.acked[1]?.at ?? now, now) >= this.#pace.grace) watch.acked.shift();
    const [oldest] = watch.acked;
    if (!oldest || between(oldest.at, now) < this.#pace.grace) return;
    const holes = await book.judge(journal, oldest.seq);
    const missing = lengthOf(holes);
    if (missing < watch.missing) {
      watch.movedAt = now;
      watch.attempts = 0;
    }
    watch.missing = missing;
    if (watch.asked && between(watch.movedAt, now) > this.#pace.patience) this.#ended(watch);
    if (missing === 0 || watch.asked || now < watch.nextAt) return;
    const ranges = askable(holes);
    if (watch.attempts >= this.#pace.attempts) await this.#giveUp(journal, watch, ranges);
    else this.#ask(journal, watch, ranges);
  }

  #ask({ gw, epoch }: JudgedJournal, watch: Watch, seqs: readonly Range[]): void {
    const { receiver, send, clock } = this.#options;
    send({ topic: replayTopic(gw), text: JSON.stringify({ v: 1, id: receiver, epoch, seqs }) });
    watch.asked = seqs;
    watch.attempts++;
    watch.movedAt = clock.mono();
    this.#facts.asked++;
  }

  async #giveUp({ journal }: JudgedJournal, watch: Watch, ranges: readonly Range[]) {
    await this.#options.book.close(journal, 'unanswered', ranges);
    this.#facts.unanswered += lengthOf(ranges);
    watch.attempts = 0;
  }

  /** What was sent again is still on its way. */
  #ended(watch: Watch): void {
    const { clock, random } = this.#options;
    const wait = backoff(this.#pace.retry, Math.max(1, watch.attempts), random);
    watch.asked = undefined;
    watch.nextAt = later(clock.mono(), wait);
  }
}

const newWatch = (now: MonoMs): Watch => ({
  ...{ acked: [], asked: undefined, movedAt: now, attempts: 0, nextAt: now, missing: 0 },
});

const keyOf = ({ gw, epoch }: { readonly gw: string; readonly epoch: string }): string =>
  `${epoch} ${gw}`;

/** As much of it as one message may ask for. */
function askable(holes: readonly Range[]): readonly Range[] {
  const ranges: Range[] = [];
  let [blocks, length] = [0, 0];
  for (const [from, to] of holes) {
    const last = Math.min(to, from + MOST_BLOCKS - blocks - 1);
    const range: Range = [from, last];
    length += JSON.stringify(range).length + 1;
    if (last < from || length > LONGEST_LIST) break;
    ranges.push(range);
    blocks += last - from + 1;
  }
  return ranges;
}
