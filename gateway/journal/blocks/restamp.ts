/** Times of an unset clock, moved to where they belong once that is known. What is stored never changes. */

import { TIME_BASES } from '../../model/sample.ts';
import type { SampleBatch } from '../batch.ts';

const UNSYNCED = TIME_BASES.indexOf('unsynced');
const CORRECTED = TIME_BASES.indexOf('corrected');

export const hasUnsynced = ({ timeBases }: SampleBatch): boolean => timeBases.includes(UNSYNCED);

/** The batch with `shift` ms added to its unsynced times, which are `corrected` then; itself where it has none. */
export function restamped(batch: SampleBatch, shift: number | undefined): SampleBatch {
  if (shift === undefined || !hasUnsynced(batch)) return batch;
  const times = batch.times.slice();
  const timeBases = batch.timeBases.slice();
  for (let row = 0; row < batch.length; row++)
    if (timeBases[row] === UNSYNCED) {
      times[row] = (times[row] as number) + shift;
      timeBases[row] = CORRECTED;
    }
  return { ...batch, times, timeBases };
}
