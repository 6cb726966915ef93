/** Samples of a damaged file with the ids of their tags instead of that file's numbers. Pure. */
import type { TagId } from '../../model/sample.ts';
import { type SampleBatch, VALUE_KINDS } from '../batch.ts';

export interface KnownTags {
  /** Undefined where nobody can be sure. */
  readonly tagOf: (number: number) => TagId | undefined;
}

/** `tags` of the batch are indexes into `tags`; `lost` rows had a tag that nobody knows. */
export interface KnownRows {
  readonly batch: SampleBatch;
  readonly tags: readonly TagId[];
  readonly lost: number;
}

const BOOLEAN = VALUE_KINDS.indexOf('boolean');

export function knownRows(batch: SampleBatch, { tagOf }: KnownTags): KnownRows {
  const tags: TagId[] = [];
  const places = new Map<number, number>();
  const rows: number[] = [];
  const others: SampleBatch['others'][number][] = [];
  const placed = new Uint32Array(batch.length);
  let other = 0;
  for (let row = 0; row < batch.length; row++) {
    const number = batch.tags[row] as number;
    let place = places.get(number);
    if (place === undefined) {
      const tag = tagOf(number);
      place = tag === undefined ? -1 : tags.push(tag) - 1;
      places.set(number, place);
    }
    const value = (batch.kinds[row] as number) > BOOLEAN ? batch.others[other++] : undefined;
    if (place < 0) continue;
    placed[rows.length] = place;
    rows.push(row);
    if (value !== undefined) others.push(value);
  }
  const lost = batch.length - rows.length;
  if (lost === 0) return { batch: { ...batch, tags: placed }, tags, lost };
  const picked = <C extends Uint8Array<ArrayBuffer> | Float64Array<ArrayBuffer>>(column: C): C => {
    for (const [at, row] of rows.entries()) column[at] = column[row] as number;
    return column.slice(0, rows.length) as C;
  };
  return {
    batch: {
      length: rows.length,
      tags: placed.slice(0, rows.length),
      times: picked(batch.times.slice()),
      kinds: picked(batch.kinds.slice()),
      qualities: picked(batch.qualities.slice()),
      timeBases: picked(batch.timeBases.slice()),
      numbers: picked(batch.numbers.slice()),
      others,
    },
    tags,
    lost,
  };
}
