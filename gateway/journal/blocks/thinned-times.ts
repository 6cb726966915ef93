/**
 * Of which time the blocks are that stand for several: they are stored long after their samples, so nothing else finds
 * them by time. Looked for when somebody asks, from where it was looked the last time.
 */
import { gapFromJson } from '../file/gap-json.ts';
import type { Connection } from '../file/journal-file.ts';
import type { BlockSpan } from '../trend/trend-spans.ts';

/** Rows of one look. */
const ROWS_AT_ONCE = 2_000;
/** More are not remembered: the oldest are forgotten. */
const BLOCKS_MAX = 100_000;

interface ThinnedBlock {
  readonly seq: number;
  /** As they are stored. */
  readonly from: number;
  readonly to: number;
}

export class ThinnedTimes {
  readonly #select;
  #blocks: ThinnedBlock[] = [];
  #seen = 0;

  constructor(connection: Connection) {
    this.#select = connection.prepare<[number, number], { seq: number; gap: string }>(
      'SELECT seq, gap FROM block WHERE seq BETWEEN ? AND ? AND gap IS NOT NULL AND data IS NOT NULL',
    );
  }

  /** Takes in what came up to `head`; each step is short. */
  *look(head: number): Generator<void, void> {
    while (this.#seen < head) {
      const last = Math.min(head, this.#seen + ROWS_AT_ONCE);
      for (const { seq, gap } of this.#select.all(this.#seen + 1, last)) {
        const { from, to } = gapFromJson(gap);
        this.#blocks.push({ seq, from, to });
      }
      this.#seen = last;
      if (this.#blocks.length > BLOCKS_MAX) this.#blocks = this.#blocks.slice(-BLOCKS_MAX);
      yield;
    }
  }

  /** Those of that time; `shiftOf`: what unsynced times in a block are moved by. */
  within(from: number, to: number, shiftOf: (seq: number) => number | undefined): BlockSpan[] {
    const found = this.#blocks.filter((block) => {
      const shift = shiftOf(block.seq) ?? 0;
      return block.from + Math.min(0, shift) <= to && block.to + Math.max(0, shift) >= from;
    });
    return found.map(({ seq }) => ({ first: seq, last: seq }));
  }

  /** Below `oldest` there is no block any more. */
  forget(oldest: number): void {
    this.#blocks = this.#blocks.filter(({ seq }) => seq >= oldest);
  }
}
