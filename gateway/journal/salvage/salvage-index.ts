/**
 * Where the blocks of a damaged journal are: by seq, one place each. Twelve bytes a block and no more than four million of
 * them; beyond, the oldest are forgotten.
 */
import { BLOCK_CLASSES, type BlockClass } from '../journal.ts';

export interface BlockPlace {
  readonly seq: number;
  readonly slot: number;
  /** Where the cell begins in its page. */
  readonly cell: number;
  readonly class: BlockClass;
  /** As its row says. */
  readonly samples: number;
  /** Its neighbours in the page have the seqs before and behind. */
  readonly isOrderly: boolean;
}

const CHUNK = 4096;
const CHUNKS_MAX = 1024;
const ORDERLY = 8;
const TRIED = 16;
const CLASS = 3;

interface Chunk {
  /** The slot and 1; 0: no block. */
  readonly slots: Uint32Array;
  readonly cells: Uint16Array;
  readonly samples: Uint32Array;
  readonly marks: Uint8Array;
}

export class SalvageIndex {
  readonly #chunks = new Map<number, Chunk>();
  #count = 0;

  /** Blocks that have a place. */
  get count(): number {
    return this.#count;
  }

  get(seq: number): BlockPlace | undefined {
    const chunk = this.#chunks.get(Math.floor(seq / CHUNK));
    const i = seq % CHUNK;
    const slot = chunk?.slots[i] ?? 0;
    if (!chunk || slot === 0) return undefined;
    const marks = chunk.marks[i] as number;
    return {
      seq,
      slot: slot - 1,
      cell: chunk.cells[i] as number,
      class: BLOCK_CLASSES[marks & CLASS] as BlockClass,
      samples: chunk.samples[i] as number,
      isOrderly: (marks & ORDERLY) !== 0,
    };
  }

  /** Whether the block there was looked into and found whole. */
  isTried(seq: number): boolean {
    const marks = this.#chunks.get(Math.floor(seq / CHUNK))?.marks[seq % CHUNK] ?? 0;
    return (marks & TRIED) !== 0;
  }

  markTried(seq: number): void {
    const chunk = this.#chunks.get(Math.floor(seq / CHUNK));
    if (chunk) chunk.marks[seq % CHUNK] = (chunk.marks[seq % CHUNK] as number) | TRIED;
  }

  put({ seq, slot, cell, class: blockClass, samples, isOrderly }: BlockPlace): void {
    const chunk = this.#chunkOf(Math.floor(seq / CHUNK));
    const i = seq % CHUNK;
    if (chunk.slots[i] === 0) this.#count++;
    chunk.slots[i] = slot + 1;
    chunk.cells[i] = cell;
    chunk.samples[i] = samples;
    chunk.marks[i] = BLOCK_CLASSES.indexOf(blockClass) | (isOrderly ? ORDERLY : 0);
  }

  /** The parts of the index, ascending or descending: the seqs of each lie between its two. */
  parts(order: 'up' | 'down'): readonly (readonly [first: number, last: number])[] {
    const keys = [...this.#chunks.keys()].sort((a, b) => (order === 'up' ? a - b : b - a));
    return keys.map((key) => [key * CHUNK, key * CHUNK + CHUNK - 1]);
  }

  #chunkOf(key: number): Chunk {
    let chunk = this.#chunks.get(key);
    if (chunk === undefined) {
      chunk = {
        slots: new Uint32Array(CHUNK),
        cells: new Uint16Array(CHUNK),
        samples: new Uint32Array(CHUNK),
        marks: new Uint8Array(CHUNK),
      };
      this.#chunks.set(key, chunk);
      if (this.#chunks.size > CHUNKS_MAX) this.#forget(Math.min(...this.#chunks.keys()));
    }
    return chunk;
  }

  #forget(key: number): void {
    const gone = this.#chunks.get(key);
    this.#chunks.delete(key);
    this.#count -= gone?.slots.reduce((count, slot) => count + Number(slot !== 0), 0) ?? 0;
  }
}
