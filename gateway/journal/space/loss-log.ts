/** Tells the log what had to go, in few lines: the first at once, then what has come together every ten seconds. */
import type { Clock } from '../../host/clock.ts';
import type { Log } from '../../host/log.ts';
import { later, monoMs, seconds } from '../../model/units.ts';
import type { BlockClass } from '../journal.ts';

const INTERVAL = seconds(10);

export class LossLog {
  readonly #clock: Clock;
  readonly #log: Log;
  #from = monoMs(Number.NEGATIVE_INFINITY);
  readonly #blocks = new Map<string, number>();

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Blocks of one step. */
  note(blockClass: BlockClass, blocks: number, isThinning: boolean): void {
    const name = isThinning ? 'thinned' : blockClass;
    this.#blocks.set(name, (this.#blocks.get(name) ?? 0) + blocks);
    const now = this.#clock.mono();
    if (now < this.#from) return;
    this.#from = later(now, INTERVAL);
    for (const [what, count] of this.#blocks)
      if (what === 'thinned') this.#log.warn('journal.blocks-thinned', { blocks: count });
      else this.#log.error('journal.blocks-sacrificed', { class: what, blocks: count });
    this.#blocks.clear();
  }
}
