/** What can be said of all rows of a block at once: hardly ever is one of them different. */
import { type SampleBatch, VALUE_KINDS } from '../journal/batch.ts';
import { QUALITIES } from '../model/quality.ts';
import { TIME_BASES } from '../model/sample.ts';

export const NUMBER = VALUE_KINDS.indexOf('number');
export const GOOD = QUALITIES.indexOf('good');
export const GATEWAY = TIME_BASES.indexOf('gateway');

export interface RowFacts {
  /** All are good numbers with the gateway's time. */
  readonly areUsual: boolean;
  /** Some have a quality or a basis to tell. */
  readonly haveMarks: boolean;
}

type Columns = Pick<SampleBatch, 'kinds' | 'qualities' | 'timeBases'>;

/** Of one block after the other: most have the very columns of the one before, which are not looked at again. */
export function factsOfBlocks(): (columns: Columns) => RowFacts {
  let last: Columns | undefined;
  let facts: RowFacts = { areUsual: true, haveMarks: false };
  return ({ kinds, qualities, timeBases }) => {
    const isSame =
      kinds === last?.kinds && qualities === last.qualities && timeBases === last.timeBases;
    last = { kinds, qualities, timeBases };
    if (!isSame) facts = factsOf(last);
    return facts;
  };
}

function factsOf({ kinds, qualities, timeBases }: Columns): RowFacts {
  const haveMarks = !isAll(qualities, GOOD) || !isAll(timeBases, GATEWAY);
  return { areUsual: !haveMarks && isAll(kinds, NUMBER), haveMarks };
}

function isAll(column: Uint8Array, one: number): boolean {
  for (let row = 0; row < column.length; row++) if (column[row] !== one) return false;
  return true;
}
