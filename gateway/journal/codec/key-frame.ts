/** What a dependent block is coded against: the rows of one key block, and the last of each of its tags. Pure. */
import { type SampleBatch, VALUE_KINDS } from '../batch.ts';
import { factsOf } from './facts-column.ts';
import { NO_CLASS } from './number-class.ts';
import type { Other } from './other-column.ts';
import { type SteadyRows, steadyRowsOf } from './steady-rows.ts';
import { TagTable } from './tag-chain.ts';

/** A slot is a tag's place in the order in which the tags first appear in the key. */
export interface KeyFrame {
  /** The CRC-32 at the end of the key's bytes. */
  readonly checksum: number;
  /** The key's own columns. */
  readonly tags: Uint32Array<ArrayBuffer>;
  readonly times: Float64Array<ArrayBuffer>;
  /** The slot of each row. */
  readonly slots: Int32Array;
  /** A tag's slot and 1; 0 for a tag that the key does not have. */
  readonly slotOf: TagTable;
  /** By slot, of the tag's last row: kind, quality and time basis. */
  readonly facts: Uint16Array;
  /** By slot, of the tag's last row that has a value; kind none where there is none. */
  readonly kinds: Uint8Array;
  readonly numbers: Float64Array;
  readonly classes: Uint8Array;
  readonly others: ReadonlyMap<number, Other>;
  /** Undefined where blocks of this key have to be read row by row. */
  readonly steady: SteadyRows | undefined;
}

const NONE = VALUE_KINDS.indexOf('none');
const BOOLEAN = VALUE_KINDS.indexOf('boolean');

/** `classes` are those of the rows of kind number, by row. */
export function frameOf(batch: SampleBatch, classes: Uint8Array, checksum: number): KeyFrame {
  const { length, tags, times, kinds } = batch;
  const slots = new Int32Array(length);
  const slotOf = new TagTable(tags);
  let count = 0;
  for (let row = 0; row < length; row++) {
    const tag = tags[row] as number;
    const known = slotOf.get(tag);
    slots[row] = known > 0 ? known - 1 : count;
    if (known === 0) slotOf.put(tag, ++count);
  }
  const last = {
    facts: new Uint16Array(count),
    kinds: new Uint8Array(count),
    numbers: new Float64Array(count),
    classes: new Uint8Array(count).fill(NO_CLASS),
    others: new Map<number, Other>(),
  };
  let other = 0;
  for (let row = 0; row < length; row++) {
    const slot = slots[row] as number;
    last.facts[slot] = factsOf(batch, row);
    const kind = kinds[row] as number;
    if (kind === NONE) continue;
    last.kinds[slot] = kind;
    last.numbers[slot] = batch.numbers[row] as number;
    last.classes[slot] = classes[row] as number;
    if (kind > BOOLEAN) last.others.set(slot, batch.others[other++] as Other);
  }
  const steady = count === length ? steadyRowsOf(batch, last.classes) : undefined;
  return { checksum, tags, times, slots, slotOf, ...last, steady };
}
