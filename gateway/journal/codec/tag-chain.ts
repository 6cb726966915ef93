/**
 * For each row of a block the row it is coded against: the one before of the same tag, in the block or in its key.
 * Pure.
 */
import { VALUE_KINDS } from '../batch.ts';
import type { KeyFrame } from './key-frame.ts';
import { scratch } from './scratch.ts';

/** A tag's first row without a key. */
export const NOTHING = -1;
/** `OF_KEY - slot` stands for the last row of that slot's tag in the key. */
export const OF_KEY = -2;

const chainRoom = scratch((rows) => new Int32Array(rows));
const slotRoom = scratch((slots) => new Int32Array(slots));

const NONE = VALUE_KINDS.indexOf('none');

/** A table by tag number: an array where the numbers are dense enough, so that its size is bounded by the rows. */
export class TagTable {
  readonly #dense: Int32Array | undefined;
  readonly #sparse = new Map<number, number>();

  /** `rows` is the number of rows the tags are of. */
  constructor(tags: Uint32Array, rows = tags.length) {
    let largest = 0;
    for (let row = 0; row < tags.length; row++)
      if ((tags[row] as number) > largest) largest = tags[row] as number;
    if (largest < rows * 4 + 1024) this.#dense = new Int32Array(largest + 1);
  }

  /** 0 where nothing was put. */
  get(tag: number): number {
    return (this.#dense ? this.#dense[tag] : this.#sparse.get(tag)) ?? 0;
  }

  put(tag: number, value: number): void {
    if (this.#dense) this.#dense[tag] = value;
    else this.#sparse.set(tag, value);
  }
}

/** `isSequence` says whether the rows are those of the key's tags. What it gives back holds until the next call. */
export function chainOf(
  tags: Uint32Array,
  key: KeyFrame | undefined,
  isSequence: boolean,
): Int32Array {
  const before = chainRoom(tags.length);
  if (key !== undefined && isSequence) return chainOfSlots(before, key);
  const rows = new TagTable(tags);
  for (let row = 0; row < tags.length; row++) {
    const tag = tags[row] as number;
    const earlier = rows.get(tag);
    rows.put(tag, row + 1);
    before[row] = earlier > 0 ? earlier - 1 : slotOf(tag, key);
  }
  return before;
}

function chainOfSlots(before: Int32Array, { slots, facts }: KeyFrame): Int32Array {
  const rows = slotRoom(facts.length).fill(0);
  for (let row = 0; row < before.length; row++) {
    const slot = slots[row] as number;
    const earlier = rows[slot] as number;
    rows[slot] = row + 1;
    before[row] = earlier > 0 ? earlier - 1 : OF_KEY - slot;
  }
  return before;
}

const slotOf = (tag: number, key: KeyFrame | undefined): number =>
  key === undefined ? NOTHING : OF_KEY + 1 - key.slotOf.get(tag);

/**
 * The same for values: rows without one are passed over, and one of another kind is nothing to code against. Changes
 * `before`.
 */
export function chainOfValues(
  before: Int32Array,
  kinds: Uint8Array,
  key: KeyFrame | undefined,
): Int32Array {
  for (let row = 0; row < before.length; row++) {
    let from = before[row] as number;
    while (from >= 0 && kinds[from] === NONE) from = before[from] as number;
    before[row] = from;
  }
  for (let row = 0; row < before.length; row++) {
    const from = before[row] as number;
    const kind = from >= 0 ? kinds[from] : key?.kinds[OF_KEY - from];
    if (kind !== kinds[row]) before[row] = NOTHING;
  }
  return before;
}
