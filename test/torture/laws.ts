/** Laws that several attacks have. */
import type { Law } from './attack.ts';
import { grouped } from './spread.ts';

/** Of `of` things, say `4,310,000 samples`, none may be bad. */
export const noneOf = (promise: string, bad: number, of: string): Law => ({
  promise,
  found: `${grouped(bad)} of ${of}`,
  goal: '0',
  holds: bad === 0,
});
