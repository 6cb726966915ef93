/** What stands now: follows the newest blocks, however far behind the delivery of periods is. */
import type { Hj212Config } from '../../../config/site.ts';
import { type Journal, type Seq, seqOf } from '../../journal/journal.ts';
import { type UtcMs, utcMs } from '../../model/units.ts';
import type { Standing } from './factor-series.ts';
import { FactorSet } from './factor-set.ts';
import { blocksAfter, type ReadBlock, seqBefore } from './journal-walk.ts';
import { FUTURE_MS, reachOf, tagsOf } from './reading.ts';

/** Behind by more, it is looked up where that begins which may still stand. */
const FAR_BEHIND = 1_000;

export class LiveFactors {
  readonly #journal: Pick<Journal, 'head' | 'read'>;
  readonly #config: Hj212Config;
  readonly #factors: FactorSet;
  #position: Seq = seqOf(0);

  constructor(journal: Pick<Journal, 'head' | 'read'>, config: Hj212Config) {
    this.#journal = journal;
    this.#config = config;
    this.#factors = new FactorSet(config.factors);
  }

  /** The last block that is known here. */
  get position(): Seq {
    return this.#position;
  }

  take(blocks: readonly ReadBlock[]): void {
    for (const { seq, storedAt, readings } of blocks) {
      for (const reading of readings)
        if (reading.time <= storedAt + FUTURE_MS) this.#factors.add(reading);
      this.#factors.forgetBefore(utcMs(storedAt - FUTURE_MS));
      this.#position = seq;
    }
  }

  standingAt(now: UtcMs): readonly Standing[] {
    if (this.#journal.head - this.#position > FAR_BEHIND) {
      const since = utcMs(now - reachOf(this.#config));
      this.#position = seqOf(Math.max(this.#position, seqBefore(this.#journal, since)));
    }
    const tags = tagsOf(this.#config);
    for (;;) {
      const blocks = blocksAfter(this.#journal, this.#position, tags);
      if (blocks.length === 0) break;
      this.take(blocks);
    }
    return this.#factors.standingAt(now);
  }
}
