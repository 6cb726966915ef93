import { type Range, RangeSet } from '../../model/range-set.ts';
import { type Cursor, type Seq, seqOf } from '../journal.ts';

/** A cursor in memory; the journal asks `isDirty` and writes `ranges` with its next transaction. */
export class JournalCursor implements Cursor {
  readonly uplink: string;
  readonly acknowledged: RangeSet;
  isDirty = false;
  readonly #onChange: () => void;

  constructor(uplink: string, ranges: readonly Range[], onChange: () => void) {
    this.uplink = uplink;
    this.acknowledged = new RangeSet(ranges);
    this.#onChange = onChange;
  }

  get upTo(): Seq {
    return seqOf(this.acknowledged.firstMissingAfter(0) - 1);
  }

  isAcknowledged(seq: Seq): boolean {
    return this.acknowledged.has(seq);
  }

  acknowledge(seq: Seq): void {
    if (this.acknowledged.has(seq)) return;
    this.acknowledged.add(seq);
    this.isDirty = true;
    this.#onChange();
  }

  nextAfter(after: Seq): Seq {
    return seqOf(this.acknowledged.firstMissingAfter(after));
  }
}
