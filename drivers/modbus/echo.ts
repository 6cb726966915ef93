/**
 * Whether a line hands back what is sent on it, as two-wire adapters do whose receiver is never
 * switched off. Matters where an answer is its request over again: there an echo looks just like it.
 */
import type { Line } from '../line/line.ts';

/** Learnt anew with every answer; the adapter is a property of the line, not of a device. */
const echoing = new WeakMap<Line, boolean>();

/** Undefined until an answer has shown it. */
export const hasEcho = (line: Line): boolean | undefined => echoing.get(line);

export const learnEcho = (line: Line, echoes: boolean): void => {
  echoing.set(line, echoes);
};
