/** What Node keeps of compiled code for the next start. */
import { flushCompileCache } from 'node:module';
import { later, seconds } from '../model/units.ts';
import type { Cancel, Clock } from './clock.ts';

/** By then nearly all that runs has run; it is a few hundred files, once after each installation. */
const SAVED_AFTER = seconds(10);

/**
 * Node saves it when a thread ends in order; this is for a gateway that ends with its power. Without it the next one takes
 * up to 20 MB more. Of the calling thread only.
 */
export const saveCompileCache = (clock: Clock): Cancel =>
  clock.at('compile-cache.save', later(clock.mono(), SAVED_AFTER), () => flushCompileCache());
