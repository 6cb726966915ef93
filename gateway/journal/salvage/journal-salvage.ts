/** An open journal as it takes blocks of a damaged one: as new blocks that say what they were. */

import type { RangeSet } from '../../model/range-set.ts';
import { type Bytes, bytes } from '../../model/units.ts';
import { type BlockMaker, gapBlock } from '../blocks/block-maker.ts';
import type { Connection } from '../file/journal-file.ts';
import type { JournalRows } from '../file/journal-rows.ts';
import { type BlockName, type Gap, seqOf } from '../journal.ts';
import type { JournalSpace } from '../space/journal-space.ts';
import type { SalvagedBlock, SalvageTarget } from './salvage.ts';
import { type SalvageProgress, SalvageRows } from './salvage-rows.ts';

export interface JournalSalvageParts {
  readonly connection: Connection;
  readonly uplinks: readonly string[];
  readonly rows: JournalRows;
  readonly space: JournalSpace;
  readonly maker: BlockMaker;
  /** Turns SQLite's errors into the journal's own. */
  readonly guarded: <T>(run: () => T) => T;
}

/** Of the file; the rest is for what comes. Retention begins above. */
const ROOM_SHARE = 0.8;

export class JournalSalvage implements SalvageTarget {
  readonly uplinks: readonly string[];
  readonly #parts: JournalSalvageParts;
  readonly #rows: SalvageRows;

  constructor(parts: JournalSalvageParts) {
    this.#parts = parts;
    this.uplinks = parts.uplinks;
    this.#rows = new SalvageRows(parts.connection);
  }

  /** What a block was called where it was saved from; undefined: it was never anywhere else. */
  nameOf(seq: number): BlockName | undefined {
    return this.#rows.find(seq);
  }

  saved(epoch: string): RangeSet {
    return this.#parts.guarded(() => this.#rows.saved(epoch));
  }

  progress(): SalvageProgress | undefined {
    return this.#parts.guarded(() => this.#rows.progress());
  }

  room(): Bytes {
    const { guarded, rows, space } = this.#parts;
    return bytes(space.room.cap * ROOM_SHARE - guarded(() => rows.usedBytes()));
  }

  firstBatch(): { readonly origin: string; readonly number: number } | undefined {
    return this.#parts.guarded(() => this.#rows.firstBatch());
  }

  appendSalvaged(blocks: readonly SalvagedBlock[], progress: SalvageProgress): void {
    const { guarded, space, maker } = this.#parts;
    guarded(() => {
      const made = blocks.map(({ class: blockClass, samples, gap }) =>
        samples ? maker.restored(blockClass, samples, gap) : gapBlock(gap as Gap),
      );
      // A summary stands for all blocks between two seqs.
      maker.dropped();
      const first = space.head + 1;
      space.transaction(() => {
        space.wear.countAs('salvage');
        let { totals } = space;
        for (const [i, block] of made.entries()) {
          totals = space.insert(totals, block, space.clock.timeOfSaved(block.batch));
          this.#rows.insert(totals.head, (blocks[i] as SalvagedBlock).was);
        }
        this.#rows.saveProgress(progress);
        return totals;
      });
      for (const [i, { delivered }] of blocks.entries())
        for (const uplink of delivered)
          space.cursors.open(uplink, () => []).acknowledge(seqOf(first + i));
    });
  }

  appendLoss(gap: Gap): void {
    const { guarded, space } = this.#parts;
    guarded(() =>
      space.makingRoom(0, () => {
        space.wear.countAs('salvage');
        return space.insert(space.totals, gapBlock(gap), space.clock.timeOf());
      }),
    );
  }
}
