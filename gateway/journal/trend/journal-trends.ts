/** An open journal as it is asked for trends. */
import type { TagId } from '../../model/sample.ts';
import type { SampleBatch } from '../batch.ts';
import type { StoredBlock } from '../blocks/block-decoder.ts';
import type { BlockMaker } from '../blocks/block-maker.ts';
import { ThinnedTimes } from '../blocks/thinned-times.ts';
import type { Connection } from '../file/journal-file.ts';
import type { JournalRows } from '../file/journal-rows.ts';
import type { JournalSalvage } from '../salvage/journal-salvage.ts';
import { SalvagedTimes } from '../salvage/salvaged-times.ts';
import type { JournalSpace } from '../space/journal-space.ts';
import type { TrendPoint, TrendQuestion } from '../trend-question.ts';
import { trend } from './trend.ts';
import { trendSource } from './trend-source.ts';

export interface JournalTrendsParts {
  readonly connection: Connection;
  readonly rows: JournalRows;
  readonly space: JournalSpace;
  readonly maker: BlockMaker;
  readonly salvage: JournalSalvage;
  readonly decode: (block: StoredBlock) => SampleBatch;
  /** Turns SQLite's errors into the journal's own. */
  readonly guarded: <T>(run: () => T) => T;
}

export class JournalTrends {
  readonly #parts: JournalTrendsParts;
  readonly #thinned: ThinnedTimes;
  readonly #salvaged: SalvagedTimes;

  constructor(parts: JournalTrendsParts) {
    this.#parts = parts;
    this.#thinned = new ThinnedTimes(parts.connection);
    this.#salvaged = new SalvagedTimes(parts.connection);
  }

  /**
   * A tag over time; undefined where the journal never had a sample of it. Each step is a short piece of work, so that its
   * caller can do something else in between: commit, or remove blocks.
   */
  *of(tag: TagId, question: TrendQuestion): Generator<void, TrendPoint[] | undefined> {
    const { rows, decode, maker, space, salvage, guarded } = this.#parts;
    const number = maker.numberOf(tag);
    if (number === undefined) return undefined;
    const { head, clock, totals } = space;
    const source = trendSource(
      {
        ...{ rows, decode, head, salvaged: this.#salvaged },
        stretches: clock.stretches(head),
        shiftOf: (seq) => (salvage.nameOf(seq) ? undefined : clock.shiftOf(seq)),
        thinned: totals.lost > 0 ? this.#thinned : undefined,
      },
      number,
    );
    const work = trend(source, question);
    for (;;) {
      const step = guarded(() => work.next());
      if (step.done) return step.value;
      yield;
    }
  }
}
