/** Whether blocks that were read are all there are: a page in the wrong place reads like a right one. Pure. */

import type { RangeSet } from '../../model/range-set.ts';
import { Damage } from '../file/damage.ts';

/** `rows` are to be all from `from` to `last` that are not `removed`. Throws Damage. */
export function checkOrder(
  rows: readonly { readonly seq: number }[],
  from: number,
  last: number | undefined,
  removed: RangeSet,
): void {
  let next = removed.firstMissingAfter(from - 1);
  for (const { seq } of rows) {
    if (seq < next) throw new Damage(`block ${seq} in the place of ${next}`);
    if (seq > next) throw new Damage(`no block ${next}, and it was never removed`);
    next = removed.firstMissingAfter(seq);
  }
  if (last !== undefined && next <= last)
    throw new Damage(`no block ${next}, and it was never removed`);
}
