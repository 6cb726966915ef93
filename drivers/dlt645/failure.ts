/** What a meter means when it answers with an error word (DL/T 645-2007 §7.1.5). */
import type { Quality } from '../../gateway/model/quality.ts';
import { errorBits } from './control.ts';

export interface Failure {
  readonly quality: Quality;
  /** Whether asking again soon would bring the same. */
  readonly isLasting: boolean;
}

/** An item that the meter does not have is ours to mend; anything else is its own trouble. */
export function failureOf(word: number): Failure {
  const bits = errorBits(word);
  return {
    quality: bits.includes('noRequestedData') ? 'bad:config' : 'bad:device',
    isLasting: bits.some((bit) => bit !== 'otherError'),
  };
}
